// SPDX-License-Identifier: GPL-2.0
/*
 * Rewriting against a model that knows nothing of incremental checksums: it
 * sums the whole packet. Packets are made up, of every kind the stack has.
 */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#define ROUNDS		700
#define PACKET_MAX	1500
#define HEADROOM	64

/**
 * struct selftest_packet - a packet of the model
 * @bytes: from the IP header to the end, as they should be
 * @len: of it
 * @l4: where the transport header begins
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @summed: CHECKSUM_NONE, _UNNECESSARY, _COMPLETE or _PARTIAL
 * @no_check: UDP without a checksum
 * @head: bytes in the linear part of the skb, the others in a page
 * @gso: the skb is GSO
 * @cloned: the skb has a clone
 */
struct selftest_packet {
	u8 bytes[PACKET_MAX];
	u32 len;
	u32 l4;
	u8 family;
	u8 proto;
	u8 summed;
	bool no_check;
	u32 head;
	bool gso;
	bool cloned;
};

static bool __init selftest_fail(const struct selftest_packet *p,
				 const char *what)
{
	pr_err("ipsvc: nat self-tests: FAIL: %s (family %u, proto %u, summed %u, no_check %d, len %u, l4 %u, head %u, cloned %d)\n",
	       what, p->family, p->proto, p->summed, p->no_check, p->len,
	       p->l4, p->head, p->cloned);
	return false;
}

/* The sum of 16 bit words, carries added: RFC 1071, the slow way. */
static u32 __init slow_sum(const u8 *p, u32 len, u32 sum)
{
	u32 i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Where the addresses are, the source first. */
static u32 __init addr_offset(const struct selftest_packet *p)
{
	return p->family == AF_INET ? 12 : 8;
}

static u32 __init addr_len(const struct selftest_packet *p)
{
	return p->family == AF_INET ? 4 : 16;
}

static u32 __init slow_pseudo(const struct selftest_packet *p)
{
	return slow_sum(p->bytes + addr_offset(p), 2 * addr_len(p),
			p->proto + p->len - p->l4);
}

static u32 __init check_offset(const struct selftest_packet *p)
{
	return p->l4 + (p->proto == IPPROTO_TCP ?
			offsetof(struct tcphdr, check) :
			offsetof(struct udphdr, check));
}

static void __init put_u16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static u16 __init get_u16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* All checksums anew: the transport's as CHECKSUM_PARTIAL has it, or whole. */
static void __init slow_checksums(struct selftest_packet *p)
{
	u8 *check = p->bytes + check_offset(p);
	u32 sum;

	if (p->family == AF_INET) {
		put_u16(p->bytes + 10, 0);
		put_u16(p->bytes + 10, ~slow_sum(p->bytes, p->l4, 0));
	}
	put_u16(check, 0);
	if (p->no_check)
		return;
	sum = slow_pseudo(p);
	if (p->summed == CHECKSUM_PARTIAL) {
		put_u16(check, sum);
		return;
	}
	sum = ~slow_sum(p->bytes + p->l4, p->len - p->l4, sum) & 0xffff;
	put_u16(check, p->proto == IPPROTO_UDP && !sum ? 0xffff : sum);
}

/* The IP header; what stands for extension headers in IPv6 is not looked at. */
static void __init fill_header(struct selftest_packet *p)
{
	if (p->family == AF_INET) {
		p->bytes[0] = 0x40 | p->l4 / 4;
		put_u16(p->bytes + 2, p->len);
		p->bytes[9] = p->proto;
	} else {
		p->bytes[0] = 0x60;
		put_u16(p->bytes + 4, p->len - 40);
		p->bytes[6] = p->l4 > 40 ? NEXTHDR_DEST : p->proto;
	}
}

static void __init random_packet(struct selftest_packet *p)
{
	static const u8 kinds[] = {
		CHECKSUM_NONE, CHECKSUM_UNNECESSARY,
		CHECKSUM_COMPLETE, CHECKSUM_PARTIAL,
	};
	u32 header, base;

	memset(p, 0, sizeof(*p));
	p->proto = get_random_u32_below(2) ? IPPROTO_TCP : IPPROTO_UDP;
	p->summed = kinds[get_random_u32_below(ARRAY_SIZE(kinds))];
	p->family = get_random_u32_below(2) ? AF_INET : AF_INET6;
	p->l4 = p->family == AF_INET ? 4 * (5 + get_random_u32_below(11)) :
				       8 * (5 + get_random_u32_below(5));
	header = p->proto == IPPROTO_TCP ? 20 : 8;
	p->len = p->l4 + header + get_random_u32_below(1200);
	p->no_check = p->proto == IPPROTO_UDP &&
		      p->summed != CHECKSUM_PARTIAL && !get_random_u32_below(4);
	p->gso = p->summed == CHECKSUM_PARTIAL && get_random_u32_below(2);
	p->cloned = get_random_u32_below(2);
	base = p->family == AF_INET ? sizeof(struct iphdr) :
				      sizeof(struct ipv6hdr);
	p->head = get_random_u32_below(3) ? p->len :
		  base + get_random_u32_below(p->len - base);
	get_random_bytes(p->bytes, p->len);
	fill_header(p);
	slow_checksums(p);
}

/* What the packet is to be afterwards. */
static void __init model_nat(struct selftest_packet *p, enum ipsvc_nat_end end,
			     const void *addr, __be16 port)
{
	memcpy(p->bytes + addr_offset(p) +
	       (end == IPSVC_NAT_SRC ? 0 : addr_len(p)), addr, addr_len(p));
	memcpy(p->bytes + p->l4 + (end == IPSVC_NAT_SRC ? 0 : 2), &port, 2);
	slow_checksums(p);
}

static bool __init put_frag(struct sk_buff *skb, const struct selftest_packet *p)
{
	u32 len = p->len - p->head;
	struct page *page;

	if (!len)
		return true;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return false;
	memcpy(page_address(page), p->bytes + p->head, len);
	skb_add_rx_frag(skb, 0, page, 0, len, PAGE_SIZE);
	return true;
}

static struct sk_buff * __init make_skb(const struct selftest_packet *p)
{
	struct sk_buff *skb = alloc_skb(HEADROOM + PACKET_MAX, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	skb_reset_network_header(skb);
	skb_put_data(skb, p->bytes, p->head);
	if (!put_frag(skb, p)) {
		kfree_skb(skb);
		return NULL;
	}
	skb->protocol = htons(p->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	skb->ip_summed = p->summed;
	if (p->summed == CHECKSUM_PARTIAL) {
		skb->csum_start = skb_headroom(skb) + p->l4;
		skb->csum_offset = check_offset(p) - p->l4;
	} else if (p->summed == CHECKSUM_COMPLETE) {
		skb->csum = skb_checksum(skb, 0, skb->len, 0);
	}
	if (p->gso) {
		skb_shinfo(skb)->gso_size = 500;
		skb_shinfo(skb)->gso_segs = 3;
		skb_shinfo(skb)->gso_type =
			p->proto == IPPROTO_UDP ? SKB_GSO_UDP_L4 :
			p->family == AF_INET ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	}
	return skb;
}

/* 0 and 0xffff are the same sum, but not the same UDP checksum. */
static bool __init same_sum(u16 a, u16 b)
{
	return a == b || (!a && b == 0xffff) || (a == 0xffff && !b);
}

static bool __init check_sums(const struct selftest_packet *p,
			      const struct sk_buff *skb, const u8 *got)
{
	u16 check = get_u16(got + check_offset(p));

	if (p->family == AF_INET && slow_sum(got, p->l4, 0) != 0xffff)
		return selftest_fail(p, "the IP checksum is wrong");
	if (p->proto == IPPROTO_UDP && p->no_check != !check)
		return selftest_fail(p, "a UDP checksum came or went");
	if (!same_sum(check, get_u16(p->bytes + check_offset(p))))
		return selftest_fail(p, "the transport's checksum is wrong");
	if (p->summed == CHECKSUM_PARTIAL &&
	    (skb->csum_start != skb_headroom(skb) + p->l4 ||
	     skb->csum_offset != check_offset(p) - p->l4))
		return selftest_fail(p, "the offloaded checksum has moved");
	if (p->summed == CHECKSUM_COMPLETE && !p->no_check &&
	    !same_sum((__force u16)csum_fold(skb->csum),
		      (__force u16)csum_fold(skb_checksum(skb, 0, skb->len, 0))))
		return selftest_fail(p, "skb->csum is wrong");
	return true;
}

/* Byte by byte, but for the checksums, which are compared as sums. */
static bool __init check_skb(const struct selftest_packet *p,
			     const struct sk_buff *skb, u8 *got)
{
	u32 check = check_offset(p), i;

	if (skb->len != p->len || skb->ip_summed != p->summed)
		return selftest_fail(p, "the length or kind of checksum");
	if (skb_copy_bits(skb, 0, got, p->len))
		return selftest_fail(p, "cannot read the packet");
	for (i = 0; i < p->len; i++) {
		if (i == check || i == check + 1 ||
		    (p->family == AF_INET && (i == 10 || i == 11)))
			continue;
		if (got[i] != p->bytes[i])
			return selftest_fail(p, "other bytes have changed");
	}
	if (p->gso && (skb_shinfo(skb)->gso_size != 500 ||
		       skb_shinfo(skb)->gso_segs != 3 ||
		       !skb_shinfo(skb)->gso_type))
		return selftest_fail(p, "GSO is lost");
	return check_sums(p, skb, got);
}

static int __init nat_packet(const struct selftest_packet *p,
			     struct sk_buff *skb, enum ipsvc_nat_end end,
			     const void *addr, __be16 port)
{
	return p->family == AF_INET ?
	       ipsvc_nat4(skb, p->l4, p->proto, end, addr, port) :
	       ipsvc_nat6(skb, p->l4, p->proto, end, addr, port);
}

static bool __init nat_both_ends(const struct selftest_packet *before,
				 struct selftest_packet *after,
				 struct sk_buff *skb, u8 *got)
{
	enum ipsvc_nat_end end = get_random_u32_below(2);
	struct in6_addr addr;
	__be16 port;
	int i;

	*after = *before;
	for (i = 0; i < 2; i++, end = !end) {
		get_random_bytes(&addr, sizeof(addr));
		port = (__force __be16)get_random_u16();
		model_nat(after, end, &addr, port);
		if (nat_packet(after, skb, end, &addr, port))
			return selftest_fail(after, "refused");
		if (!check_skb(after, skb, got))
			return false;
	}
	return true;
}

static bool __init nat_round(struct selftest_packet *p, u8 *got)
{
	struct sk_buff *skb, *clone = NULL;
	bool ok;

	random_packet(&p[0]);
	skb = make_skb(&p[0]);
	if (skb && p[0].cloned)
		clone = skb_clone(skb, GFP_KERNEL);
	if (!skb || (p[0].cloned && !clone)) {
		kfree_skb(skb);
		return selftest_fail(&p[0], "no memory");
	}
	ok = nat_both_ends(&p[0], &p[1], skb, got);
	/* Who has the clone does not see the other's changes. */
	if (ok && clone)
		ok = check_skb(&p[0], clone, got);
	kfree_skb(clone);
	kfree_skb(skb);
	return ok;
}

/* Cut off within the transport header: refused, and nothing is touched. */
static bool __init short_round(struct selftest_packet *p, u8 *got)
{
	struct sk_buff *skb;
	bool ok;
	u32 len;

	random_packet(&p[0]);
	p[0].summed = CHECKSUM_NONE;
	len = p[0].l4 + get_random_u32_below(p[0].proto == IPPROTO_TCP ? 20 : 8);
	p[0].len = len;
	p[0].head = min(p[0].head, len);
	p[0].gso = false;
	skb = make_skb(&p[0]);
	if (!skb)
		return selftest_fail(&p[0], "no memory");
	ok = nat_packet(&p[0], skb, get_random_u32_below(2), &in6addr_loopback,
			htons(1)) == -EINVAL;
	if (!ok)
		selftest_fail(&p[0], "a packet too short is taken");
	else if (skb->len != len || skb_copy_bits(skb, 0, got, len) ||
		 memcmp(got, p[0].bytes, len))
		ok = selftest_fail(&p[0], "a packet too short is changed");
	kfree_skb(skb);
	return ok;
}

/* A UDP checksum that comes out as 0 must be sent as 0xffff. */
static bool __init mangled_zero(struct selftest_packet *p, u8 *got)
{
	struct sk_buff *skb;
	u32 check, port;
	bool ok;

	do {
		random_packet(&p[0]);
	} while (p[0].proto != IPPROTO_UDP || p[0].no_check ||
		 p[0].summed == CHECKSUM_PARTIAL);
	check = check_offset(&p[0]);
	/* The port that takes up what the checksum says now. */
	port = get_u16(p[0].bytes + p[0].l4 + 2);
	port += get_u16(p[0].bytes + check);
	port = (port & 0xffff) + (port >> 16);
	skb = make_skb(&p[0]);
	if (!skb)
		return selftest_fail(&p[0], "no memory");
	ok = !nat_packet(&p[0], skb, IPSVC_NAT_DST,
			 p[0].bytes + addr_offset(&p[0]) + addr_len(&p[0]),
			 htons(port)) &&
	     !skb_copy_bits(skb, 0, got, p[0].len);
	if (!ok || get_u16(got + check) != 0xffff)
		ok = selftest_fail(&p[0], "a UDP checksum of 0 is not 0xffff");
	kfree_skb(skb);
	return ok;
}

bool __init ipsvc_nat_selftest(void)
{
	struct selftest_packet *p = kvcalloc(2, sizeof(*p), GFP_KERNEL);
	u8 *got = kvmalloc(PACKET_MAX, GFP_KERNEL);
	bool ok = p && got;
	int i;

	for (i = 0; ok && i < ROUNDS; i++) {
		ok = nat_round(p, got) && short_round(p, got) &&
		     mangled_zero(p, got);
		if (!(i % 64))
			cond_resched();
	}
	if (ok)
		pr_info("ipsvc: nat self-tests: pass\n");
	else if (!p || !got)
		pr_err("ipsvc: nat self-tests: FAIL: no memory\n");
	kvfree(got);
	kvfree(p);
	return ok;
}
