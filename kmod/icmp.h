/* SPDX-License-Identifier: GPL-2.0 */
/* ICMP errors about packets of flows. */
#ifndef IPSVC_ICMP_H
#define IPSVC_ICMP_H

#include "hook.h"

/* Under RCU; a netfilter verdict, NF_ACCEPT for what is not about a flow. */
unsigned int ipsvc_icmp_arrive(struct ipsvc_ctx *ctx);
unsigned int ipsvc_icmp_leave(struct ipsvc_ctx *ctx);

void ipsvc_icmp_remember(const struct ipsvc_instance *inst,
			 const struct ipsvc_half *half);

#endif /* IPSVC_ICMP_H */
