/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 packets made by hand, with checksums, and sent through a raw socket in batches. */
#ifndef SELFTESTS_PACKET_H
#define SELFTESTS_PACKET_H

#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "inet.h"

#define PACKET_BATCH	64

struct packet {
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	};
	char payload[8];
};

_Static_assert(sizeof(struct packet) == sizeof(struct iphdr) + sizeof(struct tcphdr) + 8, "no holes");

/* What is queued, and how much was sent. */
static struct {
	int fd;
	int n;
	long sent;
	struct packet packet[PACKET_BATCH];
} packets = { .fd = -1 };

static inline void packet_open(void)
{
	int size = 8 << 20;

	packets.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (packets.fd < 0)
		err(2, "raw socket");
	setsockopt(packets.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

static inline void packet_flush(void)
{
	struct sockaddr_in to[PACKET_BATCH];
	struct mmsghdr msg[PACKET_BATCH] = { 0 };
	struct iovec iov[PACKET_BATCH];
	int i, n;

	for (i = 0; i < packets.n; i++) {
		struct packet *p = &packets.packet[i];

		to[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = p->ip.daddr };
		iov[i] = (struct iovec){ .iov_base = p, .iov_len = ntohs(p->ip.tot_len) };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = &to[i], .msg_namelen = sizeof(to[i]),
						  .msg_iov = &iov[i], .msg_iovlen = 1 };
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

/* Queues a packet from @from to @to with @len bytes of payload; the transport header is there but for its ports. */
static inline void packet_send(const struct packet *like, uint8_t proto, const struct sockaddr_in *from,
			       const struct sockaddr_in *to, int len)
{
	struct packet *p = &packets.packet[packets.n++];
	int l4 = (proto == IPPROTO_TCP ? sizeof(p->tcp) : sizeof(p->udp));
	uint16_t *check = proto == IPPROTO_TCP ? &p->tcp.check : &p->udp.check;
	uint32_t sum;

	*p = *like;
	memcpy((char *)&p->tcp + l4, "forged!\n", len);
	p->ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = proto,
				.tot_len = htons(sizeof(p->ip) + l4 + len),
				.saddr = from->sin_addr.s_addr, .daddr = to->sin_addr.s_addr };
	p->tcp.source = from->sin_port;
	p->tcp.dest = to->sin_port;
	if (proto == IPPROTO_UDP)
		p->udp.len = htons(l4 + len);
	*check = 0;
	sum = packet_sum(&p->ip.saddr, 8) + proto + l4 + len + packet_sum(&p->tcp, l4 + len);
	sum = (sum & 0xffff) + (sum >> 16);
	*check = htons(~(sum + (sum >> 16)) & 0xffff);
	if (packets.n == PACKET_BATCH)
		packet_flush();
}

#endif /* SELFTESTS_PACKET_H */
