// SPDX-License-Identifier: GPL-2.0-or-later
#include "ranges.h"

#include <linux/ipsvc.h>
#include <stdlib.h>

static bool is_of(const struct ipsvc_cidr *cidr, uint8_t family)
{
	return ipsvc_ip_is4(&cidr->net) == (family == AF_INET);
}

static size_t count(const struct ipsvc_cidr_list *list, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += is_of(&list->items[i], family);
	return n;
}

/* Of the family, as many as there is room for. */
static void add_list(const struct ipsvc_cidr_list *list, bool deny, size_t room,
		     struct ipsvc_kservice *out)
{
	for (size_t i = 0; i < list->n && room; i++) {
		if (!is_of(&list->items[i], out->family))
			continue;
		ipsvc_kservice_add_range(out, &list->items[i], deny);
		room--;
	}
}

static void add_nobody(struct ipsvc_kservice *out)
{
	const struct ipsvc_cidr all = {
		.net = out->family == AF_INET ?
		       ipsvc_ip_from4((struct in_addr){0}) : in6addr_any,
	};

	ipsvc_kservice_add_range(out, &all, true);
}

/* What goes to an address that this node has itself comes from that address. */
static void add_own(const struct ipsvc_service *svc, const struct in6_addr *node,
		    size_t room, struct ipsvc_kservice *out)
{
	const struct ipsvc_addresses *list = &svc->load_balancer_ips;
	bool allowed = false;

	for (size_t i = 0; node && i < svc->source_ranges.allow.n; i++)
		allowed |= ipsvc_cidr_contains(&svc->source_ranges.allow.items[i],
					       node);
	for (size_t i = 0; allowed && i < list->n && room; i++) {
		const struct ipsvc_cidr own = {
			.net = list->items[i],
			.prefix = out->family == AF_INET ? 32 : 128,
		};

		if (!is_of(&own, out->family))
			continue;
		ipsvc_kservice_add_range(out, &own, false);
		room--;
	}
}

static void add_ranges(const struct ipsvc_source_ranges *ranges,
		       const struct ipsvc_service *svc,
		       const struct in6_addr *node, struct ipsvc_kservice *out,
		       struct ipsvc_errors *notes)
{
	size_t allow = count(&ranges->allow, out->family);
	size_t deny = count(&ranges->deny, out->family);

	if (allow + deny > IPSVC_RANGES_MAX)
		ipsvc_errors_warn(notes, deny > IPSVC_RANGES_MAX - !!allow ?
				  "service \"%s\" has more than %d source ranges: nobody is taken" :
				  "service \"%s\" has more than %d source ranges: not all that are allowed are taken",
				  out->name, IPSVC_RANGES_MAX);
	if (deny > IPSVC_RANGES_MAX - !!allow ||
	    (ranges->fail_closed && ranges->allow.n && !allow)) {
		add_nobody(out);
		return;
	}
	add_list(&ranges->deny, true, deny, out);
	if (!allow)
		return;
	add_list(&ranges->allow, false, IPSVC_RANGES_MAX - deny, out);
	add_own(svc, node, IPSVC_RANGES_MAX - out->nranges, out);
}

void ipsvc_kservice_add_ranges(const struct ipsvc_service *svc,
			       const struct in6_addr *node,
			       struct ipsvc_kservice *out,
			       struct ipsvc_errors *notes)
{
	const struct ipsvc_source_ranges *ranges = &svc->source_ranges;
	uint32_t classes = 0;

	for (size_t i = 0; i < out->nfrontends; i++)
		classes |= 1U << out->frontends[i].class;
	if (!(classes & ranges->classes))
		return;
	add_ranges(ranges, svc, node, out, notes);
	for (size_t i = 0; out->nranges && i < out->nfrontends; i++)
		if (ranges->classes & 1U << out->frontends[i].class)
			out->frontends[i].flags |= IPSVC_FRONTEND_F_RANGES;
}
