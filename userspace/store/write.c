// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing to the store. Objects of the CLI and all objects of a manifest take the
 * same way: what is there is read, and a plan is made (plan.c), which mostly finds
 * that nothing changes; else it is executed in memory (execute.c), and committed if
 * what was read is still so (txn.h). All or nothing; those of the CLI that are
 * refused are left out then, and the others tried again.
 */
#include <stdlib.h>

#include "api/apply.h"
#include "api/validate.h"
#include "base/memory.h"
#include "batch.h"
#include "impl.h"
#include "keep.h"
#include "records.h"

/* What the CLI is told of an object that was written. */
static void report(const struct batch *b, const struct item *it)
{
	const struct ipsvc_object *obj = it->obj;

	it->write->outcome = it->outcome;
	it->write->done = true;
	if (it->outcome != IPSVC_WROTE_UNCHANGED)
		ipsvc_object_warnings(&it->next, &it->write->errs);
	if (ipsvc_batch_merges(b, obj) && it->old.n && !ipsvc_apply_annotated(ipsvc_item_old(it)->doc))
		ipsvc_errors_warn(&it->write->errs, "resource %s/%s is missing the " IPSVC_LAST_APPLIED " annotation which is required by ipsvc apply. ipsvc apply should only be used on resources created declaratively by ipsvc apply. The missing annotation will be patched automatically.",
				  obj->kind->plural, obj->name);
}

/* The caller's objects become what is stored. */
static void hand_over(struct batch *b, struct item *it)
{
	const struct ipsvc_object *stored = &it->next;

	if (it->outcome == IPSVC_WROTE_UNCHANGED)
		stored = ipsvc_item_old(it);
	else if (!it->done && it->old.n)	/* as if it had been */
		ipsvc_object_set_revision(&it->next, ipsvc_item_old(it)->revision);
	if (it->write)
		report(b, it);
	json_decref(it->obj->doc);
	it->obj->doc = json_incref(stored->doc);
	it->obj->revision = stored->revision;
	it->obj->spec_revision = stored->spec_revision;
}

/* The items whose part was committed, with the others or before somebody came. */
static void note_done(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		int64_t revision = ipsvc_txn_committed(&b->txn, i + 1);

		if (!revision || b->items[i].done)
			continue;
		b->items[i].done = true;
		ipsvc_object_set_revision(&b->items[i].next, revision);
	}
}

/* CONFLICT with @faster: somebody else changed what this was made from. */
static enum ipsvc_store_result attempt(struct batch *b, bool dry_run,
				       bool *changed, bool *faster)
{
	enum ipsvc_store_result result = ipsvc_batch_plan(b);

	if (result != IPSVC_STORE_OK || !ipsvc_batch_changes(b))
		return result;
	*changed = true;
	result = ipsvc_batch_execute(b);
	if (result != IPSVC_STORE_OK || dry_run)
		return result;
	result = ipsvc_txn_commit(&b->txn);
	*faster = result == IPSVC_STORE_CONFLICT;
	note_done(b);
	return result;
}

static enum ipsvc_store_result run_planned(struct batch *b, bool dry_run,
					   bool *changed)
{
	enum ipsvc_store_result result;
	bool faster;

	*changed = false;
	b->txn.store = b->store;
	for (int i = 0; i < IPSVC_STORE_ATTEMPTS; i++) {
		faster = false;
		result = attempt(b, dry_run, changed, &faster);
		if (!faster)
			return result;
	}
	return ipsvc_store_fail(b->store, IPSVC_STORE_RESTLESS);
}

enum ipsvc_store_result ipsvc_batch_run(struct batch *b, bool dry_run,
					bool *changed)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	/* A file's only: of others the first one named wins what is short. */
	if (b->owner.file)
		result = ipsvc_batch_check_unique(b);
	if (result == IPSVC_STORE_OK)
		result = run_planned(b, dry_run, changed);
	for (size_t i = 0; i < b->n; i++)
		if (result == IPSVC_STORE_OK || b->items[i].done)
			hand_over(b, &b->items[i]);
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

/* ---- deleting ----------------------------------------------------------- */

static enum ipsvc_store_result remove_stored(struct ipsvc_txn *txn,
					     const struct ipsvc_object *old,
					     bool dry_run)
{
	enum ipsvc_store_result result;

	if (txn->store->readonly)
		return ipsvc_store_fail(txn->store, IPSVC_STORE_READONLY);
	if (old->file && !ipsvc_store_owner_is_gone(txn->store, old))
		return ipsvc_store_owned(txn->store, old);
	result = ipsvc_store_remove(txn, old);
	return result == IPSVC_STORE_OK && !dry_run ? ipsvc_txn_commit(txn) :
						      result;
}

/* CONFLICT: somebody else changed it meanwhile. */
static enum ipsvc_store_result try_delete(struct batch *b,
					  const struct ipsvc_object *obj,
					  bool dry_run,
					  struct ipsvc_objects *old)
{
	enum ipsvc_store_result result;

	ipsvc_objects_free(old);
	ipsvc_txn_clear(&b->txn);
	b->txn.part = 1;
	result = ipsvc_batch_read(b, obj, old);
	if (result == IPSVC_STORE_OK && !old->n)
		return ipsvc_store_not_found(b->store, obj->kind, obj->name);
	return result == IPSVC_STORE_OK ?
	       remove_stored(&b->txn, &old->items[0], dry_run) : result;
}

enum ipsvc_store_result
ipsvc_store_delete(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		   const char *ns, const char *name, bool dry_run,
		   struct ipsvc_objects *deleted)
{
	const struct ipsvc_object obj = {
		.kind = kind, .ns = (char *)ns, .name = (char *)name,
	};
	struct batch b = { .store = store, .txn.store = store };
	struct ipsvc_objects old = {0};
	enum ipsvc_store_result result;
	int i = 0;

	do {
		result = try_delete(&b, &obj, dry_run, &old);
	} while (result == IPSVC_STORE_CONFLICT && ++i < IPSVC_STORE_ATTEMPTS);
	if (result == IPSVC_STORE_CONFLICT)
		result = ipsvc_store_fail(store, IPSVC_STORE_RESTLESS);
	if (result == IPSVC_STORE_OK && deleted)
		ipsvc_objects_add(deleted, kind, json_incref(old.items[0].doc),
				  old.items[0].file, old.items[0].line);
	ipsvc_objects_free(&old);
	ipsvc_txn_clear(&b.txn);
	return result;
}
