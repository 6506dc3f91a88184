/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a directory of manifests. */
#ifndef IPSVCD_SCAN_H
#define IPSVCD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Equal stamps: the same content, as far as a file system tells. */
struct scan_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct scan_file {
	char *name;		/* in the directory */
	int err;		/* why it cannot be read, negative errno, or 0 */
	bool link;		/* a symbolic link, or that cannot be told */
	struct scan_stamp stamp;	/* when @err is 0: of what it leads to */
};

struct scan {
	struct scan_file *items;	/* sorted by name */
	size_t n, cap;
};

/* *.yaml, *.yml, *.json, and no dot in front. */
bool scan_wants(const char *name);
/*
 * All manifests of @dir; 0, or a negative errno, and then @out is empty and says
 * nothing about what there is. Symbolic links are followed. What cannot be read
 * as a file (a directory, a broken link) is there, with its error.
 */
int scan_dir(const char *dir, struct scan *out);
void scan_free(struct scan *scan);
/* Forgets all but symbolic links. */
void scan_keep_links(struct scan *scan);
/* The files of @scan as they are now. */
void scan_again(const char *dir, const struct scan *scan, struct scan *out);
bool scan_equal(const struct scan *a, const struct scan *b);
/*
 * Why @f cannot be a manifest, by what is known without reading it, and in
 * *@hint what to do about it; NULL when it may be one.
 */
const char *scan_refusal(const struct scan_file *f, const char **hint);
const struct scan_file *scan_find(const struct scan *scan, const char *name);
bool scan_stamp_equal(const struct scan_stamp *a, const struct scan_stamp *b);

/* The name in @dir that @path is, or NULL when it is not directly in @dir. */
const char *scan_name_in(const char *dir, const char *path);
/*
 * @path made absolute by @cwd, without "//", "/./" and a slash at the end, so
 * that each ipsvcd that reads a directory calls its files the same. Links are
 * left as they are. The caller frees it.
 */
char *scan_normal_path(const char *cwd, const char *path);

#endif
