/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of the cluster as a record. */
#ifndef IPSVC_STORE_CONFIG_H
#define IPSVC_STORE_CONFIG_H

#include "txn.h"

/* What is stored, else the defaults: ranges that can be used. */
enum ipsvc_store_result ipsvc_config_read(struct ipsvc_txn *txn,
					  struct ipsvc_cluster_config *cfg);
/* For the rest of @txn; refused as by ipsvc_store_set_config(). */
enum ipsvc_store_result ipsvc_config_put(struct ipsvc_txn *txn,
					 const struct ipsvc_cluster_config *cfg);

#endif
