// SPDX-License-Identifier: GPL-2.0
/* What would happen to a packet, for programs. */
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <linux/ipsvc.h>

#include "explain.h"
#include "ipsvc.h"
#include "netlink.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/* Endpoints that do not fit are left out, and counted. */
#define EXPLANATION_SIZE	(16 * 1024)

static int refuse(const struct genl_info *info, int err)
{
	struct nlattr *attr = info->attrs[IPSVC_A_EXPLAIN];

	switch (err) {
	case -ENODEV:
		return ipsvc_refuse(info->extack, attr, err,
				    "there is no link of this index");
	case -ENETUNREACH:
		return ipsvc_refuse(info->extack, attr, err,
				    "no route says who sends the packet, or by which link it comes");
	default:
		return ipsvc_refuse(info->extack, attr, err,
				    "no memory for the answer");
	}
}

static int explain(const struct genl_info *info, struct ipsvc_instance *inst,
		   struct ipsvc_explain_query *query, struct sk_buff *skb)
{
	struct ipsvc_explanation to;
	struct ipsvc_msg msg = {
		.skb = skb,
		.portid = info->snd_portid,
		.seq = info->snd_seq,
		.cmd = IPSVC_CMD_EXPLAIN,
	};
	int err;

	rcu_read_lock();
	err = ipsvc_explain(inst, query, &to);
	if (err)
		err = refuse(info, err);
	else
		err = ipsvc_fill_explanation(&msg, inst, query, &to);
	rcu_read_unlock();
	return err;
}

static int reply(struct genl_info *info, struct ipsvc_explain_query *query,
		 struct sk_buff *skb)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	int err;

	inst = ipsvc_instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	err = explain(info, inst, query, skb);
	ipsvc_instance_unlock(net);
	return err;
}

int ipsvc_nl_explain_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsvc_explain_query query;
	int err;

	err = ipsvc_parse_single(info->nlhdr, 0, info->extack);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, IPSVC_A_EXPLAIN))
		return ipsvc_refuse(info->extack, NULL, -EINVAL,
				    "the request has no packet");
	err = ipsvc_parse_explain(info->attrs[IPSVC_A_EXPLAIN], &query,
				  info->extack);
	if (err)
		return err;
	skb = nlmsg_new(EXPLANATION_SIZE, GFP_KERNEL);
	if (!skb)
		return refuse(info, -ENOMEM);
	err = reply(info, &query, skb);
	if (!err)
		return genlmsg_reply(skb, info);
	nlmsg_free(skb);
	return err;
}
