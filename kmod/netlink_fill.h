/* SPDX-License-Identifier: GPL-2.0 */
/* From objects to messages: one function an object, for get, dump and notify. */
#ifndef IPSVC_NETLINK_FILL_H
#define IPSVC_NETLINK_FILL_H

#include <linux/netlink.h>
#include <linux/types.h>

struct ipsvc_flow;
struct ipsvc_instance;
struct ipsvc_service;

/**
 * struct ipsvc_msg - the message that is being written
 * @skb: into which
 * @portid: whom for
 * @seq: of the request
 * @flags: of the message
 * @cmd: enum ipsvc_cmd
 * @cb: the dump it is part of, or NULL
 */
struct ipsvc_msg {
	struct sk_buff *skb;
	u32 portid;
	u32 seq;
	u16 flags;
	u8 cmd;
	struct netlink_callback *cb;
};

size_t ipsvc_service_size(const struct ipsvc_service *svc);
int ipsvc_fill_service(const struct ipsvc_msg *msg,
		       const struct ipsvc_service *svc, u32 *endpoint);
int ipsvc_fill_service_key(const struct ipsvc_msg *msg,
			   const struct ipsvc_service *svc);
int ipsvc_fill_generation(const struct ipsvc_msg *msg, u32 generation);
int ipsvc_fill_txn(const struct ipsvc_msg *msg, u32 cookie);
int ipsvc_fill_instance(const struct ipsvc_msg *msg,
			const struct ipsvc_instance *inst);
int ipsvc_fill_stats(const struct ipsvc_msg *msg,
		     const struct ipsvc_instance *inst);
int ipsvc_fill_flow(const struct ipsvc_msg *msg,
		    const struct ipsvc_instance *inst,
		    const struct ipsvc_flow *flow,
		    const struct ipsvc_service *svc);

#endif /* IPSVC_NETLINK_FILL_H */
