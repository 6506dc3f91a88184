/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the health check port of a Service tells of this node. */
#ifndef IPSVC_LOCAL_ENDPOINTS_H
#define IPSVC_LOCAL_ENDPOINTS_H

#include "cache.h"

/* By family. */
struct ipsvc_local_endpoints {
	size_t ip4, ip6;
};

/*
 * The endpoints of @s on the node of @cache that are ready, each address once,
 * whatever its ports. Those that terminate are none, also where they still serve.
 */
struct ipsvc_local_endpoints
ipsvc_local_endpoints(const struct ipsvc_cache *cache,
		      const struct ipsvc_cluster_service *s);

#endif
