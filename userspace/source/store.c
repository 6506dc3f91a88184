// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store as a source. It remembers which object it told in which revision, so
 * that after a compaction a new list can be told as a difference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "source.h"
#include "store/store.h"

/* An object that was told. */
struct told {
	struct ipsvc_map_node node;
	const struct ipsvc_kind *kind;
	int64_t revision;
	bool listed;			/* in the list that is being told */
	char names[];			/* namespace and name, each with its zero */
};

struct store_source {
	struct ipsvc_source base;
	struct ipsvc_store *store;
	struct ipsvc_map told;		/* struct told */
	ipsvc_change_fn *fn;		/* of the reading that goes on */
	void *arg;
	int changes;
};

static uint64_t hash_of(const struct ipsvc_object *obj)
{
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, obj->kind->kind);

	return ipsvc_hash_text(ipsvc_hash_text(hash, obj->ns), obj->name);
}

static const char *name_of(const struct told *t)
{
	return t->names + strlen(t->names) + 1;
}

static struct told *find(const struct store_source *src,
			 const struct ipsvc_object *obj)
{
	struct ipsvc_map_node *node = ipsvc_map_first(&src->told, hash_of(obj));

	for (; node; node = ipsvc_map_next(node)) {
		struct told *t = (struct told *)node;

		if (t->kind == obj->kind && !strcmp(t->names, obj->ns) &&
		    !strcmp(name_of(t), obj->name))
			return t;
	}
	return NULL;
}

static struct told *remember(struct store_source *src,
			     const struct ipsvc_object *obj)
{
	size_t ns = strlen(obj->ns) + 1, name = strlen(obj->name) + 1;
	struct told *t = xmalloc(sizeof(*t) + ns + name);

	*t = (struct told){ .kind = obj->kind };
	memcpy(t->names, obj->ns, ns);
	memcpy(t->names + ns, obj->name, name);
	ipsvc_map_add(&src->told, &t->node, hash_of(obj));
	return t;
}

static void forget(struct store_source *src, struct told *t)
{
	ipsvc_map_remove(&src->told, &t->node);
	free(t);
}

/* What is remembered of it then; NULL: nothing. */
static struct told *tell_one(struct store_source *src,
			     const struct ipsvc_change *change)
{
	struct told *t = find(src, change->obj);

	/* Told by a reading that failed later on; or never here, and gone. */
	if (t ? t->revision >= change->revision : change->deleted)
		return t;
	src->fn(change, src->arg);
	src->changes++;
	if (change->deleted) {
		forget(src, t);
		return NULL;
	}
	if (!t)
		t = remember(src, change->obj);
	t->revision = change->revision;
	return t;
}

/* ipsvc_change_fn */
static void tell(const struct ipsvc_change *change, void *arg)
{
	tell_one(arg, change);
}

/* ---- listing ------------------------------------------------------------ */

/* ipsvc_change_fn */
static void tell_put(const struct ipsvc_change *change, void *arg)
{
	tell_one(arg, change)->listed = true;
}

/* What was told and is not in the list is gone; its document is not known. */
static void tell_gone(struct store_source *src, int64_t revision)
{
	struct ipsvc_map_node *node, *next;

	for (node = ipsvc_map_walk(&src->told, NULL); node; node = next) {
		struct told *t = (struct told *)node;
		const struct ipsvc_object obj = {
			.kind = t->kind, .ns = t->names,
			.name = (char *)name_of(t),
		};
		const struct ipsvc_change change = { revision, true, &obj };

		next = ipsvc_map_walk(&src->told, node);
		if (!t->listed)
			tell_one(src, &change);
	}
}

/*
 * No list is being told; and where the store went back, as with a backup, what was
 * told is not what it has in the same revision.
 */
static void begin_list(struct store_source *src)
{
	bool back = ipsvc_store_revision(src->store) < src->base.revision;
	struct ipsvc_map_node *node = NULL;

	while ((node = ipsvc_map_walk(&src->told, node))) {
		struct told *t = (struct told *)node;

		t->listed = false;
		if (back)
			t->revision = -1;
	}
	if (back)
		src->base.revision = -1;
}

static enum ipsvc_store_result list(struct store_source *src, int64_t *revision)
{
	enum ipsvc_store_result result;

	begin_list(src);
	result = ipsvc_store_tell_all(src->store, tell_put, src, revision);
	if (result == IPSVC_STORE_OK)
		tell_gone(src, *revision);
	return result;
}

/* ---- struct ipsvc_source_ops -------------------------------------------- */

static struct store_source *of(struct ipsvc_source *source)
{
	return (struct store_source *)source;
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
	struct store_source *src = of(source);

	ipsvc_map_free_all(&src->told);
	free(src);
}

static const struct ipsvc_source_ops store_ops = {
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
