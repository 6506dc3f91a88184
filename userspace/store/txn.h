/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transaction above a backend that only compares and swaps: what is read is
 * remembered with its revision, what is written stays in memory, and the commit
 * makes all of it if nothing that was read has changed. Nobody waits for it: who
 * loses reads and decides again.
 *
 * What is written belongs to parts, such as the objects of a batch. Where a
 * backend does not take all of it in one commit the parts are committed in several,
 * each part as a whole. Parts that touched the same record are one.
 */
#ifndef IPSVC_STORE_TXN_H
#define IPSVC_STORE_TXN_H

#include "ops.h"

struct ipsvc_txn_entry {
	char *key;
	char *was;		/* as it was read; NULL: there was none */
	int64_t revision;	/* of that */
	char *value;		/* as it is to be */
	int64_t ttl;
	size_t part;
};

/* Zero-initialise but for the store. */
struct ipsvc_txn {
	struct ipsvc_store *store;
	size_t part;		/* of what is done next; 0: of all of them */
	void *tree;		/* of all entries, by key */
	struct ipsvc_txn_entry **entries;	/* in the order of first use */
	size_t n, cap;
	size_t *joined;		/* by part: one that it is one with */
	size_t njoined;
	int64_t *committed;	/* by part: the revision that has it, or 0 */
};

/* *@value is borrowed until the record is written; NULL when there is none. */
enum ipsvc_store_result ipsvc_txn_get(struct ipsvc_txn *txn, const char *key,
				      const char **value);
/* The revision that the record had when it was read. */
int64_t ipsvc_txn_revision(const struct ipsvc_txn *txn, const char *key);
/* The part that touched it first. */
size_t ipsvc_txn_part(const struct ipsvc_txn *txn, const char *key);
/* @value may be NULL: deleted. */
enum ipsvc_store_result ipsvc_txn_put(struct ipsvc_txn *txn, const char *key,
				      const char *value, int64_t ttl);
/*
 * The record @record of the backend as this transaction has it: its value, or
 * NULL when it was deleted.
 */
const char *ipsvc_txn_look(const struct ipsvc_txn *txn,
			   const struct ipsvc_record *record);
/* The value of @key if this transaction read or wrote it; else NULL. */
const char *ipsvc_txn_known(const struct ipsvc_txn *txn, const char *key);

/*
 * CONFLICT, without message, when something changed since it was read:
 * ipsvc_txn_committed() tells which parts were written before that was seen.
 */
enum ipsvc_store_result ipsvc_txn_commit(struct ipsvc_txn *txn);
/* The revision of @part; 0: it was not committed, or changes nothing. */
int64_t ipsvc_txn_committed(const struct ipsvc_txn *txn, size_t part);
void ipsvc_txn_clear(struct ipsvc_txn *txn);

#endif
