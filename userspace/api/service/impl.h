/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of this folder; what others may use is in service.h. */
#ifndef IPSVC_SERVICE_IMPL_H
#define IPSVC_SERVICE_IMPL_H

#include "service.h"

/* Annotations. */
#define TOPOLOGY_HINTS	"service.kubernetes.io/topology-aware-hints"
#define TOPOLOGY_MODE	"service.kubernetes.io/topology-mode"
#define SOURCE_RANGES	"service.beta.kubernetes.io/load-balancer-source-ranges"

/* Adds to a view what is in external.c. */
void ipsvc_service_view_external(const json_t *doc, struct ipsvc_service *svc);

/* And what is in source_ranges.c. */
void ipsvc_service_view_ranges(const json_t *doc, struct ipsvc_service *svc);
void ipsvc_source_ranges_clear(struct ipsvc_source_ranges *ranges);
void ipsvc_service_validate_ranges(const json_t *doc, struct ipsvc_errors *errs);

/* The members of ipsvc_service_kind; see api/kind.h. */
extern const struct ipsvc_schema ipsvc_service_schema;
extern const struct ipsvc_table ipsvc_service_table;
extern const struct ipsvc_describer ipsvc_service_describer;
extern const struct ipsvc_claim_ops ipsvc_service_claims;
void ipsvc_service_default(json_t *doc);
void ipsvc_service_validate(const json_t *doc, struct ipsvc_errors *errs);
void ipsvc_service_validate_update(const json_t *old, const json_t *doc,
				   struct ipsvc_errors *errs);
void ipsvc_service_warn(const json_t *doc, struct ipsvc_errors *errs);
void ipsvc_service_inherit(const struct ipsvc_families *cluster,
			   const json_t *old, json_t *doc, bool statement);
bool ipsvc_service_expose(const json_t *doc, struct ipsvc_expose_source *src);

bool ipsvc_service_validate_first(const struct ipsvc_families *cluster,
				  const json_t *old, const json_t *doc,
				  struct ipsvc_errors *errs);

/* clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy of any type but ExternalName. */
void ipsvc_service_validate_ips(const json_t *spec, struct ipsvc_errors *errs);
/*
 * Fills in ipFamilyPolicy and ipFamilies of the new version @spec of @old_spec
 * (NULL: there is none), in a cluster of the families @cluster. False, with
 * errors, when they or clusterIPs cannot be so; @spec is untouched then.
 */
bool ipsvc_service_init_families(const struct ipsvc_families *cluster,
				 const json_t *old_spec, json_t *spec,
				 struct ipsvc_errors *errs);
/*
 * Takes out of @spec what its type cannot have, unlike that of the stored
 * @old_spec, and what is still as it was there.
 */
void ipsvc_service_drop(const json_t *old_spec, json_t *spec);

/* ---- spec.c: what a spec says -------------------------------------------- */

bool ipsvc_spec_type_is(const json_t *spec, const char *type);
bool ipsvc_spec_has_cluster_ip(const json_t *spec);	/* or "None" */
/* A user may write only clusterIP, and be it because clusterIPs came later. */
void ipsvc_spec_mirror_cluster_ip(json_t *spec);
/* Node ports may be there; they need not be. */
bool ipsvc_spec_may_have_node_ports(const json_t *spec);
bool ipsvc_spec_needs_node_ports(const json_t *spec);
bool ipsvc_spec_needs_health_port(const json_t *spec);
/* Clients from outside of the cluster can reach it. */
bool ipsvc_spec_is_external(const json_t *spec);
bool ipsvc_spec_has_node_port(const json_t *spec, const char *protocol,
			      json_int_t node_port);
/* The first @len bytes of @text, without the blanks around them. */
char *ipsvc_spec_trimmed(const char *text, size_t len);
bool ipsvc_service_is_headless(const struct ipsvc_service *svc);

#endif
