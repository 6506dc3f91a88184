// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"

#include <stdlib.h>
#include <string.h>

#include "api/validate.h"
#include "base/memory.h"
#include "records.h"

bool ipsvc_is_kept(const char *holder)
{
	return !strncmp(holder, IPSVC_KEY_KEPT, strlen(IPSVC_KEY_KEPT));
}

/* The record of what is kept under @key; NULL when there is none, or on failure. */
static json_t *kept_value(struct ipsvc_txn *txn, const char *key,
			  enum ipsvc_store_result *result)
{
	const char *text;
	json_t *value;

	*result = ipsvc_txn_get(txn, key, &text);
	if (*result != IPSVC_STORE_OK || !text)
		return NULL;
	value = json_loads(text, JSON_ALLOW_NUL, NULL);
	if (!value)
		*result = ipsvc_store_fail(txn->store, "the store has a record that cannot be read (%s)",
					   key);
	return value;
}

/* ---- removing ----------------------------------------------------------- */

/* Hands what @obj has over to the record @kept, and lists it in @claims. */
static enum ipsvc_store_result hand_over(struct ipsvc_txn *txn,
					 const struct ipsvc_object *obj,
					 const char *kept, json_t *claims)
{
	char *self = ipsvc_object_key(obj->kind, obj->ns, obj->name);
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	struct ipsvc_claim_keys keys = {0};
	const char *holder;

	obj->kind->claims->keys(obj->doc, &keys);
	for (size_t i = 0; i < keys.n && result == IPSVC_STORE_OK; i++) {
		result = ipsvc_txn_get(txn, keys.items[i], &holder);
		if (result != IPSVC_STORE_OK || !holder || strcmp(holder, self))
			continue;
		json_array_append_new(claims, json_string(keys.items[i]));
		result = ipsvc_txn_put(txn, keys.items[i], kept,
				       IPSVC_STORE_KEEP_SEC);
	}
	ipsvc_claim_keys_free(&keys);
	free(self);
	return result;
}

static enum ipsvc_store_result keep(struct ipsvc_txn *txn,
				    const struct ipsvc_object *obj)
{
	char *key = ipsvc_kept_key(obj), *text;
	json_t *claims = json_array();
	json_t *value = json_pack("{s:O, s:O}", "doc", obj->doc, "claims",
				  claims);
	enum ipsvc_store_result result = hand_over(txn, obj, key, claims);

	if (result == IPSVC_STORE_OK && json_array_size(claims)) {
		text = json_dumps(value, JSON_COMPACT);
		result = ipsvc_txn_put(txn, key, text, IPSVC_STORE_KEEP_SEC);
		free(text);
	}
	json_decref(value);
	json_decref(claims);
	free(key);
	return result;
}

enum ipsvc_store_result ipsvc_store_remove(struct ipsvc_txn *txn,
					   const struct ipsvc_object *obj)
{
	char *key = ipsvc_object_key(obj->kind, obj->ns, obj->name);
	char *index = ipsvc_owner_key(obj);
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	if (obj->kind->claims)
		result = keep(txn, obj);
	if (result == IPSVC_STORE_OK)
		result = ipsvc_txn_put(txn, key, NULL, 0);
	if (result == IPSVC_STORE_OK && index)
		result = ipsvc_txn_put(txn, index, NULL, 0);
	free(index);
	free(key);
	return result;
}

/* ---- making again ------------------------------------------------------- */

enum ipsvc_store_result ipsvc_keep_lose(struct ipsvc_txn *txn, const char *key)
{
	char *kept = xstrdup(key);	/* it may be the value of a claim */
	enum ipsvc_store_result result;
	json_t *value = kept_value(txn, kept, &result), *claim;
	const char *holder;
	size_t i;

	json_array_foreach(json_object_get(value, "claims"), i, claim) {
		const char *at = json_string_value(claim);

		result = ipsvc_txn_get(txn, at, &holder);
		if (result == IPSVC_STORE_OK && holder && !strcmp(holder, kept))
			result = ipsvc_txn_put(txn, at, NULL, 0);
		if (result != IPSVC_STORE_OK)
			break;
	}
	if (value && result == IPSVC_STORE_OK)
		result = ipsvc_txn_put(txn, kept, NULL, 0);
	json_decref(value);
	free(kept);
	return result;
}

/* Claims all that @doc names in place of what @obj has claimed for @before. */
static enum ipsvc_store_result claim_again(struct ipsvc_allocator *al,
					   const struct ipsvc_object *obj,
					   const json_t *before, json_t *doc)
{
	struct ipsvc_object again = *obj;
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;

	again.doc = doc;
	result = ipsvc_release(al->txn, &again, before);
	if (result == IPSVC_STORE_OK)
		result = obj->kind->claims->claim(al, NULL, &again, &errs);
	ipsvc_errors_free(&errs);
	return result;
}

static enum ipsvc_store_result restore(struct ipsvc_allocator *al,
				       struct ipsvc_object *obj,
				       const json_t *kept_doc)
{
	struct ipsvc_families families = ipsvc_alloc_families(&al->cidrs);
	enum ipsvc_store_result result;
	struct ipsvc_object again = *obj;
	struct ipsvc_errors errs = {0};
	json_t *doc = json_deep_copy(obj->doc);
	json_t *kept = obj->kind->claims->fit(kept_doc, doc);
	bool fits;

	obj->kind->inherit(&families, kept, doc, true);
	json_decref(kept);
	again.doc = doc;
	fits = ipsvc_object_validate_first(NULL, &again, &families, &errs);
	ipsvc_errors_free(&errs);
	if (!fits) {
		json_decref(doc);
		return IPSVC_STORE_OK;
	}
	result = claim_again(al, obj, obj->doc, doc);
	if (result == IPSVC_STORE_OK) {
		json_decref(obj->doc);
		obj->doc = doc;
		return result;
	}
	/* Nobody asked for it, so it is no error that it cannot be had. */
	if (result == IPSVC_STORE_INVALID)
		result = claim_again(al, obj, doc, obj->doc);
	json_decref(doc);
	return result;
}

enum ipsvc_store_result ipsvc_store_restore(struct ipsvc_allocator *al,
					    struct ipsvc_object *obj)
{
	char *key = ipsvc_kept_key(obj);
	enum ipsvc_store_result result;
	json_t *value = kept_value(al->txn, key, &result);

	if (value)
		result = restore(al, obj, json_object_get(value, "doc"));
	if (value && result == IPSVC_STORE_OK)
		result = ipsvc_keep_lose(al->txn, key);
	json_decref(value);
	free(key);
	return result;
}
