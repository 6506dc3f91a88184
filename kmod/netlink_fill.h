/* SPDX-License-Identifier: GPL-2.0 */
/* From objects to messages, for replies, dumps and notifications. */
#ifndef IPSVC_NETLINK_FILL_H
#define IPSVC_NETLINK_FILL_H

#include <linux/netlink.h>
#include <linux/types.h>

struct ipsvc_affinity_entry;
struct ipsvc_affinity_group;
struct ipsvc_explain_query;
struct ipsvc_explanation;
struct ipsvc_flow;
struct ipsvc_instance;
struct ipsvc_service;

/* The message that is being written. */
struct ipsvc_msg {
	struct sk_buff *skb;
	u32 portid;
	u32 seq;
	u16 flags;
	u8 cmd;
	struct netlink_callback *cb; /* the dump it is part of, or NULL */
	void *hdr; /* used by the functions below */
};

/*
 * Each writes one message, whole or not at all: 0 or -EMSGSIZE. Under
 * &ipsvc_net.lock, but for that of a flow.
 */
int ipsvc_fill_service_key(struct ipsvc_msg *msg,
			   const struct ipsvc_service *svc);
int ipsvc_fill_u32(struct ipsvc_msg *msg, int type, u32 value);
int ipsvc_fill_instance(struct ipsvc_msg *msg,
			const struct ipsvc_instance *inst);
int ipsvc_fill_stats(struct ipsvc_msg *msg, const struct ipsvc_instance *inst);
/* Under RCU; @svc: NULL when it was removed. */
int ipsvc_fill_flow(struct ipsvc_msg *msg, const struct ipsvc_instance *inst,
		    const struct ipsvc_flow *flow,
		    const struct ipsvc_service *svc);

int ipsvc_fill_affinity(struct ipsvc_msg *msg,
			const struct ipsvc_affinity_group *group,
			const struct ipsvc_affinity_entry *entry);

/* Under RCU. @query: with the source */
int ipsvc_fill_explanation(struct ipsvc_msg *msg,
			   struct ipsvc_instance *inst,
			   const struct ipsvc_explain_query *query,
			   const struct ipsvc_explanation *to);

/* Payload of a service port in one message, in bytes. */
size_t ipsvc_service_size(const struct ipsvc_service *svc);
int ipsvc_fill_service(struct ipsvc_msg *msg, const struct ipsvc_service *svc,
		       u32 *item);

#endif /* IPSVC_NETLINK_FILL_H */
