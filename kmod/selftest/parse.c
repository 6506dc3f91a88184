// SPDX-License-Identifier: GPL-2.0
/*
 * The parser: chains of extension headers, put together one after the other, in
 * one piece and spread over pages, and cut off at every byte.
 */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#define HEADROOM	64
#define TRAILER		32
#define CHAIN_MAX	10
#define PACKET_MAX	(40 + CHAIN_MAX * 16 + 64)

/* What stands in the place of a kind for some that are not as usual. */
#define ATOMIC		100 /* a fragment header of a whole packet */
#define FIRST		101 /* of the first fragment */
#define LATER		102 /* of another one */
#define PAST		103 /* a routing header that has been through */
#define TO_GO		104 /* one that has not */
#define LONG		105 /* destination options of 16 bytes */

/**
 * struct selftest_chain - a packet and what it is
 * @kinds: of its extension headers, up to a zero
 * @last: what is behind
 * @parsed: enum ipsvc_parsed
 * @is_fragment: it is to be put together
 */
struct selftest_chain {
	u8 kinds[CHAIN_MAX + 1];
	u8 last;
	u8 parsed;
	bool is_fragment;
};

#define HOP	NEXTHDR_HOP + 200 /* zero ends a chain */
#define DEST	NEXTHDR_DEST
#define TCP	IPPROTO_TCP
#define UDP	IPPROTO_UDP
#define ICMPV6	IPPROTO_ICMPV6
#define FLOW	IPSVC_PARSED_FLOW
#define OTHER	IPSVC_PARSED_OTHER

static const struct selftest_chain selftest_chains[] __initconst = {
	{ {}, TCP, FLOW },
	{ {}, UDP, FLOW },
	{ {}, ICMPV6, IPSVC_PARSED_ICMP },
	/* ICMP is nothing in IPv6, and so are these. */
	{ {}, IPPROTO_ICMP, OTHER },
	{ {}, IPPROTO_SCTP, OTHER },
	{ {}, NEXTHDR_NONE, OTHER },
	{ {}, NEXTHDR_ESP, OTHER },
	{ {}, NEXTHDR_AUTH, OTHER },
	{ { HOP }, TCP, FLOW },
	{ { DEST }, UDP, FLOW },
	{ { LONG }, TCP, FLOW },
	{ { HOP, DEST, PAST, LONG, DEST }, TCP, FLOW },
	{ { HOP, DEST, PAST, LONG, DEST }, ICMPV6, IPSVC_PARSED_ICMP },
	{ { DEST, DEST, DEST, DEST, DEST, DEST, DEST, DEST }, UDP, FLOW },
	{ { DEST, DEST, DEST, DEST, DEST, DEST, DEST, DEST, DEST }, UDP,
	  OTHER },
	{ { PAST }, UDP, FLOW },
	{ { TO_GO }, UDP, OTHER },
	{ { DEST, TO_GO }, TCP, OTHER },
	{ { ATOMIC }, UDP, FLOW },
	{ { HOP, ATOMIC, DEST }, TCP, FLOW },
	{ { FIRST }, UDP, OTHER, true },
	{ { LATER }, UDP, OTHER, true },
	{ { HOP, PAST, FIRST }, TCP, OTHER, true },
	{ { DEST, LATER }, TCP, OTHER, true },
	{ { ATOMIC, FIRST }, TCP, OTHER, true },
	/* Behind encryption nobody sees anything. */
	{ { DEST }, NEXTHDR_ESP, OTHER },
	{ { HOP }, NEXTHDR_AUTH, OTHER },
};

#undef HOP
#undef DEST
#undef TCP
#undef UDP
#undef ICMPV6
#undef FLOW
#undef OTHER

static bool __init selftest_fail(int row, const char *what)
{
	pr_err("ipsvc: parse self-tests: FAIL: row %d: %s\n", row, what);
	return false;
}

static u8 __init kind_of(u8 kind)
{
	switch (kind) {
	case NEXTHDR_HOP + 200:
		return NEXTHDR_HOP;
	case ATOMIC:
	case FIRST:
	case LATER:
		return NEXTHDR_FRAGMENT;
	case PAST:
	case TO_GO:
		return NEXTHDR_ROUTING;
	case LONG:
		return NEXTHDR_DEST;
	default:
		return kind;
	}
}

/* Writes an extension header but for what comes next; returns its length. */
static u32 __init put_extension(u8 *p, u8 kind)
{
	memset(p, 0, 16);
	switch (kind) {
	case ATOMIC:
	case FIRST:
	case LATER:
		/* Reserved: no length. */
		p[1] = 0xff;
		p[2] = kind == LATER;
		p[3] = kind == FIRST ? IP6_MF : 0;
		return 8;
	case TO_GO:
		p[3] = 1;
		return 8;
	case LONG:
		p[1] = 1;
		return 16;
	default:
		return 8;
	}
}

/* Ports 1000 and 2000, in front of zeros. */
static u32 __init put_packet(u8 *p, const struct selftest_chain *chain)
{
	u32 len = sizeof(struct ipv6hdr), next = 6;
	const u8 *kind;

	memset(p, 0, PACKET_MAX);
	p[0] = 0x60;
	p[8] = 0xfd;
	p[24] = 0xfc;
	for (kind = chain->kinds; *kind; kind++) {
		p[next] = kind_of(*kind);
		next = len;
		len += put_extension(p + len, *kind);
	}
	p[next] = chain->last;
	p[len] = 1000 >> 8;
	p[len + 1] = 1000 & 0xff;
	p[len + 2] = 2000 >> 8;
	p[len + 3] = 2000 & 0xff;
	return len;
}

static struct sk_buff * __init make_skb(const u8 *p, u32 len, u32 head)
{
	struct sk_buff *skb = alloc_skb(HEADROOM + PACKET_MAX, GFP_KERNEL);
	struct page *page;

	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	skb_reset_network_header(skb);
	skb_put_data(skb, p, min(len, head));
	if (len <= head)
		return skb;
	page = alloc_page(GFP_KERNEL);
	if (!page) {
		kfree_skb(skb);
		return NULL;
	}
	memcpy(page_address(page), p + head, len - head);
	skb_add_rx_frag(skb, 0, page, 0, len - head, PAGE_SIZE);
	return skb;
}

static bool __init check_whole(int row, const struct sk_buff *skb, u32 l4)
{
	const struct selftest_chain *chain = &selftest_chains[row];
	struct ipsvc_packet pkt;

	if (ipsvc_parse6(skb, &pkt) != chain->parsed)
		return selftest_fail(row, "another kind of packet");
	if (ipsvc_parse_is_fragment6(skb) != chain->is_fragment)
		return selftest_fail(row, "a fragment, or none");
	if (chain->parsed == IPSVC_PARSED_OTHER)
		return true;
	if (pkt.l4 != l4 || pkt.tuple.proto != chain->last ||
	    pkt.tuple.family != AF_INET6)
		return selftest_fail(row, "another transport header");
	if (chain->parsed == IPSVC_PARSED_FLOW &&
	    (pkt.tuple.sport != htons(1000) || pkt.tuple.dport != htons(2000)))
		return selftest_fail(row, "other ports");
	return true;
}

/* Whatever is cut off, nothing is read behind the end, nor made up. */
static bool __init check_cut(int row, const u8 *p, u32 l4)
{
	const struct selftest_chain *chain = &selftest_chains[row];
	u32 need = l4 + (chain->last == IPPROTO_TCP ? TCP_BYTES : 4), len;
	struct ipsvc_packet pkt;
	struct sk_buff *skb;
	bool ok = true;

	for (len = sizeof(struct ipv6hdr); ok && len < need; len++) {
		skb = make_skb(p, len, len);
		if (!skb)
			return selftest_fail(row, "no memory");
		ok = ipsvc_parse6(skb, &pkt) != IPSVC_PARSED_FLOW;
		ipsvc_parse_is_fragment6(skb);
		kfree_skb(skb);
	}
	return ok || selftest_fail(row, "cut off, and taken for whole");
}

static bool __init check_chain(int row, u8 *p)
{
	u32 l4 = put_packet(p, &selftest_chains[row]), head;
	struct sk_buff *skb;
	bool ok = true;

	for (head = sizeof(struct ipv6hdr); ok && head <= l4 + TRAILER;
	     head += 3) {
		skb = make_skb(p, l4 + TRAILER, head);
		if (!skb)
			return selftest_fail(row, "no memory");
		ok = check_whole(row, skb, l4);
		kfree_skb(skb);
	}
	return ok && check_cut(row, p, l4);
}

/* An address that would be an IPv4 one in the tables of frontends. */
static bool __init check_mapped(u8 *p, u32 at)
{
	static const struct selftest_chain plain __initconst = {
		.last = IPPROTO_UDP,
	};
	u32 len = put_packet(p, &plain) + TRAILER;
	struct ipsvc_packet pkt;
	struct sk_buff *skb;
	bool ok;

	memset(p + at, 0, 10);
	memset(p + at + 10, 0xff, 2);
	skb = make_skb(p, len, len);
	if (!skb)
		return selftest_fail(-1, "no memory");
	ok = ipsvc_parse6(skb, &pkt) == IPSVC_PARSED_OTHER;
	kfree_skb(skb);
	return ok || selftest_fail(-1, "an IPv4 address mapped to IPv6");
}

bool __init ipsvc_parse_selftest(void)
{
	u8 *p = kmalloc(PACKET_MAX, GFP_KERNEL);
	bool ok = p;
	int i;

	for (i = 0; ok && i < ARRAY_SIZE(selftest_chains); i++)
		ok = check_chain(i, p);
	ok = ok && check_mapped(p, 8) && check_mapped(p, 24);
	if (ok)
		pr_info("ipsvc: parse self-tests: pass\n");
	kfree(p);
	return ok;
}
