/* SPDX-License-Identifier: GPL-2.0 */
/* From attributes to plain structures; touches no instance. */
#ifndef IPSVC_NETLINK_PARSE_H
#define IPSVC_NETLINK_PARSE_H

#include "change.h"

struct genl_info;

/**
 * struct ipsvc_service_key - which service port is meant
 * @name: with a terminating zero
 * @name_len: without it
 * @family: AF_INET
 */
struct ipsvc_service_key {
	const char *name;
	u8 name_len;
	u8 family;
};

/**
 * struct ipsvc_flow_filter - which flows a dump is to have
 * @service: name, or NULL for all
 * @attr: where @service was read
 * @proto: 0 for all
 */
struct ipsvc_flow_filter {
	const char *service;
	const struct nlattr *attr;
	u8 proto;
};

int ipsvc_parse_single(const struct nlmsghdr *nlh, u16 multi,
		       struct netlink_ext_ack *extack);
int ipsvc_parse_change(const struct nlmsghdr *nlh, enum ipsvc_op_kind kind,
		       struct ipsvc_change *change,
		       struct netlink_ext_ack *extack);
int ipsvc_parse_service_key(const struct nlattr *nest,
			    struct ipsvc_service_key *key,
			    struct netlink_ext_ack *extack);
int ipsvc_parse_cluster(const struct nlmsghdr *nlh, u64 *cidr,
			struct netlink_ext_ack *extack);
int ipsvc_parse_flow_filter(const struct nlmsghdr *nlh,
			    struct ipsvc_flow_filter *filter,
			    struct netlink_ext_ack *extack);

#endif /* IPSVC_NETLINK_PARSE_H */
