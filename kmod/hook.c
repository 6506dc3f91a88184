// SPDX-License-Identifier: GPL-2.0
/*
 * The full path: netfilter hooks that take each packet of a flow from the tuple
 * it arrives with to the tuple it leaves with.
 *
 *   arriving        PRE_ROUTING   destination rewritten
 *   sent by us      LOCAL_OUT     destination rewritten, routed anew
 *   leaving         POST_ROUTING  source rewritten
 *   for this host   LOCAL_IN      source rewritten; answers to 127.0.0.1: both ends
 *
 * Between the two halves of the rewriting, skb->hash carries the hash of the
 * arriving tuple, so that the second half needs one probe and no third key. It
 * remains what it was for everybody else: a hash of the flow.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/tcp.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "icmp.h"
#include "ipsvc.h"
#include "masquerade.h"
#include "nat.h"
#include "parse.h"
#include "sched.h"
#include "stats.h"

/* Times an endpoint is chosen anew when it is removed while being chosen. */
#define PICK_TRIES	3

struct ipsvc_hooks {
	struct nf_hook_ops ops[4];
};

static void touch(struct ipsvc_flow_half *half, u8 seen)
{
	u8 was = READ_ONCE(half->seen);
	u32 now = (u32)jiffies;
	u8 is = was | seen;

	/* Who goes on sending has not been reset: a forged RST ends no flow. */
	if (!(seen & IPSVC_SEEN_RST))
		is &= ~IPSVC_SEEN_RST;
	if (is != was)
		WRITE_ONCE(half->seen, is);
	if (now - READ_ONCE(half->stamp) >= HZ)
		WRITE_ONCE(half->stamp, now);
}

/*
 * A SYN on a flow that an RST has closed, it seems: what was seen is of the
 * connection before. One that lives after a forged RST shows itself again.
 */
static void forget_seen(struct ipsvc_flow_half *orig)
{
	if (ipsvc_flow_state(ipsvc_half_flow(orig)) != IPSVC_FLOW_CLOSED)
		return;
	WRITE_ONCE(orig[0].seen, 0);
	WRITE_ONCE(orig[1].seen, 0);
}

/* A datagram after an answer: more than one question. */
static u8 udp_stream(const struct ipsvc_flow_half *orig)
{
	const struct ipsvc_flow_half *reply = orig + 1;

	/* The other line is not looked at any more once that is known. */
	if (READ_ONCE(orig->seen) & IPSVC_SEEN_STREAM)
		return IPSVC_SEEN_STREAM;
	return READ_ONCE(reply->seen) & IPSVC_SEEN_DATA ? IPSVC_SEEN_STREAM : 0;
}

/* What later hooks, and conntrack, are to know of a packet of ours. */
static void mark_ours(const struct ipsvc_instance *inst, struct sk_buff *skb,
		      u32 hash)
{
	__skb_set_sw_hash(skb, hash, true);
	if (READ_ONCE(inst->notrack) && !skb_nfct(skb))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* Rewrites the destination, if it changes at all; routes our own packets anew. */
static unsigned int rewrite_dst(struct ipsvc_instance *inst,
				struct sk_buff *skb,
				const struct ipsvc_packet *pkt,
				const struct ipsvc_flow_half *half,
				const struct nf_hook_state *state)
{
	unsigned int addr_type = RTN_UNSPEC;

	if (half->new_daddr == half->daddr && half->new_dport == half->dport)
		return NF_ACCEPT;
	if (ipsvc_nat(skb, pkt->l4, pkt->tuple.proto, IPSVC_NAT_DST,
		      half->new_daddr, half->new_dport)) {
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_MALFORMED);
		return NF_DROP;
	}
	if (state->hook != NF_INET_LOCAL_OUT)
		return NF_ACCEPT;
	/*
	 * 127.0.0.1:nodePort. No route leads from the loopback address to an
	 * endpoint; any type that is not an address of this host makes the
	 * lookup choose a source, and POST_ROUTING masquerades.
	 */
	if (ipv4_is_loopback(ip_hdr(skb)->saddr))
		addr_type = RTN_BROADCAST;
	if (ip_route_me_harder(state->net, state->sk, skb, addr_type)) {
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_NO_ROUTE);
		return NF_DROP_ERR(-EHOSTUNREACH);
	}
	return NF_ACCEPT;
}

/* A packet of a flow, at the first hook it meets. */
static unsigned int forward(struct ipsvc_instance *inst, struct sk_buff *skb,
			    const struct ipsvc_packet *pkt, u32 hash,
			    struct ipsvc_flow_half *half,
			    const struct nf_hook_state *state)
{
	bool reply = ipsvc_half_is_reply(half);
	u8 seen = pkt->seen;

	if (!reply && pkt->tuple.proto == IPPROTO_UDP)
		seen |= udp_stream(half);
	if (unlikely(seen & IPSVC_SEEN_SYN) && !reply)
		forget_seen(half);
	touch(half, seen);
	mark_ours(inst, skb, hash);
	if (half->flags & IPSVC_HALF_MASQ)
		ipsvc_icmp_remember(inst, half, hash);
	ipsvc_stat_inc(inst, reply ? IPSVC_STAT_PACKETS_ENDPOINT :
				     IPSVC_STAT_PACKETS_CLIENT);
	/* Routing must not see 127.0.0.1; LOCAL_IN does all of it then. */
	if (reply && (half->flags & IPSVC_HALF_LOCAL) &&
	    state->hook == NF_INET_PRE_ROUTING &&
	    ipv4_is_loopback(half->new_daddr))
		return NF_ACCEPT;
	return rewrite_dst(inst, skb, pkt, half, state);
}

static unsigned int refuse(struct ipsvc_instance *inst, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	ipsvc_stat_inc(inst, IPSVC_STAT_REJECT_NO_ENDPOINT);
	/* Our own sockets learn it from the call, others by ICMP. */
	if (state->hook == NF_INET_LOCAL_OUT)
		return NF_DROP_ERR(-ECONNREFUSED);
	nf_send_unreach(skb, ICMP_PORT_UNREACH, state->hook);
	return NF_DROP;
}

static unsigned int drop(struct ipsvc_instance *inst, int err)
{
	switch (err) {
	case -ENOSPC:
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_FLOW_LIMIT);
		break;
	case -EADDRINUSE:
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_MASQUERADE_PORTS);
		break;
	case -EAGAIN:
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_FLOW_CLASH);
		break;
	case -ENOMEM:
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_NO_MEMORY);
		break;
	default:
		ipsvc_stat_inc(inst, IPSVC_STAT_DROP_NO_ROUTE);
	}
	return NF_DROP;
}

static void fill_flow(struct ipsvc_flow *flow, const struct ipsvc_tuple *tuple,
		      const struct ipsvc_endpoint *ep, __be32 source,
		      bool local)
{
	struct ipsvc_flow_half *orig = &flow->half[0];
	struct ipsvc_flow_half *reply = &flow->half[1];

	orig->saddr = tuple->saddr.ip4;
	orig->sport = tuple->sport;
	orig->daddr = tuple->daddr.ip4;
	orig->dport = tuple->dport;
	orig->new_saddr = source;
	orig->new_daddr = ep->addr.ip4;
	orig->new_dport = ep->port;

	reply->saddr = ep->addr.ip4;
	reply->sport = ep->port;
	reply->daddr = source;
	reply->new_saddr = tuple->daddr.ip4;
	reply->new_sport = tuple->dport;
	reply->new_daddr = tuple->saddr.ip4;
	reply->new_dport = tuple->sport;
	reply->flags = IPSVC_HALF_REPLY;

	if (local) {
		orig->flags |= IPSVC_HALF_LOCAL;
		reply->flags |= IPSVC_HALF_LOCAL;
	}
	if (source != tuple->saddr.ip4) {
		orig->flags |= IPSVC_HALF_MASQ;
		reply->flags |= IPSVC_HALF_MASQ;
	}
	orig->proto = tuple->proto;
	reply->proto = tuple->proto;
	orig->owner = ep->id;
	reply->owner = ep->id;
	orig->stamp = (u32)jiffies;
	reply->stamp = (u32)jiffies;
}

static void count_flow(struct ipsvc_endpoint *ep)
{
	atomic_inc(&ep->flows);
	atomic64_inc(&ep->connections);
	atomic_inc(&ep->service->flows);
	atomic64_inc(&ep->service->connections);
}

/*
 * Makes a flow to an endpoint. Returns its first half, or that of a flow another
 * CPU was faster with, or an ERR_PTR: see drop(); -ESTALE: choose again.
 */
static struct ipsvc_flow_half *
create_flow(struct ipsvc_instance *inst, const struct sk_buff *skb,
	    const struct ipsvc_packet *pkt, const struct ipsvc_frontend *fe,
	    struct ipsvc_endpoint *ep, bool local)
{
	struct ipsvc_flow_half *clash;
	struct ipsvc_flow *flow;
	__be32 source;
	int err;

	if (!ipsvc_endpoint_get(ep))
		return ERR_PTR(-ESTALE);
	flow = ipsvc_flow_alloc(inst);
	if (IS_ERR(flow)) {
		err = PTR_ERR(flow);
		goto put;
	}
	err = ipsvc_masquerade_address(inst, skb, pkt, fe, ep, local, &source);
	if (err)
		goto release;
	fill_flow(flow, &pkt->tuple, ep, source, local);
	/* Before it can be seen and collected. */
	count_flow(ep);
	err = ipsvc_masquerade_insert(inst, flow, &clash);
	if (err)
		goto free;
	/* Pairs with the barrier before ipsvc_flow_purge_removed(). */
	smp_mb();
	if (READ_ONCE(ep->removed) || READ_ONCE(fe->revoked)) {
		atomic64_dec(&ep->connections);
		atomic64_dec(&ep->service->connections);
		ipsvc_flow_kill(flow);
		return ERR_PTR(-ESTALE);
	}
	ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_CREATED);
	return &flow->half[0];
free:
	atomic_dec(&ep->flows);
	atomic64_dec(&ep->connections);
	atomic_dec(&ep->service->flows);
	atomic64_dec(&ep->service->connections);
release:
	ipsvc_flow_release(&inst->flows, flow);
put:
	ipsvc_endpoint_put(inst, ep);
	return err == -EEXIST ? clash : ERR_PTR(err);
}

static struct ipsvc_frontend *find_frontend(const struct ipsvc_instance *inst,
					    const struct ipsvc_tuple *tuple,
					    const struct nf_hook_state *state)
{
	struct ipsvc_frontend_key key = {
		.addr = ipsvc_addr_v4(tuple->daddr.ip4),
		.port = tuple->dport,
		.proto = tuple->proto,
	};
	struct ipsvc_frontend *fe;

	/* Node ports have this address, and nobody else. */
	if (!tuple->daddr.ip4)
		return NULL;
	fe = ipsvc_frontend_find(&inst->frontends, &key);
	if (fe || !ipsvc_node_port_any(&inst->frontends, key.proto, key.port))
		return fe;
	/* Nobody outside talks to our loopback address. */
	if (ipv4_is_loopback(tuple->daddr.ip4) &&
	    state->hook == NF_INET_PRE_ROUTING)
		return NULL;
	if (inet_addr_type(inst->net, tuple->daddr.ip4) != RTN_LOCAL)
		return NULL;
	key.addr.ip4 = 0;
	return ipsvc_frontend_find(&inst->frontends, &key);
}

/*
 * What this host sends to its own ipsvc link is for a service, and there is none.
 * The link would say so by ICMP, which a socket that is just connecting does not
 * hear: it learns it from the call.
 */
static unsigned int no_frontend(struct ipsvc_instance *inst,
				const struct ipsvc_packet *pkt,
				const struct nf_hook_state *state)
{
	if (state->hook != NF_INET_LOCAL_OUT || state->out != inst->dev)
		return NF_ACCEPT;
	if (pkt->tuple.proto == IPPROTO_TCP && !(pkt->seen & IPSVC_SEEN_SYN))
		return NF_ACCEPT;
	ipsvc_stat_inc(inst, IPSVC_STAT_REJECT_NO_SERVICE);
	return NF_DROP_ERR(-ECONNREFUSED);
}

/* The first packet of a flow to a frontend. */
static unsigned int connect_flow(struct ipsvc_instance *inst,
				 struct sk_buff *skb,
				 const struct ipsvc_packet *pkt, u32 hash,
				 const struct ipsvc_frontend *fe,
				 const struct nf_hook_state *state)
{
	bool local = state->hook == NF_INET_LOCAL_OUT;
	struct ipsvc_flow_half *half = ERR_PTR(-EAGAIN);
	struct ipsvc_endpoint *ep;
	int i;

	for (i = 0; i < PICK_TRIES; i++) {
		ep = ipsvc_sched_pick(fe->set);
		if (!ep)
			return refuse(inst, skb, state);
		half = create_flow(inst, skb, pkt, fe, ep, local);
		if (half != ERR_PTR(-ESTALE))
			break;
		half = ERR_PTR(-EAGAIN);
		/* What takes their place is published before the marks. */
		smp_rmb();
		fe = find_frontend(inst, &pkt->tuple, state);
		if (!fe)
			return no_frontend(inst, pkt, state);
	}
	if (IS_ERR(half))
		return drop(inst, PTR_ERR(half));
	return forward(inst, skb, pkt, hash, half, state);
}

/* A TCP packet that does not begin a connection, to a frontend, without a flow. */
static unsigned int no_flow(struct ipsvc_instance *inst, struct sk_buff *skb,
			    const struct ipsvc_packet *pkt,
			    const struct ipsvc_frontend *fe,
			    const struct nf_hook_state *state)
{
	/* This host answers for its own addresses; it may have the socket. */
	if (fe->class == IPSVC_FRONTEND_NODE_PORT)
		return NF_ACCEPT;
	ipsvc_stat_inc(inst, IPSVC_STAT_RESET_NO_FLOW);
	if (!(pkt->seen & IPSVC_SEEN_RST))
		nf_send_reset(state->net, state->sk, skb, state->hook);
	return NF_DROP;
}

/*
 * A SYN on a flow that is over, whose endpoint is gone, or whose frontend leads
 * elsewhere by now, begins a new connection: the client has used its port again.
 */
static bool is_reused(struct ipsvc_instance *inst,
		      const struct ipsvc_packet *pkt,
		      const struct ipsvc_flow_half *half,
		      const struct nf_hook_state *state)
{
	const struct ipsvc_frontend *fe;
	const struct ipsvc_endpoint *ep;
	const struct ipsvc_flow *flow;

	if (!(pkt->seen & IPSVC_SEEN_SYN) || ipsvc_half_is_reply(half))
		return false;
	/*
	 * Not after RST alone, which anybody can forge: the endpoint knows, and
	 * answers a SYN of a connection that lives with a challenge.
	 */
	flow = ipsvc_half_flow(half);
	if (READ_ONCE(flow->half[0].seen) & READ_ONCE(flow->half[1].seen) &
	    IPSVC_SEEN_FIN)
		return true;
	ep = ipsvc_endpoint_find(inst, half->owner);
	if (!ep || READ_ONCE(ep->removed))
		return true;
	fe = find_frontend(inst, &pkt->tuple, state);
	return !fe || fe->service != ep->service;
}

/* PRE_ROUTING and LOCAL_OUT. */
static unsigned int hook_arrive(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct ipsvc_instance *inst = priv;
	struct ipsvc_flow_half *half;
	struct ipsvc_frontend *fe;
	struct ipsvc_packet pkt;
	u32 hash;

	switch (ipsvc_parse(skb, &pkt)) {
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp(inst, skb, &pkt, state);
	case IPSVC_PARSED_OTHER:
		return NF_ACCEPT;
	case IPSVC_PARSED_FLOW:
		break;
	}
	hash = ipsvc_flow_hash(&inst->flows, &pkt.tuple);
	half = ipsvc_flow_find(&inst->flows, &pkt.tuple, hash);
	if (likely(half)) {
		if (likely(!is_reused(inst, &pkt, half, state)))
			return forward(inst, skb, &pkt, hash, half, state);
		ipsvc_flow_kill(ipsvc_half_flow(half));
	}
	/*
	 * What comes back from the loopback link was here when it left, and had
	 * its choice then: an endpoint may well be a node port itself.
	 */
	if (state->hook == NF_INET_PRE_ROUTING &&
	    state->in->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	fe = find_frontend(inst, &pkt.tuple, state);
	if (!fe)
		return no_frontend(inst, &pkt, state);
	if (pkt.tuple.proto == IPPROTO_TCP && !(pkt.seen & IPSVC_SEEN_SYN))
		return no_flow(inst, skb, &pkt, fe, state);
	return connect_flow(inst, skb, &pkt, hash, fe, state);
}

static unsigned int rewrite(struct ipsvc_instance *inst, struct sk_buff *skb,
			    const struct ipsvc_packet *pkt,
			    enum ipsvc_nat_end end, __be32 addr, __be16 port)
{
	if (!ipsvc_nat(skb, pkt->l4, pkt->tuple.proto, end, addr, port))
		return NF_ACCEPT;
	ipsvc_stat_inc(inst, IPSVC_STAT_DROP_MALFORMED);
	return NF_DROP;
}

/* The second half of the rewriting, for a packet that had the first. */
static unsigned int rewrite_src(struct ipsvc_instance *inst,
				struct sk_buff *skb,
				const struct ipsvc_packet *pkt)
{
	struct ipsvc_flow_half *half;

	half = ipsvc_flow_find_routed(&inst->flows, &pkt->tuple, skb->hash);
	if (!half || (half->new_saddr == half->saddr &&
		      half->new_sport == half->sport))
		return NF_ACCEPT;
	return rewrite(inst, skb, pkt, IPSVC_NAT_SRC, half->new_saddr,
		       half->new_sport);
}

/* POST_ROUTING. */
static unsigned int hook_leave(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct ipsvc_instance *inst = priv;
	struct ipsvc_packet pkt;

	switch (ipsvc_parse(skb, &pkt)) {
	case IPSVC_PARSED_FLOW:
		return rewrite_src(inst, skb, &pkt);
	case IPSVC_PARSED_ICMP:
		return ipsvc_icmp_leave(inst, skb, &pkt);
	default:
		return NF_ACCEPT;
	}
}

/*
 * A packet for a socket of this host. The answer to a client at 127.0.0.1 has
 * had nothing rewritten yet; all else has its destination already.
 */
static unsigned int deliver(struct ipsvc_instance *inst, struct sk_buff *skb,
			    const struct ipsvc_packet *pkt)
{
	struct ipsvc_flow_half *half;
	unsigned int verdict;

	half = ipsvc_flow_find(&inst->flows, &pkt->tuple, skb->hash);
	if (!half || !ipsvc_half_is_reply(half) ||
	    !(half->flags & IPSVC_HALF_LOCAL))
		return rewrite_src(inst, skb, pkt);
	verdict = rewrite(inst, skb, pkt, IPSVC_NAT_SRC, half->new_saddr,
			  half->new_sport);
	if (verdict != NF_ACCEPT || !(half->flags & IPSVC_HALF_MASQ))
		return verdict;
	return rewrite(inst, skb, pkt, IPSVC_NAT_DST, half->new_daddr,
		       half->new_dport);
}

/*
 * LOCAL_IN. Between PRE_ROUTING and here early demux may have looked a socket up,
 * by half the rewriting: where the other half changes something, it is another
 * socket's packet.
 */
static unsigned int hook_deliver(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct ipsvc_packet pkt, now;
	unsigned int verdict;

	if (ipsvc_parse(skb, &pkt) != IPSVC_PARSED_FLOW)
		return NF_ACCEPT;
	verdict = deliver(priv, skb, &pkt);
	if (verdict != NF_ACCEPT || !skb->sk || inet_sk_transparent(skb->sk))
		return verdict;
	if (ipsvc_parse(skb, &now) != IPSVC_PARSED_FLOW ||
	    !ipsvc_tuple_equal(&now.tuple, &pkt.tuple))
		skb_orphan(skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hook_ops[] = {
	{
		/*
		 * After defragmentation (-400) and the raw table (-300), before
		 * conntrack (-200): it is to see client and endpoint, or
		 * nothing.
		 */
		.hook = hook_arrive,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK - 10,
	},
	{
		/* The same for what this host sends. */
		.hook = hook_arrive,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_CONNTRACK - 10,
	},
	{
		/* After mangle, NAT (100) and the security hooks (225). */
		.hook = hook_leave,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK_HELPER - 10,
	},
	{
		/* After the filter table (0) has seen the endpoint's address. */
		.hook = hook_deliver,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_CONNTRACK_HELPER - 10,
	},
};

/**
 * ipsvc_hooks_register - makes the instance see packets
 * @inst: the instance
 *
 * Context: under &ipsvc_net.lock, may sleep. Nothing happens the second time.
 * Return: 0 or a negative errno.
 */
int ipsvc_hooks_register(struct ipsvc_instance *inst)
{
	struct ipsvc_hooks *hooks;
	int i, err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (inst->hooks)
		return 0;
	hooks = kmalloc(sizeof(*hooks), GFP_KERNEL_ACCOUNT);
	if (!hooks)
		return -ENOMEM;
	memcpy(hooks->ops, hook_ops, sizeof(hook_ops));
	for (i = 0; i < ARRAY_SIZE(hooks->ops); i++)
		hooks->ops[i].priv = inst;
	/* UDP datagrams larger than the MTU are looked up by their ports too. */
	err = nf_defrag_ipv4_enable(inst->net);
	if (err)
		goto free;
	err = nf_register_net_hooks(inst->net, hooks->ops,
				    ARRAY_SIZE(hooks->ops));
	if (err)
		goto defrag;
	inst->hooks = hooks;
	return 0;
defrag:
	nf_defrag_ipv4_disable(inst->net);
free:
	kfree(hooks);
	return err;
}

/**
 * ipsvc_hooks_unregister - ends that; packets may still be under way afterwards
 * @inst: the instance
 *
 * Context: under &ipsvc_net.lock, may sleep. The caller waits for a grace period
 * before it frees what the hooks use.
 */
void ipsvc_hooks_unregister(struct ipsvc_instance *inst)
{
	struct ipsvc_hooks *hooks = inst->hooks;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (!hooks)
		return;
	inst->hooks = NULL;
	nf_unregister_net_hooks(inst->net, hooks->ops, ARRAY_SIZE(hooks->ops));
	nf_defrag_ipv4_disable(inst->net);
	synchronize_net();
	kfree(hooks);
}
