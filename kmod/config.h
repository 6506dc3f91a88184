/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of an instance, and transactions on it. */
#ifndef IPSVC_CONFIG_H
#define IPSVC_CONFIG_H

#include <linux/types.h>

#include "ipsvc.h"

struct ipsvc_change;
struct netlink_ext_ack;
struct nlattr;

int ipsvc_config_init(struct ipsvc_instance *inst);
void ipsvc_config_exit(struct ipsvc_instance *inst);

struct ipsvc_network ipsvc_cluster(const struct ipsvc_instance *inst,
				   u8 family);
bool ipsvc_network_has_no_host(const struct ipsvc_network *net, u8 family);
bool ipsvc_network_is_valid(const struct ipsvc_network *net, u8 family);
void ipsvc_cluster_set(struct ipsvc_instance *inst, u8 family,
		       const struct ipsvc_network *net);
bool ipsvc_cluster_has_client(const struct ipsvc_instance *inst,
			      const struct ipsvc_tuple *tuple);

/* True for every client when no network of the cluster is set. */
static inline bool ipsvc_cluster_has(const struct ipsvc_instance *inst,
				     const struct ipsvc_tuple *tuple)
{
	return !READ_ONCE(inst->cluster[ipsvc_family_index(tuple->family)]
				  .prefix) ||
	       ipsvc_cluster_has_client(inst, tuple);
}

/* False for every client then. */
static inline bool ipsvc_cluster_known_has(const struct ipsvc_instance *inst,
					   const struct ipsvc_tuple *tuple)
{
	return READ_ONCE(inst->cluster[ipsvc_family_index(tuple->family)]
				 .prefix) &&
	       ipsvc_cluster_has_client(inst, tuple);
}

/* How a request names a transaction. */
struct ipsvc_txn_ref {
	u32 cookie; /* IPSVC_A_TXN, or 0 */
	u32 portid; /* the socket it came from */
	const struct nlattr *attr; /* IPSVC_A_TXN or NULL */
};

int ipsvc_config_change(struct ipsvc_instance *inst,
			const struct ipsvc_txn_ref *ref,
			struct ipsvc_change *change, bool append, bool *purge,
			struct netlink_ext_ack *extack);
int ipsvc_txn_begin(struct ipsvc_instance *inst, u32 portid, u32 *cookie,
		    struct netlink_ext_ack *extack);
int ipsvc_txn_commit(struct ipsvc_instance *inst,
		     const struct ipsvc_txn_ref *ref, bool *purge,
		     struct netlink_ext_ack *extack);
int ipsvc_txn_abort(struct ipsvc_instance *inst,
		    const struct ipsvc_txn_ref *ref,
		    struct netlink_ext_ack *extack);
void ipsvc_txn_release(struct ipsvc_instance *inst, u32 portid);

#endif /* IPSVC_CONFIG_H */
