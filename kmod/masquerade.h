/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_MASQUERADE_H
#define IPSVC_MASQUERADE_H

#include <linux/ipsvc.h>

#include "flow.h"
#include "hook.h"
#include "route.h"
#include "stats.h"

struct ipsvc_endpoint;
struct ipsvc_frontend;

/* Under RCU. Whether and why the first packet of a flow is to be masqueraded. */
enum ipsvc_masquerade ipsvc_masquerade_why(const struct ipsvc_ctx *ctx,
					   const struct ipsvc_frontend *fe,
					   const struct ipsvc_endpoint *ep);
/*
 * Under RCU. Sets @source to the address in @path where that is so;
 * IPSVC_REASON_NO_ROUTE without a route to the endpoint.
 */
enum ipsvc_reason ipsvc_masquerade_address(const struct ipsvc_ctx *ctx,
					   const struct ipsvc_frontend *fe,
					   const struct ipsvc_endpoint *ep,
					   struct ipsvc_path *path,
					   const union ipsvc_addr **source);
/*
 * Under RCU. Chooses the source port that the endpoint sees, or keeps the
 * client's own, and inserts the flow. Return and @clash: as for
 * ipsvc_flow_insert(); -EADDRINUSE: no port was found.
 */
int ipsvc_masquerade_insert(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow, struct ipsvc_half **clash);
int ipsvc_masquerade_insert_port(struct ipsvc_instance *inst,
				 struct ipsvc_flow *flow, __be16 port,
				 struct ipsvc_half **clash);

#endif /* IPSVC_MASQUERADE_H */
