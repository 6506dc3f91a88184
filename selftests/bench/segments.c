// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends TCP segments that pktgen cannot make, from a packet socket, and prints how many nanoseconds that took:
 *
 *   segments DEVICE ack|syn COUNT SOURCE PORTS DESTINATION PORT
 *
 * SYNs, or segments of a connection that nobody knows, from as many ports, one after the other, beginning with 5000.
 * The Ethernet addresses are those of loop.sh. Frames are made before the clock starts, and many go with one system
 * call, which on UML costs ten times what a packet does.
 */
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/if_ether.h>

#define AT_ONCE	500

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	char padding[6];
} __attribute__((packed));

static uint32_t sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t s = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		s += p[i] << 8 | p[i + 1];
	return s;
}

static uint16_t fold(uint32_t s)
{
	s = (s & 0xffff) + (s >> 16);
	return htons(~((s & 0xffff) + (s >> 16)));
}

static void fill(struct frame *f, char **argv, int port)
{
	*f = (struct frame){
		.eth = { { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 1 }, htons(ETH_P_IP) },
		.ip = { .version = 4, .ihl = 5, .tot_len = htons(sizeof(f->ip) + sizeof(f->tcp)), .ttl = 64,
			.protocol = IPPROTO_TCP },
		.tcp = { .source = htons(port), .dest = htons(atoi(argv[7])), .seq = htonl(1), .doff = 5,
			 .window = htons(8192) },
	};
	if (inet_pton(AF_INET, argv[4], &f->ip.saddr) != 1 || inet_pton(AF_INET, argv[6], &f->ip.daddr) != 1)
		errx(2, "%s or %s is no address", argv[4], argv[6]);
	if (!strcmp(argv[2], "syn")) {
		f->tcp.syn = 1;
	} else {
		f->tcp.ack = 1;
		f->tcp.ack_seq = htonl(1);
	}
	f->ip.check = fold(sum(&f->ip, sizeof(f->ip)));
	f->tcp.check = fold(sum(&f->ip.saddr, 8) + IPPROTO_TCP + sizeof(f->tcp) + sum(&f->tcp, sizeof(f->tcp)));
}

static void send_all(int fd, struct frame *frames, int count)
{
	static struct mmsghdr msgs[AT_ONCE];
	static struct iovec iov[AT_ONCE];
	int i, n, done, sent;

	for (done = 0; done < count; done += sent) {
		n = count - done < AT_ONCE ? count - done : AT_ONCE;
		for (i = 0; i < n; i++) {
			iov[i] = (struct iovec){ &frames[done + i], sizeof(*frames) };
			msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
		}
		sent = sendmmsg(fd, msgs, n, 0);
		if (sent < 1)
			err(1, "sendmmsg");
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int fd, i, count, ports, one = 1;
	struct frame *frames;
	uint64_t start;

	if (argc != 8)
		errx(2, "usage: segments DEVICE ack|syn COUNT SOURCE PORTS DESTINATION PORT");
	count = atoi(argv[3]);
	ports = atoi(argv[5]);
	to.sll_ifindex = if_nametoindex(argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	frames = calloc(count, sizeof(*frames));
	if (fd < 0 || !to.sll_ifindex || !frames || ports < 1)
		err(2, "%s", argv[1]);
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&to, sizeof(to)))
		err(2, "%s", argv[1]);
	for (i = 0; i < count; i++)
		fill(&frames[i], argv, 5000 + i % ports);

	start = now();
	send_all(fd, frames, count);
	printf("%llu\n", (unsigned long long)(now() - start));
	return 0;
}
