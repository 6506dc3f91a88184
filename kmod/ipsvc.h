/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The instance: everything ipsvc keeps for one network namespace.
 *
 * Verbs, throughout the module: _init/_exit set up and tear down in place,
 * _alloc/_free and _get/_put handle memory and references, _add/_del/_replace
 * change tables, _find returns what RCU protects, _fill writes netlink.
 * Exported symbols begin with ipsvc_, static ones do not.
 */
#ifndef IPSVC_H
#define IPSVC_H

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rhashtable-types.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "affinity.h"
#include "flow.h"
#include "service.h"

#define IPSVC_VERSION "0.2.0"

/* Defaults of the caps in sysfs. */
#define IPSVC_SERVICES_MAX_DEFAULT	(128 * 1024)
#define IPSVC_ENDPOINTS_MAX_DEFAULT	(2 * 1024 * 1024)
#define IPSVC_FLOWS_MAX_DEFAULT		(128 * 1024)
/* Seconds an open transaction may go without a request (sysfs). */
#define IPSVC_TXN_TIMEOUT_DEFAULT	60

#define IPSVC_HOOKS	4

enum ipsvc_family_index {
	IPSVC_IPV4,
	IPSVC_IPV6,
	IPSVC_FAMILIES
};

static inline enum ipsvc_family_index ipsvc_family_index(u8 family)
{
	return family == AF_INET ? IPSVC_IPV4 : IPSVC_IPV6;
}

/* All addresses where @prefix is 0. */
struct ipsvc_network {
	union ipsvc_addr addr; /* zero beyond the prefix */
	u8 prefix; /* of an address of the family: up to 32, or 128 */
};

/* By name, or by how its name begins. */
struct ipsvc_link {
	char name[IFNAMSIZ];
	u8 len; /* so many bytes are compared: of a whole name with its zero */
};

struct ipsvc_bloom;
struct ipsvc_stats;
struct ipsvc_txn;
struct proc_dir_entry;

/*
 * The private area of a link of kind ipsvc. Members marked "sysfs" are read and
 * written with READ_ONCE/WRITE_ONCE; &ipsvc_net.lock protects the counters and
 * whatever says so.
 */
struct ipsvc_instance {
	struct net *net; /* no reference: the link cannot leave it */
	struct net_device *dev;
	struct ipsvc_stats __percpu *stats;

	struct ipsvc_bloom __rcu *bloom; /* all frontends and endpoints */
	struct ipsvc_frontends frontends;
	/* Addresses of frontends; read under RCU, &ipsvc_net.lock */
	struct rhashtable vips;
	struct rb_root services; /* by key; &ipsvc_net.lock */
	u32 n_services;
	u32 n_endpoints; /* in current sets */
	u32 services_max; /* sysfs */
	u32 endpoints_max; /* sysfs */
	/*
	 * Endpoints by identity, also those that only flows refer to. Read
	 * under RCU, changed under its own lock (BH).
	 */
	struct xarray endpoints;
	u32 endpoint_next; /* for xa_alloc_cyclic(); &ipsvc_net.lock */
	/* (protocol, address, port) of all of @endpoints; read under RCU */
	struct rhashtable endpoint_addrs;
	spinlock_t endpoint_addrs_lock; /* writers of endpoint_addrs (BH) */

	struct ipsvc_flows flows;
	struct ipsvc_affinity affinity;

	u32 generation; /* incremented by each change */
	struct ipsvc_txn *txn; /* the open one or NULL; &ipsvc_net.lock */
	u32 txn_cookie; /* the last one given out; &ipsvc_net.lock */
	u32 txn_lapsed; /* of the last one that timed out, or 0; likewise */
	u32 timeout_txn; /* seconds; sysfs */
	/*
	 * Registered with the first service of the family, until there are
	 * neither services nor flows, of any; &ipsvc_net.lock
	 */
	struct nf_hook_ops hooks[IPSVC_FAMILIES][IPSVC_HOOKS];
	bool hooked[IPSVC_FAMILIES];
	struct proc_dir_entry *proc; /* /proc/net/ipsvc */

	u32 vip_ping; /* 1: addresses of services answer echo; sysfs */
	u32 notrack; /* 1: packets of flows bypass conntrack; sysfs */
	u16 masquerade_min; /* port range, host order; sysfs */
	u16 masquerade_max;
	/* Where clients within the cluster are, by family; sysfs */
	seqlock_t cluster_lock; /* protects the following two (BH) */
	struct ipsvc_network cluster[IPSVC_FAMILIES];
	struct ipsvc_link cluster_link; /* what they arrive by; @len 0: none */
};

/* What ipsvc keeps for each network namespace. */
struct ipsvc_net {
	/* Configuration: changes and walks. Inside RTNL, never the reverse. */
	struct mutex lock;
	/*
	 * Held for reading, and taken under @lock, by walks of flows that do
	 * not hold @lock: the instance is not torn down meanwhile.
	 */
	struct rw_semaphore walkers;
	struct ipsvc_instance *instance; /* or NULL; @lock */
	u32 generation; /* of the last instance that was deleted; RTNL */
	/* The socket with an open transaction, or 0; read without @lock, too. */
	u32 txn_portid;
};

/* Never NULL while the module is loaded. */
struct ipsvc_net *ipsvc_net(const struct net *net);

/* hook.c; under &ipsvc_net.lock, idempotent */
int ipsvc_hooks_register(struct ipsvc_instance *inst, u8 family);
void ipsvc_hooks_unregister(struct ipsvc_instance *inst);

#endif /* IPSVC_H */
