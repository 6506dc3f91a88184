// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps. Each call writes one message buffer full and remembers where to go on:
 * of services by key, of flows by place.
 */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "flow.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/**
 * struct service_dump - where a dump of services is
 * @next: service to go on with, a reference; NULL at the beginning
 * @endpoint: its endpoint to go on with
 * @end: nothing is left
 */
struct service_dump {
	struct ipsvc_service *next;
	u32 endpoint;
	bool end;
};

/**
 * struct flow_dump - where a dump of flows is
 * @service: all flows must have, a reference, or NULL
 * @proto: all flows must have, or 0
 * @bucket: to go on with
 * @skip: flows of that bucket that were dumped already
 */
struct flow_dump {
	struct ipsvc_service *service;
	u8 proto;
	u32 bucket;
	u32 skip;
};

static struct service_dump *service_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct service_dump) > sizeof(cb->ctx));
	return (struct service_dump *)cb->ctx;
}

static struct flow_dump *flow_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct flow_dump) > sizeof(cb->ctx));
	return (struct flow_dump *)cb->ctx;
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

	memset(service_dump(cb), 0, sizeof(struct service_dump));
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
	return err;
}

/* Service to go on with; from its name, should it be gone by now. */
static struct ipsvc_service *service_resume(const struct ipsvc_instance *inst,
					    struct service_dump *dump)
{
	struct ipsvc_service *svc = dump->next;

	if (!svc)
		return ipsvc_service_first(&inst->services);
	if (!READ_ONCE(svc->dead))
		return svc;
	svc = ipsvc_service_lower_bound(&inst->services, svc->name);
	dump->endpoint = 0;
	return svc;
}

static void service_remember(struct service_dump *dump,
			     struct ipsvc_service *svc)
{
	if (svc)
		ipsvc_service_get(svc);
	if (dump->next)
		ipsvc_service_put(dump->next);
	dump->next = svc;
	dump->end = !svc;
}

/* Under the lock. */
static void dump_services(const struct ipsvc_msg *msg,
			  const struct ipsvc_instance *inst,
			  struct service_dump *dump)
{
	struct ipsvc_service *svc = service_resume(inst, dump);

	while (svc && !ipsvc_fill_service(msg, inst, svc, &dump->endpoint))
		svc = ipsvc_service_next(svc);
	service_remember(dump, svc);
}

int ipsvc_nl_service_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct ipsvc_msg msg = dump_msg(skb, cb, IPSVC_CMD_SERVICE_GET);
	struct service_dump *dump = service_dump(cb);
	struct ipsvc_net *pn = dump_net(cb);
	int err = 0;

	mutex_lock(&pn->lock);
	if (pn->instance) {
		cb->seq = pn->instance->generation;
		if (!dump->end)
			dump_services(&msg, pn->instance, dump);
	} else {
		err = no_instance(cb->extack);
	}
	mutex_unlock(&pn->lock);
	/* Not one service fits into an empty buffer: cannot happen. */
	if (WARN_ON_ONCE(!err && !skb->len && !dump->end))
		err = -EMSGSIZE;
	return err ?: skb->len;
}

int ipsvc_nl_service_get_done(struct netlink_callback *cb)
{
	service_remember(service_dump(cb), NULL);
	return 0;
}

/* Under the lock. */
static int flow_filter_resolve(const struct ipsvc_instance *inst,
			       const struct ipsvc_flow_filter *filter,
			       struct flow_dump *dump,
			       struct netlink_ext_ack *extack)
{
	if (!filter->service)
		return 0;
	dump->service = ipsvc_service_find(&inst->services, filter->service);
	if (!dump->service) {
		NL_SET_ERR_MSG_ATTR(extack, filter->attr,
				    "there is no service of this name");
		return -ENOENT;
	}
	ipsvc_service_get(dump->service);
	return 0;
}

int ipsvc_nl_flow_get_start(struct netlink_callback *cb)
{
	struct flow_dump *dump = flow_dump(cb);
	struct ipsvc_net *pn = dump_net(cb);
	struct ipsvc_flow_filter filter;
	int err;

	memset(dump, 0, sizeof(*dump));
	err = ipsvc_parse_flow_filter(cb->nlh, &filter, cb->extack);
	if (err)
		return err;
	dump->proto = filter.proto;
	mutex_lock(&pn->lock);
	if (pn->instance)
		err = flow_filter_resolve(pn->instance, &filter, dump,
					  cb->extack);
	else
		err = no_instance(cb->extack);
	mutex_unlock(&pn->lock);
	return err;
}

/* Under RCU. The service of a flow, or NULL when that is gone. */
static struct ipsvc_service *flow_service(struct ipsvc_instance *inst,
					  const struct ipsvc_flow *flow)
{
	struct ipsvc_endpoint *ep;

	ep = ipsvc_endpoint_find(inst, flow->half[0].owner);
	return ep && !READ_ONCE(ep->service->dead) ? ep->service : NULL;
}

static int dump_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	struct ipsvc_service *svc = flow_service(inst, flow);
	const struct ipsvc_msg *msg = arg;
	const struct flow_dump *dump = flow_dump(msg->cb);

	if (dump->proto && dump->proto != flow->half[0].proto)
		return 0;
	if (dump->service && dump->service != svc)
		return 0;
	return ipsvc_fill_flow(msg, inst, flow, svc);
}

/* Under the lock. */
static void dump_flows(struct ipsvc_msg *msg, struct ipsvc_instance *inst,
		       struct flow_dump *dump)
{
	u32 pos, next, visited = 0;

	for (;; dump->bucket++) {
		next = ipsvc_flow_next_bucket(&inst->flows, dump->bucket);
		/* The flows to be passed over may be gone, with their bucket. */
		if (next != dump->bucket)
			dump->skip = 0;
		dump->bucket = next;
		if (next > inst->flows.mask)
			return;
		if (ipsvc_flow_walk_bucket(inst, dump->bucket, dump->skip, &pos,
					   dump_flow, msg)) {
			dump->skip = pos;
			return;
		}
		dump->skip = 0;
		if (!(++visited & 0xff))
			cond_resched();
	}
}

int ipsvc_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipsvc_msg msg = dump_msg(skb, cb, IPSVC_CMD_FLOW_GET);
	struct ipsvc_net *pn = dump_net(cb);
	int err = 0;

	mutex_lock(&pn->lock);
	if (pn->instance)
		dump_flows(&msg, pn->instance, flow_dump(cb));
	else
		err = no_instance(cb->extack);
	mutex_unlock(&pn->lock);
	return err ?: skb->len;
}

int ipsvc_nl_flow_get_done(struct netlink_callback *cb)
{
	struct flow_dump *dump = flow_dump(cb);

	if (dump->service)
		ipsvc_service_put(dump->service);
	return 0;
}
