/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink, for the rest of the module. */
#ifndef IPSVC_NETLINK_H
#define IPSVC_NETLINK_H

#include <linux/netlink.h>

struct ipsvc_change;
struct ipsvc_instance;
struct net;

/* Says in the extended ack why a request fails; evaluates to the error. */
#define ipsvc_refuse(extack, attr, err, msg) ({		\
	NL_SET_ERR_MSG_ATTR(extack, attr, msg);		\
	(err);						\
})

/* Set up last, torn down first; no request is under way after the exit. */
int ipsvc_netlink_init(void);
void ipsvc_netlink_exit(void);

/* Returns the instance with &ipsvc_net.lock held, or NULL and an error. */
struct ipsvc_instance *ipsvc_instance_lock(const struct net *net,
					   struct netlink_ext_ack *extack);
void ipsvc_instance_unlock(const struct net *net);

/* Of a published change; under &ipsvc_net.lock, so that events are in order. */
void ipsvc_notify_change(struct ipsvc_instance *inst,
			 const struct ipsvc_change *change);

#endif /* IPSVC_NETLINK_H */
