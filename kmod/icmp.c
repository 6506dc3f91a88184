// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about packets of flows: "too big", "unreachable", "time exceeded".
 * They quote a packet as it left; who sent it must see the packet as it was
 * before. The quoted packet, turned round, is one that would arrive in the other
 * direction, so it finds the half that knows both.
 */
#include "icmp.h"

#include <linux/hash.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/netfilter_ipv4.h>
#include <net/checksum.h>
#include <net/icmp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "ipsvc.h"
#include "parse.h"
#include "stats.h"

/* Of the quoted transport header RFC 792 promises this much. */
#define QUOTED_L4	8

static bool is_error(const struct sk_buff *skb, const struct ipsvc_packet *pkt)
{
	struct icmphdr buf, *icmph;

	icmph = skb_header_pointer(skb, pkt->l4, sizeof(buf), &buf);
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

/*
 * Reads the quoted packet and turns it round. Returns the offset of its
 * transport header, 0 when it is none of ours.
 */
static u32 parse_quoted(const struct sk_buff *skb, u32 offset,
			struct ipsvc_tuple *tuple)
{
	struct iphdr buf, *iph;
	struct ipsvc_tuple quoted;
	u32 l4;

	iph = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    (iph->frag_off & htons(IP_OFFSET)) ||
	    (iph->protocol != IPPROTO_TCP && iph->protocol != IPPROTO_UDP))
		return 0;
	l4 = offset + iph->ihl * 4;
	if (skb->len < l4 + QUOTED_L4 || !ipsvc_parse_ports(skb, l4, &quoted))
		return 0;
	tuple->saddr.ip4 = iph->daddr;
	tuple->daddr.ip4 = iph->saddr;
	tuple->sport = quoted.dport;
	tuple->dport = quoted.sport;
	tuple->family = AF_INET;
	tuple->proto = iph->protocol;
	return l4;
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
 * @hash: of the tuple it arrived with
 *
 * Forwarding finds out that a packet is too big, or too old, between the two
 * halves of its rewriting. The quote then has a tuple that is in no table, and
 * skb->hash is not quoted. But the complaint is made by the CPU that saw the
 * packet arrive, in the same batch.
 */
void ipsvc_icmp_remember(const struct ipsvc_instance *inst,
			 const struct ipsvc_flow_half *half, u32 hash)
{
	WRITE_ONCE(*hint(inst, half->saddr, half->sport), hash);
}

static void turn_round(struct ipsvc_tuple *tuple)
{
	swap(tuple->saddr, tuple->daddr);
	swap(tuple->sport, tuple->dport);
}

/*
 * The half that knows what a quoted packet was; @tuple is the quote turned
 * round. Any hint is safe: all of the tuple is compared.
 */
static const struct ipsvc_flow_half *
find_quoted(const struct ipsvc_instance *inst, const struct ipsvc_tuple *tuple,
	    const struct nf_hook_state *state)
{
	const struct ipsvc_flow_half *half;
	struct ipsvc_tuple way = *tuple;

	half = ipsvc_flow_find(&inst->flows, tuple,
			       ipsvc_flow_hash(&inst->flows, tuple));
	if (half || state->hook != NF_INET_LOCAL_OUT)
		return half;
	turn_round(&way);
	half = ipsvc_flow_find_routed(&inst->flows, &way,
				      READ_ONCE(*hint(inst, way.saddr.ip4,
						      way.sport)));
	if (!half)
		return NULL;
	return ipsvc_half_is_reply(half) ? half - 1 : half + 1;
}

/* The quoted packet becomes what its sender sent: @half's answer, turned round. */
static void rewrite_quoted(struct sk_buff *skb, u32 inner, u32 l4,
			   const struct ipsvc_flow_half *half)
{
	struct iphdr *iph = (void *)(skb_network_header(skb) + inner);
	__be16 *ports = (void *)(skb_network_header(skb) + l4);

	csum_replace4(&iph->check, iph->saddr, half->new_daddr);
	csum_replace4(&iph->check, iph->daddr, half->new_saddr);
	iph->saddr = half->new_daddr;
	iph->daddr = half->new_saddr;
	ports[0] = half->new_dport;
	ports[1] = half->new_sport;
}

static void rewrite_outer(struct sk_buff *skb, const struct ipsvc_packet *pkt,
			  __be32 daddr)
{
	struct iphdr *iph = ip_hdr(skb);
	struct icmphdr *icmph = (void *)(skb_network_header(skb) + pkt->l4);

	csum_replace4(&iph->check, iph->daddr, daddr);
	iph->daddr = daddr;
	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, pkt->l4,
						 skb->len - pkt->l4, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

/**
 * ipsvc_icmp - translates an ICMP error about a packet of a flow
 * @inst: the instance
 * @skb: an ICMP packet
 * @pkt: parsed; &ipsvc_packet.l4 is its ICMP header
 * @state: PRE_ROUTING or LOCAL_OUT
 *
 * The source stays who reported the error: a router, an endpoint.
 *
 * Context: under RCU.
 * Return: a netfilter verdict; NF_ACCEPT for what is not about a flow of ours.
 */
unsigned int ipsvc_icmp(struct ipsvc_instance *inst, struct sk_buff *skb,
			const struct ipsvc_packet *pkt,
			const struct nf_hook_state *state)
{
	u32 l4, inner = pkt->l4 + sizeof(struct icmphdr);
	const struct ipsvc_flow_half *half;
	struct ipsvc_tuple tuple;
	__be32 daddr;

	if (!is_error(skb, pkt))
		return NF_ACCEPT;
	l4 = parse_quoted(skb, inner, &tuple);
	if (!l4)
		return NF_ACCEPT;
	half = find_quoted(inst, &tuple, state);
	if (!half)
		return NF_ACCEPT;
	/* It is made anew below: a broken one must not become a good one. */
	if (nf_ip_checksum(skb, state->hook, pkt->l4, IPPROTO_ICMP) ||
	    skb_ensure_writable(skb, l4 + QUOTED_L4)) {
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_MALFORMED);
		return NF_DROP;
	}
	/* 127.0.0.1 is not for routing to see; the socket is found by the quote. */
	daddr = half->flags & IPSVC_HALF_LOCAL && ipsvc_half_is_reply(half) ?
		ip_hdr(skb)->daddr : half->new_daddr;
	rewrite_quoted(skb, inner, l4, half);
	rewrite_outer(skb, pkt, daddr);
	if (READ_ONCE(inst->notrack) && !skb_nfct(skb))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	ipsvc_stat_inc(inst, IPSVC_STAT_ICMP_TRANSLATED);
	if (state->hook == NF_INET_LOCAL_OUT &&
	    ip_route_me_harder(state->net, state->sk, skb, RTN_UNSPEC)) {
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_NO_ROUTE);
		return NF_DROP_ERR(-EHOSTUNREACH);
	}
	return NF_ACCEPT;
}

/**
 * ipsvc_icmp_leave - the source of an error a pod sends to itself
 * @inst: the instance
 * @skb: an ICMP packet, in POST_ROUTING
 * @pkt: parsed; &ipsvc_packet.l4 is its ICMP header
 *
 * A pod that reaches itself through a service gets its own errors back, and
 * drops what comes from its own address: they come from the service instead.
 *
 * Context: under RCU.
 * Return: a netfilter verdict
 */
unsigned int ipsvc_icmp_leave(struct ipsvc_instance *inst, struct sk_buff *skb,
			      const struct ipsvc_packet *pkt)
{
	const struct ipsvc_flow_half *half;
	struct ipsvc_tuple tuple;
	struct iphdr *iph = ip_hdr(skb);

	if (iph->saddr != iph->daddr || !is_error(skb, pkt) ||
	    !parse_quoted(skb, pkt->l4 + sizeof(struct icmphdr), &tuple))
		return NF_ACCEPT;
	turn_round(&tuple);
	half = ipsvc_flow_find(&inst->flows, &tuple,
			       ipsvc_flow_hash(&inst->flows, &tuple));
	if (!half || ipsvc_half_is_reply(half) || half->new_daddr != iph->saddr)
		return NF_ACCEPT;
	if (skb_ensure_writable(skb, sizeof(*iph))) {
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_NO_MEMORY);
		return NF_DROP;
	}
	iph = ip_hdr(skb);
	csum_replace4(&iph->check, iph->saddr, half->daddr);
	iph->saddr = half->daddr;
	return NF_ACCEPT;
}
