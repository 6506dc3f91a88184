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
