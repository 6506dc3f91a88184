// SPDX-License-Identifier: GPL-2.0
/* Packets of flows are rewritten: what each of the hooks does to them. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "conntrack.h"
#include "hook.h"
#include "icmp.h"
#include "ipsvc.h"
#include "nat.h"
#include "route.h"
#include "verdict.h"

#ifdef CONFIG_XFRM
static bool policy_permits(const struct ipsvc_ctx *ctx, u8 family)
{
	union ipsvc_addr daddr;
	int dir;

	if (family == AF_INET)
		daddr.ip4 = ip_hdr(ctx->skb)->daddr;
	else
		daddr.ip6 = ipv6_hdr(ctx->skb)->daddr;
	dir = ipsvc_is_local(ctx->inst->net, &daddr, family) ?
	      XFRM_POLICY_IN : XFRM_POLICY_FWD;
	return __xfrm_policy_check(NULL, dir, ctx->skb, family);
}

/*
 * Packets are checked against IPsec policies as they came, not only as they are
 * after the rewriting: so one that a policy wants encrypted is not let in as
 * plaintext. What a socket of this host sends to this host is not checked.
 */
static bool xfrm_permits(const struct ipsvc_ctx *ctx, u8 family)
{
	const struct net_device *in = ctx->state->in;
	struct net *net = ctx->inst->net;

	if (likely(!secpath_exists(ctx->skb) &&
		   !net->xfrm.policy_count[XFRM_POLICY_IN] &&
		   !net->xfrm.policy_count[XFRM_POLICY_FWD]))
		return true;
	return !in || in->flags & IFF_LOOPBACK ||
	       policy_permits(ctx, family);
}

/*
 * The stack checks a rewritten packet once more. Where no policy for its new
 * addresses wants IPsec, it is to be a packet like any other.
 */
static void xfrm_forget(const struct ipsvc_ctx *ctx, u8 family)
{
	if (unlikely(secpath_exists(ctx->skb)) && !policy_permits(ctx, family))
		secpath_reset(ctx->skb);
}
#else
static bool xfrm_permits(const struct ipsvc_ctx *ctx, u8 family)
{
	return true;
}

static void xfrm_forget(const struct ipsvc_ctx *ctx, u8 family)
{
}
#endif

/* A packet that cannot be rewritten: too short for its headers, or no memory. */
static unsigned int not_writable(const struct ipsvc_ctx *ctx, int err)
{
	return ipsvc_verdict(ctx, 0, err == -EINVAL ? IPSVC_REASON_TRUNCATED :
						      IPSVC_REASON_NO_MEMORY);
}

static __always_inline int rewrite(struct ipsvc_ctx *ctx,
				   const struct ipsvc_half *half,
				   enum ipsvc_nat_end end,
				   enum ipsvc_half_addr which, __be16 port,
				   const u8 family)
{
	const void *addr = ipsvc_half_addr(half, which, family);

	return family == AF_INET ?
	       ipsvc_nat4(ctx->skb, ctx->pkt.l4, half->proto, end, addr, port) :
	       ipsvc_nat6(ctx->skb, ctx->pkt.l4, half->proto, end, addr, port);
}

static __always_inline bool keeps_saddr(const struct ipsvc_half *half,
					const u8 family)
{
	return ipsvc_half_same(half, IPSVC_SADDR, IPSVC_NEW_SADDR, family);
}

static __always_inline bool keeps_daddr(const struct ipsvc_half *half,
					const u8 family)
{
	return ipsvc_half_same(half, IPSVC_DADDR, IPSVC_NEW_DADDR, family);
}

/* Both ends, from what the packet arrives with to what it leaves with. */
static __always_inline bool changes_both(const struct ipsvc_half *half,
					 const u8 family)
{
	return !keeps_saddr(half, family) || half->new_sport != half->sport ||
	       !keeps_daddr(half, family) || half->new_dport != half->dport;
}

static __always_inline int rewrite_both(struct ipsvc_ctx *ctx,
					const struct ipsvc_half *half,
					const u8 family)
{
	return rewrite(ctx, half, IPSVC_NAT_SRC, IPSVC_NEW_SADDR,
		       half->new_sport, family) ?:
	       rewrite(ctx, half, IPSVC_NAT_DST, IPSVC_NEW_DADDR,
		       half->new_dport, family);
}

/* The first hook: the destination's address, and what belongs between the two. */
static bool first_changes_src(const struct ipsvc_half *half)
{
	return ipsvc_half_mid_sport(half) != half->sport;
}

static __always_inline bool first_changes_dst(const struct ipsvc_half *half,
					      const u8 family)
{
	return !keeps_daddr(half, family) ||
	       ipsvc_half_mid_dport(half) != half->dport;
}

static __always_inline int rewrite_first(struct ipsvc_ctx *ctx,
					 const struct ipsvc_half *half,
					 const u8 family)
{
	int err = 0;

	if (first_changes_src(half))
		err = rewrite(ctx, half, IPSVC_NAT_SRC, IPSVC_SADDR,
			      ipsvc_half_mid_sport(half), family);
	if (!err && first_changes_dst(half, family))
		err = rewrite(ctx, half, IPSVC_NAT_DST, IPSVC_NEW_DADDR,
			      ipsvc_half_mid_dport(half), family);
	return err;
}

/* The second hook: the source, and what the first one has left. */
static __always_inline bool second_changes_src(const struct ipsvc_half *half,
					       const u8 family)
{
	return !keeps_saddr(half, family) ||
	       half->new_sport != ipsvc_half_mid_sport(half);
}

static bool second_changes_dst(const struct ipsvc_half *half)
{
	return half->new_dport != ipsvc_half_mid_dport(half);
}

static __always_inline int rewrite_second(struct ipsvc_ctx *ctx,
					  const struct ipsvc_half *half,
					  const u8 family)
{
	int err = 0;

	if (second_changes_src(half, family))
		err = rewrite(ctx, half, IPSVC_NAT_SRC, IPSVC_NEW_SADDR,
			      half->new_sport, family);
	if (!err && second_changes_dst(half))
		err = rewrite(ctx, half, IPSVC_NAT_DST, IPSVC_NEW_DADDR,
			      half->new_dport, family);
	return err;
}

/* What a socket of this host sends to a service or endpoint. */
static __always_inline unsigned int
translate_ours(struct ipsvc_ctx *ctx, const struct ipsvc_half *half,
	       const u8 family)
{
	int err;

	if (!changes_both(half, family))
		return NF_ACCEPT;
	err = rewrite_both(ctx, half, family);
	if (err)
		return not_writable(ctx, err);
	if (ipsvc_route_again(ctx))
		return ipsvc_verdict(ctx, 0, IPSVC_REASON_NO_ROUTE);
	return NF_ACCEPT;
}

static __always_inline unsigned int
translate(struct ipsvc_ctx *ctx, const struct ipsvc_half *half, const u8 family)
{
	struct ipsvc_instance *inst = ctx->inst;
	int err;

	/*
	 * From a link, with a source of this host: routing refuses it. From a
	 * socket, with a source of others (IP_TRANSPARENT): it leaves as it is.
	 */
	if (unlikely(!ipsvc_half_begins_in(half, ctx->state->hook)))
		return NF_ACCEPT;
	if (!(half->flags & IPSVC_HALF_DIRECT))
		ipsvc_ct_mark(inst, ctx->skb);
	if (ipsvc_half_both_ends(half) && ipsvc_half_is_reply(half)) {
		/* LOCAL_IN does it. An endpoint here: it comes in through lo. */
		if (ctx->state->hook == NF_INET_PRE_ROUTING)
			__skb_set_sw_hash(ctx->skb, ctx->hash, true);
		return NF_ACCEPT;
	}
	__skb_set_sw_hash(ctx->skb, ctx->hash, true);
	if (ipsvc_half_both_ends(half))
		return translate_ours(ctx, half, family);
	if (half->flags & IPSVC_HALF_MASQ)
		ipsvc_icmp_remember(inst, half);
	if (!first_changes_src(half) && !first_changes_dst(half, family))
		return NF_ACCEPT;
	if (!xfrm_permits(ctx, family))
		return ipsvc_verdict(ctx, 0, IPSVC_REASON_IPSEC);
	err = rewrite_first(ctx, half, family);
	if (err)
		return not_writable(ctx, err);
	xfrm_forget(ctx, family);
	return NF_ACCEPT;
}

/**
 * ipsvc_translate - rewrites a packet in the first hook
 * @ctx: the packet
 * @half: its direction of its flow
 *
 * Context: under RCU.
 * Return: a netfilter verdict.
 */
unsigned int ipsvc_translate(struct ipsvc_ctx *ctx,
			     const struct ipsvc_half *half)
{
	return half->family == AF_INET ? translate(ctx, half, AF_INET) :
					 translate(ctx, half, AF_INET6);
}

#ifdef CONFIG_XFRM
/*
 * Routing looked for IPsec policies with the old source. As nf_nat's
 * nf_xfrm_me_harder(), which is not exported.
 */
static int xfrm_again(struct net *net, struct sk_buff *skb, u8 family)
{
	struct dst_entry *dst = skb_dst(skb);
	unsigned int hh_len;
	struct sock *sk = skb->sk;
	struct flowi fl;
	int err;

	if (!net->xfrm.policy_count[XFRM_POLICY_OUT] && !dst->xfrm)
		return 0;
	if (family == AF_INET ? IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED :
				IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED)
		return 0;
	err = xfrm_decode_session(net, skb, &fl, family);
	if (err < 0)
		return err;
	if (dst->xfrm)
		dst = xfrm_dst_path(dst);
	if (!dst_hold_safe(dst))
		return -EHOSTUNREACH;
	if (sk && !net_eq(net, sock_net(sk)))
		sk = NULL;
	dst = xfrm_lookup(net, dst, &fl, sk, 0);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	hh_len = dst->dev->hard_header_len;
	if (skb_headroom(skb) < hh_len &&
	    pskb_expand_head(skb, hh_len - skb_headroom(skb), 0, GFP_ATOMIC))
		return -ENOMEM;
	return 0;
}
#else
static int xfrm_again(struct net *net, struct sk_buff *skb, u8 family)
{
	return 0;
}
#endif

static __always_inline unsigned int
translate_source(struct ipsvc_ctx *ctx, const struct ipsvc_half *half,
		 const u8 family)
{
	int err;

	if (ipsvc_half_both_ends(half) ||
	    (!second_changes_src(half, family) && !second_changes_dst(half)))
		return NF_ACCEPT;
	err = rewrite_second(ctx, half, family);
	if (err)
		return not_writable(ctx, err);
	if (xfrm_again(ctx->state->net, ctx->skb, family))
		return ipsvc_verdict(ctx, 0, IPSVC_REASON_IPSEC);
	return NF_ACCEPT;
}

/**
 * ipsvc_translate_source - rewrites a packet in POST_ROUTING
 * @ctx: the packet
 * @half: its direction of its flow
 *
 * Context: under RCU.
 * Return: a netfilter verdict.
 */
unsigned int ipsvc_translate_source(struct ipsvc_ctx *ctx,
				    const struct ipsvc_half *half)
{
	return half->family == AF_INET ?
	       translate_source(ctx, half, AF_INET) :
	       translate_source(ctx, half, AF_INET6);
}

static __always_inline unsigned int
translate_delivered(struct ipsvc_ctx *ctx, const struct ipsvc_half *half,
		    const u8 family)
{
	bool both = ipsvc_half_both_ends(half);
	int err;

	/* The client is here, and its packets were rewritten when they left. */
	if (both && !ipsvc_half_is_reply(half))
		return NF_ACCEPT;
	if (both ? !changes_both(half, family) :
		   !second_changes_src(half, family) &&
		   !second_changes_dst(half))
		return NF_ACCEPT;
	if (!xfrm_permits(ctx, family))
		return ipsvc_verdict(ctx, 0, IPSVC_REASON_IPSEC);
	err = both ? rewrite_both(ctx, half, family) :
		     rewrite_second(ctx, half, family);
	if (err)
		return not_writable(ctx, err);
	xfrm_forget(ctx, family);
	if (ctx->skb->sk && !inet_sk_transparent(ctx->skb->sk))
		skb_orphan(ctx->skb);
	return NF_ACCEPT;
}

/**
 * ipsvc_translate_delivered - rewrites a packet in LOCAL_IN
 * @ctx: the packet
 * @half: its direction of its flow
 *
 * Between PRE_ROUTING and here early demux may have looked a socket up, by half
 * the rewriting: where the other half changes something, it is another socket's
 * packet.
 *
 * Context: under RCU.
 * Return: a netfilter verdict.
 */
unsigned int ipsvc_translate_delivered(struct ipsvc_ctx *ctx,
				       const struct ipsvc_half *half)
{
	return half->family == AF_INET ?
	       translate_delivered(ctx, half, AF_INET) :
	       translate_delivered(ctx, half, AF_INET6);
}
