/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From objects to what DNS has to know of them: the one place that does it. */
#ifndef IPSVCD_DNS_RECORDS_H
#define IPSVCD_DNS_RECORDS_H

#include "api/object.h"
#include "dns/feed.h"

/*
 * All Services, namespaces and Pods of @objs (sorted). Services that the kernel refuses
 * (struct sync_report.refused; may be NULL) stay as they are in @before: no name
 * leads to an address that is not served. @out comes out sorted.
 */
void dns_records_compute(const struct ipsvc_objects *objs, const json_t *refused,
			 const struct dns_items *before, struct dns_items *out);

#endif
