/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that are written in one transaction: write.c runs it for its makers. */
#ifndef IPSVC_STORE_BATCH_H
#define IPSVC_STORE_BATCH_H

#include "store.h"

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
	struct ipsvc_write *write;	/* what is told of it alone, or NULL */
};

struct batch {
	struct ipsvc_store *store;
	enum ipsvc_write_mode mode;
	struct ipsvc_owner owner;	/* without a file: the CLI */
	struct item *items;
	size_t n;
	const struct ipsvc_store_beside *beside;	/* or NULL */
	struct ipsvc_objects gone;	/* of the owner, to be removed */
	struct ipsvc_objects moved;	/* of the owner, to be that of others */
	struct ipsvc_errors *errs;
};

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
