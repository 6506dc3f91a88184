/* SPDX-License-Identifier: GPL-2.0 */
/* Conntrack and NAT of others, on packets of flows. */
#ifndef IPSVC_CONNTRACK_H
#define IPSVC_CONNTRACK_H

#include <net/netfilter/nf_conntrack.h>

#include "hook.h"
#include "ipsvc.h"

/* Where the operator wants it so, conntrack sees nothing of a flow's packets. */
static inline void ipsvc_ct_mark(const struct ipsvc_instance *inst,
				 struct sk_buff *skb)
{
	if (READ_ONCE(inst->notrack) && !skb_nfct(skb))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* Whether a NAT rule has changed the source of the packet's connection. */
static inline bool ipsvc_ct_is_snat(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && ct->status & IPS_SRC_NAT;
}

struct ipsvc_half *ipsvc_ct_find(struct ipsvc_ctx *ctx);
bool ipsvc_ct_clashes(const struct ipsvc_ctx *ctx,
		      const struct ipsvc_half *half);
bool ipsvc_ct_has_port(struct net *net, const struct ipsvc_half *orig,
		       const union ipsvc_addr *source,
		       const union ipsvc_addr *endpoint, __be16 port);

#endif /* IPSVC_CONNTRACK_H */
