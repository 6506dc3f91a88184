/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_SYSFS_H
#define IPSVC_SYSFS_H

#include <linux/sysfs.h>

/* For &net_device.sysfs_groups of a link whose private area is an instance. */
extern const struct attribute_group ipsvc_sysfs_group;

#endif /* IPSVC_SYSFS_H */
