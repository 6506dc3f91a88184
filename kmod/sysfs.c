// SPDX-License-Identifier: GPL-2.0
/* /sys/class/net/<link>/ipsvc */
#include "sysfs.h"

#include <linux/capability.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/inet.h>
#include <linux/inetdevice.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "flow.h"
#include "ipsvc.h"

/* Far from overflows of what is counted and allocated. */
#define CAP_LIMIT	(16U * 1024 * 1024)
/* Idle times are kept in 32 bits of jiffies, which HZ=1000 fills in 24 days. */
#define TIMEOUT_LIMIT	(20U * 24 * 60 * 60)

/* A number of the instance as a file. */
struct value_attribute {
	struct device_attribute attr;
	size_t offset; /* of the u32 in struct ipsvc_instance */
	u32 min;
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
	if (kstrtou32(buf, 10, &v) || v < va->min || v > va->max)
		return -EINVAL;
	/* More is memory of the host, beyond the limit of a cgroup. */
	if (va->max == CAP_LIMIT && v > READ_ONCE(*value(dev, attr)) &&
	    !capable(CAP_NET_ADMIN))
		return -EPERM;
	WRITE_ONCE(*value(dev, attr), v);
	return len;
}

#define VALUE(_name, _mode, _store, _member, _min, _max)		\
	(&((struct value_attribute[]) {{				\
		.attr = __ATTR(_name, _mode, value_show, _store),	\
		.offset = offsetof(struct ipsvc_instance, _member),	\
		.min = (_min),						\
		.max = (_max),						\
	}})[0].attr.attr)

#define VALUE_RO(_name, _member)					\
	VALUE(_name, 0444, NULL, _member, 0, 0)

#define VALUE_RW(_name, _member, _max)					\
	VALUE(_name, 0644, value_store, _member, 1, _max)

static ssize_t version_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", IPSVC_VERSION);
}
static DEVICE_ATTR_RO(version);

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
	if (sscanf(buf, "%5u-%5u%n", &min, &max, &end) != 2 || !end ||
	    !sysfs_streq(buf + end, ""))
		return -EINVAL;
	if (min < 1 || max > U16_MAX || min > max)
		return -EINVAL;
	WRITE_ONCE(inst->masquerade_min, min);
	WRITE_ONCE(inst->masquerade_max, max);
	return len;
}
static DEVICE_ATTR_RW(masquerade_ports);

static ssize_t cluster_cidr_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	u64 cidr = READ_ONCE(instance(dev)->cluster_cidr);
	__be32 addr = ipsvc_cidr_addr(cidr);

	if (!cidr)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%pI4/%d\n", &addr,
			  inet_mask_len(ipsvc_cidr_mask(cidr)));
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
	VALUE_RO(generation, generation),
	VALUE_RO(services, n_services),
	VALUE_RW(services_max, services_max, CAP_LIMIT),
	VALUE_RO(endpoints, n_endpoints),
	VALUE_RW(endpoints_max, endpoints_max, CAP_LIMIT),
	VALUE_RO(flows, flows.count.counter),
	VALUE_RW(flows_max, flows.max, CAP_LIMIT),
	VALUE_RO(flow_buckets, flows.buckets),
	VALUE_RW(timeout_tcp_syn, flows.timeouts.tcp_syn, TIMEOUT_LIMIT),
	VALUE_RW(timeout_tcp_established, flows.timeouts.tcp_established,
		 TIMEOUT_LIMIT),
	VALUE_RW(timeout_tcp_closing, flows.timeouts.tcp_closing,
		 TIMEOUT_LIMIT),
	VALUE_RW(timeout_tcp_closed, flows.timeouts.tcp_closed, TIMEOUT_LIMIT),
	VALUE_RW(timeout_udp, flows.timeouts.udp, TIMEOUT_LIMIT),
	VALUE_RW(timeout_udp_stream, flows.timeouts.udp_stream, TIMEOUT_LIMIT),
	VALUE_RW(timeout_txn, timeout_txn, TIMEOUT_LIMIT),
	VALUE(notrack, 0644, value_store, notrack, 0, 1),
	&dev_attr_masquerade_ports.attr,
	&dev_attr_cluster_cidr.attr,
	NULL,
};

const struct attribute_group ipsvc_sysfs_group = {
	.name = "ipsvc",
	.attrs = attrs,
};

int ipsvc_sysfs_show(struct seq_file *seq, const struct ipsvc_instance *inst)
{
	/* sysfs_emit() wants a whole page. */
	char *buf = (char *)__get_free_page(GFP_KERNEL);
	struct device_attribute *attr;
	int i;

	if (!buf)
		return -ENOMEM;
	for (i = 0; attrs[i]; i++) {
		attr = container_of(attrs[i], struct device_attribute, attr);
		attr->show(&inst->dev->dev, attr, buf);
		seq_printf(seq, "%s %s", attr->attr.name, buf);
	}
	free_page((unsigned long)buf);
	return 0;
}
