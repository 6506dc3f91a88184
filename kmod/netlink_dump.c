// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps. Each call fills one message buffer and saves the position: in services
 * by key, in flows by hash.
 */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "flow.h"
#include "netlink.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/* The position and the filter of a dump of flows. */
struct flow_dump {
	u8 family; /* 0: both */
	u8 proto; /* 0: all */
	u64 bucket; /* the next one, by its first hash */
	u32 skip; /* flows of that bucket that were dumped already */
	u32 resizes; /* &ipsvc_flows.resizes at that time */
	char service[IPSVC_SERVICE_NAME_MAX + 1]; /* empty: all */
};

/* A struct ipsvc_cursor or a struct flow_dump. */
static void **dump_state(struct netlink_callback *cb)
{
	return (void **)&cb->args[0];
}

static int dump_begin(struct netlink_callback *cb, size_t size)
{
	*dump_state(cb) = kzalloc(size, GFP_KERNEL_ACCOUNT);
	return *dump_state(cb) ? 0 :
	       ipsvc_refuse(cb->extack, NULL, -ENOMEM, "no memory for the dump");
}

static struct net *dump_net(const struct netlink_callback *cb)
{
	return sock_net(cb->skb->sk);
}

static struct ipsvc_msg dump_msg(struct sk_buff *skb,
				 struct netlink_callback *cb, u8 cmd)
{
	return (struct ipsvc_msg) {
		.skb = skb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI,
		.cmd = cmd,
		.cb = cb,
	};
}

/*
 * Errors are reported here where possible: libraries overlook those at the end
 * of a dump. Before Linux 6.3 there is no extack here.
 */
int ipsvc_nl_service_get_start(struct netlink_callback *cb)
{
	struct nlattr *attr;

	attr = nlmsg_find_attr(cb->nlh, GENL_HDRLEN, IPSVC_A_SERVICE);
	if (attr)
		return ipsvc_refuse(cb->extack, attr, -EINVAL,
				    "a dump is of all services, it takes none");
	if (!ipsvc_instance_lock(dump_net(cb), cb->extack))
		return -ENODEV;
	ipsvc_instance_unlock(dump_net(cb));
	return dump_begin(cb, sizeof(struct ipsvc_cursor));
}

/* Returns false when a service port does not fit in an empty buffer. */
static bool dump_services(struct ipsvc_msg *msg,
			  const struct ipsvc_instance *inst,
			  struct ipsvc_cursor *cursor)
{
	struct ipsvc_service *svc;

	svc = ipsvc_cursor_resume(cursor, &inst->services);
	while (svc && !ipsvc_fill_service(msg, svc, &cursor->item)) {
		svc = ipsvc_service_next(svc);
		cond_resched();
	}
	ipsvc_cursor_save(cursor, svc);
	return msg->skb->len || !svc;
}

int ipsvc_nl_service_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct ipsvc_msg msg = dump_msg(skb, cb, IPSVC_CMD_SERVICE_GET);
	struct ipsvc_instance *inst;
	bool fits;

	inst = ipsvc_instance_lock(dump_net(cb), cb->extack);
	if (!inst)
		return -ENODEV;
	cb->seq = inst->generation;
	fits = dump_services(&msg, inst, *dump_state(cb));
	ipsvc_instance_unlock(inst->net);
	/* See ipsvc_service_size(). */
	return WARN_ON_ONCE(!fits) ? -EMSGSIZE : skb->len;
}

static bool has_service(const struct ipsvc_instance *inst,
			const struct ipsvc_flow_filter *filter)
{
	return (filter->family != AF_INET6 &&
		ipsvc_service_find(&inst->services, filter->service,
				   AF_INET)) ||
	       (filter->family != AF_INET &&
		ipsvc_service_find(&inst->services, filter->service, AF_INET6));
}

int ipsvc_nl_flow_get_start(struct netlink_callback *cb)
{
	struct ipsvc_flow_filter filter;
	struct ipsvc_instance *inst;
	struct flow_dump *dump;
	int err;

	err = ipsvc_parse_flow_filter(cb->nlh, &filter, cb->extack);
	if (err)
		return err;
	inst = ipsvc_instance_lock(dump_net(cb), cb->extack);
	if (!inst)
		return -ENODEV;
	if (filter.service && !has_service(inst, &filter))
		err = ipsvc_refuse(cb->extack, filter.attr, -ENOENT,
				   "there is no service of this name");
	ipsvc_instance_unlock(inst->net);
	if (!err)
		err = dump_begin(cb, sizeof(*dump));
	if (err)
		return err;
	dump = *dump_state(cb);
	dump->family = filter.family;
	dump->proto = filter.proto;
	if (filter.service)
		strscpy(dump->service, filter.service, sizeof(dump->service));
	return 0;
}

static int dump_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_service *svc = ipsvc_endpoint_service(inst, orig->endpoint);
	struct ipsvc_msg *msg = arg;
	const struct flow_dump *dump = *dump_state(msg->cb);

	if (ipsvc_half_is_dead(orig))
		return 0;
	if (dump->family && dump->family != orig->family)
		return 0;
	if (dump->proto && dump->proto != orig->proto)
		return 0;
	if (*dump->service && (!svc || strcmp(dump->service, svc->name)))
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
	struct ipsvc_msg msg = dump_msg(skb, cb, IPSVC_CMD_FLOW_GET);
	struct ipsvc_instance *inst;
	struct ipsvc_net *pn;

	inst = ipsvc_instance_lock(dump_net(cb), cb->extack);
	if (!inst)
		return -ENODEV;
	pn = ipsvc_net(inst->net);
	down_read(&pn->walkers);
	mutex_unlock(&pn->lock);
	dump_flows(&msg, inst, *dump_state(cb));
	up_read(&pn->walkers);
	return skb->len;
}

int ipsvc_nl_dump_done(struct netlink_callback *cb)
{
	kfree(*dump_state(cb));
	return 0;
}
