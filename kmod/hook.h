/* SPDX-License-Identifier: GPL-2.0 */
/* The packet in a hook, as the functions of its way see it. */
#ifndef IPSVC_HOOK_H
#define IPSVC_HOOK_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

#include "parse.h"

struct ipsvc_half;
struct ipsvc_instance;

/**
 * struct ipsvc_ctx - a packet in a hook
 * @inst: the instance
 * @skb: the packet
 * @state: netfilter's; NULL on the ipsvc link
 * @hash: of the tuple the packet arrived with
 * @pkt: parsed
 */
struct ipsvc_ctx {
	struct ipsvc_instance *inst;
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	u32 hash;
	struct ipsvc_packet pkt;
};

/* translate.c: what the hooks do to a packet of a flow; a netfilter verdict */
unsigned int ipsvc_translate(struct ipsvc_ctx *ctx,
			     const struct ipsvc_half *half);
unsigned int ipsvc_translate_source(struct ipsvc_ctx *ctx,
				    const struct ipsvc_half *half);
unsigned int ipsvc_translate_delivered(struct ipsvc_ctx *ctx,
				       const struct ipsvc_half *half);

/* connect.c: packets that begin a flow */
unsigned int ipsvc_connect(struct ipsvc_ctx *ctx);
bool ipsvc_is_reused(const struct ipsvc_ctx *ctx,
		     const struct ipsvc_half *half);
void ipsvc_connect_replaces(struct ipsvc_instance *inst,
			    struct ipsvc_half *half);
void ipsvc_connect_accepted(const struct ipsvc_ctx *ctx,
			    const struct ipsvc_half *orig);
struct ipsvc_half *ipsvc_connect_again(struct ipsvc_ctx *ctx,
				       struct ipsvc_half *orig, bool masquerade);

#endif /* IPSVC_HOOK_H */
