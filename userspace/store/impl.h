/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What store.c has for the other parts of the store above its backends: write.c
 * and claims.c.
 */
#ifndef IPSVC_STORE_IMPL_H
#define IPSVC_STORE_IMPL_H

#include "ops.h"

enum ipsvc_store_result ipsvc_store_begin(struct ipsvc_store *store, bool write);
/*
 * Ends what ipsvc_store_begin() began: rolls back unless @commit and @result is
 * IPSVC_STORE_OK. Returns @result, or that of the commit.
 */
enum ipsvc_store_result ipsvc_store_end(struct ipsvc_store *store, bool commit,
					enum ipsvc_store_result result);
/* Inside of a transaction. */
enum ipsvc_store_result
ipsvc_store_read_config(struct ipsvc_store *store,
			struct ipsvc_cluster_config *cfg);
/* Sets the message and returns IPSVC_STORE_NOT_FOUND. */
enum ipsvc_store_result ipsvc_store_not_found(struct ipsvc_store *store,
					      const struct ipsvc_kind *kind,
					      const char *name);

#endif
