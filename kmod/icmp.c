// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about packets of flows: "too big", "unreachable", "time exceeded".
 * They quote a packet as it left; who sent it must see the packet as it was
 * before. The quote turned round is a packet of the other direction, so an error
 * goes the way of that direction: the first hook rewrites the source of the quote
 * and the destination of the error, the second one the destination of the quote,
 * and conntrack between the two sees the connection that it knows.
 */
#include "icmp.h"

#include <linux/hash.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "bloom.h"
#include "conntrack.h"
#include "echo.h"
#include "ipsvc.h"
#include "route.h"
#include "stats.h"
#include "verdict.h"

/* Of the quoted transport header RFC 792 promises this much; that of ICMP, too. */
#define QUOTED_L4	8
#define ICMP_HEADER	8

/**
 * struct quote - the packet that an error is about
 * @way: its tuple turned round: the direction the error travels in
 * @ip: offset of its IP header from skb->data
 * @l4: offset of its transport header
 */
struct quote {
	struct ipsvc_tuple way;
	u32 ip;
	u32 l4;
};

static bool is_error4(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/* Neighbour discovery and multicast listeners are none, nor is an echo. */
static bool is_error6(u8 type)
{
	return type == ICMPV6_DEST_UNREACH || type == ICMPV6_PKT_TOOBIG ||
	       type == ICMPV6_TIME_EXCEED || type == ICMPV6_PARAMPROB;
}

static bool is_error(const struct ipsvc_ctx *ctx)
{
	u8 buf, *type;

	type = skb_header_pointer(ctx->skb, ctx->pkt.l4, sizeof(buf), &buf);
	if (!type)
		return false;
	return ctx->pkt.tuple.family == AF_INET ? is_error4(*type) :
						  is_error6(*type);
}

/* The quoted IP header. The direction has the quote's addresses turned round. */
static bool parse_header4(const struct sk_buff *skb, struct quote *quote)
{
	struct iphdr buf, *iph;

	iph = skb_header_pointer(skb, quote->ip, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    (iph->frag_off & htons(IP_OFFSET)))
		return false;
	quote->l4 = quote->ip + iph->ihl * 4;
	quote->way.saddr.ip4 = iph->daddr;
	quote->way.daddr.ip4 = iph->saddr;
	quote->way.proto = iph->protocol;
	return true;
}

static bool parse_header6(const struct sk_buff *skb, struct quote *quote)
{
	struct ipv6hdr buf, *ip6h;

	ip6h = skb_header_pointer(skb, quote->ip, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return false;
	quote->l4 = quote->ip + sizeof(buf);
	quote->way.saddr.ip6 = ip6h->daddr;
	quote->way.daddr.ip6 = ip6h->saddr;
	quote->way.proto = ip6h->nexthdr;
	/* The first fragment has the ports. */
	return ipsvc_parse_extensions(skb, &quote->l4, &quote->way.proto,
				      htons(IP6_OFFSET));
}

/* False for what quotes no packet that could be of a flow. */
static bool parse_quote(const struct ipsvc_ctx *ctx, struct quote *quote)
{
	const struct sk_buff *skb = ctx->skb;
	struct ipsvc_tuple quoted;

	if (!is_error(ctx))
		return false;
	quote->ip = ctx->pkt.l4 + ICMP_HEADER;
	quote->way.family = ctx->pkt.tuple.family;
	if (!(quote->way.family == AF_INET ? parse_header4(skb, quote) :
					     parse_header6(skb, quote)))
		return false;
	if (!ipsvc_proto_has_flows(quote->way.proto))
		return false;
	if (skb->len < quote->l4 + QUOTED_L4 ||
	    !ipsvc_parse_ports(skb, quote->l4, &quoted))
		return false;
	quote->way.sport = quoted.dport;
	quote->way.dport = quoted.sport;
	return true;
}

/* @addr: ipsvc_addr_fold() */
static u32 *hint(const struct ipsvc_instance *inst, u32 addr, __be16 port)
{
	struct ipsvc_stats *s = raw_cpu_ptr(inst->stats);

	return &s->icmp_hint[hash_32(addr ^ (__force u32)port,
				     ilog2(IPSVC_ICMP_HINTS))];
}

/**
 * ipsvc_icmp_remember - notes a packet this host may have to complain about
 * @inst: the instance
 * @half: masqueraded; what the packet belongs to
 *
 * Forwarding finds out that a packet is too big, or too old, between the two
 * hooks. The quote then has a tuple that is in no table, and skb->hash is not
 * quoted. But the error is made by the CPU that saw the packet arrive, in the
 * same batch.
 */
void ipsvc_icmp_remember(const struct ipsvc_instance *inst,
			 const struct ipsvc_half *half)
{
	const void *saddr = ipsvc_half_addr(half, IPSVC_SADDR, half->family);
	u32 addr = ipsvc_addr_fold_in_packet(saddr, half->family);

	WRITE_ONCE(*hint(inst, addr, ipsvc_half_mid_sport(half)), half->hash);
}

/*
 * The direction of an error that this host makes about a packet between its two
 * hooks. Any hint is safe: all of the tuple is compared.
 */
static struct ipsvc_half *find_forwarded(const struct ipsvc_ctx *ctx,
					 const struct quote *quote)
{
	const struct ipsvc_tuple quoted = ipsvc_tuple_turned(&quote->way);
	const union ipsvc_addr addr = ipsvc_tuple_saddr(&quoted);
	struct ipsvc_half *half;
	u32 hash;

	hash = READ_ONCE(*hint(ctx->inst, ipsvc_addr_fold(&addr),
			       quoted.sport));
	half = ipsvc_flow_find_routed(&ctx->inst->flows, &quoted, hash,
				      quoted.family);
	return half ? ipsvc_half_other(half) : NULL;
}

/*
 * The error's checksum is made anew after its quote was changed. That of ICMPv6
 * covers the error's own addresses, too.
 */
static void update_checksum(struct ipsvc_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	u32 l4 = ctx->pkt.l4, len = skb->len - l4;
	/* At the same place in ICMPv6. */
	struct icmphdr *icmph = (void *)(skb_network_header(skb) + l4);
	__wsum sum;

	icmph->checksum = 0;
	sum = skb_checksum(skb, l4, len, 0);
	if (ctx->pkt.tuple.family == AF_INET)
		icmph->checksum = csum_fold(sum);
	else
		icmph->checksum = csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
						  &ipv6_hdr(skb)->daddr, len,
						  IPPROTO_ICMPV6, sum);
	skb->ip_summed = CHECKSUM_NONE;
}

/*
 * A broken checksum must not become a good one, and headers may move. Returns a
 * reason to drop the packet.
 */
static enum ipsvc_reason make_writable(struct ipsvc_ctx *ctx,
				       const struct quote *quote)
{
	if (nf_checksum(ctx->skb, ctx->state->hook, ctx->pkt.l4,
			ctx->pkt.tuple.proto, ctx->pkt.tuple.family))
		return IPSVC_REASON_CHECKSUM;
	if (skb_ensure_writable(ctx->skb, quote->l4 + QUOTED_L4))
		return IPSVC_REASON_NO_MEMORY;
	return IPSVC_REASON_NONE;
}

/* An address of the error's IP header or of the quoted one, at @ip. */
static void set_addr(struct ipsvc_ctx *ctx, u32 ip, bool source,
		     const union ipsvc_addr *addr)
{
	void *header = skb_network_header(ctx->skb) + ip;

	if (ctx->pkt.tuple.family == AF_INET) {
		struct iphdr *iph = header;
		__be32 *field = source ? &iph->saddr : &iph->daddr;

		csum_replace4(&iph->check, *field, addr->ip4);
		*field = addr->ip4;
	} else {
		struct ipv6hdr *ip6h = header;

		*(source ? &ip6h->saddr : &ip6h->daddr) = addr->ip6;
	}
}

static void set_quote(struct ipsvc_ctx *ctx, const struct quote *quote,
		      const union ipsvc_addr *saddr, __be16 sport,
		      const union ipsvc_addr *daddr, __be16 dport)
{
	__be16 *ports = (__be16 *)(skb_network_header(ctx->skb) + quote->l4);

	set_addr(ctx, quote->ip, true, saddr);
	set_addr(ctx, quote->ip, false, daddr);
	ports[0] = sport;
	ports[1] = dport;
}

/*
 * Towards the sender of the quoted packet. The quote becomes what conntrack knows:
 * see ipsvc_half_mid_sport().
 */
static unsigned int redirect(struct ipsvc_ctx *ctx, const struct quote *quote,
			     const struct ipsvc_half *half)
{
	const union ipsvc_addr sender = ipsvc_half_get(half, IPSVC_NEW_DADDR);
	__be16 sport = ipsvc_half_mid_sport(half);
	__be16 dport = ipsvc_half_mid_dport(half);
	enum ipsvc_reason reason;

	if (ipsvc_addr_equal(&quote->way.daddr, &sender, half->family) &&
	    quote->way.dport == dport && quote->way.sport == sport)
		return NF_ACCEPT;
	reason = make_writable(ctx, quote);
	if (reason)
		return ipsvc_verdict(ctx, 0, reason);
	set_quote(ctx, quote, &sender, dport, &quote->way.saddr, sport);
	set_addr(ctx, 0, false, &sender);
	update_checksum(ctx);
	if (ctx->state->hook == NF_INET_LOCAL_OUT && ipsvc_route_again(ctx))
		return ipsvc_verdict(ctx, 0, IPSVC_REASON_NO_ROUTE);
	return NF_ACCEPT;
}

/**
 * ipsvc_icmp_arrive - an ICMP error, or an echo, in PRE_ROUTING or LOCAL_OUT
 * @ctx: an ICMP packet
 *
 * The error's source stays who reported it: a router, an endpoint.
 *
 * Context: under RCU.
 * Return: a netfilter verdict; NF_ACCEPT for what is not about a flow.
 */
unsigned int ipsvc_icmp_arrive(struct ipsvc_ctx *ctx)
{
	struct ipsvc_half *half;
	struct quote quote;

	if (ipsvc_is_echo(ctx))
		return ipsvc_echo(ctx);
	if (!parse_quote(ctx, &quote))
		return NF_ACCEPT;
	half = ipsvc_flow_find_tuple(&ctx->inst->flows, &quote.way);
	if (!half && ctx->state->hook == NF_INET_LOCAL_OUT)
		half = find_forwarded(ctx, &quote);
	if (!half || (half->flags & (IPSVC_HALF_DIRECT | IPSVC_HALF_MASQ)) ==
		     IPSVC_HALF_DIRECT)
		return NF_ACCEPT;
	if (!(half->flags & IPSVC_HALF_DIRECT))
		ipsvc_ct_mark(ctx->inst, ctx->skb);
	if (ipsvc_half_both_ends(half)) {
		/* About a packet of a socket of this host: LOCAL_IN does it. */
		if (ctx->state->hook == NF_INET_PRE_ROUTING)
			__skb_set_sw_hash(ctx->skb, half->hash, true);
		return NF_ACCEPT;
	}
	__skb_set_sw_hash(ctx->skb, half->hash, true);
	return redirect(ctx, &quote, half);
}

/* The quoted packet as its sender sent it. */
static unsigned int restore_quote(struct ipsvc_ctx *ctx,
				  const struct quote *quote,
				  const struct ipsvc_half *half)
{
	const union ipsvc_addr saddr = ipsvc_half_get(half, IPSVC_NEW_SADDR);
	const union ipsvc_addr daddr = ipsvc_half_get(half, IPSVC_NEW_DADDR);
	const struct ipsvc_tuple *way = &quote->way;
	enum ipsvc_reason reason;

	skb_clear_hash(ctx->skb);
	ipsvc_stat_inc(ctx->inst, IPSVC_STAT_ICMP_TRANSLATED);
	if (ipsvc_addr_equal(&way->saddr, &saddr, half->family) &&
	    way->sport == half->new_sport &&
	    ipsvc_addr_equal(&way->daddr, &daddr, half->family) &&
	    way->dport == half->new_dport)
		return NF_ACCEPT;
	reason = make_writable(ctx, quote);
	if (reason)
		return ipsvc_verdict(ctx, 0, reason);
	set_quote(ctx, quote, &daddr, half->new_dport, &saddr, half->new_sport);
	/*
	 * A pod that reaches itself through a service gets its own errors back,
	 * and drops what comes from its own address.
	 */
	if (ipsvc_addr_equal(&ctx->pkt.tuple.saddr, &ctx->pkt.tuple.daddr,
			     half->family))
		set_addr(ctx, 0, true, &saddr);
	update_checksum(ctx);
	return NF_ACCEPT;
}

/*
 * The half whose way the error goes. Where a NAT rule of others had changed the
 * client's source, the first hook did not know the quote, and now conntrack has
 * put the client's address back.
 */
static struct ipsvc_half *find_second(const struct ipsvc_ctx *ctx,
				      const struct quote *quote)
{
	const struct ipsvc_flows *flows = &ctx->inst->flows;
	struct ipsvc_half *half = NULL;

	if (ctx->skb->sw_hash)
		half = ipsvc_flow_find_routed(flows, &quote->way,
					      ctx->skb->hash,
					      quote->way.family);
	if (half || !ipsvc_ct_is_snat(ctx->skb))
		return half;
	half = ipsvc_flow_find_tuple(flows, &quote->way);
	return half && ipsvc_half_is_reply(half) ? half : NULL;
}

/**
 * ipsvc_icmp_leave - translates the rest of an ICMP error in its second hook
 * @ctx: an ICMP packet in POST_ROUTING or LOCAL_IN
 *
 * A socket of this host is found by the quote: the error's own destination
 * stays, which is no address to route to where the client is at 127.0.0.1.
 *
 * Context: under RCU.
 * Return: a netfilter verdict; NF_ACCEPT for what is not about a flow.
 */
unsigned int ipsvc_icmp_leave(struct ipsvc_ctx *ctx)
{
	struct ipsvc_half *half;
	struct quote quote;

	if (!parse_quote(ctx, &quote))
		return NF_ACCEPT;
	half = find_second(ctx, &quote);
	if (!half)
		return NF_ACCEPT;
	return restore_quote(ctx, &quote, half);
}
