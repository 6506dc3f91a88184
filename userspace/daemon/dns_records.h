/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From objects to what DNS has to know of them: the one place that does it. It
 * follows a source; a change costs what it changes.
 */
#ifndef IPSVCD_DNS_RECORDS_H
#define IPSVCD_DNS_RECORDS_H

#include "api/change.h"
#include "dns/feed.h"

struct dns_records;

struct dns_records *dns_records_new(void);
void dns_records_free(struct dns_records *r);
/* An ipsvc_change_fn, whose @arg is the records. */
void dns_records_change(const struct ipsvc_change *change, void *arg);
/*
 * To be called when the kernel has what was told. Services in @refused, that of struct
 * sync_report or NULL, it has not: their names stay as they were until it takes them,
 * so that no name leads to an address that is not served.
 */
void dns_records_settle(struct dns_records *r, const json_t *refused);
/*
 * Services as of the last dns_records_settle(), Pods and namespaces as of the last
 * dns_records_change().
 */
struct dns_items *dns_records_items(struct dns_records *r);

#endif
