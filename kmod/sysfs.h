/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_SYSFS_H
#define IPSVC_SYSFS_H

#include <linux/sysfs.h>

struct ipsvc_instance;

/* For &net_device.sysfs_groups of a link whose private area is an instance. */
extern const struct attribute_group ipsvc_sysfs_group;

/* "255.255.255.255/32" and a terminating zero. */
#define IPSVC_CIDR_SIZE	19

void ipsvc_cluster_cidr_print(const struct ipsvc_instance *inst, char *buf);

#endif /* IPSVC_SYSFS_H */
