// SPDX-License-Identifier: GPL-2.0
/* /sys/class/net/<link>/ipsvc */
#include "sysfs.h"

#include <linux/capability.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/inet.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "config.h"
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

static int emit_network(struct ipsvc_instance *inst, u8 family, char *buf,
			int at)
{
	const struct ipsvc_network net = ipsvc_cluster(inst, family);

	if (!net.prefix)
		return 0;
	return family == AF_INET ?
	       sysfs_emit_at(buf, at, "%pI4/%u", &net.addr.ip4, net.prefix) :
	       sysfs_emit_at(buf, at, "%s%pI6c/%u", at ? "," : "",
			     &net.addr.ip6, net.prefix);
}

static ssize_t cluster_cidr_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct ipsvc_instance *inst = instance(dev);
	int len;

	len = emit_network(inst, AF_INET, buf, 0);
	len += emit_network(inst, AF_INET6, buf, len);
	return len + sysfs_emit_at(buf, len, len ? "\n" : "none\n");
}

/* One network; returns its family, or 0 where it is none. */
static u8 parse_network(const char *text, struct ipsvc_network *net)
{
	u8 family = strchr(text, ':') ? AF_INET6 : AF_INET;
	u8 max = family == AF_INET ? 32 : 128;
	const char *end;

	if (family == AF_INET6) {
		if (!in6_pton(text, -1, net->addr.ip6.s6_addr, '/', &end) ||
		    ipv6_addr_v4mapped(&net->addr.ip6))
			return 0;
	} else {
		net->addr = ipsvc_addr_v4(0);
		if (!in4_pton(text, -1, (u8 *)&net->addr.ip4, '/', &end))
			return 0;
	}
	if (*end != '/' || kstrtou8(end + 1, 10, &net->prefix) ||
	    !net->prefix || net->prefix > max)
		return 0;
	return family;
}

/* "none", or a network of one family or one of each, with a comma. */
static int parse_networks(char *text, struct ipsvc_network *nets)
{
	struct ipsvc_network net;
	char *word;
	u8 family;

	memset(nets, 0, IPSVC_FAMILIES * sizeof(*nets));
	if (sysfs_streq(text, "none"))
		return 0;
	while ((word = strsep(&text, ","))) {
		family = parse_network(word, &net);
		if (!family || nets[ipsvc_family_index(family)].prefix ||
		    !ipsvc_network_is_valid(&net, family))
			return -EINVAL;
		nets[ipsvc_family_index(family)] = net;
	}
	return 0;
}

static ssize_t cluster_cidr_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t len)
{
	struct ipsvc_network nets[IPSVC_FAMILIES];
	struct ipsvc_instance *inst = instance(dev);
	char *text;
	int err;

	if (!may_write(dev))
		return -EPERM;
	text = kstrndup(buf, len, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	err = parse_networks(text, nets);
	kfree(text);
	if (err)
		return err;
	ipsvc_cluster_set(inst, AF_INET, &nets[IPSVC_IPV4]);
	ipsvc_cluster_set(inst, AF_INET6, &nets[IPSVC_IPV6]);
	return len;
}
static DEVICE_ATTR_RW(cluster_cidr);

static ssize_t cluster_link_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	const struct ipsvc_link link = ipsvc_cluster_link(instance(dev));
	char text[IFNAMSIZ + 1];

	ipsvc_link_format(&link, text);
	return sysfs_emit(buf, "%s\n", link.len ? text : "none");
}

static ssize_t cluster_link_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t len)
{
	struct ipsvc_link link;
	char text[IFNAMSIZ + 2];

	if (!may_write(dev))
		return -EPERM;
	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, len);
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!ipsvc_link_parse(strcmp(text, "none") ? text : "", &link))
		return -EINVAL;
	ipsvc_cluster_link_set(instance(dev), &link);
	return len;
}
static DEVICE_ATTR_RW(cluster_link);

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
	VALUE_RW(affinities_max, affinity.max, CAP_LIMIT),
	VALUE_RW(timeout_tcp_syn, flows.timeouts.tcp_syn, TIMEOUT_LIMIT),
	VALUE_RW(timeout_tcp_established, flows.timeouts.tcp_established,
		 TIMEOUT_LIMIT),
	VALUE_RW(timeout_tcp_closing, flows.timeouts.tcp_closing,
		 TIMEOUT_LIMIT),
	VALUE_RW(timeout_tcp_closed, flows.timeouts.tcp_closed, TIMEOUT_LIMIT),
	VALUE_RW(timeout_udp, flows.timeouts.udp, TIMEOUT_LIMIT),
	VALUE_RW(timeout_udp_stream, flows.timeouts.udp_stream, TIMEOUT_LIMIT),
	VALUE_RW(timeout_sctp_init, flows.timeouts.sctp_init, TIMEOUT_LIMIT),
	VALUE_RW(timeout_sctp_established, flows.timeouts.sctp_established,
		 TIMEOUT_LIMIT),
	VALUE_RW(timeout_sctp_closing, flows.timeouts.sctp_closing,
		 TIMEOUT_LIMIT),
	VALUE_RW(timeout_txn, timeout_txn, TIMEOUT_LIMIT),
	VALUE(vip_ping, 0644, value_store, vip_ping, 0, 1),
	VALUE(notrack, 0644, value_store, notrack, 0, 1),
	&dev_attr_masquerade_ports.attr,
	&dev_attr_cluster_cidr.attr,
	&dev_attr_cluster_link.attr,
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
