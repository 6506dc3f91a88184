/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and ports of deleted objects. They are kept for the object's kind,
 * namespace and name for a while: an object that is made again has the address
 * its clients know.
 */
#ifndef IPSVC_STORE_KEEP_H
#define IPSVC_STORE_KEEP_H

#include "claims.h"

/* How long, in seconds. */
#define IPSVC_STORE_KEEP_SEC	3600

/* Whether who has a claim is a deleted object. */
bool ipsvc_is_kept(const char *holder);
/* Removes the stored @obj, and keeps what it had. */
enum ipsvc_store_result ipsvc_store_remove(struct ipsvc_txn *txn,
					   const struct ipsvc_object *obj);
/*
 * Gives @obj, which is new and has claimed what its document names, what was
 * kept for it, as far as its document lacks that. Nothing is kept any more then.
 */
enum ipsvc_store_result ipsvc_store_restore(struct ipsvc_allocator *al,
					    struct ipsvc_object *obj);
/* What is kept under @key is not any more: another object was given some of it. */
enum ipsvc_store_result ipsvc_keep_lose(struct ipsvc_txn *txn, const char *key);

#endif
