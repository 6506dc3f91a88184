// SPDX-License-Identifier: GPL-2.0
/*
 * Flows for programs: read, and ended. Each call of a dump fills one message buffer
 * and saves the position by hash.
 */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/ipsvc.h>

#include "flow.h"
#include "ipsvc.h"
#include "netlink.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"
#include "stats.h"

/* The position and the filter of a dump. */
struct flow_dump {
	struct ipsvc_flow_filter filter;
	u64 bucket; /* the next one, by its first hash */
	u32 skip; /* flows of that bucket that were dumped already */
	u32 resizes; /* &ipsvc_flows.resizes at that time */
	char service[IPSVC_SERVICE_NAME_MAX + 1]; /* of the filter */
};

/* ---- the filter ---------------------------------------------------------- */

static bool has_service(const struct ipsvc_instance *inst,
			const struct ipsvc_flow_filter *filter)
{
	return (filter->family != AF_INET6 &&
		ipsvc_service_find(&inst->services, filter->service,
				   AF_INET)) ||
	       (filter->family != AF_INET &&
		ipsvc_service_find(&inst->services, filter->service, AF_INET6));
}

/* Returns the instance, locked, or an error. */
static struct ipsvc_instance *begin(const struct nlmsghdr *nlh,
				    const struct net *net,
				    struct ipsvc_flow_filter *filter,
				    struct netlink_ext_ack *extack)
{
	int err = ipsvc_parse_flow_filter(nlh, filter, extack);
	struct ipsvc_instance *inst;

	if (err)
		return ERR_PTR(err);
	inst = ipsvc_instance_lock(net, extack);
	if (!inst)
		return ERR_PTR(-ENODEV);
	if (!filter->service || has_service(inst, filter))
		return inst;
	ipsvc_instance_unlock(net);
	return ERR_PTR(ipsvc_refuse(extack, filter->attr, -ENOENT,
				    "there is no service of this name"));
}

/* An end of a flow is that of the filter, as far as that names it. */
static bool end_matches(const struct ipsvc_flow_end *end,
			const struct ipsvc_half *half,
			enum ipsvc_half_addr which, __be16 port)
{
	union ipsvc_addr addr;

	if (end->has_port && end->port != port)
		return false;
	if (!end->has_addr)
		return true;
	addr = ipsvc_half_get(half, which);
	return ipv6_addr_equal(&addr.ip6, &end->addr.ip6);
}

static bool ends_match(const struct ipsvc_flow_filter *filter,
		       const struct ipsvc_half *orig)
{
	const struct ipsvc_flow_end *masquerade =
		&filter->end[IPSVC_END_MASQUERADE];
	bool wants_masq = masquerade->has_addr || masquerade->has_port;

	return end_matches(&filter->end[IPSVC_END_CLIENT], orig, IPSVC_SADDR,
			   orig->sport) &&
	       end_matches(&filter->end[IPSVC_END_FRONTEND], orig, IPSVC_DADDR,
			   orig->dport) &&
	       end_matches(&filter->end[IPSVC_END_ENDPOINT], orig,
			   IPSVC_NEW_DADDR, orig->new_dport) &&
	       (!wants_masq ||
		(orig->flags & IPSVC_HALF_MASQ &&
		 end_matches(masquerade, orig, IPSVC_NEW_SADDR,
			     orig->new_sport)));
}

/* @svc: NULL when it was removed */
static bool matches(const struct ipsvc_flow_filter *filter,
		    const struct ipsvc_half *orig,
		    const struct ipsvc_service *svc)
{
	if (ipsvc_half_is_dead(orig))
		return false;
	if (filter->family && filter->family != orig->family)
		return false;
	if (filter->proto && filter->proto != orig->proto)
		return false;
	if (filter->service && (!svc || strcmp(filter->service, svc->name)))
		return false;
	if (filter->state && filter->state != ipsvc_flow_shown_state(orig))
		return false;
	return ends_match(filter, orig);
}

/* ---- reading ------------------------------------------------------------- */

int ipsvc_nl_flow_get_start(struct netlink_callback *cb)
{
	const struct net *net = sock_net(cb->skb->sk);
	struct ipsvc_instance *inst;
	struct flow_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return ipsvc_refuse(cb->extack, NULL, -ENOMEM,
				    "no memory for the dump");
	inst = begin(cb->nlh, net, &dump->filter, cb->extack);
	if (IS_ERR(inst)) {
		kfree(dump);
		return PTR_ERR(inst);
	}
	ipsvc_instance_unlock(net);
	/* The request goes away. */
	if (dump->filter.service) {
		strscpy(dump->service, dump->filter.service,
			sizeof(dump->service));
		dump->filter.service = dump->service;
	}
	cb->args[0] = (long)dump;
	return 0;
}

static int dump_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_service *svc = ipsvc_endpoint_service(inst, orig->endpoint);
	struct ipsvc_msg *msg = arg;
	const struct flow_dump *dump = (void *)msg->cb->args[0];

	if (!matches(&dump->filter, orig, svc))
		return 0;
	return ipsvc_fill_flow(msg, inst, flow, svc);
}

static void dump_flows(struct ipsvc_msg *msg, struct ipsvc_instance *inst,
		       struct flow_dump *dump)
{
	struct ipsvc_flow_range range;
	u32 pos, resizes, visited = 0;

	for (;;) {
		resizes = READ_ONCE(inst->flows.resizes);
		range = ipsvc_flow_next_bucket(&inst->flows, dump->bucket);
		/*
		 * The bucket may be gone, or its flows in another order: then
		 * none is skipped, and some are dumped twice.
		 */
		if (range.begin != dump->bucket || resizes & 1 ||
		    resizes != dump->resizes)
			dump->skip = 0;
		dump->resizes = resizes;
		dump->bucket = range.begin;
		if (range.begin > U32_MAX)
			return;
		if (ipsvc_flow_walk_bucket(inst, &range, dump->skip, &pos,
					   dump_flow, msg)) {
			dump->skip = pos;
			return;
		}
		dump->bucket = range.end;
		dump->skip = 0;
		if (!(++visited & 0xff))
			cond_resched();
	}
}

int ipsvc_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct net *net = sock_net(cb->skb->sk);
	struct ipsvc_msg msg = {
		.skb = skb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI,
		.cmd = IPSVC_CMD_FLOW_GET,
		.cb = cb,
	};
	struct ipsvc_instance *inst;
	struct ipsvc_net *pn;

	inst = ipsvc_instance_lock(net, cb->extack);
	if (!inst)
		return -ENODEV;
	pn = ipsvc_net(inst->net);
	down_read(&pn->walkers);
	mutex_unlock(&pn->lock);
	dump_flows(&msg, inst, (void *)cb->args[0]);
	up_read(&pn->walkers);
	return skb->len;
}

/* ---- the end of flows ---------------------------------------------------- */

struct deletion {
	struct ipsvc_flow_filter filter;
	bool any;
};

static int delete_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		       void *arg)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_service *svc = ipsvc_endpoint_service(inst, orig->endpoint);
	struct deletion *deletion = arg;

	if (matches(&deletion->filter, orig, svc) &&
	    ipsvc_flow_kill(flow, IPSVC_HALF_DEAD)) {
		ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_DELETED);
		deletion->any = true;
	}
	return 0;
}

int ipsvc_nl_flow_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct deletion deletion = {};
	struct ipsvc_instance *inst;
	struct ipsvc_net *pn;

	inst = begin(info->nlhdr, genl_info_net(info), &deletion.filter,
		     info->extack);
	if (IS_ERR(inst))
		return PTR_ERR(inst);
	pn = ipsvc_net(inst->net);
	down_read(&pn->walkers);
	mutex_unlock(&pn->lock);
	ipsvc_flow_walk(inst, delete_flow, &deletion);
	if (deletion.any)
		ipsvc_flow_gc_kick(&inst->flows);
	up_read(&pn->walkers);
	return 0;
}
