// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The front of the store: from a URL to a backend, and everything that only
 * reads. Writing is in write.c.
 */
#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "impl.h"
#include "records.h"

static const struct ipsvc_store_ops *const backends[] = {
	&ipsvc_store_sqlite_ops,
};

#define NBACKENDS (sizeof(backends) / sizeof(backends[0]))

/* The backend of @url and in *@where what it is to open; NULL when unknown. */
static const struct ipsvc_store_ops *find_backend(const char *url,
						  const char **where)
{
	size_t len = strcspn(url, ":/");

	*where = url;
	if (url[len] != ':')
		return &ipsvc_store_sqlite_ops;	/* a path */
	for (size_t i = 0; i < NBACKENDS; i++) {
		if (strlen(backends[i]->scheme) == len &&
		    !strncmp(backends[i]->scheme, url, len)) {
			*where = url + len + 1;
			return backends[i];
		}
	}
	return NULL;
}

struct ipsvc_store *ipsvc_store_open_ops(const struct ipsvc_store_ops *ops,
					 const char *where,
					 enum ipsvc_store_mode mode,
					 char **message)
{
	struct ipsvc_store *store = ops->open(where, mode, message);

	if (!store)
		return NULL;
	store->ops = ops;
	store->readonly = mode == IPSVC_STORE_READ;
	return store;
}

static struct ipsvc_store *open_as(const char *url, enum ipsvc_store_mode mode,
				   char **message)
{
	const char *where;
	const struct ipsvc_store_ops *ops = find_backend(url, &where);

	*message = NULL;
	if (!ops) {
		errno = EINVAL;
		*message = xasprintf("unknown kind of store \"%s\": use a path, or sqlite:PATH",
				     url);
		return NULL;
	}
	if (!*where) {
		errno = EINVAL;
		*message = xasprintf("the store's URL \"%s\" names no file: use a path, or sqlite:PATH",
				     url);
		return NULL;
	}
	return ipsvc_store_open_ops(ops, where, mode, message);
}

struct ipsvc_store *ipsvc_store_open(const char *url, bool readonly,
				     char **message)
{
	return open_as(url, readonly ? IPSVC_STORE_READ : IPSVC_STORE_WRITE,
		       message);
}

struct ipsvc_store *ipsvc_store_open_checked(const char *url, char **message)
{
	return open_as(url, IPSVC_STORE_WRITE_CHECKED, message);
}

void ipsvc_store_close(struct ipsvc_store *store)
{
	char *message;

	if (!store)
		return;
	message = store->message;
	store->ops->close(store);
	free(message);
}

void ipsvc_store_patience(struct ipsvc_store *store, int ms)
{
	store->ops->patience(store, ms);
}

void ipsvc_store_set_gone(struct ipsvc_store *store,
			  bool (*gone)(const struct ipsvc_owner *owner))
{
	store->gone = gone;
}

const char *ipsvc_store_message(const struct ipsvc_store *store)
{
	return store->message ? store->message : "";
}

static void set_message(struct ipsvc_store *store, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void set_message(struct ipsvc_store *store, const char *fmt, va_list ap)
{
	char *message = xvasprintf(fmt, ap);

	/* Only now: the old message may be one of the arguments. */
	free(store->message);
	store->message = message;
}

void ipsvc_store_say(struct ipsvc_store *store, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_message(store, fmt, ap);
	va_end(ap);
}

enum ipsvc_store_result ipsvc_store_fail(struct ipsvc_store *store,
					 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_message(store, fmt, ap);
	va_end(ap);
	return IPSVC_STORE_ERROR;
}

/* ---- reading ------------------------------------------------------------ */

/* ipsvc_record_fn */
static bool no_record(const struct ipsvc_record *record, void *arg)
{
	(void)record;
	(void)arg;
	return false;
}

int64_t ipsvc_store_revision(struct ipsvc_store *store)
{
	int64_t revision = -1;
	enum ipsvc_store_result result;

	result = store->ops->range(store, "", "", no_record, NULL, &revision);
	return result == IPSVC_STORE_OK ? revision : -1;
}

enum ipsvc_store_result ipsvc_store_not_found(struct ipsvc_store *store,
					      const struct ipsvc_kind *kind,
					      const char *name)
{
	ipsvc_store_say(store, "%s \"%s\" not found", kind->plural, name);
	return IPSVC_STORE_NOT_FOUND;
}

enum ipsvc_store_result
ipsvc_store_get(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		const char *ns, const char *name, struct ipsvc_objects *out)
{
	char *key = ipsvc_object_key(kind, ns, name), *value;
	struct ipsvc_record record = { .key = key };
	enum ipsvc_store_result result;

	result = store->ops->get(store, key, &value, &record.revision);
	record.value = value;
	if (result == IPSVC_STORE_NOT_FOUND)
		ipsvc_store_not_found(store, kind, name);
	else if (result == IPSVC_STORE_OK &&
		 !ipsvc_object_decode(store, &record, out))
		result = IPSVC_STORE_ERROR;
	free(value);
	free(key);
	return result;
}

struct listing {
	struct ipsvc_store *store;
	struct ipsvc_objects *out;
	bool failed;
};

/* ipsvc_record_fn */
static bool list_record(const struct ipsvc_record *record, void *arg)
{
	struct listing *l = arg;

	ipsvc_progress();
	l->failed = !ipsvc_object_decode(l->store, record, l->out);
	return !l->failed;
}

struct telling {
	struct ipsvc_store *store;
	ipsvc_change_fn *fn;
	void *arg;
	bool failed;
};

/* ipsvc_history_fn */
static void tell_change(const struct ipsvc_record *record, bool deleted,
			void *arg)
{
	struct telling *t = arg;
	struct ipsvc_objects one = {0};

	ipsvc_progress();
	if (t->failed || !ipsvc_object_decode(t->store, record, &one))
		t->failed = true;
	else if (one.n)
		t->fn(&(struct ipsvc_change){ record->revision, deleted,
					      one.items }, t->arg);
	ipsvc_objects_free(&one);
}

/* ipsvc_record_fn */
static bool tell_record(const struct ipsvc_record *record, void *arg)
{
	tell_change(record, false, arg);
	return !((struct telling *)arg)->failed;
}

enum ipsvc_store_result
ipsvc_store_tell_all(struct ipsvc_store *store, ipsvc_change_fn *fn, void *arg,
		     int64_t *revision)
{
	struct telling t = { store, fn, arg, false };
	char *end = ipsvc_key_end(IPSVC_WATCHED);
	enum ipsvc_store_result result;

	result = store->ops->range(store, IPSVC_WATCHED, end, tell_record, &t,
				   revision);
	free(end);
	return result == IPSVC_STORE_OK && t.failed ? IPSVC_STORE_ERROR : result;
}

/* What the keys of all that is asked for begin with, and few others. */
static char *list_prefix(const struct ipsvc_kind *kind, const char *ns)
{
	if (!kind)
		return xstrdup(IPSVC_WATCHED);
	if (!ns || !kind->namespaced)
		return xasprintf(IPSVC_WATCHED "%s/", kind->kind);
	return xasprintf(IPSVC_WATCHED "%s/%s/", kind->kind, ns);
}

enum ipsvc_store_result
ipsvc_store_list(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		 const char *ns, struct ipsvc_objects *out, int64_t *revision)
{
	char *prefix = list_prefix(kind, ns);
	char *end = ipsvc_key_end(prefix);
	struct listing l = { store, out, false };
	enum ipsvc_store_result result;
	size_t first = out->n, kept = first;

	result = store->ops->range(store, prefix, end, list_record, &l,
				   revision);
	if (result == IPSVC_STORE_OK && l.failed)
		result = IPSVC_STORE_ERROR;
	for (size_t i = first; i < out->n; i++) {
		struct ipsvc_object *obj = &out->items[i];

		if (ns && obj->kind->namespaced && strcmp(obj->ns, ns))
			ipsvc_object_clear(obj);
		else
			out->items[kept++] = *obj;
	}
	out->n = kept;
	if (out->n > first)
		qsort(out->items + first, out->n - first, sizeof(*out->items),
		      ipsvc_object_cmp);
	free(prefix);
	free(end);
	return result;
}

struct files {
	char **items;
	size_t n, cap;
};

/* ipsvc_record_fn: those of one file come together. */
static bool add_file(const struct ipsvc_record *record, void *arg)
{
	struct files *f = arg;
	char *file = ipsvc_owner_key_file(record->key);

	if (f->n && !strcmp(f->items[f->n - 1], file)) {
		free(file);
		return true;
	}
	f->items = ipsvc_grow(f->items, f->n, &f->cap, sizeof(*f->items));
	f->items[f->n++] = file;
	return true;
}

enum ipsvc_store_result
ipsvc_store_files(struct ipsvc_store *store, const char *source, char ***files,
		  size_t *n)
{
	char *prefix = ipsvc_owner_prefix(source, NULL);
	char *end = ipsvc_key_end(prefix);
	struct files f = {0};
	enum ipsvc_store_result result;

	result = store->ops->range(store, prefix, end, add_file, &f, NULL);
	*files = f.items;
	*n = f.n;
	free(prefix);
	free(end);
	return result;
}

/* ---- watching ----------------------------------------------------------- */

enum ipsvc_store_result
ipsvc_store_changes(struct ipsvc_store *store, int64_t from,
		    ipsvc_change_fn *fn, void *arg, int64_t *to)
{
	struct telling t = { store, fn, arg, false };
	enum ipsvc_store_result result;

	result = store->ops->history(store, from, tell_change, &t, to);
	return result == IPSVC_STORE_OK && t.failed ? IPSVC_STORE_ERROR : result;
}

int ipsvc_store_watch_fd(struct ipsvc_store *store)
{
	int fd = store->ops->watch_fd(store);

	/* After it, so that no change can fall between them. */
	if (!store->watching)
		store->watched = ipsvc_store_revision(store);
	store->watching = true;
	return fd;
}

void ipsvc_store_watch_drain(struct ipsvc_store *store)
{
	store->ops->watch_drain(store);
}

bool ipsvc_store_watch_clear(struct ipsvc_store *store)
{
	int64_t revision;

	/* Drained first: what comes while the revision is read wakes again. */
	store->ops->watch_drain(store);
	revision = ipsvc_store_revision(store);
	/* A store that cannot be read is news as well: the caller will see. */
	if (revision >= 0 && revision == store->watched)
		return false;
	store->watched = revision;
	return true;
}
