/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From objects to the state the kernel is to have: selectors to endpoints
 * (rules of k8s.io/endpointslice and of kube-proxy's CategorizeEndpoints).
 */
#ifndef IPSVC_ENDPOINTS_H
#define IPSVC_ENDPOINTS_H

#include "api/object.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "kernel/state.h"

/*
 * The endpoints of one port of a service, as Kubernetes' EndpointSlice has them.
 */
struct ipsvc_slice_endpoint {
	const struct ipsvc_pod *pod;
	struct in6_addr addr;
	uint16_t port;
	bool ready, serving, terminating;
};

struct ipsvc_slice {
	struct ipsvc_slice_endpoint *items;
	size_t n;
};

/* All pods a port selects, ready or not, sorted by address. */
void ipsvc_slice_compute(const struct ipsvc_service *svc, size_t port_index,
			 const struct ipsvc_pod *pods, size_t npods,
			 struct ipsvc_slice *out);
void ipsvc_slice_free(struct ipsvc_slice *slice);

/*
 * The whole wanted state of this node. Services without an address to serve
 * (headless, ExternalName) are left out. Endpoints that serve but get no new
 * flows (terminating while ready ones exist) are there with
 * IPSVC_ENDPOINT_F_DRAIN; not-ready ones are absent. @objs must be valid.
 * The state comes out sorted.
 */
void ipsvc_state_compute(const struct ipsvc_objects *objs,
			 struct ipsvc_state *out);
/*
 * The same; @notes gets a warning for each port with more endpoints than the
 * kernel takes (IPSVC_ENDPOINTS_MAX): the rest is left out, draining ones first.
 */
void ipsvc_state_compute_notes(const struct ipsvc_objects *objs,
			       struct ipsvc_state *out,
			       struct ipsvc_errors *notes);

#endif
