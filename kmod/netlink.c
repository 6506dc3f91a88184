// SPDX-License-Identifier: GPL-2.0
/* The operations of the generic netlink family, and its notifications. */
#include "netlink.h"

#include <linux/module.h>
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

/* Payload of a notification at most; listeners must have room for it. */
#define NTF_SIZE	(16 * 1024)

/* Returns the instance with &ipsvc_net.lock held, or NULL without. */
static struct ipsvc_instance *instance_lock(const struct net *net,
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

static void instance_unlock(const struct net *net)
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

/* Sends what a _fill has written, or returns its error. */
static int reply(struct genl_info *info, struct sk_buff *skb, int err)
{
	if (!err)
		return genlmsg_reply(skb, info);
	nlmsg_free(skb);
	return err;
}

static int out_of_memory(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "no memory for the answer");
	return -ENOMEM;
}

typedef int (*fill_fn)(const struct ipsvc_msg *msg,
		       const struct ipsvc_instance *inst);

/* Answers with what @fill writes of the instance. */
static int get(struct genl_info *info, fill_fn fill)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	struct ipsvc_msg msg;
	struct sk_buff *skb;
	int err;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return out_of_memory(info->extack);
	msg = reply_msg(info, skb);
	inst = instance_lock(net, info->extack);
	if (!inst)
		return reply(info, skb, -ENODEV);
	err = fill(&msg, inst);
	instance_unlock(net);
	return reply(info, skb, err);
}

int ipsvc_nl_instance_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get(info, ipsvc_fill_instance);
}

int ipsvc_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get(info, ipsvc_fill_stats);
}

int ipsvc_nl_instance_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsvc_instance *inst;
	u64 cidr;
	int err;

	err = ipsvc_parse_cluster(info->nlhdr, &cidr, info->extack);
	if (err)
		return err;
	inst = instance_lock(genl_info_net(info), info->extack);
	if (!inst)
		return -ENODEV;
	WRITE_ONCE(inst->cluster_cidr, cidr);
	instance_unlock(genl_info_net(info));
	return 0;
}

/* Under the lock: the answer, or an error pointer. */
static struct sk_buff *service_reply(const struct genl_info *info,
				     const struct ipsvc_instance *inst,
				     const struct ipsvc_service_key *key)
{
	struct nlattr *attr = info->attrs[IPSVC_A_SERVICE];
	struct ipsvc_service *svc;
	struct ipsvc_msg msg;
	struct sk_buff *skb;
	size_t size;

	svc = ipsvc_service_find(&inst->services, key->name, key->family);
	if (!svc) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "there is no service of this name");
		return ERR_PTR(-ENOENT);
	}
	size = ipsvc_service_size(svc);
	if (size > U16_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the service does not fit in one message: dump instead");
		return ERR_PTR(-EMSGSIZE);
	}
	skb = nlmsg_new(size, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(out_of_memory(info->extack));
	msg = reply_msg(info, skb);
	if (WARN_ON_ONCE(ipsvc_fill_service(&msg, svc, &(u32){ 0 }))) {
		nlmsg_free(skb);
		return ERR_PTR(-EMSGSIZE);
	}
	return skb;
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
	if (GENL_REQ_ATTR_CHECK(info, IPSVC_A_SERVICE)) {
		NL_SET_ERR_MSG(info->extack, "the request has no service");
		return -EINVAL;
	}
	err = ipsvc_parse_service_key(info->attrs[IPSVC_A_SERVICE], &key,
				      info->extack);
	if (err)
		return err;
	inst = instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	skb = service_reply(info, inst, &key);
	instance_unlock(net);
	return IS_ERR(skb) ? PTR_ERR(skb) : genlmsg_reply(skb, info);
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

/* Unlocks, and then does what a change has left to be done without the lock. */
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
	/* Other operations have no such entry in @attrs at all. */
	if (kind == IPSVC_OP_PUT && info->attrs[IPSVC_A_CONDITION])
		change.condition = nla_get_u8(info->attrs[IPSVC_A_CONDITION]);
	err = ipsvc_parse_change(info->nlhdr, kind, &change, info->extack);
	if (err)
		goto out;
	err = -ENODEV;
	inst = instance_lock(genl_info_net(info), info->extack);
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
	NL_SET_ERR_MSG(info->extack, "the request has no transaction");
	return -EINVAL;
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

	if (attr && nla_get_u32(attr) != inst->generation) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the instance is of another generation");
		return -ESTALE;
	}
	return ipsvc_txn_begin(inst, info->snd_portid, cookie, info->extack);
}

/* Nobody has learnt the cookie, so nobody could end it before the socket is closed. */
static void txn_unheard(struct genl_info *info, u32 cookie)
{
	const struct ipsvc_txn_ref ref = {
		.portid = info->snd_portid,
		.cookie = cookie,
	};
	struct ipsvc_instance *inst = instance_lock(genl_info_net(info), NULL);

	if (!inst)
		return;
	ipsvc_txn_abort(inst, &ref, NULL);
	instance_unlock(genl_info_net(info));
}

int ipsvc_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	struct ipsvc_msg msg;
	u32 cookie = 0;
	int err, sent;

	err = ipsvc_parse_single(info->nlhdr, 0, info->extack);
	if (err)
		return err;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return out_of_memory(info->extack);
	inst = instance_lock(net, info->extack);
	if (!inst)
		return reply(info, skb, -ENODEV);
	err = txn_begin(info, inst, &cookie);
	instance_unlock(net);
	msg = reply_msg(info, skb);
	sent = reply(info, skb, err ?: ipsvc_fill_txn(&msg, cookie));
	if (!err && sent)
		txn_unheard(info, cookie);
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
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	struct ipsvc_msg msg;
	bool purge = false;
	u32 generation;
	int err;

	err = parse_txn_end(info);
	if (err)
		return err;
	/* First: nothing may fail once it is applied. */
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return out_of_memory(info->extack);
	inst = instance_lock(net, info->extack);
	if (!inst)
		return reply(info, skb, -ENODEV);
	err = ipsvc_txn_commit(inst, &ref, &purge, info->extack);
	generation = inst->generation;
	unlock_and_purge(inst, purge);
	msg = reply_msg(info, skb);
	return reply(info, skb, err ?: ipsvc_fill_generation(&msg, generation));
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
	inst = instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	err = ipsvc_txn_abort(inst, &ref, info->extack);
	instance_unlock(net);
	return err;
}

static bool somebody_listens(const struct ipsvc_instance *inst)
{
	return genl_has_listeners(&ipsvc_nl_family, inst->net,
				  IPSVC_NLGRP_CONFIG);
}

/* Listeners learn from ENOBUFS that they have missed something. */
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

/* In as many messages as it takes. */
static void notify_service(const struct ipsvc_instance *inst,
			   const struct ipsvc_service *svc)
{
	struct ipsvc_msg msg = { .cmd = IPSVC_CMD_SERVICE_NTF };
	size_t size = min_t(size_t, ipsvc_service_size(svc), NTF_SIZE);
	u32 endpoint = 0;
	int more;

	do {
		msg.skb = nlmsg_new(size, GFP_KERNEL);
		more = !msg.skb ? -ENOMEM :
		       ipsvc_fill_service(&msg, svc, &endpoint);
		notify_send(inst, msg.skb, min(more, 0));
		cond_resched();
	} while (more > 0);
}

static void notify_deleted(const struct ipsvc_instance *inst,
			   const struct ipsvc_service *svc)
{
	struct ipsvc_msg msg = { .cmd = IPSVC_CMD_SERVICE_DEL_NTF };

	msg.skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	notify_send(inst, msg.skb,
		    !msg.skb ? -ENOMEM : ipsvc_fill_service_key(&msg, svc));
}

static void notify_commit(const struct ipsvc_instance *inst)
{
	struct ipsvc_msg msg = { .cmd = IPSVC_CMD_COMMIT_NTF };

	msg.skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	notify_send(inst, msg.skb,
		    !msg.skb ? -ENOMEM :
		    ipsvc_fill_generation(&msg, inst->generation));
}

/**
 * ipsvc_notify_change() - tell listeners of a change
 * @inst: the instance
 * @change: was published, the generation with it
 *
 * Context: process, &ipsvc_net.lock, so that events come in order.
 */
void ipsvc_notify_change(struct ipsvc_instance *inst,
			 const struct ipsvc_change *change)
{
	const struct ipsvc_op *op;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	if (!somebody_listens(inst))
		return;
	ipsvc_change_for_each(op, change) {
		if (ipsvc_op_removes(op))
			notify_deleted(inst, op->old);
		if (op->svc)
			notify_service(inst, op->svc);
	}
	notify_commit(inst);
}

/* A socket was closed: its transaction goes with it. */
static int urelease(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct netlink_notify *n = ptr;
	struct ipsvc_instance *inst;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	if (!n->portid || READ_ONCE(ipsvc_net(n->net)->txn_portid) != n->portid)
		return NOTIFY_DONE;
	inst = instance_lock(n->net, NULL);
	if (!inst)
		return NOTIFY_DONE;
	ipsvc_txn_release(inst, n->portid);
	instance_unlock(n->net);
	return NOTIFY_DONE;
}

static struct notifier_block urelease_nb = {
	.notifier_call = urelease,
};

/**
 * ipsvc_netlink_init() - let user space in
 *
 * Context: process; &ipsvc_net exists in all namespaces. Return: 0 or an error.
 */
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

/**
 * ipsvc_netlink_exit() - no request is under way any more, and none comes
 *
 * Context: process.
 */
void ipsvc_netlink_exit(void)
{
	genl_unregister_family(&ipsvc_nl_family);
	netlink_unregister_notifier(&urelease_nb);
}
