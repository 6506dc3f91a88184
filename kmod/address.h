/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who uses which address: a cluster IP must not be an endpoint, traffic would
 * go in circles. Only the control side knows of this.
 */
#ifndef IPSVC_ADDRESS_H
#define IPSVC_ADDRESS_H

#include <linux/rbtree.h>
#include <linux/types.h>

#include "tuple.h"

struct ipsvc_instance;
struct netlink_ext_ack;
struct nlattr;

/**
 * struct ipsvc_address - users of an address: a total, or what a change adds
 * @node: in &ipsvc_instance.addresses or &ipsvc_change.addresses
 * @addr: the address
 * @cluster_ips: frontends that have it as cluster IP
 * @endpoints: endpoints that have it
 * @attr: where it was read last; NULL in a total
 */
struct ipsvc_address {
	struct rb_node node;
	union ipsvc_addr addr;
	s32 cluster_ips;
	s32 endpoints;
	const struct nlattr *attr;
};

struct ipsvc_address *ipsvc_address_use(struct rb_root *root,
					const union ipsvc_addr *addr);
int ipsvc_addresses_check(struct ipsvc_instance *inst, struct rb_root *delta,
			  struct netlink_ext_ack *extack);
void ipsvc_addresses_apply(struct ipsvc_instance *inst, struct rb_root *delta);
void ipsvc_addresses_discard(struct ipsvc_instance *inst,
			     struct rb_root *delta);
void ipsvc_addresses_free(struct rb_root *root);

#endif /* IPSVC_ADDRESS_H */
