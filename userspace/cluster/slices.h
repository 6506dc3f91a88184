/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From selectors to endpoints (rules of k8s.io/endpointslice). */
#ifndef IPSVC_SLICES_H
#define IPSVC_SLICES_H

#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/ip.h"
#include "pod_index.h"

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
			 const struct ipsvc_pod_index *pods,
			 struct ipsvc_slice *out);
void ipsvc_slice_free(struct ipsvc_slice *slice);

/* Whether @pod, which @svc selects, is an endpoint of @port, and which. */
bool ipsvc_slice_endpoint(const struct ipsvc_service *svc,
			  const struct ipsvc_service_port *port,
			  const struct ipsvc_pod *pod,
			  const struct in6_addr *addr,
			  struct ipsvc_slice_endpoint *out);
/* For qsort(): by address and port; of equal ones the better comes first. */
int ipsvc_slice_endpoint_cmp(const void *pa, const void *pb);

#endif
