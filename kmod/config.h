/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of an instance, and transactions on it. */
#ifndef IPSVC_CONFIG_H
#define IPSVC_CONFIG_H

#include <linux/types.h>

#include "ipsvc.h"

struct ipsvc_change;
struct ipsvc_ctx;
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
/* "NAME", "PREFIX+", or nothing; false for what no link can be called. */
bool ipsvc_link_parse(const char *text, struct ipsvc_link *link);
int ipsvc_link_format(const struct ipsvc_link *link, char *buf);
struct ipsvc_link ipsvc_cluster_link(const struct ipsvc_instance *inst);
void ipsvc_cluster_link_set(struct ipsvc_instance *inst,
			    const struct ipsvc_link *link);

bool ipsvc_cluster_has_client(const struct ipsvc_ctx *ctx);

/* Whether it is known at all where clients within the cluster are. */
static inline bool ipsvc_cluster_is_known(const struct ipsvc_instance *inst,
					  u8 family)
{
	return READ_ONCE(inst->cluster[ipsvc_family_index(family)].prefix) ||
	       READ_ONCE(inst->cluster_link.len);
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
