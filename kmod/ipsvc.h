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
#include <linux/types.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "flow.h"
#include "service.h"

#define IPSVC_VERSION "0.1.0"

/* Caps of an instance when nothing else is configured (sysfs). */
#define IPSVC_SERVICES_MAX_DEFAULT	(128 * 1024)
#define IPSVC_ENDPOINTS_MAX_DEFAULT	(2 * 1024 * 1024)
#define IPSVC_FLOWS_MAX_DEFAULT		(128 * 1024)

struct ipsvc_hooks;
struct ipsvc_stats;
struct ipsvc_txn;
struct proc_dir_entry;

/**
 * struct ipsvc_instance - private area of a link of kind ipsvc
 * @net: the namespace; no reference, the device cannot leave it
 * @dev: the link itself
 * @stats: per-CPU counters
 * @frontends: lookup table of the data path
 * @services: all services by name; protected by &ipsvc_net.lock
 * @n_services: length of @services; protected by &ipsvc_net.lock
 * @n_endpoints: endpoints that belong to a service; &ipsvc_net.lock
 * @services_max: cap, READ_ONCE/WRITE_ONCE (sysfs)
 * @endpoints_max: cap, likewise
 * @endpoints: endpoints by identity, removed ones that still have flows too.
 *	Read under RCU, changed under its own lock (BH).
 * @endpoint_next: where the search for the next identity begins; under
 *	&ipsvc_net.lock
 * @addresses: who uses which address (address.h); &ipsvc_net.lock
 * @flows: the flow table
 * @generation: grows with each applied change; written under &ipsvc_net.lock
 * @txn: the open transaction or NULL; protected by &ipsvc_net.lock
 * @txn_cookie: last cookie handed out; protected by &ipsvc_net.lock
 * @hooks: registered netfilter hooks, NULL while there is no service;
 *	protected by &ipsvc_net.lock
 * @proc: /proc/net/ipsvc
 * @notrack: hand packets of our flows on as untracked (sysfs)
 * @masquerade_min: first port of the masquerade range, host order (sysfs)
 * @masquerade_max: last one
 */
struct ipsvc_instance {
	struct net *net;
	struct net_device *dev;
	struct ipsvc_stats __percpu *stats;

	struct ipsvc_frontends frontends;
	struct rb_root services;
	u32 n_services;
	u32 n_endpoints;
	u32 services_max;
	u32 endpoints_max;
	struct xarray endpoints;
	u32 endpoint_next;
	struct rb_root addresses;

	struct ipsvc_flows flows;

	u32 generation;
	struct ipsvc_txn *txn;
	u32 txn_cookie;
	struct ipsvc_hooks *hooks;
	struct proc_dir_entry *proc;

	bool notrack;
	u16 masquerade_min;
	u16 masquerade_max;
};

/**
 * struct ipsvc_net - what ipsvc keeps for each network namespace
 * @lock: serialises all changes of configuration and all walks of it.
 *	Taken inside RTNL where both are held; never the other way round.
 * @instance: the instance or NULL; protected by @lock
 * @generation: of the last instance that is gone, or 0; protected by RTNL
 * @txn_portid: the socket whose transaction is open, or 0; written under @lock,
 *	READ_ONCE by all sockets that are closed
 */
struct ipsvc_net {
	struct mutex lock; /* configuration */
	struct ipsvc_instance *instance;
	u32 generation;
	u32 txn_portid;
};

struct ipsvc_net *ipsvc_net(const struct net *net);

/* hook.c: registers the hooks of an instance; &ipsvc_net.lock. Idempotent. */
int ipsvc_hooks_register(struct ipsvc_instance *inst);
void ipsvc_hooks_unregister(struct ipsvc_instance *inst);

#endif /* IPSVC_H */
