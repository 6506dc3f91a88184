// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"

#include <time.h>

enum ipsvc_store_result ipsvc_store_remove(struct ipsvc_store *store,
					   const struct ipsvc_object *obj)
{
	int64_t now = time(NULL);
	enum ipsvc_store_result result = store->ops->expire(store, now);

	if (result == IPSVC_STORE_OK && obj->kind->claims)
		result = store->ops->keep(store, obj,
					  now + IPSVC_STORE_KEEP_SEC);
	if (result == IPSVC_STORE_OK)
		result = store->ops->remove(store, obj);
	return result;
}

/* Claims all that @doc names in place of what @obj has claimed so far. */
static enum ipsvc_store_result claim_again(struct ipsvc_allocator *al,
					   const struct ipsvc_object *obj,
					   json_t *doc)
{
	struct ipsvc_object again = *obj;
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;

	again.doc = doc;
	result = al->store->ops->release(al->store, &again);
	if (result == IPSVC_STORE_OK)
		result = obj->kind->claims->claim(al, &again, false, &errs);
	ipsvc_errors_free(&errs);
	return result;
}

static enum ipsvc_store_result restore(struct ipsvc_allocator *al,
				       struct ipsvc_object *obj,
				       const struct ipsvc_object *kept)
{
	json_t *doc = json_deep_copy(obj->doc);
	enum ipsvc_store_result result;

	obj->kind->inherit(kept->doc, doc, true);
	result = claim_again(al, obj, doc);
	if (result == IPSVC_STORE_OK) {
		json_decref(obj->doc);
		obj->doc = doc;
		return result;
	}
	json_decref(doc);
	/* Nobody asked for it, so it is no error that it cannot be had. */
	return result == IPSVC_STORE_INVALID ?
	       claim_again(al, obj, obj->doc) : result;
}

enum ipsvc_store_result ipsvc_store_restore(struct ipsvc_allocator *al,
					    struct ipsvc_object *obj)
{
	const struct ipsvc_store_ops *ops = al->store->ops;
	struct ipsvc_objects kept = {0};
	enum ipsvc_store_result result;

	result = ops->expire(al->store, time(NULL));
	if (result == IPSVC_STORE_OK)
		result = ops->kept(al->store, obj->kind, obj->ns, obj->name,
				   &kept);
	if (result == IPSVC_STORE_NOT_FOUND)
		return IPSVC_STORE_OK;
	if (result == IPSVC_STORE_OK)
		result = restore(al, obj, &kept.items[0]);
	ipsvc_objects_free(&kept);
	return result;
}
