/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From attributes to plain structures, which point into the request. All return
 * 0 or a negative errno and set @extack.
 */
#ifndef IPSVC_NETLINK_PARSE_H
#define IPSVC_NETLINK_PARSE_H

#include "change.h"

struct genl_info;
struct ipsvc_explain_query;

struct ipsvc_service_key {
	const char *name;
	u8 name_len; /* without the terminating zero */
	u8 family;
};

/* Ends of a flow, in the order of their attributes. */
enum ipsvc_flow_end_kind {
	IPSVC_END_CLIENT,
	IPSVC_END_FRONTEND,
	IPSVC_END_ENDPOINT,
	IPSVC_END_MASQUERADE,
	IPSVC_ENDS,
};

struct ipsvc_flow_end {
	bool has_addr;
	bool has_port;
	__be16 port;
	union ipsvc_addr addr;
};

/* Which flows are meant. */
struct ipsvc_flow_filter {
	const char *service; /* name; NULL: all */
	const struct nlattr *attr; /* of @service */
	u8 family; /* 0: both */
	u8 proto; /* 0: all */
	u8 state; /* enum ipsvc_flow_state, 0: all */
	struct ipsvc_flow_end end[IPSVC_ENDS];
};

/* Refuses attributes given twice, but of the type @multi. */
int ipsvc_parse_single(const struct nlmsghdr *nlh, u16 multi,
		       struct netlink_ext_ack *extack);
/* Attributes of a nest by type; those in the mask @required must be there. */
int ipsvc_parse_nest(struct nlattr **tb, int max, unsigned long required,
		     const struct nlattr *nest, struct netlink_ext_ack *extack);
/* The value of an attribute; what they return, and refuse, is as above. */
int ipsvc_parse_name(const struct nlattr *attr, struct netlink_ext_ack *extack);
int ipsvc_parse_family(const struct nlattr *attr, u8 *family,
		       struct netlink_ext_ack *extack);
int ipsvc_parse_proto(const struct nlattr *attr, u8 *proto,
		      struct netlink_ext_ack *extack);
int ipsvc_parse_of_family(const struct nlattr *attr, u8 family,
			  union ipsvc_addr *addr,
			  struct netlink_ext_ack *extack);
/* Adds the ops of a request to @change, which the caller frees in any case. */
int ipsvc_parse_change(const struct nlmsghdr *nlh, enum ipsvc_op_kind kind,
		       struct ipsvc_change *change,
		       struct netlink_ext_ack *extack);
int ipsvc_parse_service_key(const struct nlattr *nest,
			    struct ipsvc_service_key *key,
			    struct netlink_ext_ack *extack);
/* Where clients within the cluster are, of the families that a request names. */
struct ipsvc_cluster_spec {
	bool given[IPSVC_FAMILIES];
	struct ipsvc_network net[IPSVC_FAMILIES];
	bool has_link;
	struct ipsvc_link link;
};

int ipsvc_parse_cluster(const struct nlmsghdr *nlh,
			struct ipsvc_cluster_spec *spec,
			struct netlink_ext_ack *extack);

/* Which endpoint a client has, or, in part, which of those are meant. */
struct ipsvc_affinity_spec {
	const char *service; /* NULL: absent */
	u8 family; /* 0: absent */
	bool has_client;
	union ipsvc_addr client;
	union ipsvc_addr endpoint;
	__be16 port;
	u32 expires; /* milliseconds */
	const struct nlattr *attr; /* for errors */
};

/* @whole: all attributes are needed */
int ipsvc_parse_affinity(const struct nlattr *nest, bool whole,
			 struct ipsvc_affinity_spec *spec,
			 struct netlink_ext_ack *extack);
int ipsvc_parse_explain(const struct nlattr *nest,
			struct ipsvc_explain_query *query,
			struct netlink_ext_ack *extack);
int ipsvc_parse_flow_filter(const struct nlmsghdr *nlh,
			    struct ipsvc_flow_filter *filter,
			    struct netlink_ext_ack *extack);

#endif /* IPSVC_NETLINK_PARSE_H */
