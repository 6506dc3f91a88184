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
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "flow.h"
#include "service.h"

#define IPSVC_VERSION "0.2.0"

/* Caps of an instance when nothing else is configured (sysfs). */
#define IPSVC_SERVICES_MAX_DEFAULT	(128 * 1024)
#define IPSVC_ENDPOINTS_MAX_DEFAULT	(2 * 1024 * 1024)
#define IPSVC_FLOWS_MAX_DEFAULT		(128 * 1024)
/* Seconds an open transaction may go without a request (sysfs). */
#define IPSVC_TXN_TIMEOUT_DEFAULT	60

#define IPSVC_HOOKS	4

struct ipsvc_bloom;
struct ipsvc_stats;
struct ipsvc_txn;
struct proc_dir_entry;

/**
 * struct ipsvc_instance - private area of a link of kind ipsvc
 * @net: the namespace; no reference, the device cannot leave it
 * @dev: the link itself
 * @stats: per-CPU counters
 * @bloom: filter over all frontends and endpoints; read by each packet
 * @frontends: lookup table of the data path
 * @services: all service ports by key; protected by &ipsvc_net.lock
 * @n_services: how many; protected by &ipsvc_net.lock
 * @n_endpoints: endpoints that are in a set; &ipsvc_net.lock
 * @services_max: cap, READ_ONCE/WRITE_ONCE (sysfs)
 * @endpoints_max: cap, likewise
 * @endpoints: endpoints by identity, removed ones that still have flows too.
 *	Read under RCU, changed under its own lock (BH).
 * @endpoint_next: where the search for the next identity begins; under
 *	&ipsvc_net.lock
 * @endpoint_addrs: (protocol, address, port) of all of @endpoints; read under RCU
 * @endpoint_addrs_lock: serialises changes of it (BH)
 * @flows: the flow table
 * @generation: grows with each applied change; written under &ipsvc_net.lock
 * @txn: the open transaction or NULL; protected by &ipsvc_net.lock
 * @txn_cookie: last cookie handed out; protected by &ipsvc_net.lock
 * @txn_lapsed: cookie of the last transaction that timed out, or 0; likewise
 * @timeout_txn: seconds, READ_ONCE/WRITE_ONCE (sysfs)
 * @hooks: netfilter hooks, registered while there are services or flows
 * @hooked: they are registered; protected by &ipsvc_net.lock
 * @proc: /proc/net/ipsvc
 * @notrack: hand packets of our flows on as untracked (sysfs)
 * @masquerade_min: first port of the masquerade range, host order (sysfs)
 * @masquerade_max: last one
 * @cluster_cidr: where clients within the cluster are: the address in the upper
 *	half, the mask in the lower one, see ipsvc_cidr(); 0 when that is not
 *	known. One word, READ_ONCE/WRITE_ONCE (sysfs, netlink).
 */
struct ipsvc_instance {
	struct net *net;
	struct net_device *dev;
	struct ipsvc_stats __percpu *stats;

	struct ipsvc_bloom __rcu *bloom;
	struct ipsvc_frontends frontends;
	struct rb_root services;
	u32 n_services;
	u32 n_endpoints;
	u32 services_max;
	u32 endpoints_max;
	struct xarray endpoints;
	u32 endpoint_next;
	struct rhashtable endpoint_addrs;
	spinlock_t endpoint_addrs_lock; /* endpoint_addrs */

	struct ipsvc_flows flows;

	u32 generation;
	struct ipsvc_txn *txn;
	u32 txn_cookie;
	u32 txn_lapsed;
	u32 timeout_txn;
	struct nf_hook_ops hooks[IPSVC_HOOKS];
	bool hooked;
	struct proc_dir_entry *proc;

	bool notrack;
	u16 masquerade_min;
	u16 masquerade_max;
	u64 cluster_cidr;
};

static inline u64 ipsvc_cidr(__be32 addr, __be32 mask)
{
	return (u64)(__force u32)addr << 32 | (__force u32)mask;
}

static inline __be32 ipsvc_cidr_addr(u64 cidr)
{
	return (__force __be32)(u32)(cidr >> 32);
}

static inline __be32 ipsvc_cidr_mask(u64 cidr)
{
	return (__force __be32)(u32)cidr;
}

/* Whether a client is within the cluster, as far as that is known. */
static inline bool
ipsvc_instance_is_cluster_client(const struct ipsvc_instance *inst,
				 __be32 client)
{
	u64 cidr = READ_ONCE(inst->cluster_cidr);

	return !((client ^ ipsvc_cidr_addr(cidr)) & ipsvc_cidr_mask(cidr));
}

/**
 * struct ipsvc_net - what ipsvc keeps for each network namespace
 * @lock: serialises all changes of configuration and all walks of it.
 *	Taken inside RTNL where both are held; never the other way round.
 * @walkers: read by who walks flows without @lock, and taken under it; the
 *	instance is not torn down meanwhile
 * @instance: the instance or NULL; protected by @lock
 * @generation: of the last instance that is gone, or 0; protected by RTNL
 * @txn_portid: the socket whose transaction is open, or 0; written under @lock,
 *	READ_ONCE by all sockets that are closed
 */
struct ipsvc_net {
	struct mutex lock; /* configuration */
	struct rw_semaphore walkers;
	struct ipsvc_instance *instance;
	u32 generation;
	u32 txn_portid;
};

struct ipsvc_net *ipsvc_net(const struct net *net);

/* hook.c: registers the hooks of an instance; &ipsvc_net.lock. Idempotent. */
int ipsvc_hooks_register(struct ipsvc_instance *inst);
void ipsvc_hooks_unregister(struct ipsvc_instance *inst);

#endif /* IPSVC_H */
