// SPDX-License-Identifier: GPL-2.0
/* The operations of the generic netlink family, and its notifications. */
#include "netlink.h"

#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "config.h"
#include "flow.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/* Largest payload of a notification, for receive buffers of listeners. */
#define NTF_SIZE	(16 * 1024)

struct ipsvc_instance *ipsvc_instance_lock(const struct net *net,
					   struct netlink_ext_ack *extack)
{
	struct ipsvc_net *pn = ipsvc_net(net);

	mutex_lock(&pn->lock);
	if (pn->instance)
		return pn->instance;
	mutex_unlock(&pn->lock);
	NL_SET_ERR_MSG(extack,
		       "this network namespace has no link of kind ipsvc");
	return NULL;
}

void ipsvc_instance_unlock(const struct net *net)
{
	mutex_unlock(&ipsvc_net(net)->lock);
}

static struct ipsvc_msg reply_msg(const struct genl_info *info,
				  struct sk_buff *skb)
{
	return (struct ipsvc_msg) {
		.skb = skb,
		.portid = info->snd_portid,
		.seq = info->snd_seq,
		.cmd = info->genlhdr->cmd,
	};
}

/* Sends the reply, or frees it and returns the error. */
static int reply_send(struct genl_info *info, const struct ipsvc_msg *msg,
		      int err)
{
	if (!err)
		return genlmsg_reply(msg->skb, info);
	nlmsg_free(msg->skb);
	return err;
}

static int no_memory(struct netlink_ext_ack *extack)
{
	return ipsvc_refuse(extack, NULL, -ENOMEM, "no memory for the answer");
}

/*
 * Allocates a reply, so that nothing fails once a request has taken effect, and
 * locks the instance. Returns the instance, or an error pointer.
 */
static struct ipsvc_instance *reply_begin(struct genl_info *info,
					  struct ipsvc_msg *msg)
{
	struct ipsvc_instance *inst;

	*msg = reply_msg(info, genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL));
	if (!msg->skb)
		return ERR_PTR(no_memory(info->extack));
	inst = ipsvc_instance_lock(genl_info_net(info), info->extack);
	return inst ?: ERR_PTR(reply_send(info, msg, -ENODEV));
}

static int get(struct genl_info *info,
	       int (*fill)(struct ipsvc_msg *msg,
			   const struct ipsvc_instance *inst))
{
	struct ipsvc_instance *inst;
	struct ipsvc_msg msg;
	int err;

	inst = reply_begin(info, &msg);
	if (IS_ERR(inst))
		return PTR_ERR(inst);
	err = fill(&msg, inst);
	ipsvc_instance_unlock(inst->net);
	return reply_send(info, &msg, err);
}

int ipsvc_nl_instance_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get(info, ipsvc_fill_instance);
}

int ipsvc_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get(info, ipsvc_fill_stats);
}

static void set_cluster(struct ipsvc_instance *inst,
			const struct ipsvc_cluster_spec *spec, u8 family)
{
	u32 f = ipsvc_family_index(family);

	if (spec->given[f])
		ipsvc_cluster_set(inst, family, &spec->net[f]);
}

int ipsvc_nl_instance_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	struct ipsvc_cluster_spec spec;
	int err;

	err = ipsvc_parse_cluster(info->nlhdr, &spec, info->extack);
	if (err)
		return err;
	inst = ipsvc_instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	set_cluster(inst, &spec, AF_INET);
	set_cluster(inst, &spec, AF_INET6);
	if (spec.has_link)
		ipsvc_cluster_link_set(inst, &spec.link);
	ipsvc_instance_unlock(net);
	return 0;
}

/* Under the lock. */
static int service_reply(const struct genl_info *info,
			 const struct ipsvc_instance *inst,
			 const struct ipsvc_service_key *key,
			 struct sk_buff **skb)
{
	struct nlattr *attr = info->attrs[IPSVC_A_SERVICE];
	struct ipsvc_service *svc;
	struct ipsvc_msg msg;
	size_t size;

	svc = ipsvc_service_find(&inst->services, key->name, key->family);
	if (!svc)
		return ipsvc_refuse(info->extack, attr, -ENOENT,
				    "there is no service of this name");
	size = ipsvc_service_size(svc);
	if (size > U16_MAX)
		return ipsvc_refuse(info->extack, attr, -EMSGSIZE,
				    "the service does not fit in one message: dump instead");
	*skb = nlmsg_new(size, GFP_KERNEL);
	if (!*skb)
		return no_memory(info->extack);
	msg = reply_msg(info, *skb);
	if (WARN_ON_ONCE(ipsvc_fill_service(&msg, svc, &(u32){ 0 }))) {
		nlmsg_free(*skb);
		return -EMSGSIZE;
	}
	return 0;
}

int ipsvc_nl_service_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_service_key key;
	struct ipsvc_instance *inst;
	int err;

	err = ipsvc_parse_single(info->nlhdr, 0, info->extack);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, IPSVC_A_SERVICE))
		return ipsvc_refuse(info->extack, NULL, -EINVAL,
				    "the request has no service");
	err = ipsvc_parse_service_key(info->attrs[IPSVC_A_SERVICE], &key,
				      info->extack);
	if (err)
		return err;
	inst = ipsvc_instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	err = service_reply(info, inst, &key, &skb);
	ipsvc_instance_unlock(net);
	return err ?: genlmsg_reply(skb, info);
}

static struct ipsvc_txn_ref txn_ref(const struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[IPSVC_A_TXN];

	return (struct ipsvc_txn_ref) {
		.cookie = attr ? nla_get_u32(attr) : 0,
		.portid = info->snd_portid,
		.attr = attr,
	};
}

/* Unlocks, and completes a change; see ipsvc_change_publish(). */
static void unlock_and_purge(struct ipsvc_instance *inst, bool purge)
{
	struct ipsvc_net *pn = ipsvc_net(inst->net);

	if (!purge) {
		mutex_unlock(&pn->lock);
		return;
	}
	down_read(&pn->walkers);
	mutex_unlock(&pn->lock);
	ipsvc_flow_purge_removed(inst);
	up_read(&pn->walkers);
}

static int service_change(struct genl_info *info, enum ipsvc_op_kind kind)
{
	struct ipsvc_txn_ref ref = txn_ref(info);
	struct ipsvc_instance *inst;
	struct ipsvc_change change;
	bool purge = false;
	int err;

	ipsvc_change_init(&change);
	/* The @attrs of other operations do not reach to this attribute. */
	if (kind == IPSVC_OP_PUT && info->attrs[IPSVC_A_CONDITION])
		change.condition = nla_get_u8(info->attrs[IPSVC_A_CONDITION]);
	err = ipsvc_parse_change(info->nlhdr, kind, &change, info->extack);
	if (err)
		goto out;
	err = -ENODEV;
	inst = ipsvc_instance_lock(genl_info_net(info), info->extack);
	if (!inst)
		goto out;
	err = ipsvc_config_change(inst, &ref, &change,
				  kind == IPSVC_OP_APPEND, &purge,
				  info->extack);
	unlock_and_purge(inst, purge);
out:
	ipsvc_change_free(&change);
	return err;
}

int ipsvc_nl_service_put_doit(struct sk_buff *skb, struct genl_info *info)
{
	return service_change(info, IPSVC_OP_PUT);
}

int ipsvc_nl_service_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return service_change(info, IPSVC_OP_DEL);
}

static int require_txn(const struct genl_info *info)
{
	if (info->attrs[IPSVC_A_TXN])
		return 0;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, IPSVC_A_TXN);
	return ipsvc_refuse(info->extack, NULL, -EINVAL,
			    "the request has no transaction");
}

int ipsvc_nl_service_append_doit(struct sk_buff *skb, struct genl_info *info)
{
	return require_txn(info) ?: service_change(info, IPSVC_OP_APPEND);
}

/* Under the lock. */
static int txn_begin(const struct genl_info *info, struct ipsvc_instance *inst,
		     u32 *cookie)
{
	const struct nlattr *attr = info->attrs[IPSVC_A_GENERATION];

	if (attr && nla_get_u32(attr) != inst->generation)
		return ipsvc_refuse(info->extack, attr, -ESTALE,
				    "the instance is of another generation");
	return ipsvc_txn_begin(inst, info->snd_portid, cookie, info->extack);
}

/* Aborts a transaction whose cookie did not reach user space. */
static void txn_undo(struct genl_info *info, u32 cookie)
{
	const struct ipsvc_txn_ref ref = {
		.portid = info->snd_portid,
		.cookie = cookie,
	};
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst = ipsvc_instance_lock(net, NULL);

	if (!inst)
		return;
	ipsvc_txn_abort(inst, &ref, NULL);
	ipsvc_instance_unlock(net);
}

int ipsvc_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsvc_instance *inst;
	struct ipsvc_msg msg;
	u32 cookie = 0;
	int err, sent;

	err = ipsvc_parse_single(info->nlhdr, 0, info->extack);
	if (err)
		return err;
	inst = reply_begin(info, &msg);
	if (IS_ERR(inst))
		return PTR_ERR(inst);
	err = txn_begin(info, inst, &cookie);
	ipsvc_instance_unlock(inst->net);
	sent = reply_send(info, &msg,
			  err ?: ipsvc_fill_u32(&msg, IPSVC_A_TXN, cookie));
	if (!err && sent)
		txn_undo(info, cookie);
	return sent;
}

static int parse_txn_end(const struct genl_info *info)
{
	return ipsvc_parse_single(info->nlhdr, 0, info->extack) ?:
	       require_txn(info);
}

int ipsvc_nl_txn_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct ipsvc_txn_ref ref = txn_ref(info);
	struct ipsvc_instance *inst;
	struct ipsvc_msg msg;
	bool purge = false;
	int err;

	err = parse_txn_end(info);
	if (err)
		return err;
	inst = reply_begin(info, &msg);
	if (IS_ERR(inst))
		return PTR_ERR(inst);
	err = ipsvc_txn_commit(inst, &ref, &purge, info->extack) ?:
	      ipsvc_fill_u32(&msg, IPSVC_A_GENERATION, inst->generation);
	unlock_and_purge(inst, purge);
	return reply_send(info, &msg, err);
}

int ipsvc_nl_txn_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct ipsvc_txn_ref ref = txn_ref(info);
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	int err;

	err = parse_txn_end(info);
	if (err)
		return err;
	inst = ipsvc_instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	err = ipsvc_txn_abort(inst, &ref, info->extack);
	ipsvc_instance_unlock(net);
	return err;
}

/* With an error, tells listeners by ENOBUFS that they missed something. */
static void notify_send(const struct ipsvc_instance *inst, struct sk_buff *skb,
			int err)
{
	if (!err) {
		genlmsg_multicast_netns(&ipsvc_nl_family, inst->net, skb, 0,
					IPSVC_NLGRP_CONFIG, GFP_KERNEL);
		return;
	}
	nlmsg_free(skb);
	genl_set_err(&ipsvc_nl_family, inst->net, 0, IPSVC_NLGRP_CONFIG,
		     -ENOBUFS);
}

static void notify_service(const struct ipsvc_instance *inst,
			   const struct ipsvc_service *svc)
{
	struct ipsvc_msg msg = { .cmd = IPSVC_CMD_SERVICE_NTF };
	size_t size = min_t(size_t, ipsvc_service_size(svc), NTF_SIZE);
	u32 item = 0;
	int more;

	do {
		msg.skb = nlmsg_new(size, GFP_KERNEL);
		more = !msg.skb ? -ENOMEM :
		       ipsvc_fill_service(&msg, svc, &item);
		notify_send(inst, msg.skb, min(more, 0));
		cond_resched();
	} while (more > 0);
}

static void notify_deleted(const struct ipsvc_instance *inst,
			   const struct ipsvc_service *svc)
{
	struct ipsvc_msg msg = {
		.skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL),
		.cmd = IPSVC_CMD_SERVICE_DEL_NTF,
	};

	notify_send(inst, msg.skb,
		    !msg.skb ? -ENOMEM : ipsvc_fill_service_key(&msg, svc));
}

static void notify_commit(const struct ipsvc_instance *inst)
{
	struct ipsvc_msg msg = {
		.skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL),
		.cmd = IPSVC_CMD_COMMIT_NTF,
	};

	notify_send(inst, msg.skb,
		    !msg.skb ? -ENOMEM :
		    ipsvc_fill_u32(&msg, IPSVC_A_GENERATION, inst->generation));
}

void ipsvc_notify_change(struct ipsvc_instance *inst,
			 const struct ipsvc_change *change)
{
	const struct ipsvc_op *op;

	if (!genl_has_listeners(&ipsvc_nl_family, inst->net,
				IPSVC_NLGRP_CONFIG))
		return;
	ipsvc_change_for_each(op, change) {
		if (ipsvc_op_drops_old(op))
			notify_deleted(inst, op->old);
		if (op->svc)
			notify_service(inst, op->svc);
	}
	notify_commit(inst);
}

/* Aborts the transaction of a socket that was closed. */
static int urelease(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct netlink_notify *n = ptr;
	struct ipsvc_instance *inst;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	if (!n->portid || READ_ONCE(ipsvc_net(n->net)->txn_portid) != n->portid)
		return NOTIFY_DONE;
	inst = ipsvc_instance_lock(n->net, NULL);
	if (!inst)
		return NOTIFY_DONE;
	ipsvc_txn_release(inst, n->portid);
	ipsvc_instance_unlock(n->net);
	return NOTIFY_DONE;
}

static struct notifier_block urelease_nb = {
	.notifier_call = urelease,
};

int ipsvc_netlink_init(void)
{
	int err;

	err = netlink_register_notifier(&urelease_nb);
	if (err)
		return err;
	err = genl_register_family(&ipsvc_nl_family);
	if (err)
		netlink_unregister_notifier(&urelease_nb);
	return err;
}

void ipsvc_netlink_exit(void)
{
	genl_unregister_family(&ipsvc_nl_family);
	netlink_unregister_notifier(&urelease_nb);
}
