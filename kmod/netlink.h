/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink: what the rest of the module needs of it. */
#ifndef IPSVC_NETLINK_H
#define IPSVC_NETLINK_H

struct ipsvc_change;
struct ipsvc_instance;

/* The last thing to be set up, the first to be torn down. */
int ipsvc_netlink_init(void);
void ipsvc_netlink_exit(void);

void ipsvc_notify_change(struct ipsvc_instance *inst,
			 const struct ipsvc_change *change);

#endif /* IPSVC_NETLINK_H */
