/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a Service and its EndpointSlices to what the kernel of this node is to have
 * of it (rules of kube-proxy's CategorizeEndpoints).
 */
#ifndef IPSVC_NODEVIEW_H
#define IPSVC_NODEVIEW_H

#include "base/errors.h"
#include "cache.h"
#include "kernel/state.h"

/* Whether this proxy serves the Service at all: it is not headless, nor another's. */
bool ipsvc_nodeview_serves(const struct ipsvc_service *svc);

/* What the node decides of itself. */
struct ipsvc_nodeview_config {
	const struct ipsvc_cidr *external;	/* where externalIPs may be */
	size_t nexternal;
	bool masquerade_all;	/* whoever uses a ClusterIP */
};

/*
 * Adds to @out a service port for each port of @s and family that it has an
 * address of; nothing for a Service without an address to serve (headless,
 * ExternalName) or for another proxy. Endpoints that serve but get no new flows
 * under the policy Cluster (terminating while ready ones exist, or others are
 * nearer) are there with IPSVC_ENDPOINT_F_DRAIN; not-ready ones are absent, and so
 * is what @cache has as a ClusterIP: the kernel refuses it. What is added comes out
 * sorted.
 *
 * @notes gets a warning for each port with more endpoints, or addresses, than the
 * kernel takes (IPSVC_ENDPOINTS_MAX, IPSVC_FRONTENDS_MAX): the rest is left out,
 * draining endpoints first; for more source ranges than it takes (ranges.h); and for
 * each external IP that @cfg does not allow.
 */
void ipsvc_nodeview(const struct ipsvc_cache *cache,
		    const struct ipsvc_nodeview_config *cfg,
		    const struct ipsvc_cluster_service *s,
		    struct ipsvc_state *out, struct ipsvc_errors *notes);

#endif
