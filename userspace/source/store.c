// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store as a source. It remembers which object it told in which revision, so
 * that after a compaction a new list can be told as a difference.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source.h"
#include "store/store.h"

/* An object that was told. */
struct told {
	struct ipsvc_object obj;	/* kind and names only */
	int64_t revision;
	bool listed;			/* in the list that is being told */
};

struct store_source {
	struct ipsvc_source base;
	struct ipsvc_store *store;
	void *told;			/* tree of struct told */
	ipsvc_change_fn *fn;		/* of the reading that goes on */
	void *arg;
	int changes;
};

static int cmp_told(const void *a, const void *b)
{
	return ipsvc_object_cmp(&((const struct told *)a)->obj,
				&((const struct told *)b)->obj);
}

static void free_told(void *node)
{
	struct told *t = node;

	ipsvc_object_clear(&t->obj);
	free(t);
}

static struct told *find(struct store_source *src,
			 const struct ipsvc_object *obj)
{
	const struct told key = { .obj = *obj };
	struct told **node = tfind(&key, &src->told, cmp_told);

	return node ? *node : NULL;
}

static void remember(struct store_source *src, const struct ipsvc_object *obj,
		     int64_t revision)
{
	struct told *t = find(src, obj);

	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->obj.kind = obj->kind;
		t->obj.ns = xstrdup(obj->ns);
		t->obj.name = xstrdup(obj->name);
		if (!tsearch(t, &src->told, cmp_told))
			ipsvc_out_of_memory();
	}
	t->revision = revision;
}

static void forget(struct store_source *src, const struct ipsvc_object *obj)
{
	struct told *t = find(src, obj);

	if (!t)
		return;
	tdelete(t, &src->told, cmp_told);
	free_told(t);
}

/* ipsvc_change_fn */
static void tell(const struct ipsvc_change *change, void *arg)
{
	struct store_source *src = arg;
	const struct told *t = find(src, change->obj);

	/* Told by a reading that failed later on; or never here, and gone. */
	if (t ? t->revision >= change->revision : change->deleted)
		return;
	src->fn(change, src->arg);
	src->changes++;
	if (change->deleted)
		forget(src, change->obj);
	else
		remember(src, change->obj, change->revision);
}

/* ---- listing ------------------------------------------------------------ */

static void tell_put(struct store_source *src, const struct ipsvc_object *obj)
{
	const struct ipsvc_change change = { obj->revision, false, obj };

	tell(&change, src);
	find(src, obj)->listed = true;
}

struct unlisted {
	struct told **items;
	size_t n, cap;
};

static void collect(const void *node, VISIT visit, void *arg)
{
	struct told *t = *(struct told *const *)node;
	struct unlisted *u = arg;

	if (visit != postorder && visit != leaf)
		return;
	if (!t->listed) {
		u->items = ipsvc_grow(u->items, u->n, &u->cap,
				      sizeof(*u->items));
		u->items[u->n++] = t;
	}
	t->listed = false;	/* for the next list */
}

/* What was told and is not in the list is gone; its document is not known. */
static void tell_gone(struct store_source *src, int64_t revision)
{
	struct unlisted gone = {0};

	twalk_r(src->told, collect, &gone);
	for (size_t i = 0; i < gone.n; i++) {
		const struct ipsvc_change change = { revision, true,
						     &gone.items[i]->obj };

		tell(&change, src);
	}
	free(gone.items);
}

static enum ipsvc_store_result list(struct store_source *src, int64_t *revision)
{
	struct ipsvc_objects objs = {0};
	enum ipsvc_store_result result;

	result = ipsvc_store_list(src->store, NULL, NULL, &objs, revision);
	for (size_t i = 0; i < objs.n && result == IPSVC_STORE_OK; i++)
		tell_put(src, &objs.items[i]);
	if (result == IPSVC_STORE_OK)
		tell_gone(src, *revision);
	ipsvc_objects_free(&objs);
	return result;
}

/* ---- struct ipsvc_source_ops -------------------------------------------- */

static struct store_source *of(struct ipsvc_source *source)
{
	return (struct store_source *)source;
}

static int fd(struct ipsvc_source *source)
{
	return ipsvc_store_watch_fd(of(source)->store);
}

static int read_changes(struct ipsvc_source *source, ipsvc_change_fn *fn,
			void *arg)
{
	struct store_source *src = of(source);
	enum ipsvc_store_result result = IPSVC_STORE_COMPACTED;
	int64_t revision = source->revision;

	src->fn = fn;
	src->arg = arg;
	src->changes = 0;
	ipsvc_store_watch_drain(src->store);
	if (revision >= 0)
		result = ipsvc_store_changes(src->store, revision, tell, src,
					     &revision);
	if (result == IPSVC_STORE_COMPACTED)
		result = list(src, &revision);
	if (result != IPSVC_STORE_OK)
		return -EIO;
	source->revision = revision;
	return src->changes;
}

static const char *message(const struct ipsvc_source *source)
{
	return ipsvc_store_message(((const struct store_source *)source)->store);
}

static void free_source(struct ipsvc_source *source)
{
	tdestroy(of(source)->told, free_told);
	free(source);
}

static const struct ipsvc_source_ops store_ops = {
	.fd = fd,
	.read = read_changes,
	.message = message,
	.free = free_source,
};

struct ipsvc_source *ipsvc_source_of_store(struct ipsvc_store *store)
{
	struct store_source *src = xcalloc(1, sizeof(*src));

	src->base = (struct ipsvc_source){ &store_ops, -1 };
	src->store = store;
	return &src->base;
}
