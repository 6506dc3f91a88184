// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A flood of first packets of flows.
 *
 *   flood [OPTIONS] tcp|udp A:P…
 *        Sends SYNs, or datagrams, to the targets in turn, and prints "sent=N ms=M".
 *
 *   -n NETNS       from there
 *   -s A[/LEN]     source addresses; [A][/LEN] of IPv6, as the targets [A]:P
 *   -p LOW-HIGH    source ports (1024-65535)
 *   -R             sources at random; else one after the other, none twice while there are any left
 *   -c COUNT       so many packets, or           -d MS   for so long (or until SIGTERM)
 *   -r N           at most so many a second; else as fast as possible
 */
#include <signal.h>
#include <unistd.h>

#include "netns.h"
#include "packet.h"

static struct {
	union place source;
	uint32_t addrs, low, ports;
	long count, duration, rate;
	bool at_random;
} opt = { .low = 1024, .ports = 65536 - 1024 };

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static uint64_t next_random(void)
{
	static uint64_t x;

	if (!x)
		x = now_ms() * 2654435761u ^ getpid();
	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static union place source(uint64_t i)
{
	uint64_t n = opt.at_random ? next_random() >> 8 : i;
	union place from = opt.source;
	uint32_t *end = from.any.sa_family == AF_INET6 ? &from.in6.sin6_addr.s6_addr32[3] : &from.in.sin_addr.s_addr;

	*end = htonl(ntohl(*end) + n % opt.addrs);
	place_set_port(&from, opt.low + n / opt.addrs % opt.ports);
	return from;
}

/* Waits until packet @i may be followed by another. */
static void pace(long i, long start)
{
	while (!stop && i >= (now_ms() - start) * opt.rate / 1000) {
		packet_flush();
		usleep(1000);
	}
}

static void flood(bool udp, const union place *to, int n_to)
{
	long start = now_ms(), end = start + (opt.duration ?: 1L << 40), i;
	struct packet like = { 0 };

	for (i = 0; !stop && (!opt.count || i < opt.count); i++) {
		union place from = source(i / n_to);

		if (!udp)
			like.tcp = (struct tcphdr){ .seq = next_random(), .doff = 5, .syn = 1, .window = htons(64240) };
		packet_send(&like, udp ? IPPROTO_UDP : IPPROTO_TCP, &from, &to[i % n_to], udp ? 4 : 0);
		if (opt.rate)
			pace(i, start);
		if (!packets.n && now_ms() >= end)
			break;
	}
	packet_flush();
	printf("sent=%ld ms=%ld\n", packets.sent, now_ms() - start);
}

static void parse_sources(char *text)
{
	char *len = strchr(text, '/');
	int bits;

	if (len)
		*len++ = 0;
	opt.source = place_of_address(text);
	bits = opt.source.any.sa_family == AF_INET6 ? 128 : 32;
	opt.addrs = 1u << (bits - (len ? atoi(len) : bits));
}

static void options(int argc, char **argv)
{
	unsigned int low, high;
	int c;

	while ((c = getopt(argc, argv, "+n:s:p:Rc:d:r:")) != -1) {
		switch (c) {
		case 'n': enter_netns(optarg); break;
		case 's': parse_sources(optarg); break;
		case 'p':
			if (sscanf(optarg, "%u-%u", &low, &high) != 2 || low > high)
				errx(2, "'%s' is no range of ports", optarg);
			opt.low = low;
			opt.ports = high - low + 1;
			break;
		case 'R': opt.at_random = true; break;
		case 'c': opt.count = atol(optarg); break;
		case 'd': opt.duration = atol(optarg); break;
		case 'r': opt.rate = atol(optarg); break;
		default: exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	union place to[16];
	int i;

	options(argc, argv);
	argv += optind;
	argc -= optind;
	if (argc < 2 || argc > 17 || !opt.addrs)
		errx(2, "usage: flood -s A [OPTIONS] tcp|udp A:P… (see the source)");
	sigaction(SIGTERM, &term, NULL);
	for (i = 1; i < argc; i++)
		to[i - 1] = place_of(argv[i]);
	packet_open(&opt.source);
	flood(is_udp(argv[0]), to, argc - 1);
	return 0;
}
