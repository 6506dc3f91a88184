/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_SYSFS_H
#define IPSVC_SYSFS_H

#include <linux/sysfs.h>

struct ipsvc_instance;
struct seq_file;

/* For &net_device.sysfs_groups of a link whose private area is an instance. */
extern const struct attribute_group ipsvc_sysfs_group;

/* Writes all attributes, "name value" a line. Process context. */
int ipsvc_sysfs_show(struct seq_file *seq, const struct ipsvc_instance *inst);

#endif /* IPSVC_SYSFS_H */
