/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the parts of the store above its backends: store.c (front), write.c
 * (writing), claims.c and api/service/inherit.c (Services).
 */
#ifndef IPSVC_STORE_IMPL_H
#define IPSVC_STORE_IMPL_H

#include "cluster/alloc.h"
#include "ops.h"

/* ---- store.c ------------------------------------------------------------ */

enum ipsvc_store_result ipsvc_store_begin(struct ipsvc_store *store, bool write);
/*
 * Ends what ipsvc_store_begin() began: rolls back unless @commit and @result is
 * IPSVC_STORE_OK. Returns @result, or that of the commit.
 */
enum ipsvc_store_result ipsvc_store_end(struct ipsvc_store *store, bool commit,
					enum ipsvc_store_result result);
/* Inside of a transaction. */
enum ipsvc_store_result
ipsvc_store_read_config(struct ipsvc_store *store,
			struct ipsvc_cluster_config *cfg);
/* Sets the message and returns IPSVC_STORE_NOT_FOUND. */
enum ipsvc_store_result ipsvc_store_not_found(struct ipsvc_store *store,
					      enum ipsvc_kind kind,
					      const char *name);

/* ---- api/service/inherit.c ---------------------------------------------- */

/*
 * Completes @doc, the new version of an object of @kind, with what the stored
 * one, @old (NULL: none), has and the user does not write: metadata the store
 * sets and, of Services, what was allocated. Documents in manifest files
 * (@from_file) cannot set that metadata, nor hold what their type cannot have.
 */
void ipsvc_inherit(enum ipsvc_kind kind, const json_t *old, json_t *doc,
		   bool from_file);

/*
 * Takes out of the Service's @spec what its type cannot have, unlike that of the
 * stored @old_spec, and what is still as it was there.
 */
void ipsvc_drop_type_dependent(const json_t *old_spec, json_t *spec);

/* Views of a Service's document. */
const char *ipsvc_doc_string(const json_t *obj, const char *key);
bool ipsvc_spec_type_is(const json_t *spec, const char *type);
bool ipsvc_spec_has_cluster_ip(const json_t *spec);	/* or "None" */
bool ipsvc_spec_needs_node_ports(const json_t *spec);
bool ipsvc_spec_needs_health_port(const json_t *spec);
bool ipsvc_spec_has_node_port(const json_t *spec, const char *protocol,
			      json_int_t node_port);

/* ---- claims.c ----------------------------------------------------------- */

struct ipsvc_allocator {
	struct ipsvc_store *store;
	struct ipsvc_cluster_config cfg;
	struct ipsvc_cidr cidr;
};

enum ipsvc_store_result ipsvc_allocator_init(struct ipsvc_allocator *al,
					     struct ipsvc_store *store);
/*
 * Claims what @svc's document names. @update: there is an older version of it.
 * INVALID, with @errs, when it names what it cannot have.
 */
enum ipsvc_store_result ipsvc_allocator_claim(struct ipsvc_allocator *al,
					      const struct ipsvc_object *svc,
					      bool update,
					      struct ipsvc_errors *errs);
/* Picks and claims what @svc lacks, and writes it into its document. */
enum ipsvc_store_result ipsvc_allocator_fill(struct ipsvc_allocator *al,
					     const struct ipsvc_object *svc,
					     struct ipsvc_errors *errs);

#endif
