/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that are written in one transaction. */
#ifndef IPSVC_STORE_BATCH_H
#define IPSVC_STORE_BATCH_H

#include "claims.h"

/* An object to be written. */
struct item {
	struct ipsvc_object *obj;	/* the caller's */
	struct ipsvc_objects old;	/* what is stored: one object or none */
	/*
	 * What is to be stored: a document of its own, the rest borrowed from
	 * obj and the batch.
	 */
	struct ipsvc_object next;
	enum ipsvc_write_outcome outcome;
	bool done;			/* committed, while others were not yet */
	struct ipsvc_write *write;	/* what is told of it alone, or NULL */
};

struct batch {
	struct ipsvc_store *store;
	struct ipsvc_txn txn;
	struct ipsvc_allocator al;
	struct ipsvc_families families;	/* of the cluster */
	enum ipsvc_write_mode mode;
	struct ipsvc_owner owner;	/* without a file: the CLI */
	struct item *items;
	size_t n;
	const struct ipsvc_store_beside *beside;	/* or NULL */
	struct ipsvc_objects gone;	/* of the owner, to be removed */
	struct ipsvc_objects moved;	/* of the owner, to be that of others */
	/* Nothing is committed: txn goes on from one batch to the next. */
	bool only_check;
	struct ipsvc_errors *errs;
};

/* ---- plan.c ------------------------------------------------------------- */

/* What is stored of it, or NULL. */
struct ipsvc_object *ipsvc_item_old(const struct item *it);
/* Whether what is stored is merged into what is written. */
bool ipsvc_batch_merges(const struct batch *b, const struct ipsvc_object *obj);
/* Sorts the items; the same object twice is an error. */
enum ipsvc_store_result ipsvc_batch_check_unique(struct batch *b);
/* Makes the plan anew; what is committed stays as it is. */
enum ipsvc_store_result ipsvc_batch_plan(struct batch *b);
bool ipsvc_batch_changes(const struct batch *b);

typedef enum ipsvc_store_result ipsvc_item_step(struct batch *b,
						struct item *it, void *arg);
/*
 * Calls @step for each item that is not committed, until one fails for another
 * reason than the item itself, so that all errors are told at once.
 */
enum ipsvc_store_result ipsvc_batch_each(struct batch *b,
					 ipsvc_item_step *step, void *arg);

/*
 * What is stored of the object named as @obj is added to @out, if there is one;
 * for the commit it must still be so.
 */
enum ipsvc_store_result ipsvc_batch_read(struct batch *b,
					 const struct ipsvc_object *obj,
					 struct ipsvc_objects *out);
bool ipsvc_store_owner_is_gone(const struct ipsvc_store *store,
			       const struct ipsvc_object *old);
/* Says that @old is a manifest's, and returns OWNED. */
enum ipsvc_store_result ipsvc_store_owned(struct ipsvc_store *store,
					  const struct ipsvc_object *old);

/* ---- execute.c ---------------------------------------------------------- */

enum ipsvc_store_result ipsvc_batch_execute(struct batch *b);
/*
 * Writes @obj, which was @old before (NULL: it was not), and the index of owners.
 */
enum ipsvc_store_result ipsvc_batch_put(struct batch *b,
					const struct ipsvc_object *obj,
					const struct ipsvc_object *old);

/* ---- write.c, for its makers -------------------------------------------- */

/*
 * Plans, and executes what is left to do: all items, or none. The items that are
 * to blame have it in item->write, or in the errors of the batch. @changed: there
 * was something to do.
 */
enum ipsvc_store_result ipsvc_batch_run(struct batch *b, bool dry_run,
					bool *changed);
/* Frees what was planned; the items can be run again. */
void ipsvc_batch_clear(struct batch *b);

#endif
