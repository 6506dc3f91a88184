// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of Services answer echo requests as long as one of their frontends has
 * an endpoint for the client. The request itself becomes the reply, which is never
 * larger: its data is not looked at, its checksum is corrected, so that a wrong one
 * stays wrong, and options and extension headers are taken off.
 */
#include "echo.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <linux/ipsvc.h>

#include "choose.h"
#include "conntrack.h"
#include "ipsvc.h"
#include "route.h"
#include "service.h"
#include "stats.h"
#include "verdict.h"
#include "vip.h"

/* Of one address, so many frontends are asked whether they have an endpoint. */
#define FRONTENDS_ASKED	64

bool ipsvc_is_echo(const struct ipsvc_ctx *ctx)
{
	u8 buf, *type;

	type = skb_header_pointer(ctx->skb, ctx->pkt.l4, sizeof(buf), &buf);
	return type && *type == (ctx->pkt.tuple.family == AF_INET ?
				 ICMP_ECHO : ICMPV6_ECHO_REQUEST);
}

/*
 * Why the address does not answer: as the frontends would, which drop rather than
 * they refuse. Sets @class to that of the one.
 */
static enum ipsvc_reason judge(const struct ipsvc_ctx *ctx,
			       const struct ipsvc_vip *vip, u8 *class)
{
	enum ipsvc_reason reason = IPSVC_REASON_NO_ENDPOINT, one;
	const struct ipsvc_frontend *fe;
	int n = 0;

	*class = 0;
	hlist_for_each_entry_rcu(fe, &vip->frontends, vip_node) {
		if (n++ == FRONTENDS_ASKED)
			break;
		one = ipsvc_choose_any(ctx, fe);
		if (!one)
			return IPSVC_REASON_NONE;
		if (*class && one == IPSVC_REASON_NO_ENDPOINT)
			continue;
		*class = fe->class;
		reason = one;
	}
	return reason;
}

/* Whoever is there could not have sent it. */
static bool is_answered(const struct ipsvc_tuple *tuple)
{
	if (tuple->family == AF_INET6)
		return ipv6_addr_type(&tuple->saddr.ip6) & IPV6_ADDR_UNICAST;
	return !ipv4_is_zeronet(tuple->saddr.ip4) &&
	       !ipv4_is_multicast(tuple->saddr.ip4) &&
	       !ipv4_is_lbcast(tuple->saddr.ip4);
}

/* ---- the way back -------------------------------------------------------- */

static struct dst_entry *route4(const struct ipsvc_ctx *ctx)
{
	const struct iphdr *iph = ip_hdr(ctx->skb);
	struct net *net = ctx->state->net;
	struct flowi4 fl4 = {
		.daddr = iph->saddr,
		.saddr = iph->daddr,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
		.flowi4_mark = IP4_REPLY_MARK(net, ctx->skb->mark),
		.flowi4_oif = l3mdev_master_ifindex(ctx->skb->dev),
		.flowi4_proto = IPPROTO_ICMP,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return NULL;
	if (!(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)))
		return &rt->dst;
	ip_rt_put(rt);
	return NULL;
}

static struct dst_entry *route6(const struct ipsvc_ctx *ctx)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(ctx->skb);
	struct net *net = ctx->state->net;
	struct flowi6 fl6 = {
		.daddr = ip6h->saddr,
		.saddr = ip6h->daddr,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
		.flowi6_mark = IP6_REPLY_MARK(net, ctx->skb->mark),
		.flowi6_oif = l3mdev_master_ifindex(ctx->skb->dev),
		.flowi6_proto = IPPROTO_ICMPV6,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

/*
 * The checks of where a packet comes from (rp_filter, martians), which the stack
 * makes after the hook: what it would drop is left to it. IPv6 has none.
 */
static bool is_accepted(const struct ipsvc_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	const struct iphdr *iph = ip_hdr(skb);
	unsigned long dst = skb->_skb_refdst;
	int err;

	if (ctx->pkt.tuple.family == AF_INET6)
		return true;
	skb_dst_set(skb, NULL);
	err = ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos,
				   skb->dev);
	skb_dst_drop(skb);
	skb->_skb_refdst = dst;
	return !err;
}

/* ---- the reply ----------------------------------------------------------- */

/* Turns the ICMP header, and leaves it at skb->data. */
static void turn_icmp(struct sk_buff *skb, u32 l4, u8 request, u8 reply)
{
	struct icmphdr *icmph;

	skb_pull(skb, l4);
	skb_reset_transport_header(skb);
	icmph = icmp_hdr(skb);
	csum_replace2(&icmph->checksum, htons(request << 8 | icmph->code),
		      htons(reply << 8 | icmph->code));
	icmph->type = reply;
}

static void turn4(const struct ipsvc_ctx *ctx)
{
	const struct iphdr old = *ip_hdr(ctx->skb);
	struct sk_buff *skb = ctx->skb;
	struct iphdr *iph;

	turn_icmp(skb, ctx->pkt.l4, ICMP_ECHO, ICMP_ECHOREPLY);
	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = old.tos,
		.ttl = ip4_dst_hoplimit(skb_dst(skb)),
		.protocol = IPPROTO_ICMP,
		.saddr = old.daddr,
		.daddr = old.saddr,
	};
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_select_ident(ctx->state->net, skb, NULL);
}

static void turn6(const struct ipsvc_ctx *ctx)
{
	const struct ipv6hdr old = *ipv6_hdr(ctx->skb);
	struct sk_buff *skb = ctx->skb;
	struct ipv6hdr *ip6h;

	turn_icmp(skb, ctx->pkt.l4, ICMPV6_ECHO_REQUEST, ICMPV6_ECHO_REPLY);
	ip6h = skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, ipv6_get_dsfield(&old), 0);
	ip6h->nexthdr = IPPROTO_ICMPV6;
	ip6h->hop_limit = ip6_dst_hoplimit(skb_dst(skb));
	ip6h->saddr = old.daddr;
	ip6h->daddr = old.saddr;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
}

/* Nothing of the way that the request came by is to be the reply's. */
static void forget_request(struct sk_buff *skb, u32 mark)
{
	skb_orphan(skb);
	nf_reset_ct(skb);
	/* conntrack has not seen the request. */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	skb_ext_reset(skb);
	skb_clear_hash(skb);
	skb->mark = mark;
	skb->skb_iif = 0;
	skb->ip_summed = CHECKSUM_NONE;
	/* Larger than what the request came in. */
	skb->ignore_df = 1;
}

static unsigned int time_exceeded(struct sk_buff *skb, u8 family)
{
	if (family == AF_INET)
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
	else
		icmpv6_send(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
	return NF_DROP;
}

/* This node is a router on the way to the address, as traceroute shows it. */
static bool is_last_hop(const struct ipsvc_ctx *ctx)
{
	if (ctx->state->hook != NF_INET_PRE_ROUTING)
		return false;
	return ctx->pkt.tuple.family == AF_INET ?
	       ip_hdr(ctx->skb)->ttl <= 1 : ipv6_hdr(ctx->skb)->hop_limit <= 1;
}

static unsigned int answer(struct ipsvc_ctx *ctx)
{
	bool ipv4 = ctx->pkt.tuple.family == AF_INET;
	struct net *net = ctx->state->net;
	struct sk_buff *skb = ctx->skb;
	struct dst_entry *dst;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return NF_DROP;
	if (skb_ensure_writable(skb, ctx->pkt.l4 + sizeof(struct icmphdr)))
		return NF_DROP;
	dst = ipv4 ? route4(ctx) : route6(ctx);
	if (!dst)
		return NF_DROP;
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	if (is_last_hop(ctx))
		return time_exceeded(skb, ctx->pkt.tuple.family);
	forget_request(skb, ipv4 ? IP4_REPLY_MARK(net, skb->mark) :
				   IP6_REPLY_MARK(net, skb->mark));
	ipsvc_stat_inc(ctx->inst, IPSVC_STAT_ECHO_ANSWERED);
	if (ipv4) {
		turn4(ctx);
		ip_local_out(net, NULL, skb);
	} else {
		turn6(ctx);
		ip6_local_out(net, NULL, skb);
	}
	return NF_STOLEN;
}

/**
 * ipsvc_echo - an echo request in PRE_ROUTING or LOCAL_OUT
 * @ctx: the packet
 *
 * An address that is this host's is left to the host.
 *
 * Context: under RCU.
 */
unsigned int ipsvc_echo(struct ipsvc_ctx *ctx)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	const union ipsvc_addr addr = ipsvc_tuple_daddr(tuple);
	const struct ipsvc_vip *vip;
	enum ipsvc_reason reason;
	u8 class;

	if (!READ_ONCE(ctx->inst->vip_ping))
		return NF_ACCEPT;
	vip = ipsvc_vip_find(ctx->inst, &addr);
	if (!vip || hlist_empty(&vip->frontends) ||
	    ipsvc_is_local(ctx->inst->net, &addr, tuple->family))
		return NF_ACCEPT;
	if (ctx->state->hook == NF_INET_PRE_ROUTING &&
	    (ctx->state->in->flags & IFF_LOOPBACK || !is_answered(tuple) ||
	     !is_accepted(ctx)))
		return NF_ACCEPT;
	/* For the tracepoint: it has none. */
	ctx->pkt.tuple.sport = 0;
	ctx->pkt.tuple.dport = 0;
	reason = judge(ctx, vip, &class);
	return reason ? ipsvc_verdict(ctx, class, reason) : answer(ctx);
}
