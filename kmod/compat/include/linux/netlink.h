/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_LINUX_NETLINK_H
#define IPSVC_COMPAT_LINUX_NETLINK_H

#include_next <linux/netlink.h>

/* Before Linux 6.2 there is no room for numbers: what was said before stays. */
#ifndef NL_SET_ERR_MSG_FMT
#define NL_SET_ERR_MSG_FMT(extack, fmt, ...) do {	\
	(void)(extack);					\
	no_printk(fmt, ##__VA_ARGS__);			\
} while (0)
#endif

#endif /* IPSVC_COMPAT_LINUX_NETLINK_H */
