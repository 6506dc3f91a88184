// SPDX-License-Identifier: GPL-2.0-or-later
#include "slices.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"

uint16_t ipsvc_slice_port_number(const struct ipsvc_service_port *port,
				 const struct ipsvc_pod *pod)
{
	const struct ipsvc_int_or_name *target = &port->target_port;

	if (!target->name)
		return (uint16_t)(target->number ? target->number : port->port);
	for (size_t i = 0; i < pod->nports; i++)
		if (!strcmp(pod->ports[i].name, target->name) &&
		    !strcmp(pod->ports[i].protocol, port->protocol))
			return (uint16_t)pod->ports[i].port;
	return 0;
}

bool ipsvc_slice_takes(const struct ipsvc_pod *pod, bool terminating)
{
	return strcmp(pod->phase, "Succeeded") && strcmp(pod->phase, "Failed") &&
	       (terminating || !pod->terminating);
}

bool ipsvc_slice_names(const struct ipsvc_service *svc,
		       const struct ipsvc_pod *pod)
{
	return *pod->hostname && !strcmp(pod->subdomain, svc->name);
}

/* ---- of Pods ------------------------------------------------------------- */

/* Pods at which the ports of a Service are the same numbers. */
struct group {
	uint16_t *numbers;		/* of each port; 0: not there */
	const struct ipsvc_slice_pod **pods;
	size_t n, cap;
};

struct groups {
	const struct ipsvc_service *svc;
	struct group *items;
	size_t n, cap;
};

static bool same_numbers(const struct groups *groups, const uint16_t *a,
			 const uint16_t *b)
{
	/* Without ports there are no numbers to compare. */
	return !groups->svc->nports ||
	       !memcmp(a, b, groups->svc->nports * sizeof(*a));
}

/* The group of @numbers, which are the group's if it is a new one. */
static struct group *find_group(struct groups *groups, uint16_t *numbers)
{
	for (size_t i = 0; i < groups->n; i++) {
		if (same_numbers(groups, groups->items[i].numbers, numbers)) {
			free(numbers);
			return &groups->items[i];
		}
	}
	groups->items = ipsvc_grow(groups->items, groups->n, &groups->cap,
				   sizeof(*groups->items));
	groups->items[groups->n] = (struct group){ .numbers = numbers };
	return &groups->items[groups->n++];
}

static void group_pod(struct groups *groups, const struct ipsvc_slice_pod *p)
{
	const struct ipsvc_service *svc = groups->svc;
	uint16_t *numbers = xcalloc(svc->nports ? svc->nports : 1,
				    sizeof(*numbers));
	struct group *group;

	for (size_t i = 0; i < svc->nports; i++)
		numbers[i] = ipsvc_slice_port_number(&svc->ports[i], p->pod);
	group = find_group(groups, numbers);
	group->pods = ipsvc_grow(group->pods, group->n, &group->cap,
				 sizeof(*group->pods));
	group->pods[group->n++] = p;
}

static void free_groups(struct groups *groups)
{
	for (size_t i = 0; i < groups->n; i++) {
		free(groups->items[i].numbers);
		free(groups->items[i].pods);
	}
	free(groups->items);
}

static int by_address(const void *pa, const void *pb)
{
	const struct ipsvc_slice_endpoint *a = pa, *b = pb;
	int d = ipsvc_ip_cmp(&a->addr, &b->addr);

	return d ? d : strcmp(a->pod->name, b->pod->name);
}

/* Only ready endpoints are for somebody in particular. */
static json_t *hints_of(const struct ipsvc_service *svc,
			const struct ipsvc_slice_endpoint *ep)
{
	bool node = svc->hints == IPSVC_HINTS_ZONE_AND_NODE && ep->node;
	json_t *hints;

	if (svc->hints == IPSVC_HINTS_NONE || !ep->ready || (!ep->zone && !node))
		return NULL;
	hints = json_object();
	if (ep->zone)
		json_object_set_new(hints, "forZones",
				    json_pack("[{s:s}]", "name", ep->zone));
	if (node)
		json_object_set_new(hints, "forNodes",
				    json_pack("[{s:s}]", "name", ep->node));
	return hints;
}

bool ipsvc_slice_has_hints(const struct ipsvc_slice_endpoint *ep,
			   const char *kind)
{
	return json_array_size(json_object_get(ep->hints, kind));
}

bool ipsvc_slice_is_for(const struct ipsvc_slice_endpoint *ep,
			const char *kind, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(ep->hints, kind), i, item)
		if (!strcmp(ipsvc_json_text(item, "name"), name))
			return true;
	return false;
}

/* The endpoints of @group in @family, sorted; the caller frees them. */
static struct ipsvc_slice_endpoint *endpoints_of(const struct ipsvc_service *svc,
						 const struct group *group,
						 uint8_t family, size_t *n)
{
	struct ipsvc_slice_endpoint *all = xcalloc(group->n, sizeof(*all));

	*n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct ipsvc_slice_pod *p = group->pods[i];
		const struct ipsvc_pod *pod = p->pod;
		const struct in6_addr *addr = family == AF_INET ? &pod->ip4 :
								  &pod->ip6;

		if (ipsvc_ip_family(addr) != family)
			continue;
		all[*n] = (struct ipsvc_slice_endpoint){
			.addr = *addr,
			.pod = pod,
			.zone = p->zone,
			.node = *pod->node ? pod->node : NULL,
			.ready = svc->publish_not_ready ||
				 (pod->ready && !pod->terminating),
			.serving = pod->ready,
			.terminating = pod->terminating,
			.share = pod->share,
		};
		all[*n].hints = hints_of(svc, &all[*n]);
		++*n;
	}
	qsort(all, *n, sizeof(*all), by_address);
	return all;
}

static struct ipsvc_slice *new_slice(struct ipsvc_slices *out, uint8_t family)
{
	out->items = ipsvc_grow(out->items, out->n, &out->cap,
				sizeof(*out->items));
	out->items[out->n] = (struct ipsvc_slice){ .family = family };
	return &out->items[out->n++];
}

static void add_ports(const struct ipsvc_service *svc, const uint16_t *numbers,
		      struct ipsvc_slice *slice)
{
	slice->ports = xcalloc(svc->nports ? svc->nports : 1,
			       sizeof(*slice->ports));
	for (size_t i = 0; i < svc->nports; i++) {
		const struct ipsvc_service_port *port = &svc->ports[i];

		if (numbers[i])
			slice->ports[slice->nports++] = (struct ipsvc_slice_port){
				.name = port->name,
				.protocol = port->protocol,
				.app_protocol = port->app_protocol,
				.port = numbers[i],
			};
	}
}

static void add_group(const struct ipsvc_service *svc, const struct group *group,
		      uint8_t family, struct ipsvc_slices *out)
{
	size_t n;
	struct ipsvc_slice_endpoint *all = endpoints_of(svc, group, family, &n);

	for (size_t from = 0; from < n; from += IPSVC_SLICE_ENDPOINTS) {
		size_t most = n - from;
		struct ipsvc_slice *slice = new_slice(out, family);

		slice->n = most < IPSVC_SLICE_ENDPOINTS ? most :
							  IPSVC_SLICE_ENDPOINTS;
		slice->endpoints = xcalloc(slice->n, sizeof(*all));
		memcpy(slice->endpoints, &all[from], slice->n * sizeof(*all));
		add_ports(svc, group->numbers, slice);
	}
	free(all);
}

void ipsvc_slices_compute(const struct ipsvc_service *svc,
			  const struct ipsvc_slice_pod *pods, size_t n,
			  struct ipsvc_slices *out)
{
	struct groups groups = { .svc = svc };

	for (size_t i = 0; i < n; i++)
		if (ipsvc_slice_takes(pods[i].pod, true) &&
		    (!pods[i].lost || svc->publish_not_ready))
			group_pod(&groups, &pods[i]);
	for (size_t f = 0; f < svc->nfamilies; f++) {
		size_t before = out->n;

		for (size_t i = 0; i < groups.n; i++)
			add_group(svc, &groups.items[i], svc->families[f], out);
		if (out->n == before)
			new_slice(out, svc->families[f]);
	}
	free_groups(&groups);
}

/* ---- written by somebody ------------------------------------------------- */

static bool condition(const json_t *endpoint, const char *name, bool otherwise)
{
	const json_t *value = ipsvc_json_member(endpoint, "conditions", name);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static void view_ports(const json_t *list, struct ipsvc_slice *slice)
{
	json_t *item;
	size_t i;

	slice->ports = xcalloc(json_array_size(list) + 1,
			       sizeof(*slice->ports));
	json_array_foreach(list, i, item) {
		json_int_t number = ipsvc_json_int(item, "port");

		slice->ports[slice->nports++] = (struct ipsvc_slice_port){
			.name = ipsvc_json_dup(item, "name"),
			.protocol = ipsvc_json_dup(item, "protocol"),
			.port = number > 0 && number <= UINT16_MAX ?
				(uint16_t)number : 0,
		};
	}
}

static void view_endpoints(const json_t *list, struct ipsvc_share share,
			   struct ipsvc_slice *slice)
{
	json_t *item;
	size_t i;

	slice->endpoints = xcalloc(json_array_size(list) + 1,
				   sizeof(*slice->endpoints));
	json_array_foreach(list, i, item) {
		const json_t *first = json_array_get(
			json_object_get(item, "addresses"), 0);
		struct ipsvc_slice_endpoint ep = {
			.ready = condition(item, "ready", true),
			.serving = condition(item, "serving", true),
			.terminating = condition(item, "terminating", false),
			.share = share,
		};
		const char *node = ipsvc_json_text(item, "nodeName");

		if (json_is_string(first) &&
		    ipsvc_ip_parse(json_string_value(first), &ep.addr, NULL) &&
		    ipsvc_ip_family(&ep.addr) == slice->family) {
			ep.hostname = ipsvc_json_dup(item, "hostname");
			ep.node = *node ? xstrdup(node) : NULL;
			ep.hints = json_incref(json_object_get(item, "hints"));
			slice->endpoints[slice->n++] = ep;
		}
	}
}

void ipsvc_slices_add(struct ipsvc_slices *out, const json_t *doc)
{
	const char *type = ipsvc_json_text(doc, "addressType");
	const json_t *labels = ipsvc_json_member(doc, "metadata", "labels");
	bool v6 = !strcmp(type, "IPv6");
	struct ipsvc_slice *slice;

	if (!v6 && strcmp(type, "IPv4") != 0)
		return;
	slice = new_slice(out, v6 ? AF_INET6 : AF_INET);
	slice->owned = true;
	slice->headless = json_object_get(labels, IPSVC_LABEL_HEADLESS);
	view_ports(json_object_get(doc, "ports"), slice);
	view_endpoints(json_object_get(doc, "endpoints"),
		       ipsvc_share_of(ipsvc_json_member(doc, "metadata",
							"annotations")),
		       slice);
}

void ipsvc_slices_free(struct ipsvc_slices *slices)
{
	for (size_t i = 0; i < slices->n; i++) {
		struct ipsvc_slice *slice = &slices->items[i];

		for (size_t j = 0; slice->owned && j < slice->nports; j++) {
			free(slice->ports[j].name);
			free(slice->ports[j].protocol);
		}
		for (size_t j = 0; j < slice->n; j++)
			json_decref(slice->endpoints[j].hints);
		for (size_t j = 0; slice->owned && j < slice->n; j++) {
			free(slice->endpoints[j].hostname);
			free(slice->endpoints[j].node);
		}
		free(slice->ports);
		free(slice->endpoints);
	}
	free(slices->items);
	*slices = (struct ipsvc_slices){0};
}
