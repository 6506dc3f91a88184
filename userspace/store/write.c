// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing to the store. Objects of the CLI and all objects of a manifest take the
 * same way: first a plan under a read transaction, which mostly finds that
 * nothing changes; else the plan again, and its execution, under a write
 * transaction. All or nothing; those of the CLI that are refused are left out
 * then, and the others tried again.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "api/apply.h"
#include "api/metadata.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "batch.h"
#include "claims.h"
#include "impl.h"
#include "keep.h"

void ipsvc_batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		ipsvc_objects_free(&b->items[i].old);
		json_decref(b->items[i].next.doc);
		b->items[i] = (struct item){
			.obj = b->items[i].obj, .write = b->items[i].write,
		};
	}
	ipsvc_objects_free(&b->gone);
	ipsvc_objects_free(&b->moved);
	b->gone = b->moved = (struct ipsvc_objects){0};
}

static struct ipsvc_object *old_of(const struct item *it)
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

/* ---- the plan ----------------------------------------------------------- */

static bool owner_is_gone(const struct ipsvc_store *store,
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

static enum ipsvc_store_result owned(struct ipsvc_store *store,
				     const struct ipsvc_object *old)
{
	const char *kind = old->kind->singular;
	char *owner = owner_text(old);

	if (owner_is_gone(store, old))
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

	return !owner_is_gone(b->store, old) &&
	       !(beside && beside->left(beside->arg, old));
}

/* Whether the owner of @b may write over @old. */
static enum ipsvc_store_result check_owner(struct batch *b,
					   const struct ipsvc_object *old)
{
	const char *plural = old->kind->plural;
	char *owner;

	if (!b->owner.file)
		return old->file ? owned(b->store, old) : IPSVC_STORE_OK;
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
static bool merges(const struct batch *b, const struct ipsvc_object *obj)
{
	return b->mode == IPSVC_WRITE_CHANGE && obj->written;
}

/* The document of it->next. */
static void set_next_doc(struct batch *b, struct item *it)
{
	const json_t *old = it->old.n ? old_of(it)->doc : NULL;
	const struct ipsvc_kind *kind = it->obj->kind;
	bool statement = b->mode == IPSVC_WRITE_STATEMENT;

	if (merges(b, it->obj)) {
		it->next.doc = ipsvc_apply(kind, old, it->obj->written);
		ipsvc_object_default(&it->next);
	} else {
		it->next.doc = json_deep_copy(it->obj->doc);
	}
	ipsvc_metadata_inherit(old, it->next.doc, statement);
	if (kind->inherit)
		kind->inherit(old, it->next.doc, statement);
}

static enum ipsvc_store_result plan_item(struct batch *b, struct item *it)
{
	struct ipsvc_object *obj = it->obj, *old;
	enum ipsvc_store_result result;

	result = b->store->ops->get(b->store, obj->kind, obj->ns, obj->name,
				    &it->old);
	if (result != IPSVC_STORE_OK && result != IPSVC_STORE_NOT_FOUND)
		return result;
	old = old_of(it);
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
static enum ipsvc_store_result check_unique(struct batch *b)
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

/* What the file had and has no more. The items are sorted. */
static enum ipsvc_store_result plan_prune(struct batch *b)
{
	struct ipsvc_objects had = {0};
	enum ipsvc_store_result result;

	if (!b->owner.file)
		return IPSVC_STORE_OK;
	result = b->store->ops->list_owner(b->store, &b->owner, &had);
	for (size_t i = 0; i < had.n && result == IPSVC_STORE_OK; i++) {
		struct item key = { .obj = &had.items[i] };

		if (b->n && bsearch(&key, b->items, b->n, sizeof(key), cmp_items))
			continue;
		plan_gone(b, &had.items[i]);
	}
	ipsvc_objects_free(&had);
	return result;
}

typedef enum ipsvc_store_result item_step(struct batch *b, struct item *it,
					  void *arg);

/* @step of one item, which keeps what it is told if it has a place for that. */
static enum ipsvc_store_result for_item(struct batch *b, struct item *it,
					item_step *step, void *arg)
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
static enum ipsvc_store_result for_items(struct batch *b, item_step *step,
					 void *arg)
{
	enum ipsvc_store_result result, all = IPSVC_STORE_OK;

	for (size_t i = 0; i < b->n; i++) {
		result = for_item(b, &b->items[i], step, arg);
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

static enum ipsvc_store_result plan(struct batch *b)
{
	enum ipsvc_store_result result;

	ipsvc_batch_clear(b);
	result = for_items(b, plan_step, NULL);
	return result == IPSVC_STORE_OK ? plan_prune(b) : result;
}

static bool changes(const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->items[i].outcome != IPSVC_WROTE_UNCHANGED)
			return true;
	}
	return b->gone.n || b->moved.n;
}

/* ---- its execution ------------------------------------------------------ */

static bool claims(const struct item *it)
{
	return it->outcome != IPSVC_WROTE_UNCHANGED && it->obj->kind->claims;
}

/*
 * As written it was; with what it took over, or lost, it need not be. A new one
 * has neither.
 */
static bool is_valid(struct batch *b, const struct item *it)
{
	if (!it->obj->kind->inherit && !(merges(b, it->obj) && it->old.n))
		return true;
	return ipsvc_object_validate(it->outcome == IPSVC_WROTE_CREATED ?
				     it->obj : &it->next, b->errs);
}

static enum ipsvc_store_result validate_step(struct batch *b, struct item *it,
					     void *arg)
{
	(void)arg;
	if (it->outcome == IPSVC_WROTE_UNCHANGED)
		return IPSVC_STORE_OK;
	if (it->outcome == IPSVC_WROTE_CONFIGURED &&
	    !ipsvc_object_validate_update(old_of(it), &it->next, b->errs))
		return IPSVC_STORE_INVALID;
	return is_valid(b, it) ? IPSVC_STORE_OK : IPSVC_STORE_INVALID;
}

static enum ipsvc_store_result release_step(struct batch *b, struct item *it,
					    void *arg)
{
	(void)arg;
	return claims(it) ? b->store->ops->release(b->store, &it->next) :
	       IPSVC_STORE_OK;
}

static enum ipsvc_store_result claim_step(struct batch *b, struct item *it,
					  void *arg)
{
	return claims(it) ? it->obj->kind->claims->claim(arg, &it->next,
							 it->old.n, b->errs) :
	       IPSVC_STORE_OK;
}

static enum ipsvc_store_result restore_step(struct batch *b, struct item *it,
					    void *arg)
{
	(void)b;
	return claims(it) && it->outcome == IPSVC_WROTE_CREATED ?
	       ipsvc_store_restore(arg, &it->next) : IPSVC_STORE_OK;
}

static enum ipsvc_store_result fill_step(struct batch *b, struct item *it,
					 void *arg)
{
	return claims(it) ? it->obj->kind->claims->fill(arg, &it->next,
							b->errs) :
	       IPSVC_STORE_OK;
}

/*
 * What is named is claimed for all items before anything is picked for one, and
 * after all of them let go of what they had: the objects of a file may exchange
 * addresses, and a pick never takes what the next object names. In between, new
 * objects get what was kept for them, unless one of the file named it.
 */
static enum ipsvc_store_result allocate(struct batch *b)
{
	struct ipsvc_allocator al;
	enum ipsvc_store_result result = ipsvc_allocator_init(&al, b->store);

	if (result == IPSVC_STORE_OK)
		result = for_items(b, release_step, NULL);
	if (result == IPSVC_STORE_OK)
		result = for_items(b, claim_step, &al);
	if (result == IPSVC_STORE_OK)
		result = for_items(b, restore_step, &al);
	if (result == IPSVC_STORE_OK)
		result = for_items(b, fill_step, &al);
	return result;
}

static enum ipsvc_store_result prune(struct batch *b)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	for (size_t i = 0; i < b->gone.n && result == IPSVC_STORE_OK; i++)
		result = ipsvc_store_remove(b->store, &b->gone.items[i]);
	return result;
}

/* A random (version 4) UUID. */
static json_t *new_uid(void)
{
	unsigned char r[16];
	char text[37];

	/* So few bytes come whole, or not at all when a signal was first. */
	while (getrandom(r, sizeof(r), 0) != sizeof(r))
		;
	r[6] = (r[6] & 0x0f) | 0x40;
	r[8] = (r[8] & 0x3f) | 0x80;
	snprintf(text, sizeof(text),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9],
		 r[10], r[11], r[12], r[13], r[14], r[15]);
	return json_string(text);
}

static json_t *now(void)
{
	char text[IPSVC_TIME_SIZE];

	return json_string(ipsvc_time_format(time(NULL), text));
}

static void set_version(json_t *doc, int64_t revision)
{
	char version[24];

	snprintf(version, sizeof(version), "%lld", (long long)revision);
	json_object_set_new(json_object_get(doc, "metadata"), "resourceVersion",
			    json_string(version));
}

/* As they are: the new owners will write what they say of them. */
static enum ipsvc_store_result put_moved(struct batch *b, int64_t revision)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	for (size_t i = 0; i < b->moved.n && result == IPSVC_STORE_OK; i++) {
		set_version(b->moved.items[i].doc, revision);
		b->moved.items[i].revision = revision;
		result = b->store->ops->put(b->store, &b->moved.items[i]);
	}
	return result;
}

static enum ipsvc_store_result put_step(struct batch *b, struct item *it,
					void *arg)
{
	json_t *metadata = json_object_get(it->next.doc, "metadata");
	const int64_t *revision = arg;

	if (it->outcome == IPSVC_WROTE_UNCHANGED)
		return IPSVC_STORE_OK;
	if (it->outcome == IPSVC_WROTE_CREATED) {
		json_object_set_new(metadata, "uid", new_uid());
		json_object_set_new(metadata, "creationTimestamp", now());
	}
	set_version(it->next.doc, *revision);
	it->next.revision = *revision;
	return b->store->ops->put(b->store, &it->next);
}

static enum ipsvc_store_result execute(struct batch *b)
{
	enum ipsvc_store_result result;
	int64_t revision;

	result = for_items(b, validate_step, NULL);
	/* First, so that what is released can be had by others of the file. */
	if (result == IPSVC_STORE_OK)
		result = prune(b);
	if (result == IPSVC_STORE_OK)
		result = allocate(b);
	if (result == IPSVC_STORE_OK)
		result = b->store->ops->bump(b->store, &revision);
	if (result == IPSVC_STORE_OK)
		result = put_moved(b, revision);
	if (result == IPSVC_STORE_OK)
		result = for_items(b, put_step, &revision);
	return result;
}

/* What the CLI is told of an object that was written. */
static void report(const struct batch *b, const struct item *it)
{
	const struct ipsvc_object *obj = it->obj;

	it->write->outcome = it->outcome;
	if (merges(b, obj) && it->old.n && !ipsvc_apply_annotated(old_of(it)->doc))
		ipsvc_errors_warn(&it->write->errs, "resource %s/%s is missing the " IPSVC_LAST_APPLIED " annotation which is required by ipsvc apply. ipsvc apply should only be used on resources created declaratively by ipsvc apply. The missing annotation will be patched automatically.",
				  obj->kind->plural, obj->name);
}

/* The caller's objects become what is stored. */
static void hand_over(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct item *it = &b->items[i];
		const struct ipsvc_object *stored = &it->next;

		if (it->outcome == IPSVC_WROTE_UNCHANGED)
			stored = old_of(it);
		if (it->write)
			report(b, it);
		json_decref(it->obj->doc);
		it->obj->doc = json_incref(stored->doc);
		it->obj->revision = stored->revision;
	}
}

static enum ipsvc_store_result run_planned(struct batch *b, bool dry_run,
					   bool *changed)
{
	enum ipsvc_store_result result = ipsvc_store_begin(b->store, false);

	*changed = false;
	if (result != IPSVC_STORE_OK)
		return result;
	result = ipsvc_store_end(b->store, false, plan(b));
	if (result != IPSVC_STORE_OK || !changes(b))
		return result;

	result = ipsvc_store_begin(b->store, true);
	if (result != IPSVC_STORE_OK)
		return result;
	/* Others may have written since, even just this. */
	result = plan(b);
	*changed = result == IPSVC_STORE_OK && changes(b);
	if (*changed)
		result = execute(b);
	return ipsvc_store_end(b->store, *changed && !dry_run, result);
}

enum ipsvc_store_result ipsvc_batch_run(struct batch *b, bool dry_run,
					bool *changed)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	/* A file's only: of others the first one named wins what is short. */
	if (b->owner.file)
		result = check_unique(b);
	if (result == IPSVC_STORE_OK)
		result = run_planned(b, dry_run, changed);
	if (result == IPSVC_STORE_OK)
		hand_over(b);
	return result;
}

enum ipsvc_store_result
ipsvc_store_apply_file(struct ipsvc_store *store,
		       const struct ipsvc_owner *owner,
		       struct ipsvc_objects *objs,
		       const struct ipsvc_store_beside *beside, bool *changed,
		       struct ipsvc_errors *errs)
{
	struct batch b = {
		.store = store,
		.mode = IPSVC_WRITE_STATEMENT,
		.owner = *owner,
		.beside = beside,
		.items = xcalloc(objs->n, sizeof(*b.items)),
		.n = objs->n,
		.errs = errs,
	};
	enum ipsvc_store_result result;

	*changed = false;
	for (size_t i = 0; i < b.n; i++)
		b.items[i].obj = &objs->items[i];
	result = ipsvc_batch_run(&b, false, changed);
	if (result != IPSVC_STORE_OK)
		*changed = false;
	ipsvc_batch_clear(&b);
	free(b.items);
	return result;
}

static enum ipsvc_store_result remove_stored(struct ipsvc_store *store,
					     const struct ipsvc_object *old)
{
	enum ipsvc_store_result result;
	int64_t revision;

	if (old->file && !owner_is_gone(store, old))
		return owned(store, old);
	result = ipsvc_store_remove(store, old);
	if (result == IPSVC_STORE_OK)
		result = store->ops->bump(store, &revision);
	return result;
}

enum ipsvc_store_result
ipsvc_store_delete(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		   const char *ns, const char *name, bool dry_run,
		   struct ipsvc_objects *deleted)
{
	struct ipsvc_objects old = {0};
	enum ipsvc_store_result result = ipsvc_store_begin(store, true);

	if (result != IPSVC_STORE_OK)
		return result;
	result = store->ops->get(store, kind, ns, name, &old);
	if (result == IPSVC_STORE_OK)
		result = remove_stored(store, &old.items[0]);
	else if (result == IPSVC_STORE_NOT_FOUND)
		result = ipsvc_store_not_found(store, kind, name);
	result = ipsvc_store_end(store, !dry_run, result);
	if (result == IPSVC_STORE_OK && deleted)
		ipsvc_objects_add(deleted, kind, json_incref(old.items[0].doc),
				  old.items[0].file, old.items[0].line);
	ipsvc_objects_free(&old);
	return result;
}
