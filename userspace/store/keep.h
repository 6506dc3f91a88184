/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and ports of deleted objects. They are kept for the object's kind,
 * namespace and name for a while: an object that is made again has the address
 * its clients know.
 */
#ifndef IPSVC_STORE_KEEP_H
#define IPSVC_STORE_KEEP_H

#include "claims.h"
#include "ops.h"

/* How long, in seconds. */
#define IPSVC_STORE_KEEP_SEC	3600

/* Removes @obj, inside of a transaction for writing, and keeps what it had. */
enum ipsvc_store_result ipsvc_store_remove(struct ipsvc_store *store,
					   const struct ipsvc_object *obj);
/*
 * Gives @obj, which is new and has claimed what its document names, what was
 * kept for it, as far as its document lacks that. What others were given in the
 * meantime is not kept any more.
 */
enum ipsvc_store_result ipsvc_store_restore(struct ipsvc_allocator *al,
					    struct ipsvc_object *obj);

#endif
