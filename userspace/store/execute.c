// SPDX-License-Identifier: GPL-2.0-or-later
/* What a plan makes of the store, in memory until it is committed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "api/validate.h"
#include "base/memory.h"
#include "base/time.h"
#include "batch.h"
#include "impl.h"
#include "keep.h"
#include "records.h"

static bool claims(const struct item *it)
{
	return it->outcome != IPSVC_WROTE_UNCHANGED && it->obj->kind->claims;
}

/* The document of what is stored of it, or NULL. */
static const json_t *old_doc(const struct item *it)
{
	return it->old.n ? ipsvc_item_old(it)->doc : NULL;
}

static enum ipsvc_store_result first_step(struct batch *b, struct item *it,
					  void *arg)
{
	(void)arg;
	return it->outcome == IPSVC_WROTE_UNCHANGED ||
	       ipsvc_object_validate_first(ipsvc_item_old(it), &it->next,
					   &b->families, b->errs) ?
	       IPSVC_STORE_OK : IPSVC_STORE_INVALID;
}

static enum ipsvc_store_result validate_step(struct batch *b, struct item *it,
					     void *arg)
{
	const struct ipsvc_object *old = ipsvc_item_old(it);
	bool valid;

	(void)arg;
	if (it->outcome == IPSVC_WROTE_UNCHANGED)
		return IPSVC_STORE_OK;
	valid = old ? ipsvc_object_validate_update(old, &it->next, &b->families,
						   b->errs) :
		      ipsvc_object_validate(&it->next, &b->families, b->errs);
	return valid ? IPSVC_STORE_OK : IPSVC_STORE_INVALID;
}

static enum ipsvc_store_result release_step(struct batch *b, struct item *it,
					    void *arg)
{
	(void)arg;
	return claims(it) && it->old.n ?
	       ipsvc_release(&b->txn, &it->next, ipsvc_item_old(it)->doc) :
	       IPSVC_STORE_OK;
}

static enum ipsvc_store_result claim_step(struct batch *b, struct item *it,
					  void *arg)
{
	(void)arg;
	return claims(it) ? it->obj->kind->claims->claim(&b->al, old_doc(it),
							 &it->next, b->errs) :
	       IPSVC_STORE_OK;
}

static enum ipsvc_store_result restore_step(struct batch *b, struct item *it,
					    void *arg)
{
	(void)arg;
	return claims(it) && it->outcome == IPSVC_WROTE_CREATED ?
	       ipsvc_store_restore(&b->al, &it->next) : IPSVC_STORE_OK;
}

static enum ipsvc_store_result fill_step(struct batch *b, struct item *it,
					 void *arg)
{
	(void)arg;
	return claims(it) ? it->obj->kind->claims->fill(&b->al, old_doc(it),
							&it->next, b->errs) :
	       IPSVC_STORE_OK;
}

/*
 * In the order of the API server, each step for all items: what cannot be
 * allocated is told before all other errors.
 *
 * What is named is claimed for all items before anything is picked for one, and
 * after all of them let go of what they had: the objects of a file may exchange
 * addresses, and a pick never takes what the next object names. In between, new
 * objects get what was kept for them, unless one of the file named it.
 */
static enum ipsvc_store_result allocate(struct batch *b)
{
	static ipsvc_item_step *const steps[] = {
		release_step, claim_step, validate_step, restore_step, fill_step,
	};
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) &&
			   result == IPSVC_STORE_OK; i++)
		result = ipsvc_batch_each(b, steps[i], NULL);
	return result;
}

/* That of @obj, which was read for the plan. */
static void enter_part(struct batch *b, const struct ipsvc_object *obj)
{
	char *key = ipsvc_object_key(obj->kind, obj->ns, obj->name);

	b->txn.part = ipsvc_txn_part(&b->txn, key);
	free(key);
}

static enum ipsvc_store_result prune(struct batch *b)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	for (size_t i = 0; i < b->gone.n && result == IPSVC_STORE_OK; i++) {
		enter_part(b, &b->gone.items[i]);
		result = ipsvc_store_remove(&b->txn, &b->gone.items[i]);
	}
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

enum ipsvc_store_result ipsvc_batch_put(struct batch *b,
					const struct ipsvc_object *obj,
					const struct ipsvc_object *old)
{
	char *key = ipsvc_object_key(obj->kind, obj->ns, obj->name);
	char *index = ipsvc_owner_key(obj), *value = ipsvc_object_encode(obj);
	char *old_index = old ? ipsvc_owner_key(old) : NULL;
	enum ipsvc_store_result result;

	result = value ? ipsvc_txn_put(&b->txn, key, value, 0) :
			 ipsvc_store_fail(b->store, "%s \"%s\" cannot be written as JSON",
					  obj->kind->singular, obj->name);
	if (result == IPSVC_STORE_OK && old_index)
		result = ipsvc_txn_put(&b->txn, old_index, NULL, 0);
	if (result == IPSVC_STORE_OK && index)
		result = ipsvc_txn_put(&b->txn, index, "", 0);
	free(value);
	free(old_index);
	free(index);
	free(key);
	return result;
}

/* As they are: the new owners will write what they say of them. */
static enum ipsvc_store_result put_moved(struct batch *b)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	for (size_t i = 0; i < b->moved.n && result == IPSVC_STORE_OK; i++) {
		const struct ipsvc_object *obj = &b->moved.items[i];
		struct ipsvc_object old = *obj;

		enter_part(b, obj);
		old.file = (char *)b->owner.file;
		result = ipsvc_batch_put(b, obj, &old);
	}
	return result;
}

static enum ipsvc_store_result put_step(struct batch *b, struct item *it,
					void *arg)
{
	json_t *metadata = json_object_get(it->next.doc, "metadata");

	(void)arg;
	if (it->outcome == IPSVC_WROTE_UNCHANGED)
		return IPSVC_STORE_OK;
	if (it->outcome == IPSVC_WROTE_CREATED) {
		json_object_set_new(metadata, "uid", new_uid());
		json_object_set_new(metadata, "creationTimestamp", now());
	}
	return ipsvc_batch_put(b, &it->next, ipsvc_item_old(it));
}

enum ipsvc_store_result ipsvc_batch_execute(struct batch *b)
{
	enum ipsvc_store_result result;

	if (b->store->readonly && !b->only_check)
		return ipsvc_store_fail(b->store, IPSVC_STORE_READONLY);
	result = ipsvc_batch_each(b, first_step, NULL);
	/* First, so that what is released can be had by others of the file. */
	if (result == IPSVC_STORE_OK)
		result = prune(b);
	if (result == IPSVC_STORE_OK)
		result = allocate(b);
	if (result == IPSVC_STORE_OK)
		result = put_moved(b);
	if (result == IPSVC_STORE_OK)
		result = ipsvc_batch_each(b, put_step, NULL);
	return result;
}
