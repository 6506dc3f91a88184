// SPDX-License-Identifier: GPL-2.0-or-later
#include "source_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dir_watch.h"
#include "log.h"
#include "manifest.h"
#include "scan.h"
#include "status.h"
#include "util.h"

/* Younger than this, a file may change without a change of its time stamp. */
#define STAMP_SETTLES_SEC	2
/* Rounds of trying again what was refused because another file comes first. */
#define ROUNDS_MAX		4

/* A file that is in the directory. */
struct entry {
	char *name;
	struct scan_stamp stamp;	/* of what was read last */
	bool settled;		/* the stamp is to be trusted */
	bool applied;		/* the store has what the file says */
	bool refused;		/* valid, but the store did not take it */
	json_t *errors, *warnings;	/* of the last reading */
	json_t *said_errors, *said_warnings;	/* those that are in the log */
};

struct source {
	struct ipsvc_store *store;
	char *dir;
	struct dir_watch *watch;
	void (*changed)(void *arg);
	void *arg;
	struct entry *entries;		/* sorted by name */
	size_t n;
	json_t *dir_error;		/* or NULL */
	bool dir_absent;		/* there is none (yet): no error */
};

/* ---- what is wrong ------------------------------------------------------ */

#define HINT_FILE "what the file had before stays; correct and save it, it is read again by itself"

static json_t *problem(const char *file, int line, const char *path,
		       const char *message, const char *hint)
{
	json_t *p = json_pack("{s:o, s:o}", "file", status_text(file), "message",
			      status_text(message));

	if (line)
		json_object_set_new(p, "line", json_integer(line));
	if (path && *path)
		json_object_set_new(p, "path", json_string(path));
	if (hint)
		json_object_set_new(p, "hint", json_string(hint));
	return p;
}

/* @text may begin with "file:line: ". */
static void add_warning(struct entry *e, const char *file, const char *text)
{
	size_t len = strlen(file);
	int line = 0, end = 0;

	if (strncmp(text, file, len) == 0 &&
	    sscanf(text + len, ":%d: %n", &line, &end) == 1 && end)
		text += len + (size_t)end;
	json_array_append_new(e->warnings, problem(file, end ? line : 0, NULL,
						   text, NULL));
}

static void add_errors(struct entry *e, const char *file,
		       const struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < errs->n; i++) {
		const struct ipsvc_error *err = &errs->items[i];
		char *text = ipsvc_error_format(err);

		json_array_append_new(e->errors, problem(file, err->line,
							 err->path, text,
							 HINT_FILE));
		free(text);
	}
	for (size_t i = 0; i < errs->nwarnings; i++)
		add_warning(e, file, errs->warnings[i]);
}

static void log_problems(const json_t *problems, int priority)
{
	size_t i;
	json_t *p;

	json_array_foreach(problems, i, p) {
		const char *file = json_string_value(json_object_get(p, "file"));
		const char *text = json_string_value(json_object_get(p, "message"));
		json_int_t line = json_integer_value(json_object_get(p, "line"));
		const struct log_about about = { .file = file };

		if (line)
			log_about(&about, priority, "%s:%lld: %s", file,
				  (long long)line, text);
		else
			log_about(&about, priority, "%s: %s", file, text);
	}
}

/* ---- one file ----------------------------------------------------------- */

static void refused(struct entry *e, const char *file, struct ipsvc_store *store,
		    enum ipsvc_store_result result)
{
	e->refused = true;
	if (json_array_size(e->errors))		/* said in detail */
		return;
	json_array_append_new(e->errors,
		problem(file, 0, NULL, ipsvc_store_message(store),
			result == IPSVC_STORE_OWNED ?
			"remove the object from one of the two places" :
			NULL));
}

/* Returns whether the store changed. */
static bool apply(struct source *src, struct entry *e, const char *file)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;
	bool changed = false;

	if (!ipsvc_manifest_read_file(file, "default", &objs, &errs) || errs.n) {
		add_errors(e, file, &errs);
	} else {
		result = ipsvc_store_apply_file(src->store, file, &objs,
						&changed, &errs);
		add_errors(e, file, &errs);
		e->applied = result == IPSVC_STORE_OK;
		if (!e->applied)
			refused(e, file, src->store, result);
	}
	ipsvc_errors_free(&errs);
	ipsvc_objects_free(&objs);
	return e->applied && changed;
}

/* A file cut to nothing is more likely an accident than a wish. */
static const char *unreadable(const struct scan_file *f, const char **hint)
{
	*hint = HINT_FILE;
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

static bool is_settled(const struct scan_stamp *stamp)
{
	return time(NULL) - stamp->ctime.tv_sec > STAMP_SETTLES_SEC;
}

/* Reads @f and applies it; returns whether the store changed. */
static bool read_entry(struct source *src, struct entry *e,
		       const struct scan_file *f)
{
	char *file = xasprintf("%s/%s", src->dir, f->name);
	const char *hint, *why = unreadable(f, &hint);
	bool changed = false;

	e->stamp = f->stamp;
	e->settled = is_settled(&f->stamp);
	e->applied = e->refused = false;
	json_decref(e->errors);
	json_decref(e->warnings);
	e->errors = json_array();
	e->warnings = json_array();
	if (why)
		json_array_append_new(e->errors,
				      problem(file, 0, NULL, why, hint));
	else
		changed = apply(src, e, file);
	if (changed)
		log_about(&(struct log_about){ .file = file }, LOG_INFO,
			  "%s: applied", file);
	free(file);
	return changed;
}

/* What is wrong is logged once, not each time it is found again. */
static void say_news(json_t *problems, json_t **said, int priority)
{
	if (!json_equal(problems, *said))
		log_problems(problems, priority);
	json_decref(*said);
	*said = json_incref(problems);
}

static void clear_entry(struct entry *e)
{
	free(e->name);
	json_decref(e->errors);
	json_decref(e->warnings);
	json_decref(e->said_errors);
	json_decref(e->said_warnings);
}

/* ---- the directory ------------------------------------------------------ */

/* Entries for exactly the files of @scan; those that stay keep what they know. */
static void merge(struct source *src, const struct scan *scan)
{
	struct entry *merged = scan->n ? xcalloc(scan->n, sizeof(*merged)) : NULL;
	size_t old = 0;

	for (size_t i = 0; i < scan->n; i++) {
		const char *name = scan->items[i].name;

		while (old < src->n && strcmp(src->entries[old].name, name) < 0)
			clear_entry(&src->entries[old++]);
		if (old < src->n && strcmp(src->entries[old].name, name) == 0)
			merged[i] = src->entries[old++];
		else
			merged[i].name = xstrdup(name);
	}
	while (old < src->n)
		clear_entry(&src->entries[old++]);
	free(src->entries);
	src->entries = merged;
	src->n = scan->n;
}

static void prune_file(struct source *src, const char *file)
{
	const struct log_about about = { .file = file };
	struct ipsvc_objects none = {0};
	struct ipsvc_errors errs = {0};
	bool changed;

	if (ipsvc_store_apply_file(src->store, file, &none, &changed, &errs) ==
	    IPSVC_STORE_OK)
		log_about(&about, LOG_INFO, "%s: gone, its objects are removed",
			  file);
	else
		log_about(&about, LOG_ERR, "%s: gone, but not its objects: %s",
			  file, ipsvc_store_message(src->store));
	ipsvc_errors_free(&errs);
}

/* Removes what files had that were in this directory and no longer are. */
static void prune(struct source *src, const struct scan *scan)
{
	char **files = NULL;
	size_t n = 0;

	if (ipsvc_store_files(src->store, &files, &n) != IPSVC_STORE_OK) {
		log_error("cannot tell which manifests are gone: %s",
			  ipsvc_store_message(src->store));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *name = scan_name_in(src->dir, files[i]);

		if (name && !scan_find(scan, name))
			prune_file(src, files[i]);
		free(files[i]);
	}
	free(files);
}

static bool is_current(const struct entry *e, const struct scan_file *f)
{
	return e->applied && e->settled && !f->err &&
	       scan_stamp_equal(&e->stamp, &f->stamp);
}

/*
 * The order of files must not matter: what one gives away another may be
 * waiting for.
 */
static void read_entries(struct source *src, const struct scan *scan)
{
	bool progress = true;

	for (int round = 0; progress && round < ROUNDS_MAX; round++) {
		progress = false;
		for (size_t i = 0; i < src->n; i++) {
			struct entry *e = &src->entries[i];

			if (round ? e->refused : !is_current(e, &scan->items[i]))
				progress |= read_entry(src, e, &scan->items[i]);
		}
	}
	for (size_t i = 0; i < src->n; i++) {
		struct entry *e = &src->entries[i];

		say_news(e->errors, &e->said_errors, LOG_ERR);
		say_news(e->warnings, &e->said_warnings, LOG_WARNING);
	}
}

static void set_dir_error(struct source *src, int err)
{
	const char *hint = err == -ENOENT ?
		"create it, or name another one with --manifests" :
		"make it readable for the user ipsvcd runs as";
	json_t *old = src->dir_error;

	src->dir_error = NULL;
	src->dir_absent = err == -ENOENT;
	if (err)
		src->dir_error = problem(src->dir, 0, NULL, strerror(-err), hint);
	if (err && !json_equal(old, src->dir_error))
		log_warning("%s: %s; nothing is changed until it can be read",
			    src->dir, strerror(-err));
	else if (!err && old)
		log_info("%s: readable again", src->dir);
	json_decref(old);
}

void source_read(struct source *src)
{
	struct scan scan;
	int err;

	/* First the watch: what happens while we read is announced then. */
	err = dir_watch_arm(src->watch);
	if (err)
		log_debug("%s: cannot be watched: %s", src->dir, strerror(-err));
	err = scan_dir(src->dir, &scan);
	set_dir_error(src, err);
	if (!err) {
		merge(src, &scan);
		prune(src, &scan);
		read_entries(src, &scan);
		scan_free(&scan);
	}
	src->changed(src->arg);
}

static void on_change(void *arg)
{
	source_read(arg);
}

struct source *source_new(sd_event *event, struct ipsvc_store *store,
			  const char *dir, void (*changed)(void *arg), void *arg)
{
	struct source *src = xcalloc(1, sizeof(*src));

	src->store = store;
	src->dir = xstrdup(dir);
	src->changed = changed;
	src->arg = arg;
	src->watch = dir_watch_new(event, dir, on_change, src);
	return src->watch ? src : source_free(src);
}

struct source *source_free(struct source *src)
{
	if (src->watch)
		dir_watch_free(src->watch);
	for (size_t i = 0; i < src->n; i++)
		clear_entry(&src->entries[i]);
	free(src->entries);
	json_decref(src->dir_error);
	free(src->dir);
	free(src);
	return NULL;
}

bool source_has_refused(const struct source *src)
{
	for (size_t i = 0; i < src->n; i++)
		if (src->entries[i].refused)
			return true;
	return false;
}

size_t source_files(const struct source *src)
{
	return src->n;
}

json_t *source_errors(const struct source *src)
{
	json_t *all = json_array();

	if (src->dir_error && !src->dir_absent)
		json_array_append(all, src->dir_error);
	for (size_t i = 0; i < src->n; i++)
		json_array_extend(all, src->entries[i].errors);
	return all;
}

json_t *source_warnings(const struct source *src)
{
	json_t *all = json_array();

	if (src->dir_absent)
		json_array_append(all, src->dir_error);
	for (size_t i = 0; i < src->n; i++)
		json_array_extend(all, src->entries[i].warnings);
	return all;
}
