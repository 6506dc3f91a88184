/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of both families made by hand, with checksums, and sent through a raw socket in batches. */
#ifndef SELFTESTS_PACKET_H
#define SELFTESTS_PACKET_H

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "inet.h"

#define PACKET_BATCH	64

struct packet {
	union {
		struct iphdr ip;
		struct ip6_hdr ip6;
	};
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	};
	char payload[8];
	int len;		/* from the transport header on */
	union place to;		/* without a port */
};

_Static_assert(offsetof(struct packet, payload) == offsetof(struct packet, tcp) + sizeof(struct tcphdr), "no holes");

/* What is queued, and how much was sent. */
static struct {
	int fd;
	int n;
	long sent;
	struct packet packet[PACKET_BATCH];
} packets = { .fd = -1 };

/* All packets are of one family. */
static inline void packet_open(const union place *to)
{
	int size = 8 << 20;

	packets.fd = socket(to->any.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (packets.fd < 0)
		err(2, "raw socket");
	setsockopt(packets.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

static inline void packet_flush(void)
{
	struct mmsghdr msg[PACKET_BATCH] = { 0 };
	struct iovec iov[PACKET_BATCH][2];
	int i, n;

	for (i = 0; i < packets.n; i++) {
		struct packet *p = &packets.packet[i];

		iov[i][0] = (struct iovec){ &p->ip, p->to.any.sa_family == AF_INET6 ? sizeof(p->ip6) : sizeof(p->ip) };
		iov[i][1] = (struct iovec){ &p->tcp, p->len };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = &p->to, .msg_namelen = place_len(&p->to),
						  .msg_iov = iov[i], .msg_iovlen = 2 };
	}
	/* A packet that the sender's own firewall or queue drops is one that was sent. */
	for (i = 0; i < packets.n; i += n) {
		n = sendmmsg(packets.fd, msg + i, packets.n - i, 0);
		if (n < 0 && errno != ENOBUFS && errno != EPERM)
			err(2, "sendmmsg");
		n = n > 0 ? n : 1;
	}
	packets.sent += packets.n;
	packets.n = 0;
}

static inline uint32_t packet_sum(const void *data, int len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;
	int i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	return i < len ? sum + (p[i] << 8) : sum;
}

/* Writes the network header of a packet whose length is there; returns the sum of its addresses. */
static inline uint32_t packet_head(struct packet *p, uint8_t proto, const union place *from, const union place *to)
{
	if (to->any.sa_family == AF_INET6) {
		p->ip6 = (struct ip6_hdr){ .ip6_flow = htonl(6u << 28), .ip6_hlim = 64, .ip6_nxt = proto,
					   .ip6_plen = htons(p->len),
					   .ip6_src = from->in6.sin6_addr, .ip6_dst = to->in6.sin6_addr };
		return packet_sum(&p->ip6.ip6_src, 32);
	}
	p->ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = proto,
				.tot_len = htons(sizeof(p->ip) + p->len),
				.saddr = from->in.sin_addr.s_addr, .daddr = to->in.sin_addr.s_addr };
	return packet_sum(&p->ip.saddr, 8);
}

/* Queues a packet from @from to @to with @len bytes of payload; the transport header is there but for its ports. */
static inline void packet_send(const struct packet *like, uint8_t proto, const union place *from,
			       const union place *to, int len)
{
	struct packet *p = &packets.packet[packets.n++];
	int l4 = (proto == IPPROTO_TCP ? sizeof(p->tcp) : sizeof(p->udp));
	uint16_t *check = proto == IPPROTO_TCP ? &p->tcp.check : &p->udp.check;
	uint32_t sum;

	*p = *like;
	p->to = *to;
	place_set_port(&p->to, 0);
	memcpy((char *)&p->tcp + l4, "forged!\n", len);
	p->len = l4 + len;
	p->tcp.source = htons(place_port(from));
	p->tcp.dest = htons(place_port(to));
	if (proto == IPPROTO_UDP)
		p->udp.len = htons(p->len);
	*check = 0;
	sum = packet_head(p, proto, from, to) + proto + p->len + packet_sum(&p->tcp, p->len);
	sum = (sum & 0xffff) + (sum >> 16);
	*check = htons(~(sum + (sum >> 16)) & 0xffff);
	if (packets.n == PACKET_BATCH)
		packet_flush();
}

#endif /* SELFTESTS_PACKET_H */
