// SPDX-License-Identifier: GPL-2.0
/*
 * SCTP: the checksum against one that is made bit by bit from the whole packet,
 * and what packets do to the two directions of a flow.
 */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#define ROUNDS		300
#define PACKET_MAX	1500
#define L4		20

static bool __init selftest_fail(const char *what, u32 n)
{
	pr_err("ipsvc: sctp self-tests: FAIL: %s (%u)\n", what, n);
	return false;
}

/* RFC 9260, appendix A: the polynomial 0x1edc6f41, reflected. */
static u32 __init slow_crc(const u8 *p, u32 len)
{
	u32 crc = ~0, i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static void __init put_crc(u8 *sctp, u32 len)
{
	__le32 crc;

	memset(sctp + 8, 0, 4);
	crc = cpu_to_le32(slow_crc(sctp, len));
	memcpy(sctp + 8, &crc, sizeof(crc));
}

/* A packet whose end is in a page, where the checksum is not to look. */
static struct sk_buff * __init make_skb(const u8 *bytes, u32 len)
{
	struct sk_buff *skb = alloc_skb(L4 + PACKET_MAX, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);
	u32 head = L4 + sizeof(struct sctphdr);

	if (!skb || !page) {
		kfree_skb(skb);
		if (page)
			__free_page(page);
		return NULL;
	}
	skb_reset_network_header(skb);
	skb_put_data(skb, bytes, head);
	memcpy(page_address(page), bytes + head, len - head);
	skb_add_rx_frag(skb, 0, page, 0, len - head, PAGE_SIZE);
	return skb;
}

/* Wrong by @damage before, and so after. */
static bool __init checksum_round(u8 *bytes, u32 damage)
{
	u32 len = L4 + sizeof(struct sctphdr) + get_random_u32_below(1400);
	bool dest = get_random_u32_below(2), ok;
	__be16 old, port = (__force __be16)get_random_u16();
	struct sctphdr *sh = (void *)(bytes + L4), *got;
	struct sk_buff *skb;

	get_random_bytes(bytes, len);
	put_crc(bytes + L4, len - L4);
	sh->checksum ^= cpu_to_le32(damage);
	skb = make_skb(bytes, len);
	if (!skb)
		return selftest_fail("no memory", len);
	old = dest ? sh->dest : sh->source;
	ipsvc_sctp_fix_checksum(skb, L4, old, port, dest);
	*(dest ? &sh->dest : &sh->source) = port;
	put_crc(bytes + L4, len - L4);
	sh->checksum ^= cpu_to_le32(damage);
	got = (void *)(skb->data + L4);
	ok = got->checksum == sh->checksum;
	kfree_skb(skb);
	return ok || selftest_fail("the checksum is wrong", len);
}

#define INIT		1
#define INIT_ACK	2
#define ABORT		6
#define SHUTDOWN	7
#define SHUTDOWN_ACK	8
#define COOKIE_ECHO	10

#define CLIENT		0xc11e
#define SERVER		0x5e27

/**
 * struct selftest_chunk - a packet of one chunk, and the state after it
 * @reply: from the endpoint
 * @type: of the chunk
 * @flags: of it
 * @tag: of the packet
 * @names: the tag of an INIT or INIT ACK
 * @state: of the flow
 */
struct selftest_chunk {
	bool reply;
	u8 type;
	u8 flags;
	u32 tag;
	u32 names;
	u8 state;
};

static const struct selftest_chunk selftest_chunks[] __initconst = {
	{ 0, INIT, 0, 0, CLIENT, IPSVC_FLOW_NEW },
	{ 1, INIT_ACK, 0, 1, SERVER, IPSVC_FLOW_NEW },
	{ 1, INIT_ACK, 0, CLIENT, SERVER, IPSVC_FLOW_NEW },
	{ 0, COOKIE_ECHO, 0, CLIENT, 0, IPSVC_FLOW_NEW },
	{ 0, COOKIE_ECHO, 0, SERVER, 0, IPSVC_FLOW_ESTABLISHED },
	/* Forged: a wrong tag, or the other side's. */
	{ 0, ABORT, 0, 1, 0, IPSVC_FLOW_ESTABLISHED },
	{ 0, ABORT, 0, CLIENT, 0, IPSVC_FLOW_ESTABLISHED },
	{ 1, ABORT, 0, SERVER, 0, IPSVC_FLOW_ESTABLISHED },
	{ 0, INIT, 0, 0, 99, IPSVC_FLOW_ESTABLISHED },
	{ 0, SHUTDOWN, 0, 1, 0, IPSVC_FLOW_ESTABLISHED },
	/* With the T bit it is the other side's. */
	{ 1, ABORT, 1, SERVER, 0, IPSVC_FLOW_CLOSED },
	/* A side that goes on was not aborted. */
	{ 1, 3, 0, CLIENT, 0, IPSVC_FLOW_ESTABLISHED },
	{ 1, ABORT, 0, CLIENT, 0, IPSVC_FLOW_CLOSED },
	{ 1, 3, 0, CLIENT, 0, IPSVC_FLOW_ESTABLISHED },
	{ 0, SHUTDOWN, 0, SERVER, 0, IPSVC_FLOW_CLOSING },
	{ 1, SHUTDOWN_ACK, 0, CLIENT, 0, IPSVC_FLOW_CLOSED },
};

static bool __init parse_chunk(u8 *bytes, const struct selftest_chunk *chunk,
			       struct ipsvc_packet *pkt)
{
	u32 len = L4 + sizeof(struct sctphdr) + 20;
	struct sctphdr *sh = (void *)(bytes + L4);
	struct sctp_chunkhdr *ch = (void *)(sh + 1);
	struct sctp_inithdr *init = (void *)(ch + 1);
	struct sk_buff *skb;
	bool ok;

	memset(bytes, 0, len);
	sh->vtag = htonl(chunk->tag);
	ch->type = chunk->type;
	ch->flags = chunk->flags;
	ch->length = htons(20);
	init->init_tag = htonl(chunk->names);
	skb = make_skb(bytes, len);
	if (!skb)
		return false;
	pkt->l4 = L4;
	pkt->tuple.proto = IPPROTO_SCTP;
	ok = ipsvc_sctp_parse(skb, pkt);
	kfree_skb(skb);
	return ok;
}

static bool __init association(u8 *bytes)
{
	struct { struct ipsvc_half6 half[2]; }
		__aligned(2 * sizeof(struct ipsvc_half6)) halves = {};
	struct ipsvc_flow *flow = (void *)&halves;
	struct ipsvc_half *orig = &flow->orig;
	struct ipsvc_packet pkt;
	u32 i;

	orig->family = AF_INET6;
	orig->proto = IPPROTO_SCTP;
	ipsvc_half_other(orig)->family = AF_INET6;
	ipsvc_half_other(orig)->proto = IPPROTO_SCTP;
	for (i = 0; i < ARRAY_SIZE(selftest_chunks); i++) {
		if (!parse_chunk(bytes, &selftest_chunks[i], &pkt))
			return selftest_fail("a packet is not read", i);
		ipsvc_flow_touch(selftest_chunks[i].reply ?
				 ipsvc_half_other(orig) : orig, &pkt);
		if (ipsvc_flow_state(orig) != selftest_chunks[i].state)
			return selftest_fail("the state is wrong", i);
	}
	return true;
}

bool __init ipsvc_sctp_selftest(void)
{
	u8 *bytes = kmalloc(PACKET_MAX, GFP_KERNEL);
	bool ok = bytes || selftest_fail("no memory", 0);
	int i;

	for (i = 0; ok && i < ROUNDS; i++)
		ok = checksum_round(bytes, i % 2 ? get_random_u32() : 0);
	ok = ok && association(bytes);
	if (ok)
		pr_info("ipsvc: sctp self-tests: pass\n");
	kfree(bytes);
	return ok;
}
