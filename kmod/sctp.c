// SPDX-License-Identifier: GPL-2.0
/*
 * SCTP. Its chunks are what TCP has as flags: INIT is a SYN, ABORT an RST, and
 * SHUTDOWN a FIN. Each side names a tag when it begins, and packets to it carry
 * that tag: one that ends an association counts only with the right one, as an
 * RST does with its sequence number.
 */
#include "sctp.h"

#include <linux/crc32.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "hook.h"
#include "ipsvc.h"

/* More small chunks than these are looked at by the receiver only. */
#define CHUNKS_MAX	16

static u8 flags_of(const struct sctp_chunkhdr *chunk)
{
	switch (chunk->type) {
	case SCTP_CID_INIT:
		return IPSVC_TCP_SYN;
	case SCTP_CID_INIT_ACK:
		return IPSVC_TCP_SYN | IPSVC_TCP_ACK;
	case SCTP_CID_ABORT:
	case SCTP_CID_SHUTDOWN_COMPLETE:
		return IPSVC_TCP_RST | (chunk->flags & SCTP_CHUNK_FLAG_T ?
					IPSVC_SCTP_REFLECTED : 0);
	case SCTP_CID_SHUTDOWN:
	case SCTP_CID_SHUTDOWN_ACK:
		return IPSVC_TCP_FIN;
	default:
		return IPSVC_TCP_ACK;
	}
}

/* The tag that the sender of an INIT or INIT ACK wants to be addressed with. */
static bool parse_init(const struct sk_buff *skb, u32 offset,
		       struct ipsvc_packet *pkt)
{
	struct sctp_inithdr buf, *init;

	init = skb_header_pointer(skb, offset + sizeof(struct sctp_chunkhdr),
				  sizeof(buf), &buf);
	if (!init)
		return false;
	pkt->end = ntohl(init->init_tag);
	return true;
}

/**
 * ipsvc_sctp_parse - reads the header and the kinds of the chunks
 * @skb: the packet
 * @pkt: its ports, @tcp_flags, @seq and @end are set, its @l4 is there
 *
 * Return: false when the packet ends before, or has no chunk.
 */
bool ipsvc_sctp_parse(const struct sk_buff *skb, struct ipsvc_packet *pkt)
{
	struct sctp_chunkhdr cbuf, *chunk;
	struct sctphdr buf, *sh;
	u32 offset = pkt->l4 + sizeof(buf);
	int i;

	sh = skb_header_pointer(skb, pkt->l4, sizeof(buf), &buf);
	if (!sh)
		return false;
	pkt->tuple.sport = sh->source;
	pkt->tuple.dport = sh->dest;
	pkt->seq = ntohl(sh->vtag);
	pkt->end = 0;
	pkt->ack = 0;
	pkt->tcp_flags = 0;
	for (i = 0; i < CHUNKS_MAX && offset < skb->len; i++) {
		chunk = skb_header_pointer(skb, offset, sizeof(cbuf), &cbuf);
		if (!chunk || ntohs(chunk->length) < sizeof(cbuf))
			return false;
		pkt->tcp_flags |= flags_of(chunk);
		/* It is the only chunk of its packet. */
		if (pkt->tcp_flags & IPSVC_TCP_SYN)
			return parse_init(skb, offset, pkt);
		offset += ALIGN(ntohs(chunk->length), 4);
	}
	return i;
}

/* The sender of an ABORT that knows no association returns the tag it got. */
static bool has_tag(const struct ipsvc_half *half,
		    const struct ipsvc_packet *pkt)
{
	const struct ipsvc_half *owner =
		pkt->tcp_flags & IPSVC_SCTP_REFLECTED ? half :
							ipsvc_half_other(half);

	return READ_ONCE(owner->seen) && pkt->seq == READ_ONCE(owner->end);
}

/**
 * ipsvc_sctp_seen - what an accepted packet adds to its direction
 * @half: the direction; its tag is noted in @end
 * @was: &ipsvc_half.seen before
 * @pkt: the packet
 *
 * Context: any, under RCU.
 * Return: &ipsvc_half.seen from now on; 0: the packet is none of the flow's.
 */
u8 ipsvc_sctp_seen(struct ipsvc_half *half, u8 was,
		   const struct ipsvc_packet *pkt)
{
	u8 flags = pkt->tcp_flags;

	/* Nothing of the other line is read for most packets. */
	if (likely(flags == IPSVC_TCP_ACK && was & IPSVC_SEEN_NON_SYN))
		return was & ~(IPSVC_SEEN_RST | IPSVC_SEEN_SYN_AGAIN);
	if (ipsvc_packet_is_syn(pkt)) {
		if (was & IPSVC_SEEN_NON_SYN)
			return (was & ~IPSVC_SEEN_RST) | IPSVC_SEEN_SYN |
			       IPSVC_SEEN_SYN_AGAIN;
		WRITE_ONCE(half->end, pkt->end);
		return (was & ~IPSVC_SEEN_RST) | IPSVC_SEEN_SYN;
	}
	if (!has_tag(half, pkt))
		return 0;
	if (flags & IPSVC_TCP_RST)
		return was | IPSVC_SEEN_RST;
	if (flags & IPSVC_TCP_SYN)
		WRITE_ONCE(half->end, pkt->end);
	was &= ~(IPSVC_SEEN_RST | IPSVC_SEEN_SYN_AGAIN);
	return was | IPSVC_SEEN_NON_SYN |
	       (flags & IPSVC_TCP_FIN ? IPSVC_SEEN_FIN : 0);
}

/**
 * ipsvc_sctp_fix_checksum - makes a right checksum right for another port
 * @skb: the packet, writable up to the end of the SCTP header
 * @l4: offset of that header
 * @old_port: the port that the packet has
 * @port: the port it gets; the caller writes it
 * @dest: whether it is the destination's
 *
 * CRC32c is linear: what a change adds depends on the bits that change and on
 * the number of bytes after them. So the packet is not read, however large it
 * is, and a wrong checksum stays wrong.
 */
void ipsvc_sctp_fix_checksum(struct sk_buff *skb, u32 l4, __be16 old_port,
			     __be16 port, bool dest)
{
	struct sctphdr *sh = (void *)(skb_network_header(skb) + l4);
	__be16 change[2] = { 0, 0 };
	u32 crc;

	/* The sum is yet to be made: GSO, or a packet that meets no wire. */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	change[dest] = old_port ^ port;
	crc = __crc32c_le(0, (const u8 *)change, sizeof(change));
	sh->checksum ^= cpu_to_le32(__crc32c_le_shift(crc, skb->len - l4 -
						      sizeof(change)));
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/* ---- refusing ----------------------------------------------------------- */

struct abort {
	struct sctphdr head;
	struct sctp_chunkhdr chunk;
};

static bool route_abort4(const struct ipsvc_ctx *ctx, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(ctx->skb);
	struct net *net = ctx->state->net;
	struct flowi4 fl4 = {
		.daddr = iph->saddr,
		.saddr = iph->daddr,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
		.flowi4_mark = IP4_REPLY_MARK(net, ctx->skb->mark),
		.flowi4_oif = l3mdev_master_ifindex(ctx->skb->dev),
		.flowi4_proto = IPPROTO_SCTP,
	};
	struct rtable *rt;

	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return false;
	skb_dst_set(skb, &rt->dst);
	nf_reject_iphdr_put(skb, ctx->skb, IPPROTO_SCTP,
			    ip4_dst_hoplimit(&rt->dst));
	return true;
}

static bool route_abort6(const struct ipsvc_ctx *ctx, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(ctx->skb);
	struct net *net = ctx->state->net;
	struct flowi6 fl6 = {
		.daddr = ip6h->saddr,
		.saddr = ip6h->daddr,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
		.flowi6_mark = IP6_REPLY_MARK(net, ctx->skb->mark),
		.flowi6_oif = l3mdev_master_ifindex(ctx->skb->dev),
		.flowi6_proto = IPPROTO_SCTP,
	};
	struct dst_entry *dst;

	dst = ip6_route_output(net, NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return false;
	}
	skb_dst_set(skb, dst);
	nf_reject_ip6hdr_put(skb, ctx->skb, IPPROTO_SCTP,
			     ip6_dst_hoplimit(dst));
	return true;
}

static void put_abort(const struct ipsvc_ctx *ctx, struct sk_buff *skb)
{
	const struct ipsvc_packet *pkt = &ctx->pkt;
	bool is_init = pkt->tcp_flags & IPSVC_TCP_SYN;
	struct abort *abort = skb_put_zero(skb, sizeof(*abort));

	abort->head.source = pkt->tuple.dport;
	abort->head.dest = pkt->tuple.sport;
	abort->head.vtag = htonl(is_init ? pkt->end : pkt->seq);
	abort->chunk.type = SCTP_CID_ABORT;
	abort->chunk.flags = is_init ? 0 : SCTP_CHUNK_FLAG_T;
	abort->chunk.length = htons(sizeof(abort->chunk));
	abort->head.checksum = cpu_to_le32(~__crc32c_le(~0, (const u8 *)abort,
							sizeof(*abort)));
}

/**
 * ipsvc_sctp_abort - answers a packet with an ABORT from where it went
 * @ctx: the packet, in a hook
 *
 * A client of this host gets it by lo: no error of the call reaches it.
 */
void ipsvc_sctp_abort(const struct ipsvc_ctx *ctx)
{
	bool ipv4 = ctx->pkt.tuple.family == AF_INET;
	struct sk_buff *skb;

	/* An answer to an ABORT would be answered in turn. */
	if (ctx->pkt.tcp_flags & IPSVC_TCP_RST)
		return;
	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct ipv6hdr) +
			sizeof(struct abort), GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, LL_MAX_HEADER);
	skb->mark = IP4_REPLY_MARK(ctx->state->net, ctx->skb->mark);
	if (!(ipv4 ? route_abort4(ctx, skb) : route_abort6(ctx, skb))) {
		kfree_skb(skb);
		return;
	}
	put_abort(ctx, skb);
	if (ipv4)
		ip_local_out(ctx->state->net, NULL, skb);
	else
		ip6_local_out(ctx->state->net, NULL, skb);
}

#ifdef DEBUG
#include "selftest/sctp.c"
#endif
