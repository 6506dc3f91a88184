// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps of services. Each call fills one message buffer and saves the position, by
 * key.
 */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "netlink.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/* A struct ipsvc_cursor. */
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

int ipsvc_nl_dump_done(struct netlink_callback *cb)
{
	kfree(*dump_state(cb));
	return 0;
}
