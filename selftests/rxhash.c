// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether packets carry a hash (skb->hash) where packet sockets see them.
 *
 *   rxhash NETNS DEVICE A:P
 *        Prints "ready"; when stdin has a line or ends "bare=N hashed=M" of the packets that left by the device for the
 *        address and port, or, with port 0, for any port.
 *
 * A socket filter reads the hash as it is; every other way to it would compute one first.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inet.h"
#include "netns.h"

/* A socket that gets the packets with a hash, or those without. */
static int open_socket(const char *dev, bool hashed)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RXHASH),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, hashed, !hashed),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 8 << 20;

	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	    bind(fd, (void *)&at, sizeof(at)))
		err(2, "packet socket on %s", dev);
	return fd;
}

static int count(int fd, const struct sockaddr_in *to)
{
	struct sockaddr_ll from;
	struct {
		struct iphdr ip;
		struct udphdr ports; /* of TCP, too */
	} p;
	socklen_t len;
	int n = 0;

	while (len = sizeof(from), recvfrom(fd, &p, sizeof(p), MSG_TRUNC, (void *)&from, &len) >= (ssize_t)sizeof(p))
		n += from.sll_pkttype == PACKET_OUTGOING && from.sll_protocol == htons(ETH_P_IP) && p.ip.ihl == 5 &&
		     p.ip.daddr == to->sin_addr.s_addr && (!to->sin_port || p.ports.dest == to->sin_port);
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to;
	int bare, hashed;
	char c;

	if (argc != 4)
		errx(2, "usage: rxhash NETNS DEVICE A:P");
	to = place_of(argv[3]).in;
	enter_netns(argv[1]);
	bare = open_socket(argv[2], false);
	hashed = open_socket(argv[2], true);
	puts("ready");
	fflush(stdout);
	while (read(0, &c, 1) == 1 && c != '\n')
		;
	printf("bare=%d hashed=%d\n", count(bare, &to), count(hashed, &to));
	return 0;
}
