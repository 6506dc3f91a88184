/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a Service to the source ranges that the kernel of this node is to have. */
#ifndef IPSVC_CLUSTER_RANGES_H
#define IPSVC_CLUSTER_RANGES_H

#include "api/service/service.h"
#include "base/errors.h"
#include "kernel/state.h"

/*
 * Gives @out, which has its frontends, the ranges of @svc of its family, and the
 * frontends that they apply to the flag. @node (NULL: not known) is the address of
 * this node in the family: where it is allowed, what the node sends from an address
 * of the load balancer is, too, as with kube-proxy.
 *
 * More than the kernel takes (IPSVC_RANGES_MAX) are never more clients: ranges that
 * are allowed are left out, and with too many that are denied nobody is taken.
 * @notes gets a warning then.
 */
void ipsvc_kservice_add_ranges(const struct ipsvc_service *svc,
			       const struct in6_addr *node,
			       struct ipsvc_kservice *out,
			       struct ipsvc_errors *notes);

#endif
