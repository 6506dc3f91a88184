/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes by name: a hash table with open addressing, one writer, and readers that
 * take no lock (epoch.h).
 */
#ifndef IPSVC_DNS_TABLE_H
#define IPSVC_DNS_TABLE_H

#include "base/siphash.h"
#include "epoch.h"
#include "node.h"

struct dns_slots;

struct dns_table {
	_Atomic(struct dns_slots *) slots;
	struct ipsvc_siphash_key key;
	struct dns_epoch *epoch;
	size_t nodes;
	size_t used;		/* slots that are not empty */
};

void dns_table_init(struct dns_table *table, struct dns_epoch *epoch);
/* Frees the nodes, too. */
void dns_table_free(struct dns_table *table);

/* The node of a name in lower case; NULL when there is none. */
const struct dns_node *dns_table_find(const struct dns_table *table,
				      const uint8_t *name, size_t len);

/* ---- of the writer --------------------------------------------------------- */

/* Takes over @node, and retires the one that had its name. */
void dns_table_put(struct dns_table *table, struct dns_node *node);
void dns_table_remove(struct dns_table *table, const uint8_t *name, size_t len);
/* @each may remove the node it is called for, and put none. */
void dns_table_walk(struct dns_table *table,
		    void (*each)(void *arg, struct dns_node *node), void *arg);

#endif
