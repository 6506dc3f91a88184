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
#include <linux/ip.h>
#include <linux/netfilter_ipv4.h>
#include <net/checksum.h>
#include <net/icmp.h>
#include <net/route.h>

#include "conntrack.h"
#include "ipsvc.h"
#include "stats.h"
#include "verdict.h"

/* Of the quoted transport header RFC 792 promises this much. */
#define QUOTED_L4	8

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

static bool is_error(const struct ipsvc_ctx *ctx)
{
	struct icmphdr buf, *icmph;

	icmph = skb_header_pointer(ctx->skb, ctx->pkt.l4, sizeof(buf), &buf);
	if (!icmph)
		return false;
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return true;
	default:
		return false;
	}
}

/* False for what quotes no packet that could be of a flow. */
static bool parse_quote(const struct ipsvc_ctx *ctx, struct quote *quote)
{
	const struct sk_buff *skb = ctx->skb;
	struct ipsvc_tuple quoted;
	struct iphdr buf, *iph;

	if (!is_error(ctx))
		return false;
	quote->ip = ctx->pkt.l4 + sizeof(struct icmphdr);
	iph = skb_header_pointer(skb, quote->ip, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    (iph->frag_off & htons(IP_OFFSET)) ||
	    (iph->protocol != IPPROTO_TCP && iph->protocol != IPPROTO_UDP))
		return false;
	quote->l4 = quote->ip + iph->ihl * 4;
	if (skb->len < quote->l4 + QUOTED_L4 ||
	    !ipsvc_parse_ports(skb, quote->l4, &quoted))
		return false;
	quote->way.saddr.ip4 = iph->daddr;
	quote->way.daddr.ip4 = iph->saddr;
	quote->way.sport = quoted.dport;
	quote->way.dport = quoted.sport;
	quote->way.family = AF_INET;
	quote->way.proto = iph->protocol;
	return true;
}

static u32 *hint(const struct ipsvc_instance *inst, __be32 addr, __be16 port)
{
	struct ipsvc_stats *s = raw_cpu_ptr(inst->stats);

	return &s->icmp_hint[hash_32((__force u32)addr ^ (__force u32)port,
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
	WRITE_ONCE(*hint(inst, ipsvc_half4(half)->saddr,
			 ipsvc_half_mid_sport(half)), half->hash);
}

/*
 * The direction of an error that this host makes about a packet between its two
 * hooks. Any hint is safe: all of the tuple is compared.
 */
static struct ipsvc_half *find_forwarded(const struct ipsvc_ctx *ctx,
					 const struct quote *quote)
{
	const struct ipsvc_tuple quoted = {
		.saddr = quote->way.daddr,
		.daddr = quote->way.saddr,
		.sport = quote->way.dport,
		.dport = quote->way.sport,
		.family = AF_INET,
		.proto = quote->way.proto,
	};
	struct ipsvc_half *half;

	half = ipsvc_flow_find_routed(&ctx->inst->flows, &quoted,
				      READ_ONCE(*hint(ctx->inst,
						      quoted.saddr.ip4,
						      quoted.sport)));
	return half ? ipsvc_half_other(half) : NULL;
}

/* The error's ICMP checksum is made anew after its quote was changed. */
static void update_checksum(struct ipsvc_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	u32 l4 = ctx->pkt.l4;
	struct icmphdr *icmph = (void *)(skb_network_header(skb) + l4);

	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, l4, skb->len - l4, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

/*
 * A broken checksum must not become a good one, and headers may move. Returns a
 * reason to drop the packet.
 */
static enum ipsvc_reason make_writable(struct ipsvc_ctx *ctx,
				       const struct quote *quote)
{
	if (nf_ip_checksum(ctx->skb, ctx->state->hook, ctx->pkt.l4,
			   IPPROTO_ICMP))
		return IPSVC_REASON_CHECKSUM;
	if (skb_ensure_writable(ctx->skb, quote->l4 + QUOTED_L4))
		return IPSVC_REASON_NO_MEMORY;
	return IPSVC_REASON_NONE;
}

/* @field: an address of the header */
static void set_addr(struct iphdr *iph, __be32 *field, __be32 addr)
{
	csum_replace4(&iph->check, *field, addr);
	*field = addr;
}

static void set_quote(struct ipsvc_ctx *ctx, const struct quote *quote,
		      __be32 saddr, __be16 sport, __be32 daddr, __be16 dport)
{
	u8 *data = skb_network_header(ctx->skb);
	struct iphdr *iph = (void *)(data + quote->ip);
	__be16 *ports = (__be16 *)(data + quote->l4);

	set_addr(iph, &iph->saddr, saddr);
	set_addr(iph, &iph->daddr, daddr);
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
	__be32 sender = ipsvc_half4(half)->new_daddr;
	const struct nf_hook_state *state = ctx->state;
	__be16 sport = ipsvc_half_mid_sport(half);
	__be16 dport = ipsvc_half_mid_dport(half);
	enum ipsvc_reason reason;

	if (quote->way.daddr.ip4 == sender && quote->way.dport == dport &&
	    quote->way.sport == sport)
		return NF_ACCEPT;
	reason = make_writable(ctx, quote);
	if (reason)
		return ipsvc_verdict(ctx, 0, reason);
	set_quote(ctx, quote, sender, dport, quote->way.saddr.ip4, sport);
	set_addr(ip_hdr(ctx->skb), &ip_hdr(ctx->skb)->daddr, sender);
	update_checksum(ctx);
	if (state->hook == NF_INET_LOCAL_OUT &&
	    ip_route_me_harder(state->net, state->sk, ctx->skb, RTN_UNSPEC))
		return ipsvc_verdict(ctx, 0, IPSVC_REASON_NO_ROUTE);
	return NF_ACCEPT;
}

/**
 * ipsvc_icmp_arrive - translates an ICMP error in PRE_ROUTING or LOCAL_OUT
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

	if (!parse_quote(ctx, &quote))
		return NF_ACCEPT;
	half = ipsvc_flow_find(&ctx->inst->flows, &quote.way,
			       ipsvc_flow_hash(&ctx->inst->flows, &quote.way));
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
	const struct ipsvc_half4 *h4 = ipsvc_half4(half);
	const struct ipsvc_tuple *way = &quote->way;
	enum ipsvc_reason reason;
	struct iphdr *iph;

	skb_clear_hash(ctx->skb);
	ipsvc_stat_inc(ctx->inst, IPSVC_STAT_ICMP_TRANSLATED);
	if (way->saddr.ip4 == h4->new_saddr && way->sport == half->new_sport &&
	    way->daddr.ip4 == h4->new_daddr && way->dport == half->new_dport)
		return NF_ACCEPT;
	reason = make_writable(ctx, quote);
	if (reason)
		return ipsvc_verdict(ctx, 0, reason);
	set_quote(ctx, quote, h4->new_daddr, half->new_dport, h4->new_saddr,
		  half->new_sport);
	update_checksum(ctx);
	/*
	 * A pod that reaches itself through a service gets its own errors back,
	 * and drops what comes from its own address.
	 */
	iph = ip_hdr(ctx->skb);
	if (iph->saddr == iph->daddr)
		set_addr(iph, &iph->saddr, h4->new_saddr);
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
					      ctx->skb->hash);
	if (half || !ipsvc_ct_is_snat(ctx->skb))
		return half;
	half = ipsvc_flow_find(flows, &quote->way,
			       ipsvc_flow_hash(flows, &quote->way));
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
