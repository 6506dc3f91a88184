/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints: of a Service with a selector they are computed of its Pods, as
 * Kubernetes' controller does; of one without they are written by hand.
 */
#ifndef IPSVC_API_ENDPOINTS_H
#define IPSVC_API_ENDPOINTS_H

#include "api/kind.h"
#include "cluster/pod_index.h"

extern const struct ipsvc_kind ipsvc_endpoints_kind;

/*
 * The Endpoints document of a Service's document, or NULL when it has none:
 * without a selector nobody computes it.
 */
json_t *ipsvc_endpoints_object(const json_t *service,
			       const struct ipsvc_pod_index *pods);

#endif
