// SPDX-License-Identifier: GPL-2.0
/*
 * Which ports of this host masquerading may use: packets of a socket and those
 * of a flow must not have the same tuple.
 */
#include "host_ports.h"

#include <linux/bitmap.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/udp.h>

#include "conntrack.h"
#include "flow.h"

/* Sockets of one port that are looked at; with more, the port counts as used. */
#define PORT_SOCKETS_MAX	16

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

u32 ipsvc_port_unreserved(struct net *net, const struct ipsvc_port_range *range,
			  u32 i)
{
	unsigned long *reserved = net->ipv4.sysctl_local_reserved_ports;
	u32 end, port, next;

	while (reserved && i < range->n) {
		/* The end of the ports before or after those left out. */
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

/*
 * The lookup of connections finds no socket that is bound to a link: it has the
 * port whoever its peer is.
 */
static bool is_of_a_link(const struct sock *sk)
{
	return READ_ONCE(sk->sk_bound_dev_if);
}

/*
 * It may connect to the endpoint yet, or the lookup does not find it; or they
 * are too many (@n) to ask each.
 */
static bool has_port(const struct sock *sk, void *n)
{
	int state = READ_ONCE(sk->sk_state);

	return state == TCP_CLOSE || state == TCP_LISTEN || is_of_a_link(sk) ||
	       ++*(u32 *)n > PORT_SOCKETS_MAX;
}

/*
 * A TCP socket that is bound to the port, at any address, and not connected, or
 * to a link.
 */
static bool tcp_bound(struct net *net, u16 port)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct inet_bind_hashbucket *head;
	struct inet_bind_bucket *tb;
	bool bound = false;
	u32 n = 0;

	head = &hashinfo->bhash[inet_bhashfn(net, port, hashinfo->bhash_size)];
	/* Usually so. A bind that races with this test may as well come after it. */
	if (hlist_empty(&head->chain))
		return false;
	spin_lock_bh(&head->lock);
	inet_bind_bucket_for_each(tb, &head->chain)
		if (tb->port == port && net_eq(ib_net(tb), net) &&
		    ipsvc_bind_bucket_any(tb, has_port, &n)) {
			bound = true;
			break;
		}
	spin_unlock_bh(&head->lock);
	return bound;
}

/* Also finds sockets in TIME_WAIT. */
static struct sock *tcp_socket(struct net *net, const struct ipsvc_half *orig,
			       const union ipsvc_addr *source,
			       const union ipsvc_addr *endpoint, __be16 port)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;

	return orig->family == AF_INET ?
	       __inet_lookup_established(net, hashinfo, endpoint->ip4,
					 orig->new_dport, source->ip4,
					 ntohs(port), 0, 0) :
	       __inet6_lookup_established(net, hashinfo, &endpoint->ip6,
					  orig->new_dport, &source->ip6,
					  ntohs(port), 0, 0);
}

/* A UDP socket of the port that is bound to a link. */
static bool udp_bound(struct net *net, u16 port)
{
	struct udp_hslot *slot = udp_hashslot(ipsvc_udp_table(net), net, port);
	struct sock *sk;
	u32 n = 0;

	sk_for_each_rcu(sk, &slot->head)
		if (udp_sk(sk)->udp_port_hash == port &&
		    net_eq(sock_net(sk), net) &&
		    (is_of_a_link(sk) || ++n > PORT_SOCKETS_MAX))
			return true;
	return false;
}

static struct sock *udp_socket(struct net *net, const struct ipsvc_half *orig,
			       const union ipsvc_addr *source,
			       const union ipsvc_addr *endpoint, __be16 port)
{
	return orig->family == AF_INET ?
	       udp4_lib_lookup(net, endpoint->ip4, orig->new_dport, source->ip4,
			       port, 0) :
	       udp6_lib_lookup(net, &endpoint->ip6, orig->new_dport,
			       &source->ip6, port, 0);
}

bool ipsvc_host_uses_port(struct net *net, const struct ipsvc_half *orig,
			  __be16 port)
{
	const union ipsvc_addr source = ipsvc_half_get(orig, IPSVC_NEW_SADDR);
	const union ipsvc_addr endpoint = ipsvc_half_get(orig, IPSVC_NEW_DADDR);
	struct sock *sk;

	/* The ports of SCTP sockets are known to their module only. */
	if (orig->proto == IPPROTO_SCTP)
		return ipsvc_ct_has_port(net, orig, &source, &endpoint, port);
	if (orig->proto == IPPROTO_TCP ? tcp_bound(net, ntohs(port)) :
					 udp_bound(net, ntohs(port)))
		return true;
	sk = orig->proto == IPPROTO_TCP ?
	     tcp_socket(net, orig, &source, &endpoint, port) :
	     udp_socket(net, orig, &source, &endpoint, port);
	return put_sock(sk) ||
	       ipsvc_ct_has_port(net, orig, &source, &endpoint, port);
}
