// SPDX-License-Identifier: GPL-2.0-or-later
/* The status of objects, which is not their owners' to write. */
#include <string.h>

#include "api/schema.h"
#include "base/json.h"
#include "batch.h"
#include "impl.h"

static bool same(const json_t *a, const json_t *b)
{
	return a && b ? json_equal(a, b) : !json_object_size(a) &&
					   !json_object_size(b);
}

static void set_status(json_t *doc, const json_t *status)
{
	if (json_object_size(status))
		json_object_set_new(doc, "status", json_deep_copy(status));
	else
		json_object_del(doc, "status");
}

static enum ipsvc_store_result modified(struct ipsvc_store *store,
					const struct ipsvc_object *obj)
{
	ipsvc_store_say(store, "the status of %s \"%s\" in namespace \"%s\" has been modified: read it and try again",
			obj->kind->singular, obj->name, obj->ns);
	return IPSVC_STORE_CONFLICT;
}

/* @obj is as it is stored; UNCHANGED when there is nothing to write. */
static enum ipsvc_store_result decide(struct batch *b, struct ipsvc_object *obj,
				      const struct ipsvc_status_write *w,
				      struct ipsvc_errors *errs, bool *changes)
{
	const json_t *status = json_object_get(obj->doc, "status");
	const char *uid = ipsvc_json_text(json_object_get(obj->doc, "metadata"),
					  "uid");

	*changes = !same(status, w->status);
	if ((w->uid && strcmp(w->uid, uid)) || !same(status, w->seen))
		return modified(b->store, obj);
	if (!*changes)
		return IPSVC_STORE_OK;
	if (b->store->readonly)
		return ipsvc_store_fail(b->store, IPSVC_STORE_READONLY);
	set_status(obj->doc, w->status);
	return ipsvc_schema_check(obj->kind, obj->doc, false, errs) ?
	       IPSVC_STORE_OK : IPSVC_STORE_INVALID;
}

/* CONFLICT with @faster: something else of the object was written meanwhile. */
static enum ipsvc_store_result attempt(struct batch *b,
				       const struct ipsvc_status_write *w,
				       struct ipsvc_errors *errs, bool *faster)
{
	const struct ipsvc_object named = {
		.kind = w->kind, .ns = (char *)w->ns, .name = (char *)w->name,
	};
	struct ipsvc_objects old = {0};
	enum ipsvc_store_result result;
	bool changes = false;

	*faster = false;
	ipsvc_txn_clear(&b->txn);
	b->txn.part = 1;
	result = ipsvc_batch_read(b, &named, &old);
	if (result == IPSVC_STORE_OK && !old.n)
		result = ipsvc_store_not_found(b->store, w->kind, w->name);
	if (result == IPSVC_STORE_OK)
		result = decide(b, &old.items[0], w, errs, &changes);
	if (result == IPSVC_STORE_OK && changes)
		result = ipsvc_batch_put(b, &old.items[0], &old.items[0]);
	if (result == IPSVC_STORE_OK && changes) {
		result = ipsvc_txn_commit(&b->txn);
		*faster = result == IPSVC_STORE_CONFLICT;
	}
	ipsvc_objects_free(&old);
	return result;
}

enum ipsvc_store_result
ipsvc_store_write_status(struct ipsvc_store *store,
			 const struct ipsvc_status_write *write,
			 struct ipsvc_errors *errs)
{
	struct batch b = { .store = store, .txn.store = store };
	enum ipsvc_store_result result;
	bool faster;
	int i = 0;

	do {
		result = attempt(&b, write, errs, &faster);
	} while (faster && ++i < IPSVC_STORE_ATTEMPTS);
	ipsvc_txn_clear(&b.txn);
	return faster ? ipsvc_store_fail(store, IPSVC_STORE_RESTLESS) : result;
}
