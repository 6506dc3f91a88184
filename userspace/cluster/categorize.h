/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which endpoints of a port of a Service are for clients of this node, by its
 * traffic policies (rules of kube-proxy's CategorizeEndpoints).
 */
#ifndef IPSVC_CATEGORIZE_H
#define IPSVC_CATEGORIZE_H

#include "cache.h"

/* An endpoint at one port. */
struct ipsvc_candidate {
	struct in6_addr addr;
	uint16_t port;
	bool ready, serving, terminating;
	bool here;		/* on this node */
	bool cluster, local;	/* takes new flows under the policy of that name */
	const struct ipsvc_slice_endpoint *from;
};

/* Zero-initialise ({0}) before use; the caller frees @items. */
struct ipsvc_candidates {
	struct ipsvc_candidate *items;
	size_t n, cap;
};

/*
 * The endpoints of @port of @s in @family, by address and port, each once; without
 * those that the kernel refuses: what @cache has as a ClusterIP. They refer to the
 * slices of @s.
 */
void ipsvc_candidates_gather(const struct ipsvc_cache *cache,
			     const struct ipsvc_cluster_service *s,
			     const struct ipsvc_service_port *port,
			     uint8_t family, struct ipsvc_candidates *out);

/* Sets @cluster and @local for the node of @cache. */
void ipsvc_candidates_categorize(const struct ipsvc_cache *cache,
				 struct ipsvc_candidates *c);

#endif
