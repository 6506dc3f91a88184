/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and ports of objects: what a document names is claimed, what it
 * lacks is picked (cluster/alloc.h) and claimed, in the transaction that writes
 * the object.
 */
#ifndef IPSVC_CLAIMS_H
#define IPSVC_CLAIMS_H

#include "base/ip.h"
#include "store.h"

struct ipsvc_allocator {
	struct ipsvc_store *store;
	struct ipsvc_cluster_config cfg;
	struct ipsvc_cidr cidr;
};

/* How objects of a kind have them. */
struct ipsvc_claim_ops {
	/*
	 * Claims what the document of @obj names. @update: there is an older
	 * version of it. INVALID, with @errs, when it names what it cannot have.
	 */
	enum ipsvc_store_result (*claim)(struct ipsvc_allocator *al,
					 const struct ipsvc_object *obj,
					 bool update, struct ipsvc_errors *errs);
	/* Picks and claims what @obj lacks, and writes it into its document. */
	enum ipsvc_store_result (*fill)(struct ipsvc_allocator *al,
					const struct ipsvc_object *obj,
					struct ipsvc_errors *errs);
};

enum ipsvc_store_result ipsvc_allocator_init(struct ipsvc_allocator *al,
					     struct ipsvc_store *store);
/*
 * Claims the address @addr. INVALID with a reason in
 * *@why, which the caller frees, when it cannot be had; *@why is NULL otherwise.
 */
enum ipsvc_store_result ipsvc_claim_ip(struct ipsvc_allocator *al,
				       const struct ipsvc_object *owner,
				       const struct in6_addr *addr, char **why);
/* The same of a node port. */
enum ipsvc_store_result ipsvc_claim_port(struct ipsvc_allocator *al,
					 const struct ipsvc_object *owner,
					 int64_t port, char **why);
/* Picks and claims; NOT_FOUND, without message, when the range is full. */
enum ipsvc_store_result ipsvc_pick_ip(struct ipsvc_allocator *al,
				      const struct ipsvc_object *owner,
				      struct in6_addr *addr);
enum ipsvc_store_result ipsvc_pick_port(struct ipsvc_allocator *al,
					const struct ipsvc_object *owner,
					int *port);

#endif
