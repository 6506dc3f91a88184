// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A flood of first packets of flows.
 *
 *   flood [OPTIONS] tcp|udp A:P…
 *        Sends SYNs, or datagrams, to the targets in turn, and prints "sent=N ms=M".
 *
 *   -n NETNS       from there
 *   -s A[/LEN]     source addresses
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
	uint32_t addr, addrs, low, ports;
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

static struct sockaddr_in source(uint64_t i)
{
	uint64_t n = opt.at_random ? next_random() >> 8 : i;

	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(opt.addr + n % opt.addrs),
		.sin_port = htons(opt.low + n / opt.addrs % opt.ports),
	};
}

/* Waits until packet @i may be followed by another. */
static void pace(long i, long start)
{
	while (!stop && i >= (now_ms() - start) * opt.rate / 1000) {
		packet_flush();
		usleep(1000);
	}
}

static void flood(bool udp, const struct sockaddr_in *to, int n_to)
{
	long start = now_ms(), end = start + (opt.duration ?: 1L << 40), i;
	struct packet like = { 0 };

	for (i = 0; !stop && (!opt.count || i < opt.count); i++) {
		struct sockaddr_in from = source(i / n_to);

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
	struct in_addr addr;

	if (len)
		*len++ = 0;
	if (inet_pton(AF_INET, text, &addr) != 1)
		errx(2, "'%s' is not an address", text);
	opt.addr = ntohl(addr.s_addr);
	opt.addrs = 1u << (32 - (len ? atoi(len) : 32));
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
	struct sockaddr_in to[16];
	int i;

	options(argc, argv);
	argv += optind;
	argc -= optind;
	if (argc < 2 || argc > 17 || !opt.addrs)
		errx(2, "usage: flood -s A [OPTIONS] tcp|udp A:P… (see the source)");
	sigaction(SIGTERM, &term, NULL);
	for (i = 1; i < argc; i++)
		to[i - 1] = target(argv[i]);
	packet_open();
	flood(is_udp(argv[0]), to, argc - 1);
	return 0;
}
