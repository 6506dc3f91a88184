// SPDX-License-Identifier: GPL-2.0-or-later
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

bool scan_wants(const char *name)
{
	static const char *const endings[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name);

	if (name[0] == '.')
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && strcmp(name + len - n, endings[i]) == 0)
			return true;
	}
	return false;
}

static void add_file(struct scan *scan, int dirfd, const char *name, bool link)
{
	struct scan_file *f;
	struct stat st;

	scan->items = ipsvc_grow(scan->items, scan->n, &scan->cap,
				 sizeof(*scan->items));
	f = &scan->items[scan->n++];
	*f = (struct scan_file){ .name = xstrdup(name), .link = link };
	if (fstatat(dirfd, name, &st, 0) < 0)
		f->err = -errno;
	else if (S_ISDIR(st.st_mode))
		f->err = -EISDIR;
	else if (!S_ISREG(st.st_mode))	/* reading a FIFO would hang */
		f->err = -EINVAL;
	if (f->err)
		return;
	f->stamp = (struct scan_stamp){
		.dev = st.st_dev, .ino = st.st_ino, .size = st.st_size,
		.mtime = st.st_mtim, .ctime = st.st_ctim,
	};
}

static int by_name(const void *a, const void *b)
{
	const struct scan_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int scan_dir(const char *dir, struct scan *out)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int err;

	*out = (struct scan){0};
	if (!d)
		return -errno;
	while ((errno = 0, entry = readdir(d)))
		if (scan_wants(entry->d_name))
			add_file(out, dirfd(d), entry->d_name,
				 entry->d_type == DT_LNK ||
				 entry->d_type == DT_UNKNOWN);
	err = -errno;
	closedir(d);
	if (err) {
		scan_free(out);
		return err;
	}
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
	return 0;
}

void scan_free(struct scan *scan)
{
	for (size_t i = 0; i < scan->n; i++)
		free(scan->items[i].name);
	free(scan->items);
	*scan = (struct scan){0};
}

void scan_keep_links(struct scan *scan)
{
	size_t n = 0;

	for (size_t i = 0; i < scan->n; i++)
		if (scan->items[i].link)
			scan->items[n++] = scan->items[i];
		else
			free(scan->items[i].name);
	scan->n = n;
}

void scan_again(const char *dir, const struct scan *scan, struct scan *out)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	*out = (struct scan){0};
	/* Without the directory all of them cannot be had. */
	for (size_t i = 0; i < scan->n; i++)
		add_file(out, fd, scan->items[i].name, scan->items[i].link);
	if (fd >= 0)
		close(fd);
}

bool scan_equal(const struct scan *a, const struct scan *b)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; i < a->n && equal; i++) {
		const struct scan_file *x = &a->items[i], *y = &b->items[i];

		equal = !strcmp(x->name, y->name) && x->err == y->err &&
			scan_stamp_equal(&x->stamp, &y->stamp);
	}
	return equal;
}

/* A file cut to nothing is more likely an accident than a wish. */
const char *scan_refusal(const struct scan_file *f, const char **hint)
{
	*hint = "what the file had before stays; correct and save it, it is read again by itself";
	switch (f->err) {
	case 0:
		if (f->stamp.size)
			return NULL;
		*hint = "to remove its objects, remove the file";
		return "the file is empty";
	case -EISDIR:
		*hint = "move it: subdirectories are not read";
		return "is a directory";
	case -EINVAL:
		return "is not a regular file";
	default:
		return strerror(-f->err);
	}
}

const struct scan_file *scan_find(const struct scan *scan, const char *name)
{
	const struct scan_file key = { .name = (char *)name };

	if (!scan->n)
		return NULL;
	return bsearch(&key, scan->items, scan->n, sizeof(key), by_name);
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool scan_stamp_equal(const struct scan_stamp *a, const struct scan_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(a->mtime, b->mtime) && same_time(a->ctime, b->ctime);
}

const char *scan_name_in(const char *dir, const char *path)
{
	size_t len = strlen(dir);
	const char *name;

	if (len == 1)	/* "/" */
		len = 0;
	if (strncmp(path, dir, len) != 0 || path[len] != '/')
		return NULL;
	name = path + len + 1;
	return *name && !strchr(name, '/') ? name : NULL;
}

char *scan_normal_path(const char *cwd, const char *path)
{
	char *whole = path[0] == '/' ? xstrdup(path) :
				       xasprintf("%s/%s", cwd, path);
	struct ipsvc_buf out = {0};
	char *save = NULL;

	for (char *part = strtok_r(whole, "/", &save); part;
	     part = strtok_r(NULL, "/", &save))
		if (strcmp(part, ".") != 0)
			ipsvc_buf_printf(&out, "/%s", part);
	free(whole);
	if (!out.len)
		ipsvc_buf_putc(&out, '/');
	return ipsvc_buf_take(&out);
}
