// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing for the CLI: each object on its own, in few transactions. */
#include <stdlib.h>

#include "base/memory.h"
#include "batch.h"

/* The items of @b become those of @writes that were not refused yet. */
static void take_pending(struct batch *b, struct ipsvc_write *writes, size_t n)
{
	b->n = 0;
	for (size_t i = 0; i < n; i++)
		if (writes[i].result == IPSVC_STORE_OK && !writes[i].done)
			b->items[b->n++] = (struct item){
				.obj = writes[i].obj, .write = &writes[i],
			};
}

/* Nothing was written, for a reason that is not one object's. */
static void fail_all(struct batch *b, enum ipsvc_store_result result)
{
	for (size_t i = 0; i < b->n; i++) {
		struct ipsvc_write *w = b->items[i].write;

		if (w->result != IPSVC_STORE_OK)
			continue;
		w->result = result;
		w->message = xstrdup(ipsvc_store_message(b->store));
	}
}

/* Objects of which none is there twice. */
static void write_together(struct ipsvc_store *store, struct ipsvc_write *writes,
			   size_t n, enum ipsvc_write_mode mode, bool dry_run)
{
	struct ipsvc_errors none = {0};
	struct batch b = {
		.store = store,
		.mode = mode,
		.items = xcalloc(n, sizeof(*b.items)),
		.errs = &none,
	};
	enum ipsvc_store_result result;
	size_t tried;
	bool changed;

	do {
		take_pending(&b, writes, n);
		tried = b.n;
		result = b.n ? ipsvc_batch_run(&b, dry_run, &changed) :
			       IPSVC_STORE_OK;
		ipsvc_batch_clear(&b);
		take_pending(&b, writes, n);
	} while (result != IPSVC_STORE_OK && result != IPSVC_STORE_ERROR &&
		 b.n < tried);
	if (result != IPSVC_STORE_OK)
		fail_all(&b, result);
	free(b.items);
}

/* How many of @writes come before one of an object that was there. */
static size_t distinct(const struct ipsvc_write *writes, size_t n)
{
	json_t *seen = json_object();
	size_t i;

	for (i = 0; i < n; i++) {
		const struct ipsvc_object *obj = writes[i].obj;
		char *key = xasprintf("%s %s/%s", obj->kind->kind, obj->ns,
				      obj->name);
		bool again = json_object_get(seen, key);

		json_object_set_new(seen, key, json_true());
		free(key);
		if (again)
			break;
	}
	json_decref(seen);
	return i;
}

void ipsvc_store_write_all(struct ipsvc_store *store, struct ipsvc_write *writes,
			   size_t n, enum ipsvc_write_mode mode, bool dry_run)
{
	for (size_t i = 0; i < n;) {
		size_t m = distinct(writes + i, n - i);

		write_together(store, writes + i, m, mode, dry_run);
		i += m;
	}
}

void ipsvc_write_clear(struct ipsvc_write *write)
{
	free(write->message);
	ipsvc_errors_free(&write->errs);
}

enum ipsvc_store_result
ipsvc_store_write(struct ipsvc_store *store, struct ipsvc_object *obj,
		  enum ipsvc_write_mode mode, bool dry_run,
		  enum ipsvc_write_outcome *outcome, struct ipsvc_errors *errs)
{
	struct ipsvc_write one = { .obj = obj, .errs = *errs };

	ipsvc_store_write_all(store, &one, 1, mode, dry_run);
	*outcome = one.outcome;
	*errs = one.errs;
	free(one.message);
	return one.result;
}
