// SPDX-License-Identifier: GPL-2.0
/* /sys/class/net/<link>/ipsvc: one value a file. */
#include "sysfs.h"

#include <linux/capability.h>
#include <linux/device.h>
#include <linux/inet.h>
#include <linux/inetdevice.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <net/net_namespace.h>

#include "flow.h"
#include "ipsvc.h"

/* Nobody needs more, and nothing overflows. */
#define CAP_LIMIT	(16U * 1024 * 1024)
/* Idle times are kept in 32 bits of jiffies, which HZ=1000 fills in 24 days. */
#define TIMEOUT_LIMIT	(20U * 24 * 60 * 60)

/**
 * struct value_attribute - a number of the instance as a file
 * @attr: the file
 * @offset: of the u32 in struct ipsvc_instance
 * @max: largest number that may be written; 1 is the smallest
 */
struct value_attribute {
	struct device_attribute attr;
	size_t offset;
	u32 max;
};

static struct ipsvc_instance *instance(struct device *dev)
{
	return netdev_priv(to_net_dev(dev));
}

static bool may_write(struct device *dev)
{
	return ns_capable(dev_net(to_net_dev(dev))->user_ns, CAP_NET_ADMIN);
}

static u32 *value(struct device *dev, struct device_attribute *attr)
{
	struct value_attribute *va =
		container_of(attr, struct value_attribute, attr);

	return (void *)instance(dev) + va->offset;
}

static ssize_t value_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(*value(dev, attr)));
}

static ssize_t value_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct value_attribute *va =
		container_of(attr, struct value_attribute, attr);
	u32 v;

	if (!may_write(dev))
		return -EPERM;
	if (kstrtou32(buf, 10, &v) || v < 1 || v > va->max)
		return -EINVAL;
	/* Beyond the cgroup's limit it is the memory of the host. */
	if (va->max == CAP_LIMIT && v > READ_ONCE(*value(dev, attr)) &&
	    !capable(CAP_NET_ADMIN))
		return -EPERM;
	WRITE_ONCE(*value(dev, attr), v);
	return len;
}

#define VALUE_RO(_name, _member)					\
static struct value_attribute attr_##_name = {				\
	.attr = __ATTR(_name, 0444, value_show, NULL),			\
	.offset = offsetof(struct ipsvc_instance, _member),		\
}

#define VALUE_RW(_name, _member, _max)					\
static struct value_attribute attr_##_name = {				\
	.attr = __ATTR(_name, 0644, value_show, value_store),		\
	.offset = offsetof(struct ipsvc_instance, _member),		\
	.max = (_max),							\
}

VALUE_RO(generation, generation);
VALUE_RO(services, n_services);
VALUE_RO(endpoints, n_endpoints);
VALUE_RO(flows, flows.count.counter);
VALUE_RO(flow_buckets, flows.buckets);
VALUE_RW(services_max, services_max, CAP_LIMIT);
VALUE_RW(endpoints_max, endpoints_max, CAP_LIMIT);
VALUE_RW(flows_max, flows.max, CAP_LIMIT);
VALUE_RW(timeout_tcp_syn, flows.timeouts.tcp_syn, TIMEOUT_LIMIT);
VALUE_RW(timeout_tcp_established, flows.timeouts.tcp_established,
	 TIMEOUT_LIMIT);
VALUE_RW(timeout_tcp_closing, flows.timeouts.tcp_closing, TIMEOUT_LIMIT);
VALUE_RW(timeout_tcp_closed, flows.timeouts.tcp_closed, TIMEOUT_LIMIT);
VALUE_RW(timeout_udp, flows.timeouts.udp, TIMEOUT_LIMIT);
VALUE_RW(timeout_udp_stream, flows.timeouts.udp_stream, TIMEOUT_LIMIT);
VALUE_RW(timeout_txn, timeout_txn, TIMEOUT_LIMIT);

static ssize_t version_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", IPSVC_VERSION);
}
static DEVICE_ATTR_RO(version);

static ssize_t notrack_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(instance(dev)->notrack));
}

static ssize_t notrack_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	u32 v;

	if (!may_write(dev))
		return -EPERM;
	if (kstrtou32(buf, 10, &v) || v > 1)
		return -EINVAL;
	WRITE_ONCE(instance(dev)->notrack, v);
	return len;
}
static DEVICE_ATTR_RW(notrack);

static ssize_t masquerade_ports_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	const struct ipsvc_instance *inst = instance(dev);

	return sysfs_emit(buf, "%u-%u\n", READ_ONCE(inst->masquerade_min),
			  READ_ONCE(inst->masquerade_max));
}

static ssize_t masquerade_ports_store(struct device *dev,
				      struct device_attribute *attr,
				      const char *buf, size_t len)
{
	struct ipsvc_instance *inst = instance(dev);
	u32 min, max;
	int end = 0;

	if (!may_write(dev))
		return -EPERM;
	if (sscanf(buf, "%5u-%5u%n", &min, &max, &end) != 2 || !end)
		return -EINVAL;
	if (strcmp(buf + end, "") && strcmp(buf + end, "\n"))
		return -EINVAL;
	if (min < 1 || max > U16_MAX || min > max)
		return -EINVAL;
	WRITE_ONCE(inst->masquerade_min, min);
	WRITE_ONCE(inst->masquerade_max, max);
	return len;
}
static DEVICE_ATTR_RW(masquerade_ports);

/**
 * ipsvc_cluster_cidr_print() - write &ipsvc_instance.cluster_cidr as text
 * @inst: the instance
 * @buf: of IPSVC_CIDR_SIZE
 */
void ipsvc_cluster_cidr_print(const struct ipsvc_instance *inst, char *buf)
{
	u64 cidr = READ_ONCE(inst->cluster_cidr);
	__be32 addr = ipsvc_cidr_addr(cidr);

	if (cidr)
		snprintf(buf, IPSVC_CIDR_SIZE, "%pI4/%d", &addr,
			 inet_mask_len(ipsvc_cidr_mask(cidr)));
	else
		strscpy(buf, "none", IPSVC_CIDR_SIZE);
}

static ssize_t cluster_cidr_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	char text[IPSVC_CIDR_SIZE];

	ipsvc_cluster_cidr_print(instance(dev), text);
	return sysfs_emit(buf, "%s\n", text);
}

static int parse_cidr(const char *buf, u64 *cidr)
{
	__be32 addr, mask;
	const char *end;
	u32 len;

	*cidr = 0;
	if (sysfs_streq(buf, "none"))
		return 0;
	if (!in4_pton(buf, -1, (u8 *)&addr, '/', &end) || *end != '/' ||
	    kstrtou32(end + 1, 10, &len) || len < 1 || len > 32)
		return -EINVAL;
	mask = inet_make_mask(len);
	if (addr & ~mask)
		return -EINVAL;
	*cidr = ipsvc_cidr(addr, mask);
	return 0;
}

static ssize_t cluster_cidr_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t len)
{
	u64 cidr;

	if (!may_write(dev))
		return -EPERM;
	if (parse_cidr(buf, &cidr))
		return -EINVAL;
	WRITE_ONCE(instance(dev)->cluster_cidr, cidr);
	return len;
}
static DEVICE_ATTR_RW(cluster_cidr);

static struct attribute *attrs[] = {
	&dev_attr_version.attr,
	&attr_generation.attr.attr,
	&attr_services.attr.attr,
	&attr_services_max.attr.attr,
	&attr_endpoints.attr.attr,
	&attr_endpoints_max.attr.attr,
	&attr_flows.attr.attr,
	&attr_flows_max.attr.attr,
	&attr_flow_buckets.attr.attr,
	&attr_timeout_tcp_syn.attr.attr,
	&attr_timeout_tcp_established.attr.attr,
	&attr_timeout_tcp_closing.attr.attr,
	&attr_timeout_tcp_closed.attr.attr,
	&attr_timeout_udp.attr.attr,
	&attr_timeout_udp_stream.attr.attr,
	&attr_timeout_txn.attr.attr,
	&dev_attr_notrack.attr,
	&dev_attr_masquerade_ports.attr,
	&dev_attr_cluster_cidr.attr,
	NULL,
};

const struct attribute_group ipsvc_sysfs_group = {
	.name = "ipsvc",
	.attrs = attrs,
};
