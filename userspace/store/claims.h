/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and ports of objects: what a document names is claimed, what it
 * lacks is picked (cluster/alloc.h) and claimed, in the transaction that writes
 * the object.
 */
#ifndef IPSVC_CLAIMS_H
#define IPSVC_CLAIMS_H

#include "cluster/alloc.h"
#include "txn.h"

struct ipsvc_allocator {
	struct ipsvc_txn *txn;
	struct ipsvc_cluster_config cfg;
	struct ipsvc_cidrs cidrs;
	bool take_kept;		/* what is kept for deleted objects is free */
};

/* Keys of records (records.h). */
struct ipsvc_claim_keys {
	char **items;
	size_t n, cap;
};

/* How objects of a kind have them. */
struct ipsvc_claim_ops {
	/*
	 * Claims what the document of @obj names, the new version of @old
	 * (NULL: there is none). Where that may not change it is what @old
	 * has: validation is to refuse the change. INVALID, with @errs, when
	 * it names what it cannot have.
	 */
	enum ipsvc_store_result (*claim)(struct ipsvc_allocator *al,
					 const json_t *old,
					 const struct ipsvc_object *obj,
					 struct ipsvc_errors *errs);
	/* Picks and claims what @obj lacks, and writes it into its document. */
	enum ipsvc_store_result (*fill)(struct ipsvc_allocator *al,
					const json_t *old,
					const struct ipsvc_object *obj,
					struct ipsvc_errors *errs);
	/* All that the document of a stored object names. */
	void (*keys)(const json_t *doc, struct ipsvc_claim_keys *out);
	/* A copy of @kept, a deleted object, with what @doc can have of it. */
	json_t *(*fit)(const json_t *kept, const json_t *doc);
};

void ipsvc_claim_keys_add_ip(struct ipsvc_claim_keys *keys,
			     const struct in6_addr *addr);
void ipsvc_claim_keys_add_port(struct ipsvc_claim_keys *keys, int64_t port);
void ipsvc_claim_keys_free(struct ipsvc_claim_keys *keys);

/* Reads the configuration, which then is the same when @txn is committed. */
enum ipsvc_store_result ipsvc_allocator_init(struct ipsvc_allocator *al,
					     struct ipsvc_txn *txn);
/* Lets go of what @doc, a version of @owner, names and @owner has. */
enum ipsvc_store_result ipsvc_release(struct ipsvc_txn *txn,
				      const struct ipsvc_object *owner,
				      const json_t *doc);
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
				      const struct ipsvc_cidr *cidr,
				      struct in6_addr *addr);
enum ipsvc_store_result ipsvc_pick_port(struct ipsvc_allocator *al,
					const struct ipsvc_object *owner,
					int *port);

#endif
