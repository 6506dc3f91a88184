// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that masquerading shares with this host's own sockets: a socket's
 * packets and those of a flow must not have one tuple.
 */
#include "host_ports.h"

#include <linux/bitmap.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/udp.h>

#include "flow.h"

/**
 * ipsvc_port_range - a range less the ports that the host gives to sockets
 * @net: the namespace
 * @min: first port, host order
 * @max: last port
 *
 * Where ip_local_port_range leaves nothing, all of it: the sockets there are
 * asked for each port.
 *
 * Context: any.
 * Return: the range, which has one port at least.
 */
struct ipsvc_port_range ipsvc_port_range(struct net *net, u16 min, u16 max)
{
	struct ipsvc_port_range range = {
		.min = min,
		.hole = max - min + 1,
		.n = max - min + 1,
	};
	int low, high;

	inet_get_local_port_range(net, &low, &high);
	low = max_t(int, low, min);
	high = min_t(int, high, max);
	if (low > high || high - low + 1 == range.n)
		return range;
	range.hole = low - min;
	range.skip = high - low + 1;
	range.n -= range.skip;
	return range;
}

/**
 * ipsvc_port_unreserved - the next port that ip_local_reserved_ports lacks
 * @net: the namespace
 * @range: the ports
 * @i: index to begin with
 *
 * Context: any.
 * Return: the index of the port, or the number of ports.
 */
u32 ipsvc_port_unreserved(struct net *net, const struct ipsvc_port_range *range,
			  u32 i)
{
	unsigned long *reserved = net->ipv4.sysctl_local_reserved_ports;
	u32 end, port, next;

	while (reserved && i < range->n) {
		/* To the ports that are left out, or to the last one. */
		end = i < range->hole ? min(range->hole, range->n) : range->n;
		port = ipsvc_port_at(range, i);
		next = find_next_zero_bit(reserved, port + end - i, port);
		i += next - port;
		if (i < end)
			break;
	}
	return i;
}

static bool put_sock(struct sock *sk)
{
	if (sk)
		sock_gen_put(sk);
	return sk;
}

static bool tcp_socket(struct net *net, const struct ipsvc_half4 *orig,
		       __be16 port)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;

	/* TIME_WAIT ones as well. */
	return put_sock(__inet_lookup_established(net, hashinfo,
						  orig->new_daddr,
						  orig->h.new_dport,
						  orig->new_saddr, ntohs(port),
						  0, 0));
}

static bool udp_socket(struct net *net, const struct ipsvc_half4 *orig,
		       __be16 port)
{
	return put_sock(udp4_lib_lookup(net, orig->new_daddr,
					orig->h.new_dport, orig->new_saddr,
					port, 0));
}

/**
 * ipsvc_host_uses_port - whether a socket of this host would get the answers
 * @net: the namespace
 * @orig: half of a flow, with the endpoint and the source address it is to see
 * @port: the source port it would see
 *
 * Context: any, under RCU.
 * Return: true for a port that a TCP socket has towards the endpoint, or that a
 * UDP socket has.
 */
bool ipsvc_host_uses_port(struct net *net, const struct ipsvc_half4 *orig,
			  __be16 port)
{
	return orig->h.proto == IPPROTO_TCP ? tcp_socket(net, orig, port) :
					      udp_socket(net, orig, port);
}
