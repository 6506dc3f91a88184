// SPDX-License-Identifier: GPL-2.0
/* What the data path asks the kernel's routing, in both families. */
#include "route.h"

#include <linux/inetdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "hook.h"
#include "ipsvc.h"

/* A route may be local for a network, of which no address is on a link. */
static bool is_local6(struct net *net, const struct in6_addr *addr)
{
	struct rt6_info *rt;
	bool local;

	if (ipv6_chk_addr(net, addr, NULL, 0))
		return true;
	rt = rt6_lookup(net, addr, NULL, 0, NULL, 0);
	local = rt && rt->rt6i_flags & RTF_LOCAL;
	ip6_rt_put(rt);
	return local;
}

/* Any context, under RCU. Whether an address is one of this host. */
bool ipsvc_is_local(struct net *net, const union ipsvc_addr *addr, u8 family)
{
	return family == AF_INET ?
	       inet_addr_type(net, addr->ip4) == RTN_LOCAL :
	       is_local6(net, &addr->ip6);
}

/* Routes a packet in LOCAL_OUT anew, by the addresses it has now. 0 or an error. */
int ipsvc_route_again(const struct ipsvc_ctx *ctx)
{
	const struct nf_hook_state *state = ctx->state;

	return ctx->pkt.tuple.family == AF_INET ?
	       ip_route_me_harder(state->net, state->sk, ctx->skb,
				  RTN_UNSPEC) :
	       ip6_route_me_harder(state->net, state->sk, ctx->skb);
}

static int route4(const struct ipsvc_ctx *ctx, __be32 addr, __be16 port,
		  struct ipsvc_path *path)
{
	struct flowi4 fl4 = {
		.daddr = addr,
		.flowi4_mark = ctx->skb->mark,
		.flowi4_proto = ctx->pkt.tuple.proto,
		.fl4_dport = port,
	};
	struct rtable *rt = ip_route_output_key(ctx->inst->net, &fl4);

	if (IS_ERR(rt))
		return PTR_ERR(rt);
	path->source = ipsvc_addr_v4(fl4.saddr);
	path->is_local = rt->rt_flags & RTCF_LOCAL;
	path->ifindex = rt->dst.dev->ifindex;
	ip_rt_put(rt);
	return 0;
}

/* No router forwards a packet from a link-local address, nor an answer to it. */
static bool is_source6(const struct in6_addr *addr, const struct dst_entry *dst)
{
	const struct rt6_info *rt = container_of(dst, struct rt6_info, dst);

	return !(ipv6_addr_type(addr) & IPV6_ADDR_LINKLOCAL) ||
	       !(rt->rt6i_flags & RTF_GATEWAY);
}

static int route6(const struct ipsvc_ctx *ctx, const struct in6_addr *addr,
		  __be16 port, struct ipsvc_path *path)
{
	struct flowi6 fl6 = {
		.daddr = *addr,
		.flowi6_mark = ctx->skb->mark,
		.flowi6_proto = ctx->pkt.tuple.proto,
		.fl6_dport = port,
	};
	struct dst_entry *dst = NULL;
	int err;

	err = ip6_dst_lookup(ctx->inst->net, NULL, &dst, &fl6);
	if (err)
		return err;
	path->source.ip6 = fl6.saddr;
	path->is_local = container_of(dst, struct rt6_info, dst)->rt6i_flags &
			 RTF_LOCAL;
	path->ifindex = dst->dev->ifindex;
	if (!is_source6(&fl6.saddr, dst))
		err = -EADDRNOTAVAIL;
	dst_release(dst);
	return err;
}

/**
 * ipsvc_route_to - looks up the way of a packet to an endpoint
 * @ctx: the packet, for what else routing rules match
 * @addr: address of the endpoint
 * @port: port of the endpoint
 * @path: set where there is one
 *
 * Context: any, under RCU. Return: 0 or a negative errno.
 */
int ipsvc_route_to(const struct ipsvc_ctx *ctx, const union ipsvc_addr *addr,
		   __be16 port, struct ipsvc_path *path)
{
	return ctx->pkt.tuple.family == AF_INET ?
	       route4(ctx, addr->ip4, port, path) :
	       route6(ctx, &addr->ip6, port, path);
}

/**
 * ipsvc_route_source - an address of this host, best of the link a packet leaves by
 * @ctx: the packet in POST_ROUTING
 * @addr: where it goes
 * @source: set to the address
 *
 * Context: under RCU. Return: false: the host has no address that fits.
 */
bool ipsvc_route_source(const struct ipsvc_ctx *ctx,
			const union ipsvc_addr *addr, union ipsvc_addr *source)
{
	struct net_device *out = ctx->state->out;
	const struct rtable *rt;

	if (ctx->pkt.tuple.family == AF_INET6)
		return !ipv6_dev_get_saddr(ctx->state->net, out, &addr->ip6, 0,
					   &source->ip6) &&
		       is_source6(&source->ip6, skb_dst(ctx->skb));
	rt = skb_rtable(ctx->skb);
	*source = ipsvc_addr_v4(inet_select_addr(out, rt_nexthop(rt, addr->ip4),
						 RT_SCOPE_UNIVERSE));
	return source->ip4;
}
