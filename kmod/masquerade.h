/* SPDX-License-Identifier: GPL-2.0 */
/* Which source address and port an endpoint sees. */
#ifndef IPSVC_MASQUERADE_H
#define IPSVC_MASQUERADE_H

#include "flow.h"
#include "hook.h"
#include "stats.h"

struct ipsvc_endpoint;
struct ipsvc_frontend;

enum ipsvc_reason ipsvc_masquerade_address(const struct ipsvc_ctx *ctx,
					   const struct ipsvc_frontend *fe,
					   const struct ipsvc_endpoint *ep,
					   __be32 *addr);
int ipsvc_masquerade_insert(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow, struct ipsvc_half **clash);
int ipsvc_masquerade_insert_port(struct ipsvc_instance *inst,
				 struct ipsvc_flow *flow, __be16 port,
				 struct ipsvc_half **clash);

#endif /* IPSVC_MASQUERADE_H */
