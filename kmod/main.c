// SPDX-License-Identifier: GPL-2.0
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/rtnetlink.h>

#include "device.h"
#include "ipsvc.h"
#include "netlink.h"
#include "selftest/selftest.h"

static int __init ipsvc_init(void)
{
	int err;

	err = ipsvc_flow_cache_init();
	if (err)
		return err;
	if (!ipsvc_selftest()) {
		err = -ENOTRECOVERABLE;
		goto cache;
	}
	err = ipsvc_device_init();
	if (err)
		goto cache;
	err = ipsvc_netlink_init();
	if (err)
		goto device;
	return 0;
device:
	ipsvc_device_exit();
cache:
	rcu_barrier();
	ipsvc_flow_cache_exit();
	return err;
}

static void __exit ipsvc_exit(void)
{
	ipsvc_netlink_exit();
	ipsvc_device_exit();
	/* Instances free through call_rcu(). */
	rcu_barrier();
	ipsvc_flow_cache_exit();
}

module_init(ipsvc_init);
module_exit(ipsvc_exit);

MODULE_DESCRIPTION("Kubernetes Services in the kernel");
MODULE_AUTHOR("The ipsvc authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(IPSVC_VERSION);
MODULE_ALIAS_RTNL_LINK("ipsvc");
