/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies and operations of the family, as Documentation/netlink/specs/
 * ipsvc.yaml has them. In the shape of generated code, but for plain genl_ops:
 * Linux 6.1 has no split ones.
 */
#ifndef IPSVC_NETLINK_GEN_H
#define IPSVC_NETLINK_GEN_H

#include <net/genetlink.h>
#include <net/netlink.h>

int ipsvc_nl_instance_get_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_service_get_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_service_get_start(struct netlink_callback *cb);
int ipsvc_nl_service_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int ipsvc_nl_service_put_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_service_del_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_service_append_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_txn_commit_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_txn_abort_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_flow_get_start(struct netlink_callback *cb);
int ipsvc_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipsvc_nl_dump_done(struct netlink_callback *cb);
int ipsvc_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_instance_set_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_affinity_get_start(struct netlink_callback *cb);
int ipsvc_nl_affinity_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int ipsvc_nl_affinity_put_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_affinity_del_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_flow_del_doit(struct sk_buff *skb, struct genl_info *info);
int ipsvc_nl_explain_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	IPSVC_NLGRP_CONFIG,
};

extern struct genl_family ipsvc_nl_family;

#endif /* IPSVC_NETLINK_GEN_H */
