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
#include <linux/netfilter_ipv6.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "bloom.h"
#include "conntrack.h"
#include "icmp.h"
#include "ipsvc.h"
#include "route.h"
#include "stats.h"
#include "verdict.h"

/*
 * Each hook is a test that most packets fail, and a function of its own for the
 * others, with a packet's context on its stack. This sets it up but for the hash.
 */
static __always_inline enum ipsvc_parsed enter(struct ipsvc_ctx *ctx,
					       void *priv, struct sk_buff *skb,
					       const struct nf_hook_state *state,
					       const u8 family)
{
	ctx->inst = priv;
	ctx->skb = skb;
	ctx->state = state;
	return ipsvc_parse(skb, &ctx->pkt, family);
}

/*
 * Whether the packet needs another flow than the one that has its tuple. A flow
 * that began in the other hook was made by a forged packet if this host sends
 * from an address of its own, and gives way. If the address is of others
 * (IP_TRANSPARENT), it is the flow of that client, and stays.
 */
static bool is_replaced(const struct ipsvc_ctx *ctx,
			const struct ipsvc_half *half)
{
	if (unlikely(!ipsvc_half_begins_in(half, ctx->state->hook)))
		return ctx->state->hook == NF_INET_LOCAL_OUT &&
		       ipsvc_is_local(ctx->inst->net, &ctx->pkt.tuple.saddr,
				      half->family);
	return unlikely(ipsvc_packet_is_syn(&ctx->pkt)) &&
	       ipsvc_is_reused(ctx, half);
}

/*
 * Datagrams larger than the MTU are looked up by their ports too. As conntrack's
 * defragmentation, which comes before and leaves nothing to do where it is used;
 * a hook of its own would cost all other packets more.
 */
static unsigned int defragment4(struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	int err;

	local_bh_disable();
	err = ip_defrag(state->net, skb, state->hook == NF_INET_LOCAL_OUT ?
						 IP_DEFRAG_CONNTRACK_OUT :
						 IP_DEFRAG_CONNTRACK_IN);
	local_bh_enable();
	if (err)
		return NF_STOLEN;
	skb->ignore_df = 1;
	return NF_ACCEPT;
}

static unsigned int defragment6(struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	int err;

	err = nf_ct_frag6_gather(state->net, skb,
				 state->hook == NF_INET_LOCAL_OUT ?
					 IP6_DEFRAG_CONNTRACK_OUT :
					 IP6_DEFRAG_CONNTRACK_IN);
	if (err == -EINPROGRESS)
		return NF_STOLEN;
	return err ? NF_DROP : NF_ACCEPT;
}

/* A raw socket may want its fragments to leave as they are. */
static bool is_kept_fragmented(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk->sk_family == PF_INET &&
	       inet_test_bit(NODEFRAG, sk);
}

/* NF_ACCEPT: the packet is whole, or not to be put together. */
static __always_inline unsigned int
defragment(struct sk_buff *skb, const struct nf_hook_state *state,
	   const u8 family)
{
	if (family == AF_INET)
		return ip_is_fragment(ip_hdr(skb)) && !is_kept_fragmented(skb) ?
		       defragment4(skb, state) : NF_ACCEPT;
	return ipv6_ext_hdr(ipv6_hdr(skb)->nexthdr) &&
	       ipsvc_parse_is_fragment6(skb) ?
	       defragment6(skb, state) : NF_ACCEPT;
}

static __always_inline unsigned int arrive(struct ipsvc_instance *inst,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   const u8 family)
{
	struct ipsvc_half *half;
	struct ipsvc_ctx ctx;
	unsigned int verdict;

	verdict = defragment(skb, state, family);
	if (unlikely(verdict != NF_ACCEPT))
		return verdict;
	switch (enter(&ctx, inst, skb, state, family)) {
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp_arrive(&ctx);
	case IPSVC_PARSED_OTHER:
		return NF_ACCEPT;
	case IPSVC_PARSED_FLOW:
		break;
	}
	ctx.hash = ipsvc_flow_hash(&inst->flows, &ctx.pkt.tuple, family);
	half = ipsvc_flow_find(&inst->flows, &ctx.pkt.tuple, ctx.hash, family);
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

static noinline unsigned int arrive4(struct ipsvc_instance *inst,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	return arrive(inst, skb, state, AF_INET);
}

static noinline unsigned int arrive6(struct ipsvc_instance *inst,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	return arrive(inst, skb, state, AF_INET6);
}

/*
 * Whether a packet is worth a lookup. Ports that are not in the packet's head are
 * left to the parser. What this host sends to its own ipsvc link is refused there
 * if it is of no service.
 */
static bool may_be_ours4(const struct ipsvc_instance *inst,
			 const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	u32 l4 = iph->ihl * 4;

	if (!ipsvc_proto_has_flows(iph->protocol))
		return iph->protocol == IPPROTO_ICMP;
	if (unlikely(skb_headlen(skb) < l4 + 2 * sizeof(__be16) ||
		     ip_is_fragment(iph)))
		return true;
	return ipsvc_bloom_has_packet(rcu_dereference(inst->bloom),
				      iph->protocol, &iph->saddr, &iph->daddr,
				      (void *)iph + l4, AF_INET) ||
	       state->out == inst->dev;
}

static bool is_link_local(const struct in6_addr *addr)
{
	return (addr->s6_addr32[0] & htonl(0xffc00000)) == htonl(0xfe800000);
}

/* What stays on a link: multicast, neighbour discovery, link-local addresses. */
static bool is_of_link(const struct ipv6hdr *ip6h)
{
	return ipv6_addr_is_multicast(&ip6h->daddr) ||
	       is_link_local(&ip6h->daddr) ||
	       /* A router may report an error from such an address. */
	       (is_link_local(&ip6h->saddr) &&
		ip6h->nexthdr != IPPROTO_ICMPV6);
}

/* Likewise; packets with extension headers are left to the parser. */
static bool may_be_ours6(const struct ipsvc_instance *inst,
			 const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);

	if (is_of_link(ip6h))
		return false;
	if (!ipsvc_proto_has_flows(ip6h->nexthdr))
		return ip6h->nexthdr == IPPROTO_ICMPV6 ||
		       ipv6_ext_hdr(ip6h->nexthdr);
	if (unlikely(skb_headlen(skb) < sizeof(*ip6h) + 2 * sizeof(__be16)))
		return true;
	return ipsvc_bloom_has_packet(rcu_dereference(inst->bloom),
				      ip6h->nexthdr, &ip6h->saddr,
				      &ip6h->daddr, (void *)(ip6h + 1),
				      AF_INET6) ||
	       state->out == inst->dev;
}

/* PRE_ROUTING and LOCAL_OUT. */
static unsigned int hook_arrive4(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	return may_be_ours4(priv, skb, state) ? arrive4(priv, skb, state) :
						NF_ACCEPT;
}

static unsigned int hook_arrive6(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	return may_be_ours6(priv, skb, state) ? arrive6(priv, skb, state) :
						NF_ACCEPT;
}

/*
 * The half of a packet in its second hook. The hash that the first hook left is
 * there only where a software hash is.
 */
static __always_inline struct ipsvc_half *find_second(struct ipsvc_ctx *ctx,
						      const u8 family)
{
	struct ipsvc_half *half = NULL;

	if (ctx->skb->sw_hash)
		half = ipsvc_flow_find_routed(&ctx->inst->flows,
					      &ctx->pkt.tuple, ctx->skb->hash,
					      family);
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
	bool masq = !ipsvc_half_same(half, IPSVC_SADDR, IPSVC_NEW_SADDR,
				     half->family);

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

/* @leaves: by a link; else the packet is for this host */
static __always_inline unsigned int second(struct ipsvc_instance *inst,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   const u8 family, const bool leaves)
{
	struct ipsvc_half *half;
	struct ipsvc_ctx ctx;

	switch (enter(&ctx, inst, skb, state, family)) {
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp_leave(&ctx);
	case IPSVC_PARSED_OTHER:
		return NF_ACCEPT;
	case IPSVC_PARSED_FLOW:
		break;
	}
	half = find_second(&ctx, family);
	if (!half)
		return NF_ACCEPT;
	if (unlikely(!READ_ONCE(half->seen)) && !ipsvc_half_is_reply(half)) {
		if (leaves)
			half = settle_source(&ctx, half);
		if (!half)
			return ipsvc_verdict(&ctx, 0, IPSVC_REASON_FLOW_CLASH);
		ipsvc_connect_accepted(&ctx, half);
	}
	accept(&ctx, half);
	return leaves ? ipsvc_translate_source(&ctx, half) :
			ipsvc_translate_delivered(&ctx, half);
}

static noinline unsigned int leave(struct ipsvc_instance *inst,
				   struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_IPV4 ?
	       second(inst, skb, state, AF_INET, true) :
	       second(inst, skb, state, AF_INET6, true);
}

static noinline unsigned int deliver(struct ipsvc_instance *inst,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_IPV4 ?
	       second(inst, skb, state, AF_INET, false) :
	       second(inst, skb, state, AF_INET6, false);
}

/* POST_ROUTING. */
static unsigned int hook_leave(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	return may_have_flow(skb) ? leave(priv, skb, state) : NF_ACCEPT;
}

/* LOCAL_IN. */
static unsigned int hook_deliver(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	return may_have_flow(skb) ? deliver(priv, skb, state) : NF_ACCEPT;
}

/* The priorities are those of IPv6 as well. */
static const struct {
	nf_hookfn *ipv4;
	nf_hookfn *ipv6;
	unsigned int hooknum;
	int priority;
} hooks[IPSVC_HOOKS] = {
	{
		/*
		 * After defragmentation (-400) and the raw table (-300), before
		 * conntrack (-200): it is to see client and endpoint, or
		 * nothing.
		 */
		.ipv4 = hook_arrive4,
		.ipv6 = hook_arrive6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK - 10,
	}, {
		/* The same for what this host sends. */
		.ipv4 = hook_arrive4,
		.ipv6 = hook_arrive6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_CONNTRACK - 10,
	}, {
		/* After mangle, NAT (100) and the security hooks (225). */
		.ipv4 = hook_leave,
		.ipv6 = hook_leave,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK_HELPER - 10,
	}, {
		/* After the filter table (0) has seen the endpoint's address. */
		.ipv4 = hook_deliver,
		.ipv6 = hook_deliver,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_CONNTRACK_HELPER - 10,
	},
};

/**
 * ipsvc_hooks_register - makes the instance see the packets of a family
 * @inst: the instance
 * @family: AF_INET or AF_INET6
 *
 * Context: under &ipsvc_net.lock, may sleep. Nothing happens the second time.
 * Return: 0 or a negative errno.
 */
int ipsvc_hooks_register(struct ipsvc_instance *inst, u8 family)
{
	u32 f = ipsvc_family_index(family);
	int i, err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (inst->hooked[f])
		return 0;
	for (i = 0; i < IPSVC_HOOKS; i++)
		inst->hooks[f][i] = (struct nf_hook_ops) {
			.hook = family == AF_INET ? hooks[i].ipv4 :
						    hooks[i].ipv6,
			.priv = inst,
			.pf = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6,
			.hooknum = hooks[i].hooknum,
			.priority = hooks[i].priority,
		};
	err = nf_register_net_hooks(inst->net, inst->hooks[f], IPSVC_HOOKS);
	inst->hooked[f] = !err;
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
	bool any = false;
	u32 f;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	for (f = 0; f < IPSVC_FAMILIES; f++) {
		if (!inst->hooked[f])
			continue;
		inst->hooked[f] = false;
		any = true;
		nf_unregister_net_hooks(inst->net, inst->hooks[f], IPSVC_HOOKS);
	}
	if (any)
		synchronize_net();
}
