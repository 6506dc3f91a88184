/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source would tell of manifests, one after the other. */
#ifndef IPSVC_TESTS_DNS_TELL_H
#define IPSVC_TESTS_DNS_TELL_H

#include <stdlib.h>

#include "api/object.h"
#include "daemon/dns_records.h"

/* All of @now, and that what is only in @told is gone; @told is @now then. */
static void tell_objects(struct dns_records *r, struct ipsvc_objects *told,
			 struct ipsvc_objects *now)
{
	ipsvc_objects_sort(now);
	for (size_t i = 0; i < told->n; i++) {
		const struct ipsvc_object *obj = &told->items[i];

		if (!now->n || !bsearch(obj, now->items, now->n,
					sizeof(*now->items), ipsvc_object_cmp))
			dns_records_change(&(struct ipsvc_change){ 0, true, obj },
					   r);
	}
	for (size_t i = 0; i < now->n; i++)
		dns_records_change(&(struct ipsvc_change){ 0, false,
							   &now->items[i] }, r);
	ipsvc_objects_free(told);
	*told = *now;
	*now = (struct ipsvc_objects){0};
}

#endif
