// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps. Each call writes one message buffer full and remembers where to go on:
 * of services by key, of flows by place.
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
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/**
 * struct flow_dump - where a dump of flows is
 * @proto: all flows must have, or 0
 * @bucket: to go on with, by its first hash
 * @skip: flows of that bucket that were dumped already
 * @resizes: &ipsvc_flows.resizes when they were
 * @service: name of the service port all flows must have, or empty
 */
struct flow_dump {
	u8 proto;
	u64 bucket;
	u32 skip;
	u32 resizes;
	char service[IPSVC_SERVICE_NAME_MAX + 1];
};

/* What a dump remembers between two calls; in memory of its own. */
static void **dump_state(struct netlink_callback *cb)
{
	return (void **)&cb->args[0];
}

static int dump_begin(struct netlink_callback *cb, size_t size)
{
	*dump_state(cb) = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (*dump_state(cb))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "no memory for the dump");
	return -ENOMEM;
}

static int dump_end(struct netlink_callback *cb)
{
	kfree(*dump_state(cb));
	return 0;
}

static struct ipsvc_net *dump_net(const struct netlink_callback *cb)
{
	return ipsvc_net(sock_net(cb->skb->sk));
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

static int no_instance(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack,
		       "this network namespace has no link of kind ipsvc");
	return -ENODEV;
}

/*
 * What is wrong is said here where possible: libraries overlook errors at the
 * end of a dump. Before Linux 6.3 there is no extack here.
 */
int ipsvc_nl_service_get_start(struct netlink_callback *cb)
{
	struct ipsvc_net *pn = dump_net(cb);
	struct nlattr *attr;
	int err = 0;

	attr = nlmsg_find_attr(cb->nlh, GENL_HDRLEN, IPSVC_A_SERVICE);
	if (attr) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attr,
				    "a dump is of all services, it takes none");
		return -EINVAL;
	}
	mutex_lock(&pn->lock);
	if (!pn->instance)
		err = no_instance(cb->extack);
	mutex_unlock(&pn->lock);
	return err ?: dump_begin(cb, sizeof(struct ipsvc_cursor));
}

/* Under the lock. Returns whether anything was written, or nothing is left. */
static bool dump_services(const struct ipsvc_msg *msg,
			  const struct ipsvc_instance *inst,
			  struct ipsvc_cursor *cursor)
{
	struct ipsvc_service *svc;

	svc = ipsvc_cursor_resume(cursor, &inst->services);
	while (svc && !ipsvc_fill_service(msg, svc, &cursor->endpoint)) {
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
	struct ipsvc_net *pn = dump_net(cb);
	int err = 0;

	mutex_lock(&pn->lock);
	if (pn->instance) {
		cb->seq = pn->instance->generation;
		/* Not one service port fits into an empty buffer: cannot happen. */
		if (WARN_ON_ONCE(!dump_services(&msg, pn->instance,
						*dump_state(cb))))
			err = -EMSGSIZE;
	} else {
		err = no_instance(cb->extack);
	}
	mutex_unlock(&pn->lock);
	return err ?: skb->len;
}

int ipsvc_nl_service_get_done(struct netlink_callback *cb)
{
	return dump_end(cb);
}

/* Under the lock. */
static int flow_filter_check(const struct ipsvc_instance *inst,
			     const struct ipsvc_flow_filter *filter,
			     struct netlink_ext_ack *extack)
{
	if (!filter->service ||
	    ipsvc_service_find(&inst->services, filter->service, AF_INET))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, filter->attr,
			    "there is no service of this name");
	return -ENOENT;
}

int ipsvc_nl_flow_get_start(struct netlink_callback *cb)
{
	struct ipsvc_net *pn = dump_net(cb);
	struct ipsvc_flow_filter filter;
	struct flow_dump *dump;
	int err;

	err = ipsvc_parse_flow_filter(cb->nlh, &filter, cb->extack);
	if (err)
		return err;
	mutex_lock(&pn->lock);
	if (pn->instance)
		err = flow_filter_check(pn->instance, &filter, cb->extack);
	else
		err = no_instance(cb->extack);
	mutex_unlock(&pn->lock);
	if (!err)
		err = dump_begin(cb, sizeof(*dump));
	if (err)
		return err;
	dump = *dump_state(cb);
	dump->proto = filter.proto;
	if (filter.service)
		strscpy(dump->service, filter.service, sizeof(dump->service));
	return 0;
}

/* Under RCU. The service port of a flow, or NULL when that is gone. */
static struct ipsvc_service *flow_service(struct ipsvc_instance *inst,
					  const struct ipsvc_flow *flow)
{
	struct ipsvc_endpoint *ep;

	ep = ipsvc_endpoint_find(inst, flow->half[0].h.endpoint);
	return ep && !READ_ONCE(ep->service->removed) ? ep->service : NULL;
}

static int dump_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	struct ipsvc_service *svc = flow_service(inst, flow);
	const struct ipsvc_msg *msg = arg;
	const struct flow_dump *dump = *dump_state(msg->cb);

	if (ipsvc_half_is_dead(&flow->half[0].h))
		return 0;
	if (dump->proto && dump->proto != flow->half[0].h.proto)
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
		 * The flows to be passed over may be gone, with their bucket,
		 * or in another order: then some are told twice.
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
	struct ipsvc_net *pn = dump_net(cb);
	struct ipsvc_instance *inst;

	mutex_lock(&pn->lock);
	inst = pn->instance;
	if (inst)
		down_read(&pn->walkers);
	mutex_unlock(&pn->lock);
	if (!inst)
		return no_instance(cb->extack);
	dump_flows(&msg, inst, *dump_state(cb));
	up_read(&pn->walkers);
	return skb->len;
}

int ipsvc_nl_flow_get_done(struct netlink_callback *cb)
{
	return dump_end(cb);
}
