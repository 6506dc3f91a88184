/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of frontends, whatever their ports. */
#ifndef IPSVC_VIP_H
#define IPSVC_VIP_H

#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "tuple.h"

struct ipsvc_frontend;
struct ipsvc_instance;

struct ipsvc_vip {
	struct rhash_head node; /* in &ipsvc_instance.vips */
	struct rcu_head rcu;
	union ipsvc_addr addr;
	u32 refs; /* frontends, published or not; &ipsvc_net.lock */
	/* Those that are published. Read under RCU; &ipsvc_net.lock */
	struct hlist_head frontends;
};

int ipsvc_vips_init(struct ipsvc_instance *inst);
void ipsvc_vips_exit(struct ipsvc_instance *inst);

/* Under &ipsvc_net.lock. Gives a frontend its address; 0 or -ENOMEM. */
int ipsvc_vip_get(struct ipsvc_instance *inst, struct ipsvc_frontend *fe);
void ipsvc_vip_publish(struct ipsvc_frontend *fe);
/* Also of one that was not published, or has none. */
void ipsvc_vip_put(struct ipsvc_instance *inst, struct ipsvc_frontend *fe);

/* Under RCU: the address, or NULL. */
struct ipsvc_vip *ipsvc_vip_find(struct ipsvc_instance *inst,
				 const union ipsvc_addr *addr);

#endif /* IPSVC_VIP_H */
