// SPDX-License-Identifier: GPL-2.0
/*
 * The full path: netfilter hooks that take each packet of a flow from the tuple
 * it arrives with to the tuple it leaves with.
 *
 *   arriving        PRE_ROUTING   destination rewritten, and the client's port
 *   leaving         POST_ROUTING  source rewritten
 *   for this host   LOCAL_IN      source rewritten
 *
 * Where the client is a socket of this host both ends are rewritten in one hook,
 * so that conntrack and routing see the connection to the endpoint only:
 *
 *   sent by us      LOCAL_OUT     both ends rewritten, routed anew
 *   the answer      LOCAL_IN      both ends rewritten
 *
 * The first hook of a packet makes flows, the second one changes their state:
 * between the two are routing, rp_filter and the firewall.
 *
 * From the first hook to the second, skb->hash carries the hash of the arriving
 * tuple, so that the second needs one probe and no third key. It is keyed, and
 * cleared by the second hook: nobody who sees packets leave is to learn it.
 */
#include "hook.h"

#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/route.h>

#include "bloom.h"
#include "conntrack.h"
#include "icmp.h"
#include "ipsvc.h"
#include "stats.h"
#include "verdict.h"

/*
 * Each hook is a test that most packets fail, and a function of its own for the
 * others, with a packet's context on its stack. This sets it up but for the hash.
 */
static enum ipsvc_parsed enter(struct ipsvc_ctx *ctx, void *priv,
			       struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	ctx->inst = priv;
	ctx->skb = skb;
	ctx->state = state;
	return ipsvc_parse(skb, &ctx->pkt);
}

/*
 * A forged packet holds no tuple that a socket of this host needs. But a socket
 * that sends from an address of others (IP_TRANSPARENT) takes no flow of theirs.
 */
static bool is_replaced(const struct ipsvc_ctx *ctx,
			const struct ipsvc_half *half)
{
	if (unlikely(!ipsvc_half_begins_in(half, ctx->state->hook)))
		return ctx->state->hook == NF_INET_LOCAL_OUT &&
		       inet_addr_type(ctx->inst->net,
				      ctx->pkt.tuple.saddr.ip4) == RTN_LOCAL;
	return unlikely(ipsvc_packet_is_syn(&ctx->pkt)) &&
	       ipsvc_is_reused(ctx, half);
}

/*
 * Datagrams larger than the MTU are looked up by their ports too. As conntrack's
 * defragmentation, which comes before and leaves nothing to do where it is used;
 * a hook of its own would cost all other packets more. False: the packet is kept.
 */
static bool defragment(struct sk_buff *skb, const struct nf_hook_state *state)
{
	int err;

	local_bh_disable();
	err = ip_defrag(state->net, skb, state->hook == NF_INET_LOCAL_OUT ?
						 IP_DEFRAG_CONNTRACK_OUT :
						 IP_DEFRAG_CONNTRACK_IN);
	local_bh_enable();
	if (!err)
		skb->ignore_df = 1;
	return !err;
}

/* A raw socket may want its fragments to leave as they are. */
static bool is_kept_fragmented(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk->sk_family == PF_INET &&
	       inet_test_bit(NODEFRAG, sk);
}

static noinline unsigned int arrive(struct ipsvc_instance *inst,
				    struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct ipsvc_half *half;
	struct ipsvc_ctx ctx;

	if (unlikely(ip_is_fragment(ip_hdr(skb))) && !is_kept_fragmented(skb) &&
	    !defragment(skb, state))
		return NF_STOLEN;
	switch (enter(&ctx, inst, skb, state)) {
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp_arrive(&ctx);
	case IPSVC_PARSED_OTHER:
		return NF_ACCEPT;
	case IPSVC_PARSED_FLOW:
		break;
	}
	ctx.hash = ipsvc_flow_hash(&inst->flows, &ctx.pkt.tuple);
	half = ipsvc_flow_find(&inst->flows, &ctx.pkt.tuple, ctx.hash);
	if (likely(half)) {
		if (likely(!is_replaced(&ctx, half)))
			return ipsvc_translate(&ctx, half);
		ipsvc_connect_replaces(inst, half);
	}
	/*
	 * Packets that re-enter through lo passed LOCAL_OUT already, those of a
	 * VRF PRE_ROUTING of the link they arrived by; selecting again would
	 * translate them twice.
	 */
	if (state->hook == NF_INET_PRE_ROUTING &&
	    (state->in->flags & IFF_LOOPBACK || netif_is_l3_master(state->in)))
		return NF_ACCEPT;
	return ipsvc_connect(&ctx);
}

/*
 * Whether a packet is worth a lookup. Ports that are not in the packet's head are
 * left to the parser. What this host sends to its own ipsvc link is refused there
 * if it is of no service.
 */
static bool may_be_ours(const struct ipsvc_instance *inst,
			const struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	u32 l4 = iph->ihl * 4;

	if (iph->protocol != IPPROTO_TCP && iph->protocol != IPPROTO_UDP)
		return iph->protocol == IPPROTO_ICMP;
	if (unlikely(skb_headlen(skb) < l4 + 2 * sizeof(__be16) ||
		     ip_is_fragment(iph)))
		return true;
	return ipsvc_bloom_has_packet(rcu_dereference(inst->bloom), iph,
				      (void *)iph + l4) ||
	       state->out == inst->dev;
}

/* PRE_ROUTING and LOCAL_OUT. */
static unsigned int hook_arrive(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	return may_be_ours(priv, skb, state) ? arrive(priv, skb, state) :
					       NF_ACCEPT;
}

/*
 * The half of a packet in its second hook. The hash that the first hook left is
 * there only where a software hash is.
 */
static struct ipsvc_half *find_second(struct ipsvc_ctx *ctx)
{
	struct ipsvc_half *half = NULL;

	if (ctx->skb->sw_hash)
		half = ipsvc_flow_find_routed(&ctx->inst->flows,
					      &ctx->pkt.tuple, ctx->skb->hash);
	return half ?: ipsvc_ct_find(ctx);
}

/* The first hook left its hash, or somebody else's NAT has changed the source. */
static bool may_have_flow(const struct sk_buff *skb)
{
	return skb->sw_hash || ipsvc_ct_is_snat(skb);
}

/* The flow's state moves: the stack has accepted the packet. */
static void accept(struct ipsvc_ctx *ctx, struct ipsvc_half *half)
{
	skb_clear_hash(ctx->skb);
	ipsvc_flow_touch(half, &ctx->pkt);
	if (half->flags & IPSVC_HALF_DIRECT)
		return;
	ipsvc_stat_inc(ctx->inst, ipsvc_half_is_reply(half) ?
					  IPSVC_STAT_PACKETS_ENDPOINT :
					  IPSVC_STAT_PACKETS_CLIENT);
}

/* br_netfilter shows the packets of the bridge to the IP hooks. */
static bool is_shown_bridged(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return nf_bridge_info_exists(skb);
#else
	return false;
#endif
}

/*
 * The answer would not come back through this node: the packet leaves by the
 * link it came from, so client and endpoint reach each other without the node.
 * Where br_netfilter shows bridged packets to the IP hooks it does come back.
 */
static bool is_bypassed(const struct ipsvc_ctx *ctx)
{
	return ctx->state->out->ifindex == ctx->skb->skb_iif &&
	       !is_shown_bridged(ctx->skb);
}

/*
 * The first packet of a flow is about to leave. Only here is it known by which
 * link, and whether a NAT rule has chosen another source: then the flow is made
 * again, with a source that answers come back to. NULL: drop the packet.
 */
static struct ipsvc_half *settle_source(struct ipsvc_ctx *ctx,
					struct ipsvc_half *half)
{
	const struct ipsvc_half4 *h4 = ipsvc_half4(half);
	bool masq = h4->new_saddr != h4->saddr;

	if (ipsvc_ct_is_snat(ctx->skb) && ipsvc_ct_clashes(ctx, half))
		return NULL;
	if (half->flags & IPSVC_HALF_DIRECT || ipsvc_half_both_ends(half))
		return half;
	if (ipsvc_ct_is_snat(ctx->skb))
		return masq ? ipsvc_connect_again(ctx, half, false) : half;
	if (unlikely(is_bypassed(ctx)) && !masq)
		return ipsvc_connect_again(ctx, half, true);
	return half;
}

static noinline unsigned int leave(struct ipsvc_instance *inst,
				   struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct ipsvc_half *half;
	struct ipsvc_ctx ctx;

	switch (enter(&ctx, inst, skb, state)) {
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp_leave(&ctx);
	case IPSVC_PARSED_OTHER:
		return NF_ACCEPT;
	case IPSVC_PARSED_FLOW:
		break;
	}
	half = find_second(&ctx);
	if (!half)
		return NF_ACCEPT;
	if (unlikely(!READ_ONCE(half->seen)) && !ipsvc_half_is_reply(half)) {
		half = settle_source(&ctx, half);
		if (!half)
			return ipsvc_verdict(&ctx, 0, IPSVC_REASON_FLOW_CLASH);
	}
	accept(&ctx, half);
	return ipsvc_translate_source(&ctx, half);
}

/* POST_ROUTING. */
static unsigned int hook_leave(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	return may_have_flow(skb) ? leave(priv, skb, state) : NF_ACCEPT;
}

static noinline unsigned int deliver(struct ipsvc_instance *inst,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	struct ipsvc_half *half;
	struct ipsvc_ctx ctx;

	switch (enter(&ctx, inst, skb, state)) {
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp_leave(&ctx);
	case IPSVC_PARSED_OTHER:
		return NF_ACCEPT;
	case IPSVC_PARSED_FLOW:
		break;
	}
	half = find_second(&ctx);
	if (!half)
		return NF_ACCEPT;
	accept(&ctx, half);
	return ipsvc_translate_delivered(&ctx, half);
}

/* LOCAL_IN. */
static unsigned int hook_deliver(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	return may_have_flow(skb) ? deliver(priv, skb, state) : NF_ACCEPT;
}

static const struct nf_hook_ops hook_ops[IPSVC_HOOKS] = {
	{
		/*
		 * After defragmentation (-400) and the raw table (-300), before
		 * conntrack (-200): it is to see client and endpoint, or
		 * nothing.
		 */
		.hook = hook_arrive,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK - 10,
	},
	{
		/* The same for what this host sends. */
		.hook = hook_arrive,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_CONNTRACK - 10,
	},
	{
		/* After mangle, NAT (100) and the security hooks (225). */
		.hook = hook_leave,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK_HELPER - 10,
	},
	{
		/* After the filter table (0) has seen the endpoint's address. */
		.hook = hook_deliver,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_CONNTRACK_HELPER - 10,
	},
};

/**
 * ipsvc_hooks_register - makes the instance see packets
 * @inst: the instance
 *
 * Context: under &ipsvc_net.lock, may sleep. Nothing happens the second time.
 * Return: 0 or a negative errno.
 */
int ipsvc_hooks_register(struct ipsvc_instance *inst)
{
	int i, err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (inst->hooked)
		return 0;
	memcpy(inst->hooks, hook_ops, sizeof(hook_ops));
	for (i = 0; i < IPSVC_HOOKS; i++)
		inst->hooks[i].priv = inst;
	err = nf_register_net_hooks(inst->net, inst->hooks, IPSVC_HOOKS);
	inst->hooked = !err;
	return err;
}

/**
 * ipsvc_hooks_unregister - ends that; no packet is in a hook afterwards
 * @inst: the instance
 *
 * Context: under &ipsvc_net.lock, may sleep.
 */
void ipsvc_hooks_unregister(struct ipsvc_instance *inst)
{
	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (!inst->hooked)
		return;
	inst->hooked = false;
	nf_unregister_net_hooks(inst->net, inst->hooks, IPSVC_HOOKS);
	synchronize_net();
}
