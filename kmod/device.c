// SPDX-License-Identifier: GPL-2.0
/*
 * Links of kind ipsvc. A link is the instance of its network namespace. The
 * service CIDR is routed to it; the packets that reach it belong to no service
 * and are rejected.
 */
#include "device.h"

#include <linux/if_arp.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/user_namespace.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>
#include <linux/ipsvc.h>

#include "config.h"
#include "hook.h"
#include "ipsvc.h"
#include "netlink.h"
#include "procfs.h"
#include "stats.h"
#include "sysfs.h"
#include "verdict.h"

/* Cilium's range: clear of ephemeral ports and of node ports. */
#define MASQUERADE_PORT_MIN	1024
#define MASQUERADE_PORT_MAX	29999

static bool userns;
module_param(userns, bool, 0644);
MODULE_PARM_DESC(userns, "let other user namespaces than the initial one make links of kind ipsvc");

static unsigned int net_id __read_mostly;

struct ipsvc_net *ipsvc_net(const struct net *net)
{
	return net_generic(net, net_id);
}

static int tables_init(struct ipsvc_instance *inst)
{
	int err;

	inst->stats = alloc_percpu_gfp(struct ipsvc_stats, GFP_KERNEL_ACCOUNT);
	if (!inst->stats)
		return -ENOMEM;
	err = ipsvc_config_init(inst);
	if (err)
		goto stats;
	err = ipsvc_flows_init(inst);
	if (err)
		goto config;
	err = ipsvc_proc_init(inst);
	if (err)
		goto flows;
	return 0;
flows:
	ipsvc_flows_exit(inst);
config:
	ipsvc_config_exit(inst);
stats:
	free_percpu(inst->stats);
	return err;
}

/* .ndo_init: under RTNL, before the link is visible. */
static int device_init(struct net_device *dev)
{
	struct ipsvc_instance *inst = netdev_priv(dev);
	struct ipsvc_net *pn = ipsvc_net(dev_net(dev));
	int err;

	inst->net = dev_net(dev);
	inst->dev = dev;
	inst->masquerade_min = MASQUERADE_PORT_MIN;
	inst->masquerade_max = MASQUERADE_PORT_MAX;

	err = tables_init(inst);
	if (err)
		return err;
	mutex_lock(&pn->lock);
	pn->instance = inst;
	mutex_unlock(&pn->lock);
	return 0;
}

/*
 * .ndo_uninit: under RTNL, the link is down. The instance is unpublished first,
 * then no new packet enters the hooks, then none is in them; then it is freed.
 */
static void device_uninit(struct net_device *dev)
{
	struct ipsvc_instance *inst = netdev_priv(dev);
	struct ipsvc_net *pn = ipsvc_net(inst->net);

	/* Before the mutex: waits for readers, which take it. */
	ipsvc_proc_exit(inst);
	mutex_lock(&pn->lock);
	pn->instance = NULL;
	ipsvc_hooks_unregister(inst);
	mutex_unlock(&pn->lock);
	/* Wait for walks of flows; no new one finds the instance. */
	down_write(&pn->walkers);
	up_write(&pn->walkers);
	synchronize_net();
	ipsvc_flows_exit(inst);
	ipsvc_config_exit(inst);
	free_percpu(inst->stats);
}

/* The link has no neighbours: no link-local address, no solicitations. */
static int device_open(struct net_device *dev)
{
	struct inet6_dev *dev_v6 = __in6_dev_get(dev);

	if (dev_v6)
		dev_v6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	return 0;
}

/*
 * The family of a packet that is to be answered, or 0. A packet socket can send
 * IPv6 where the host was booted without it, and no error can be made there.
 */
static u8 answered_family(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return pskb_may_pull(skb, sizeof(struct iphdr)) ? AF_INET : 0;
	if (skb->protocol == htons(ETH_P_IPV6) && ipv6_mod_enabled() &&
	    pskb_may_pull(skb, sizeof(struct ipv6hdr)) &&
	    !ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr))
		return AF_INET6;
	return 0;
}

static netdev_tx_t device_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ipsvc_ctx ctx = { .inst = netdev_priv(dev), .skb = skb };
	u8 family = answered_family(skb);

	DEV_STATS_INC(dev, tx_errors);
	if (family) {
		ipsvc_parse(skb, &ctx.pkt, family);
		ipsvc_verdict(&ctx, 0, IPSVC_REASON_NO_SERVICE);
	}
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops device_ops = {
	.ndo_init = device_init,
	.ndo_uninit = device_uninit,
	.ndo_open = device_open,
	.ndo_start_xmit = device_xmit,
};

static const struct device_type device_type = {
	.name = "ipsvc",
};

static void device_setup(struct net_device *dev)
{
	dev->netdev_ops = &device_ops;
	dev->needs_free_netdev = true;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU;
	/*
	 * A socket that connects to a service takes its offloads from this
	 * device before its packets are routed to the endpoint.
	 */
	dev->features |= NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA |
			 NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE;
	dev->hw_features |= dev->features;
	/* icmp_ndo_send() needs the route of the packet. */
	netif_keep_dst(dev);
	/* The ICMP error may be routed to this link: no lock around xmit. */
	netif_set_lltx(dev);
	netif_set_netns_immutable(dev);
	dev->sysfs_groups[0] = &ipsvc_sysfs_group;
	SET_NETDEV_DEVTYPE(dev, &device_type);
}

static int newlink(struct net *src_net, struct net_device *dev,
		   struct nlattr *tb[], struct nlattr *data[],
		   struct netlink_ext_ack *extack)
{
	ASSERT_RTNL();
	if (!userns && dev_net(dev)->user_ns != &init_user_ns)
		return ipsvc_refuse(extack, NULL, -EPERM,
				    "ipsvc in user namespaces needs the module parameter userns");
	if (ipsvc_net(dev_net(dev))->instance)
		return ipsvc_refuse(extack, NULL, -EEXIST,
				    "this network namespace has an ipsvc instance already");
	return register_netdevice(dev);
}

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind = "ipsvc",
	.priv_size = sizeof(struct ipsvc_instance),
	.setup = device_setup,
	.newlink = newlink,
};

static int __net_init net_init(struct net *net)
{
	mutex_init(&ipsvc_net(net)->lock);
	init_rwsem(&ipsvc_net(net)->walkers);
	return 0;
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.id = &net_id,
	.size = sizeof(struct ipsvc_net),
};

int ipsvc_device_init(void)
{
	int err;

	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = rtnl_link_register(&link_ops);
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

/* Deletes all links of the kind, in all namespaces. */
void ipsvc_device_exit(void)
{
	rtnl_link_unregister(&link_ops);
	unregister_pernet_subsys(&net_ops);
}
