// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is to be done for a batch: of each object what it becomes, and what of its
 * manifest goes or changes hands. Reads only.
 */
#include <stdlib.h>
#include <string.h>

#include "api/apply.h"
#include "api/metadata.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/progress.h"
#include "batch.h"
#include "impl.h"
#include "records.h"

/* Forgets the plan, but for what is committed. */
static void forget_plan(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct item *it = &b->items[i];

		if (it->done)
			continue;
		ipsvc_objects_free(&it->old);
		json_decref(it->next.doc);
		*it = (struct item){ .obj = it->obj, .write = it->write };
	}
	ipsvc_objects_free(&b->gone);
	ipsvc_objects_free(&b->moved);
	if (!b->only_check)
		ipsvc_txn_clear(&b->txn);
}

void ipsvc_batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		b->items[i].done = false;
	forget_plan(b);
}

struct ipsvc_object *ipsvc_item_old(const struct item *it)
{
	return it->old.n ? &it->old.items[0] : NULL;
}

/* Says of the errors added since there were @first whose they are. */
static void attribute_errors(struct batch *b, size_t first,
			     const struct ipsvc_object *obj)
{
	for (size_t i = first; i < b->errs->n; i++) {
		struct ipsvc_error *err = &b->errs->items[i];

		if (!err->line)
			err->line = obj->line;
		if (!err->object)
			err->object = xasprintf("%s \"%s\"",
						obj->kind->kind,
						obj->name);
	}
}

/* ---- owners ------------------------------------------------------------- */

bool ipsvc_store_owner_is_gone(const struct ipsvc_store *store,
			  const struct ipsvc_object *old)
{
	const struct ipsvc_owner owner = { old->source, old->file };

	return store->gone && store->gone(&owner);
}

/* The manifest of @obj for people; the caller frees it. */
static char *owner_text(const struct ipsvc_object *obj)
{
	return *obj->source ? xasprintf("%s of %s", obj->file, obj->source) :
	       xstrdup(obj->file);
}

enum ipsvc_store_result ipsvc_store_owned(struct ipsvc_store *store,
				     const struct ipsvc_object *old)
{
	const char *kind = old->kind->singular;
	char *owner = owner_text(old);

	if (ipsvc_store_owner_is_gone(store, old))
		ipsvc_store_say(store, "%s \"%s\" in namespace \"%s\" came from the manifest %s, which is gone; delete it first: ipsvc delete %s %s -n %s",
				kind, old->name, old->ns, owner, kind,
				old->name, old->ns);
	else
		ipsvc_store_say(store, "%s \"%s\" in namespace \"%s\" is managed by the manifest %s; edit or remove that file instead",
				kind, old->name, old->ns, owner);
	free(owner);
	return IPSVC_STORE_OWNED;
}

/* Whether the manifest that owns @old holds on to it. */
static bool is_held(const struct batch *b, const struct ipsvc_object *old)
{
	const struct ipsvc_store_beside *beside = b->beside;

	return !ipsvc_store_owner_is_gone(b->store, old) &&
	       !(beside && beside->left(beside->arg, old));
}

/* Whether the owner of @b may write over @old. */
static enum ipsvc_store_result check_owner(struct batch *b,
					   const struct ipsvc_object *old)
{
	const char *plural = old->kind->plural;
	char *owner;

	if (!b->owner.file)
		return old->file ? ipsvc_store_owned(b->store, old) : IPSVC_STORE_OK;
	if (old->file && (ipsvc_owner_may_have(&b->owner, old) ||
			  !is_held(b, old)))
		return IPSVC_STORE_OK;
	owner = old->file ? owner_text(old) : NULL;
	if (!owner)
		ipsvc_errors_add(b->errs, IPSVC_ERR_DECODE, "", NULL,
				 "%s \"%s\" already exists and was not made from a manifest; delete it first",
				 plural, old->name);
	else
		ipsvc_errors_add(b->errs, IPSVC_ERR_DECODE, "", NULL,
				 "%s \"%s\" is already in the manifest %s; remove it from one of the two",
				 plural, old->name, owner);
	free(owner);
	return IPSVC_STORE_INVALID;
}

static const char *resource_version(const json_t *doc)
{
	return ipsvc_json_text(json_object_get(doc, "metadata"),
				"resourceVersion");
}

/* A document that says which version it is made from must be made from @old. */
static enum ipsvc_store_result check_version(struct batch *b,
					     const struct ipsvc_object *obj,
					     const struct ipsvc_object *old)
{
	const char *version = resource_version(obj->doc);
	char *quoted;

	if (b->mode == IPSVC_WRITE_STATEMENT || !*version)
		return IPSVC_STORE_OK;
	if (!old) {
		quoted = ipsvc_quote(version);
		ipsvc_errors_add(b->errs, IPSVC_ERR_INVALID,
				 "metadata.resourceVersion", quoted,
				 "should not be set on objects to be created");
		free(quoted);
		return IPSVC_STORE_INVALID;
	}
	if (!strcmp(version, resource_version(old->doc)))
		return IPSVC_STORE_OK;
	ipsvc_store_say(b->store, "Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your changes to the latest version and try again",
			obj->kind->plural, obj->name);
	return IPSVC_STORE_CONFLICT;
}

/* @next has no resourceVersion yet. */
static bool same_doc(const json_t *old, json_t *next)
{
	json_t *metadata = json_object_get(next, "metadata");
	bool same;

	json_object_set(metadata, "resourceVersion",
			json_object_get(json_object_get(old, "metadata"),
					"resourceVersion"));
	same = json_equal(old, next);
	json_object_del(metadata, "resourceVersion");
	return same;
}

/* Whether what is stored is merged into what is written. */
bool ipsvc_batch_merges(const struct batch *b, const struct ipsvc_object *obj)
{
	return b->mode == IPSVC_WRITE_CHANGE && obj->written;
}

/*
 * The status is not the owner's to write, but for kinds whose manifests state it:
 * then it is that of the manifest, as long as there is one in it. A new object has
 * what it has by default.
 */
static void keep_status(const struct ipsvc_kind *kind, const json_t *old,
			json_t *doc)
{
	json_t *status = json_object_get(old, "status");

	if (kind->status_written && json_object_get(doc, "status"))
		return;
	if (status)
		json_object_set_new(doc, "status", json_deep_copy(status));
	else
		json_object_del(doc, "status");
	if (!old && kind->set_defaults)
		kind->set_defaults(doc);
}

/* The document of it->next. */
static void set_next_doc(struct batch *b, struct item *it)
{
	const json_t *old = it->old.n ? ipsvc_item_old(it)->doc : NULL;
	const struct ipsvc_kind *kind = it->obj->kind;
	bool statement = b->mode == IPSVC_WRITE_STATEMENT;

	if (ipsvc_batch_merges(b, it->obj)) {
		it->next.doc = ipsvc_apply(kind, old, it->obj->written);
		ipsvc_object_default(&it->next);
	} else {
		it->next.doc = json_deep_copy(it->obj->doc);
	}
	keep_status(kind, old, it->next.doc);
	ipsvc_metadata_inherit(old, it->next.doc, statement);
	if (kind->inherit)
		kind->inherit(&b->families, old, it->next.doc, statement);
}

/* What is stored at @key, if it is; for the commit it must still be so. */
static enum ipsvc_store_result read_key(struct batch *b, const char *key,
					struct ipsvc_objects *out)
{
	struct ipsvc_record record = { .key = key };
	enum ipsvc_store_result result;

	result = ipsvc_txn_get(&b->txn, key, &record.value);
	if (result != IPSVC_STORE_OK || !record.value)
		return result;
	record.revision = ipsvc_txn_revision(&b->txn, key);
	return ipsvc_object_decode(b->store, &record, out) ? IPSVC_STORE_OK :
							     IPSVC_STORE_ERROR;
}

enum ipsvc_store_result ipsvc_batch_read(struct batch *b,
					   const struct ipsvc_object *obj,
					   struct ipsvc_objects *out)
{
	char *key = ipsvc_object_key(obj->kind, obj->ns, obj->name);
	enum ipsvc_store_result result = read_key(b, key, out);

	free(key);
	return result;
}

static enum ipsvc_store_result plan_item(struct batch *b, struct item *it)
{
	struct ipsvc_object *obj = it->obj, *old;
	enum ipsvc_store_result result;

	result = ipsvc_batch_read(b, obj, &it->old);
	if (result != IPSVC_STORE_OK)
		return result;
	old = ipsvc_item_old(it);
	if (old && b->mode == IPSVC_WRITE_CREATE) {
		ipsvc_store_say(b->store, "%s \"%s\" already exists",
				obj->kind->plural, obj->name);
		return IPSVC_STORE_EXISTS;
	}
	result = old ? check_owner(b, old) : IPSVC_STORE_OK;
	if (result == IPSVC_STORE_OK)
		result = check_version(b, obj, old);
	if (result != IPSVC_STORE_OK)
		return result;

	it->next = (struct ipsvc_object){
		.kind = obj->kind,
		.ns = obj->ns,
		.name = obj->name,
		.file = (char *)b->owner.file,
		.source = (char *)b->owner.source,
	};
	set_next_doc(b, it);
	if (!old)
		it->outcome = IPSVC_WROTE_CREATED;
	else if (same_doc(old->doc, it->next.doc) &&
		 ipsvc_owner_has(&b->owner, old))
		it->outcome = IPSVC_WROTE_UNCHANGED;
	else
		it->outcome = IPSVC_WROTE_CONFIGURED;
	return IPSVC_STORE_OK;
}

static int cmp_items(const void *a, const void *b)
{
	return ipsvc_object_cmp(((const struct item *)a)->obj,
				((const struct item *)b)->obj);
}

/* Sorts the items; the same object twice is an error. */
enum ipsvc_store_result ipsvc_batch_check_unique(struct batch *b)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	if (b->n)
		qsort(b->items, b->n, sizeof(*b->items), cmp_items);
	for (size_t i = 1; i < b->n; i++) {
		const struct ipsvc_object *obj = b->items[i].obj;
		size_t first = b->errs->n;
		char *quoted;

		if (cmp_items(&b->items[i - 1], &b->items[i]))
			continue;
		quoted = ipsvc_quote(obj->name);
		ipsvc_errors_add(b->errs, IPSVC_ERR_DUPLICATE, "metadata.name",
				 quoted, NULL);
		free(quoted);
		attribute_errors(b, first, obj);
		result = IPSVC_STORE_INVALID;
	}
	return result;
}

/* @obj, which the file has no more, goes unless it is to be kept. */
static void plan_gone(struct batch *b, const struct ipsvc_object *obj)
{
	const struct ipsvc_store_beside *beside = b->beside;
	const char *heir = beside ? beside->heir(beside->arg, obj) : NULL;
	struct ipsvc_object *next;

	if (!heir && beside && beside->keep(beside->arg, obj))
		return;
	next = ipsvc_objects_add(heir ? &b->moved : &b->gone, obj->kind,
				 json_incref(obj->doc),
				 heir ? heir : b->owner.file, 0);
	ipsvc_object_set_source(next, b->owner.source);
}

struct index_keys {
	char **items;
	size_t n, cap;
};

/* ipsvc_record_fn */
static bool add_index_key(const struct ipsvc_record *record, void *arg)
{
	struct index_keys *keys = arg;

	keys->items = ipsvc_grow(keys->items, keys->n, &keys->cap,
				 sizeof(*keys->items));
	keys->items[keys->n++] = ipsvc_owner_key_object(record->key);
	return true;
}

/* The keys of all objects of the file. */
static enum ipsvc_store_result list_owned(struct batch *b,
					  struct index_keys *keys)
{
	char *prefix = ipsvc_owner_prefix(b->owner.source, b->owner.file);
	char *end = ipsvc_key_end(prefix);
	enum ipsvc_store_result result;

	result = b->store->ops->range(b->store, prefix, end, add_index_key,
				      keys, NULL);
	free(prefix);
	free(end);
	return result;
}

/* One of them, at @key: the items are sorted. */
static enum ipsvc_store_result prune_key(struct batch *b, const char *key)
{
	struct ipsvc_objects had = {0};
	enum ipsvc_store_result result = read_key(b, key, &had);
	struct item wanted = { .obj = had.items };

	if (had.n && ipsvc_owner_has(&b->owner, &had.items[0]) &&
	    !(b->n && bsearch(&wanted, b->items, b->n, sizeof(wanted),
			      cmp_items)))
		plan_gone(b, &had.items[0]);
	ipsvc_objects_free(&had);
	return result;
}

/* What the file had and has no more. */
static enum ipsvc_store_result plan_prune(struct batch *b)
{
	struct index_keys keys = {0};
	enum ipsvc_store_result result;

	if (!b->owner.file)
		return IPSVC_STORE_OK;
	result = list_owned(b, &keys);
	for (size_t i = 0; i < keys.n; i++) {
		b->txn.part = b->n + i + 1;
		if (result == IPSVC_STORE_OK)
			result = prune_key(b, keys.items[i]);
		free(keys.items[i]);
	}
	free(keys.items);
	return result;
}

/* @step of one item, which keeps what it is told if it has a place for that. */
static enum ipsvc_store_result for_item(struct batch *b, struct item *it,
					ipsvc_item_step *step, void *arg)
{
	struct ipsvc_errors *errs = b->errs;
	enum ipsvc_store_result result;
	size_t first;

	if (it->write)
		b->errs = &it->write->errs;
	first = b->errs->n;
	result = step(b, it, arg);
	attribute_errors(b, first, it->obj);
	b->errs = errs;
	if (it->write && result != IPSVC_STORE_OK) {
		it->write->result = result;
		it->write->message = xstrdup(ipsvc_store_message(b->store));
	}
	return result;
}

/*
 * Calls @step for each item, until one fails for another reason than the item
 * itself, so that all errors are told at once.
 */
enum ipsvc_store_result ipsvc_batch_each(struct batch *b, ipsvc_item_step *step,
					 void *arg)
{
	enum ipsvc_store_result result, all = IPSVC_STORE_OK;

	for (size_t i = 0; i < b->n; i++) {
		ipsvc_progress();
		b->txn.part = i + 1;
		result = b->items[i].done ? IPSVC_STORE_OK :
			 for_item(b, &b->items[i], step, arg);
		if (result == IPSVC_STORE_OK)
			continue;
		all = result;
		if (result == IPSVC_STORE_ERROR ||
		    (result != IPSVC_STORE_INVALID && !b->items[i].write))
			break;
	}
	return all;
}

static enum ipsvc_store_result plan_step(struct batch *b, struct item *it,
					 void *arg)
{
	(void)arg;
	return plan_item(b, it);
}

enum ipsvc_store_result ipsvc_batch_plan(struct batch *b)
{
	enum ipsvc_store_result result;

	forget_plan(b);
	result = ipsvc_allocator_init(&b->al, &b->txn);
	b->families = ipsvc_alloc_families(&b->al.cidrs);
	if (result == IPSVC_STORE_OK)
		result = ipsvc_batch_each(b, plan_step, NULL);
	return result == IPSVC_STORE_OK ? plan_prune(b) : result;
}

bool ipsvc_batch_changes(const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!b->items[i].done &&
		    b->items[i].outcome != IPSVC_WROTE_UNCHANGED)
			return true;
	}
	return b->gone.n || b->moved.n;
}

