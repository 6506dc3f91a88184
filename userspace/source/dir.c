// SPDX-License-Identifier: GPL-2.0-or-later
#include "dir.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "dir_watch.h"
#include "manifest/manifest.h"
#include "pace.h"
#include "scan.h"

/* Younger than this, a file may change without a change of its time stamp. */
#define STAMP_SETTLES_SEC	2
/* Rounds of trying again what was refused because another file comes first. */
#define ROUNDS_MAX		4

/* A file that is in the directory. */
struct entry {
	char *file;		/* its path */
	const char *name;	/* the end of that */
	struct scan_stamp stamp;	/* of what was read last */
	bool settled;		/* the stamp is to be trusted */
	bool valid;		/* read in this reading, and good: see objs */
	bool broken;		/* the last reading found errors in the file */
	bool keeps;		/* an object that left the file is not deleted yet */
	struct ipsvc_objects objs;	/* until the end of this reading */
	bool applied;		/* the store has what the file says */
	bool refused;		/* valid, but the store did not take it */
	json_t *errors, *warnings;	/* of the last reading */
	json_t *said_errors, *said_warnings;	/* those that are in the log */
};

struct source {
	struct ipsvc_store *store;
	char *dir, *id;
	uint64_t grace;
	bool prune_all;
	struct dir_watch *watch;
	void (*changed)(void *arg);
	void *arg;
	void (*say)(const char *file, int priority, const char *text);
	struct entry *entries;		/* sorted by name */
	size_t n;
	const char *broken;	/* a file with errors, or NULL */
	bool merged;		/* the names below are those of a reading */
	uint64_t moved;		/* when a file came or went last, monotonic */
	/* Why what is in no manifest any more is kept now; NULL: it is not. */
	char *keep_why;
	bool keeping;		/* something of the file that is applied is kept */
	bool in_grace;		/* in this reading: something is kept for a time */
	/* What no manifest has any more and is kept: a warning each, by object. */
	json_t *kept;
	json_t *said_kept;		/* those that are in the log */
	bool store_failed;	/* in this reading: it is locked, or worse */
	unsigned int failures;		/* of readings in a row */
	sd_event_source *retry;
	json_t *dir_error;		/* or NULL */
	bool dir_absent;		/* there is none (yet): no error */
};

/* ---- what is wrong ------------------------------------------------------ */

#define HINT_FILE "what the file had before stays; correct and save it, it is read again by itself"

static json_t *problem(const char *file, int line, const char *path,
		       const char *message, const char *hint)
{
	json_t *p = json_pack("{s:o, s:o}", "file", ipsvc_json_any_text(file), "message",
			      ipsvc_json_any_text(message));

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

static void add_errors(struct entry *e, const struct ipsvc_errors *errs)
{
	const char *file = e->file;

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

__attribute__((format(printf, 4, 5)))
static void say(const struct source *src, const char *file, int priority,
		const char *fmt, ...)
{
	char *text;
	va_list ap;

	if (!src->say)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	src->say(file, priority, text);
	free(text);
}

static void say_problems(const struct source *src, const json_t *problems,
			 int priority)
{
	size_t i;
	json_t *p;

	json_array_foreach(problems, i, p) {
		const char *file = json_string_value(json_object_get(p, "file"));
		const char *text = json_string_value(json_object_get(p, "message"));
		json_int_t line = json_integer_value(json_object_get(p, "line"));

		if (line)
			say(src, file, priority, "%s:%lld: %s", file,
			    (long long)line, text);
		else
			say(src, file, priority, "%s: %s", file, text);
	}
}

/* ---- one file ----------------------------------------------------------- */

static void say_refused(struct entry *e, const struct ipsvc_store *store,
			enum ipsvc_store_result result)
{
	if (json_array_size(e->errors))		/* said in detail */
		return;
	json_array_append_new(e->errors,
		problem(e->file, 0, NULL, ipsvc_store_message(store),
			result == IPSVC_STORE_OWNED ?
			"remove the object from one of the two places" :
			"it is tried again by itself"));
}

static bool has_object(const struct entry *e, const struct ipsvc_object *obj)
{
	for (size_t i = 0; i < e->objs.n; i++) {
		const struct ipsvc_object *o = &e->objs.items[i];

		if (o->kind == obj->kind && !strcmp(o->name, obj->name) &&
		    !strcmp(o->ns, obj->ns))
			return true;
	}
	return false;
}

/* struct ipsvc_store_beside: only what was just read counts. */
static const char *heir(void *arg, const struct ipsvc_object *obj)
{
	const struct source *src = arg;

	for (size_t i = 0; i < src->n; i++)
		if (has_object(&src->entries[i], obj))
			return src->entries[i].file;
	return NULL;
}

/* A link to nowhere is. */
static bool is_there(const char *file)
{
	struct stat st;

	return !lstat(file, &st) || (errno != ENOENT && errno != ENOTDIR);
}

/* Of the files of other hosts nothing is known. */
static bool left(void *arg, const struct ipsvc_object *obj)
{
	const struct source *src = arg;

	if (*obj->source && strcmp(obj->source, src->id))
		return false;
	for (size_t i = 0; i < src->n; i++)
		if (!strcmp(src->entries[i].file, obj->file))
			return src->entries[i].valid &&
			       !has_object(&src->entries[i], obj);
	return !is_there(obj->file);
}

static void note_kept(struct source *src, const struct ipsvc_object *obj)
{
	char *key = xasprintf("%s %s/%s", obj->kind->kind, obj->ns, obj->name);
	char *text = xasprintf("%s \"%s\" in namespace \"%s\" is in no manifest any more: %s",
			       obj->kind->kind, obj->name, obj->ns,
			       src->keep_why);

	json_object_set_new(src->kept, key,
			    problem(obj->file, 0, NULL, text, NULL));
	free(text);
	free(key);
}

/* struct ipsvc_store_beside */
static bool keep(void *arg, const struct ipsvc_object *obj)
{
	struct source *src = arg;

	if (!src->keep_why)
		return false;
	note_kept(src, obj);
	src->keeping = true;
	return true;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * PACE_SEC + (uint64_t)t.tv_nsec / 1000;
}

/*
 * Decides for one file, which is in the directory or not (@gone), what becomes of
 * the objects it has no more: a file with errors may be about to have them, and
 * files that are gone may be about to come back.
 */
static void decide_keeping(struct source *src, bool gone)
{
	free(src->keep_why);
	src->keep_why = NULL;
	if (src->broken) {
		src->keep_why = xasprintf("kept while %s has errors",
					  src->broken);
	} else if (gone && !src->n && !src->prune_all) {
		src->keep_why = xstrdup("kept because no manifest at all is left; delete it with ipsvc delete, or start ipsvcd with --prune-all");
	} else if (gone && now_us() < src->moved + src->grace) {
		src->keep_why = xasprintf("deleted when no manifest has come or gone for %g s",
					  (double)src->grace / PACE_SEC);
		src->in_grace = true;
	}
}

static enum ipsvc_store_result apply_file(struct source *src, const char *file,
					  struct ipsvc_objects *objs,
					  bool *changed,
					  struct ipsvc_errors *errs)
{
	const struct ipsvc_store_beside beside = { heir, left, keep, src };
	const struct ipsvc_owner owner = { src->id, file };
	enum ipsvc_store_result result;

	src->keeping = false;
	result = ipsvc_store_apply_file(src->store, &owner, objs, &beside,
					changed, errs);
	src->store_failed |= result == IPSVC_STORE_ERROR;
	return result;
}

/* Returns whether the store changed. */
static bool apply_entry(struct source *src, struct entry *e)
{
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;
	bool changed;

	json_array_clear(e->errors);
	decide_keeping(src, false);
	result = apply_file(src, e->file, &e->objs, &changed, &errs);
	e->keeps = src->keeping;
	add_errors(e, &errs);
	ipsvc_errors_free(&errs);
	e->applied = result == IPSVC_STORE_OK;
	e->refused = !e->applied;
	if (e->refused)
		say_refused(e, src->store, result);
	else if (changed)
		say(src, e->file, LOG_INFO, "%s: applied", e->file);
	return changed;
}

static bool is_settled(const struct scan_stamp *stamp)
{
	return time(NULL) - stamp->ctime.tv_sec > STAMP_SETTLES_SEC;
}

static void read_entry(struct entry *e, const struct scan_file *f)
{
	const char *hint, *why = scan_refusal(f, &hint);
	struct ipsvc_errors errs = {0};

	e->stamp = f->stamp;
	e->settled = is_settled(&f->stamp);
	e->applied = e->refused = e->valid = false;
	json_decref(e->errors);
	json_decref(e->warnings);
	e->errors = json_array();
	e->warnings = json_array();
	if (why)
		json_array_append_new(e->errors,
				      problem(e->file, 0, NULL, why, hint));
	else
		e->valid = ipsvc_manifest_read_file(e->file, "default",
						    &e->objs, &errs);
	e->broken = !e->valid;
	add_errors(e, &errs);
	ipsvc_errors_free(&errs);
}

static void forget_objects(struct entry *e)
{
	ipsvc_objects_free(&e->objs);
	e->valid = false;
}

/* What is wrong is logged once, not each time it is found again. */
static void say_news(const struct source *src, json_t *problems,
		     json_t **said, int priority)
{
	if (!json_equal(problems, *said))
		say_problems(src, problems, priority);
	json_decref(*said);
	*said = json_incref(problems);
}

static void clear_entry(struct entry *e)
{
	free(e->file);
	json_decref(e->errors);
	json_decref(e->warnings);
	json_decref(e->said_errors);
	json_decref(e->said_warnings);
}

/* ---- the directory ------------------------------------------------------ */

static void name_entry(struct entry *e, const char *dir, const char *name)
{
	e->file = xasprintf("%s/%s", dir, name);
	e->name = e->file + strlen(dir) + 1;
}

/* Whether files came or went since the last reading. */
static bool names_differ(const struct source *src, const struct scan *scan)
{
	bool differ = src->n != scan->n || !src->merged;

	for (size_t i = 0; i < scan->n && !differ; i++)
		differ = strcmp(src->entries[i].name, scan->items[i].name) != 0;
	return differ;
}

/* Entries for exactly the files of @scan; those that stay keep what they know. */
static void merge(struct source *src, const struct scan *scan)
{
	struct entry *merged = scan->n ? xcalloc(scan->n, sizeof(*merged)) : NULL;
	size_t old = 0;

	if (names_differ(src, scan))
		src->moved = now_us();
	src->merged = true;

	for (size_t i = 0; i < scan->n; i++) {
		const char *name = scan->items[i].name;

		while (old < src->n && strcmp(src->entries[old].name, name) < 0)
			clear_entry(&src->entries[old++]);
		if (old < src->n && strcmp(src->entries[old].name, name) == 0)
			merged[i] = src->entries[old++];
		else
			name_entry(&merged[i], src->dir, name);
	}
	while (old < src->n)
		clear_entry(&src->entries[old++]);
	free(src->entries);
	src->entries = merged;
	src->n = scan->n;
}

static void prune_file(struct source *src, const char *file)
{
	struct ipsvc_objects none = {0};
	struct ipsvc_errors errs = {0};
	bool changed;

	decide_keeping(src, true);
	if (apply_file(src, file, &none, &changed, &errs) == IPSVC_STORE_OK)
		say(src, file, src->keeping ? LOG_DEBUG : LOG_INFO,
		    "%s: gone, and its objects but for those another file has",
		    file);
	else
		say(src, file, src->failures ? LOG_DEBUG : LOG_ERR,
		    "%s: gone, but not its objects: %s", file,
		    ipsvc_store_message(src->store));
	ipsvc_errors_free(&errs);
}

/* Removes what files had that were in this directory and no longer are. */
static void prune(struct source *src, const struct scan *scan)
{
	char **files = NULL;
	size_t n = 0;

	if (ipsvc_store_files(src->store, src->id, &files, &n) != IPSVC_STORE_OK) {
		src->store_failed = true;
		say(src, NULL, src->failures ? LOG_DEBUG : LOG_ERR,
		    "cannot tell which manifests are gone: %s",
		    ipsvc_store_message(src->store));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *name = scan_name_in(src->dir, files[i]);

		/* Another ipsvcd may have applied one that came after our look. */
		if (name && !scan_find(scan, name) && !is_there(files[i]))
			prune_file(src, files[i]);
		free(files[i]);
	}
	free(files);
}

static bool is_current(const struct entry *e, const struct scan_file *f)
{
	return e->applied && e->settled && !e->keeps && !f->err &&
	       scan_stamp_equal(&e->stamp, &f->stamp);
}

/* All of them first: what one had another may have now. */
static void read_entries(struct source *src, const struct scan *scan)
{
	for (size_t i = 0; i < src->n; i++)
		if (!is_current(&src->entries[i], &scan->items[i]))
			read_entry(&src->entries[i], &scan->items[i]);
	src->broken = NULL;
	for (size_t i = 0; i < src->n && !src->broken; i++)
		if (src->entries[i].broken)
			src->broken = src->entries[i].file;
	json_object_clear(src->kept);
}

/*
 * The order of files must not matter: what one gives away another may be
 * waiting for.
 */
static void apply_entries(struct source *src)
{
	bool progress = true;

	for (int round = 0; progress && round < ROUNDS_MAX; round++) {
		progress = false;
		for (size_t i = 0; i < src->n; i++) {
			struct entry *e = &src->entries[i];

			if (e->valid && (!round || e->refused))
				progress |= apply_entry(src, e);
		}
	}
}

static json_t *kept_warnings(const struct source *src)
{
	json_t *all = json_array(), *p;
	const char *key;

	json_object_foreach(src->kept, key, p)
		json_array_append(all, p);
	return all;
}

static void end_reading(struct source *src)
{
	json_t *kept = kept_warnings(src);

	for (size_t i = 0; i < src->n; i++) {
		struct entry *e = &src->entries[i];

		say_news(src, e->errors, &e->said_errors, LOG_ERR);
		say_news(src, e->warnings, &e->said_warnings, LOG_WARNING);
		forget_objects(e);
	}
	say_news(src, kept, &src->said_kept, LOG_NOTICE);
	json_decref(kept);
	src->broken = NULL;
}

/*
 * A store that failed may be mended, or a lock of it released, unannounced; and
 * nothing tells that the time of what is kept is over.
 */
static void read_again_later(struct source *src)
{
	src->failures = src->store_failed ? src->failures + 1 : 0;
	if (src->store_failed)
		sd_event_source_set_time_relative(src->retry,
						  pace_retry(src->failures));
	else
		sd_event_source_set_time(src->retry, src->moved + src->grace);
	sd_event_source_set_enabled(src->retry,
				    src->store_failed || src->in_grace ?
				    SD_EVENT_ONESHOT : SD_EVENT_OFF);
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
		say(src, NULL, LOG_WARNING,
		    "%s: %s; nothing is changed until it can be read",
		    src->dir, strerror(-err));
	else if (!err && old)
		say(src, NULL, LOG_INFO, "%s: readable again", src->dir);
	json_decref(old);
}

void source_read(struct source *src)
{
	struct scan scan;
	int err;

	/* First the watch: what happens while we read is announced then. */
	err = dir_watch_arm(src->watch);
	if (err)
		say(src, NULL, LOG_DEBUG, "%s: cannot be watched: %s",
		    src->dir, strerror(-err));
	src->store_failed = src->in_grace = false;
	err = scan_dir(src->dir, &scan);
	set_dir_error(src, err);
	if (!err) {
		merge(src, &scan);
		read_entries(src, &scan);
		prune(src, &scan);
		apply_entries(src);
		end_reading(src);
		scan_free(&scan);
	}
	read_again_later(src);
	src->changed(src->arg);
}

static void on_change(void *arg)
{
	source_read(arg);
}

static int on_retry(sd_event_source *timer, uint64_t usec, void *arg)
{
	(void)timer;
	(void)usec;
	source_read(arg);
	return 0;
}

struct source *source_new(sd_event *event, struct ipsvc_store *store,
			  const struct source_options *opts,
			  void (*changed)(void *arg), void *arg)
{
	struct source *src = xcalloc(1, sizeof(*src));

	src->store = store;
	src->dir = xstrdup(opts->dir);
	src->id = xstrdup(opts->id);
	src->grace = opts->grace;
	src->prune_all = opts->prune_all;
	src->say = opts->say;
	src->kept = json_object();
	src->changed = changed;
	src->arg = arg;
	src->watch = dir_watch_new(event, src->dir, on_change, src);
	if (!src->watch ||
	    sd_event_add_time(event, &src->retry, CLOCK_MONOTONIC, 0, PACE_MS,
			      on_retry, src) < 0)
		return source_free(src);
	sd_event_source_set_enabled(src->retry, SD_EVENT_OFF);
	return src;
}

struct source *source_free(struct source *src)
{
	if (src->watch)
		dir_watch_free(src->watch);
	sd_event_source_disable_unref(src->retry);
	for (size_t i = 0; i < src->n; i++)
		clear_entry(&src->entries[i]);
	free(src->entries);
	json_decref(src->dir_error);
	json_decref(src->kept);
	json_decref(src->said_kept);
	free(src->keep_why);
	free(src->dir);
	free(src->id);
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
	json_t *all = kept_warnings(src);

	if (src->dir_absent)
		json_array_append(all, src->dir_error);
	for (size_t i = 0; i < src->n; i++)
		json_array_extend(all, src->entries[i].warnings);
	return all;
}
