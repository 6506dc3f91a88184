/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From objects to the state the kernel of this node is to have (rules of
 * kube-proxy's CategorizeEndpoints).
 */
#ifndef IPSVC_NODEVIEW_H
#define IPSVC_NODEVIEW_H

#include "api/object.h"
#include "kernel/state.h"

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
