// SPDX-License-Identifier: GPL-2.0
/* Session affinity for programs: read, forgotten, and taken over from what was read. */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/ipsvc.h>

#include "affinity.h"
#include "ipsvc.h"
#include "netlink.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "netlink_parse.h"

/* The position and the filter of a dump. */
struct affinity_dump {
	u32 bucket;
	u32 skip; /* entries of it that were dumped already */
	struct ipsvc_affinity_filter filter;
	union ipsvc_addr client;
	char service[IPSVC_SERVICE_NAME_MAX + 1];
};

static int no_service(const struct ipsvc_affinity_spec *spec,
		      struct netlink_ext_ack *extack)
{
	return ipsvc_refuse(extack, spec->attr, -ENOENT,
			    "there is no service of this name with affinity");
}

/* The filter of a request, which it points into. */
static int parse_filter(const struct nlmsghdr *nlh,
			struct ipsvc_affinity_spec *spec,
			struct ipsvc_affinity_filter *filter,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *nest;
	int err;

	memset(filter, 0, sizeof(*filter));
	err = ipsvc_parse_single(nlh, 0, extack);
	nest = nlmsg_find_attr(nlh, GENL_HDRLEN, IPSVC_A_AFFINITY);
	if (err || !nest)
		return err;
	err = ipsvc_parse_affinity(nest, false, spec, extack);
	filter->service = spec->service;
	filter->family = spec->family;
	filter->client = spec->has_client ? &spec->client : NULL;
	return err;
}

int ipsvc_nl_affinity_get_start(struct netlink_callback *cb)
{
	const struct net *net = sock_net(cb->skb->sk);
	struct ipsvc_affinity_spec spec;
	struct affinity_dump *dump;
	struct ipsvc_instance *inst;
	int err;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return ipsvc_refuse(cb->extack, NULL, -ENOMEM,
				    "no memory for the dump");
	err = parse_filter(cb->nlh, &spec, &dump->filter, cb->extack);
	inst = err ? NULL : ipsvc_instance_lock(net, cb->extack);
	if (inst) {
		if (dump->filter.service &&
		    !ipsvc_affinity_knows(inst, &dump->filter))
			err = no_service(&spec, cb->extack);
		ipsvc_instance_unlock(net);
	} else {
		err = err ?: -ENODEV;
	}
	if (err) {
		kfree(dump);
		return err;
	}
	/* The request goes away. */
	if (dump->filter.service) {
		strscpy(dump->service, spec.service, sizeof(dump->service));
		dump->filter.service = dump->service;
	}
	if (dump->filter.client) {
		dump->client = spec.client;
		dump->filter.client = &dump->client;
	}
	cb->args[0] = (long)dump;
	return 0;
}

/* Returns false when the buffer is full. */
static bool dump_bucket(struct ipsvc_msg *msg, struct ipsvc_instance *inst,
			struct affinity_dump *dump,
			const struct ipsvc_affinity_entry *entry, u32 n)
{
	for (; dump->skip < n; dump->skip++)
		if (ipsvc_affinity_has(inst, &dump->filter,
				       &entry[dump->skip]) &&
		    ipsvc_fill_affinity(msg,
					ipsvc_affinity_group(inst,
							     &entry[dump->skip]),
					&entry[dump->skip]))
			return false;
	dump->skip = 0;
	return true;
}

int ipsvc_nl_affinity_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct ipsvc_affinity_entry entry[IPSVC_AFFINITY_WAYS];
	struct affinity_dump *dump = (void *)cb->args[0];
	const struct net *net = sock_net(cb->skb->sk);
	struct ipsvc_msg msg = {
		.skb = skb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI,
		.cmd = IPSVC_CMD_AFFINITY_GET,
		.cb = cb,
	};
	struct ipsvc_instance *inst;
	int n;

	inst = ipsvc_instance_lock(net, cb->extack);
	if (!inst)
		return -ENODEV;
	for (; (n = ipsvc_affinity_read(inst, dump->bucket, entry)) >= 0;
	     dump->bucket++) {
		if (!dump_bucket(&msg, inst, dump, entry, n))
			break;
		cond_resched();
	}
	ipsvc_instance_unlock(net);
	return skb->len;
}

int ipsvc_nl_affinity_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_affinity_filter filter;
	struct ipsvc_affinity_spec spec;
	struct ipsvc_instance *inst;
	int err;

	err = parse_filter(info->nlhdr, &spec, &filter, info->extack);
	if (err)
		return err;
	inst = ipsvc_instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	if (filter.service && !ipsvc_affinity_knows(inst, &filter))
		err = no_service(&spec, info->extack);
	else
		ipsvc_affinity_flush(inst, &filter);
	ipsvc_instance_unlock(net);
	return err;
}

/* Under the lock. */
static int parse_entry(struct ipsvc_instance *inst, const struct nlattr *nest,
		       struct ipsvc_affinity_entry *entry,
		       struct netlink_ext_ack *extack)
{
	const struct ipsvc_affinity_group *group;
	struct ipsvc_affinity_spec spec;
	int err;

	err = ipsvc_parse_affinity(nest, true, &spec, extack);
	if (err)
		return err;
	group = ipsvc_affinity_group_find(&inst->affinity, spec.service,
					  spec.family);
	if (!group)
		return no_service(&spec, extack);
	*entry = (struct ipsvc_affinity_entry) {
		.client = spec.client,
		.addr = spec.endpoint,
		.port = spec.port,
		.group = group->id,
		.expires = get_jiffies_64() + msecs_to_jiffies(spec.expires),
	};
	if (ipsvc_affinity_complete(inst, entry))
		return 0;
	return ipsvc_refuse(extack, nest, -ENOENT,
			    "the service has no such endpoint for new flows");
}

/* @apply: false: only says what is wrong */
static int put_entries(struct ipsvc_instance *inst, const struct nlmsghdr *nlh,
		       bool apply, struct netlink_ext_ack *extack)
{
	struct ipsvc_affinity_entry entry;
	const struct nlattr *attr;
	int rem, err, n = 0;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		err = parse_entry(inst, attr, &entry, extack);
		if (err)
			return err;
		if (apply)
			ipsvc_affinity_restore(inst, &entry);
		n++;
	}
	if (n)
		return 0;
	NL_SET_ERR_ATTR_MISS(extack, NULL, IPSVC_A_AFFINITY);
	return ipsvc_refuse(extack, NULL, -EINVAL,
			    "the request has no affinity");
}

int ipsvc_nl_affinity_put_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct net *net = genl_info_net(info);
	struct ipsvc_instance *inst;
	int err;

	err = ipsvc_parse_single(info->nlhdr, IPSVC_A_AFFINITY, info->extack);
	if (err)
		return err;
	inst = ipsvc_instance_lock(net, info->extack);
	if (!inst)
		return -ENODEV;
	err = put_entries(inst, info->nlhdr, false, info->extack) ?:
	      put_entries(inst, info->nlhdr, true, info->extack);
	ipsvc_instance_unlock(net);
	return err;
}
