/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend of the store that behaves as etcd does: everything by compare-and-swap,
 * at most 128 comparisons and changes at once, each revision in the history until it
 * is compacted. All stores that are opened by one name in this process are one.
 */
#ifndef IPSVC_TESTS_STORE_MEMORY_H
#define IPSVC_TESTS_STORE_MEMORY_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/ops.h"

#define MEMORY_COMMIT_MAX	128
#define MEMORY_WATCHERS		16

struct memory_record {
	char *key, *value;
	int64_t revision, expires;
	bool deleted;		/* of the history only */
};

struct memory_list {
	struct memory_record *items;
	size_t n, cap;
};

/* What is behind all stores: there is one, memory_reset() empties it. */
static struct {
	pthread_mutex_t lock;
	struct memory_list records;	/* sorted by key */
	struct memory_list history;	/* by revision */
	int64_t revision, compacted;
	int64_t skew;			/* of its clock, seconds */
	int watchers[MEMORY_WATCHERS];	/* eventfds; 0: none */
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct memory_store {
	struct ipsvc_store base;
	int event;		/* or -1 */
};

static void memory_list_free(struct memory_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].key);
		free(list->items[i].value);
	}
	free(list->items);
	*list = (struct memory_list){0};
}

static void memory_reset(void)
{
	memory_list_free(&memory.records);
	memory_list_free(&memory.history);
	memory.revision = memory.compacted = memory.skew = 0;
}

/* As etcd's: what is older can be told no more. */
static void memory_compact(int64_t revision)
{
	memory_list_free(&memory.history);
	memory.compacted = revision;
}

static int64_t memory_now(void)
{
	return time(NULL) + memory.skew;
}

/* Where @key is, or belongs. */
static size_t memory_at(const char *key)
{
	size_t low = 0, high = memory.records.n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(memory.records.items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool memory_alive(const struct memory_record *r)
{
	return !r->expires || r->expires > memory_now();
}

static struct memory_record *memory_find(const char *key)
{
	size_t at = memory_at(key);

	return at < memory.records.n &&
	       !strcmp(memory.records.items[at].key, key) &&
	       memory_alive(&memory.records.items[at]) ?
	       &memory.records.items[at] : NULL;
}

static void memory_remember(const struct memory_record *r, int64_t revision,
			    bool deleted)
{
	struct memory_list *h = &memory.history;

	if (strncmp(r->key, IPSVC_WATCHED, strlen(IPSVC_WATCHED)))
		return;
	h->items = ipsvc_grow(h->items, h->n, &h->cap, sizeof(*h->items));
	h->items[h->n++] = (struct memory_record){
		xstrdup(r->key), xstrdup(r->value), revision, 0, deleted,
	};
}

static void memory_delete(size_t at)
{
	struct memory_list *l = &memory.records;

	free(l->items[at].key);
	free(l->items[at].value);
	memmove(&l->items[at], &l->items[at + 1],
		(--l->n - at) * sizeof(*l->items));
}

static void memory_insert(size_t at, const char *key)
{
	struct memory_list *l = &memory.records;

	l->items = ipsvc_grow(l->items, l->n, &l->cap, sizeof(*l->items));
	memmove(&l->items[at + 1], &l->items[at],
		(l->n++ - at) * sizeof(*l->items));
	l->items[at] = (struct memory_record){ .key = xstrdup(key) };
}

static void memory_put(const struct ipsvc_put *p)
{
	size_t at = memory_at(p->key);
	struct memory_record *r;
	bool there = at < memory.records.n &&
		     !strcmp(memory.records.items[at].key, p->key);

	if (!p->value) {
		if (there) {
			memory_remember(&memory.records.items[at],
					memory.revision, true);
			memory_delete(at);
		}
		return;
	}
	if (!there)
		memory_insert(at, p->key);
	r = &memory.records.items[at];
	free(r->value);
	r->value = xstrdup(p->value);
	r->revision = memory.revision;
	r->expires = p->ttl ? memory_now() + p->ttl : 0;
	memory_remember(r, memory.revision, false);
}

static bool memory_holds(const struct ipsvc_compare *c)
{
	const struct memory_record *r;

	if (!c->end) {
		r = memory_find(c->key);
		return (r ? r->revision : 0) == c->revision;
	}
	for (size_t i = memory_at(c->key); i < memory_at(c->end); i++)
		if (memory_alive(&memory.records.items[i]))
			return false;
	return true;
}

/* ---- struct ipsvc_store_ops --------------------------------------------- */

static struct ipsvc_store *memory_open(const char *where,
				       enum ipsvc_store_mode mode,
				       char **message)
{
	struct memory_store *s = xcalloc(1, sizeof(*s));

	(void)where;
	(void)mode;
	*message = NULL;
	s->event = -1;
	return &s->base;
}

static void memory_close(struct ipsvc_store *store)
{
	struct memory_store *s = (struct memory_store *)store;

	pthread_mutex_lock(&memory.lock);
	for (size_t i = 0; i < MEMORY_WATCHERS; i++)
		if (memory.watchers[i] == s->event)
			memory.watchers[i] = 0;
	pthread_mutex_unlock(&memory.lock);
	if (s->event >= 0)
		close(s->event);
	free(s);
}

static void memory_patience(struct ipsvc_store *store, int ms)
{
	(void)store;
	(void)ms;
}

static enum ipsvc_store_result memory_get(struct ipsvc_store *store,
					  const char *key, char **value,
					  int64_t *revision)
{
	const struct memory_record *r;

	(void)store;
	pthread_mutex_lock(&memory.lock);
	r = memory_find(key);
	*value = r ? xstrdup(r->value) : NULL;
	*revision = r ? r->revision : 0;
	pthread_mutex_unlock(&memory.lock);
	return r ? IPSVC_STORE_OK : IPSVC_STORE_NOT_FOUND;
}

static enum ipsvc_store_result memory_range(struct ipsvc_store *store,
					    const char *from, const char *to,
					    ipsvc_record_fn *fn, void *arg,
					    int64_t *revision)
{
	(void)store;
	pthread_mutex_lock(&memory.lock);
	if (revision)
		*revision = memory.revision;
	for (size_t i = memory_at(from); i < memory_at(to); i++) {
		const struct memory_record *r = &memory.records.items[i];
		const struct ipsvc_record record = {
			r->key, r->value, r->revision,
		};

		if (memory_alive(r) && !fn(&record, arg))
			break;
	}
	pthread_mutex_unlock(&memory.lock);
	return IPSVC_STORE_OK;
}

static bool memory_twice(const struct ipsvc_commit *c)
{
	for (size_t i = 0; i < c->nputs; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(c->puts[i].key, c->puts[j].key))
				return true;
	return false;
}

static enum ipsvc_store_result memory_commit(struct ipsvc_store *store,
					     const struct ipsvc_commit *c,
					     int64_t *revision)
{
	bool holds = true;
	uint64_t one = 1;

	if (c->ncompares > MEMORY_COMMIT_MAX || c->nputs > MEMORY_COMMIT_MAX)
		return ipsvc_store_fail(store, "etcdserver: too many operations in txn request");
	if (memory_twice(c))
		return ipsvc_store_fail(store, "etcdserver: duplicate key given in txn request");
	pthread_mutex_lock(&memory.lock);
	for (size_t i = 0; i < c->ncompares && holds; i++)
		holds = memory_holds(&c->compares[i]);
	if (holds) {
		*revision = ++memory.revision;
		for (size_t i = 0; i < c->nputs; i++)
			memory_put(&c->puts[i]);
		for (size_t i = 0; i < MEMORY_WATCHERS; i++)
			if (memory.watchers[i] &&
			    write(memory.watchers[i], &one, sizeof(one)) < 0)
				abort();
	}
	pthread_mutex_unlock(&memory.lock);
	return holds ? IPSVC_STORE_OK : IPSVC_STORE_CONFLICT;
}

static enum ipsvc_store_result memory_history(struct ipsvc_store *store,
					      int64_t from, ipsvc_history_fn *fn,
					      void *arg, int64_t *to)
{
	bool known;

	(void)store;
	pthread_mutex_lock(&memory.lock);
	known = from >= memory.compacted && from <= memory.revision;
	for (size_t i = 0; i < memory.history.n && known; i++) {
		const struct memory_record *r = &memory.history.items[i];
		const struct ipsvc_record record = {
			r->key, r->value, r->revision,
		};

		if (r->revision > from)
			fn(&record, r->deleted, arg);
	}
	*to = known ? memory.revision : *to;
	pthread_mutex_unlock(&memory.lock);
	return known ? IPSVC_STORE_OK : IPSVC_STORE_COMPACTED;
}

static int memory_watch_fd(struct ipsvc_store *store)
{
	struct memory_store *s = (struct memory_store *)store;

	pthread_mutex_lock(&memory.lock);
	for (size_t i = 0; i < MEMORY_WATCHERS && s->event < 0; i++)
		if (!memory.watchers[i])
			memory.watchers[i] = s->event =
				eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_unlock(&memory.lock);
	return s->event;
}

static void memory_watch_drain(struct ipsvc_store *store)
{
	struct memory_store *s = (struct memory_store *)store;
	uint64_t n;

	if (s->event >= 0 && read(s->event, &n, sizeof(n)) < 0)
		return;		/* nothing was new */
}

static const struct ipsvc_store_ops memory_ops = {
	.scheme = "memory",
	.commit_max = MEMORY_COMMIT_MAX,
	.open = memory_open,
	.close = memory_close,
	.patience = memory_patience,
	.get = memory_get,
	.range = memory_range,
	.commit = memory_commit,
	.history = memory_history,
	.watch_fd = memory_watch_fd,
	.watch_drain = memory_watch_drain,
};

#endif
