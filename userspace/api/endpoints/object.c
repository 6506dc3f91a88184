// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "cluster/slices.h"
#include "endpoints.h"

static json_t *address_object(const struct ipsvc_slice_endpoint *ep)
{
	char ip[INET6_ADDRSTRLEN];
	json_t *address = json_pack("{s:s, s:{s:s, s:s, s:s}}",
		"ip", ipsvc_ip_format(&ep->addr, ip),
		"targetRef", "kind", "Pod", "name", ep->pod->name,
		"namespace", ep->pod->ns);

	if (*ep->pod->node)
		json_object_set_new(address, "nodeName",
				    json_string(ep->pod->node));
	return address;
}

static json_t *port_object(const struct ipsvc_service_port *port, uint16_t number)
{
	json_t *doc = json_pack("{s:i, s:s}", "port", (int)number, "protocol",
				*port->protocol ? port->protocol : "TCP");

	if (*port->name)
		json_object_set_new(doc, "name", json_string(port->name));
	return doc;
}

/* The addresses of @slice at @number; ready ones, or those that are not. */
static json_t *addresses_at(const struct ipsvc_slice *slice, uint16_t number,
			    bool ready)
{
	json_t *all = json_array();

	for (size_t i = 0; i < slice->n; i++)
		if (slice->items[i].port == number &&
		    slice->items[i].ready == ready)
			json_array_append_new(all,
					      address_object(&slice->items[i]));
	return all;
}

static json_t *new_subset(json_t *subsets, json_t *ready, json_t *not_ready)
{
	json_t *subset = json_object();

	if (json_array_size(ready))
		json_object_set(subset, "addresses", ready);
	if (json_array_size(not_ready))
		json_object_set(subset, "notReadyAddresses", not_ready);
	json_array_append_new(subsets, subset);
	return subset;
}

/* Ports with the same addresses share a subset. */
static json_t *subset_with(json_t *subsets, json_t *ready, json_t *not_ready)
{
	json_t *subset;
	size_t i;

	json_array_foreach(subsets, i, subset) {
		json_t *a = json_object_get(subset, "addresses");
		json_t *b = json_object_get(subset, "notReadyAddresses");

		if ((a ? json_equal(a, ready) : !json_array_size(ready)) &&
		    (b ? json_equal(b, not_ready) : !json_array_size(not_ready)))
			return subset;
	}
	subset = new_subset(subsets, ready, not_ready);
	json_object_set_new(subset, "ports", json_array());
	return subset;
}

static void add_number(json_t *subsets, const struct ipsvc_service_port *port,
		       const struct ipsvc_slice *slice, uint16_t number)
{
	json_t *ready = addresses_at(slice, number, true);
	json_t *not_ready = addresses_at(slice, number, false);
	json_t *subset = subset_with(subsets, ready, not_ready);

	json_array_append_new(json_object_get(subset, "ports"),
			      port_object(port, number));
	json_decref(ready);
	json_decref(not_ready);
}

static bool seen_before(const struct ipsvc_slice *slice, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (slice->items[j].port == slice->items[i].port)
			return true;
	return false;
}

/* Kubernetes' Endpoints, unlike its EndpointSlices, do not have them. */
static void drop_terminating(const struct ipsvc_service *svc,
			     struct ipsvc_slice *slice)
{
	size_t n = 0;

	for (size_t i = 0; i < slice->n; i++)
		if (svc->publish_not_ready || !slice->items[i].terminating)
			slice->items[n++] = slice->items[i];
	slice->n = n;
}

/* A named target port may be another number in each Pod. */
static void add_port(json_t *subsets, const struct ipsvc_service *svc,
		     size_t index, const struct ipsvc_pod_index *pods)
{
	struct ipsvc_slice slice = {0};

	ipsvc_slice_compute(svc, index, pods, &slice);
	drop_terminating(svc, &slice);
	for (size_t i = 0; i < slice.n; i++)
		if (!seen_before(&slice, i))
			add_number(subsets, &svc->ports[index], &slice,
				   slice.items[i].port);
	ipsvc_slice_free(&slice);
}

/* A headless Service may have no ports: its endpoints are bare addresses. */
static void add_addresses(json_t *subsets, const struct ipsvc_service *svc,
			  const struct ipsvc_pod_index *pods)
{
	struct ipsvc_service_port any = {
		.name = (char *)"", .protocol = (char *)"TCP", .port = 1,
	};
	struct ipsvc_service one = *svc;
	struct ipsvc_slice slice = {0};
	json_t *ready, *not_ready;

	one.ports = &any;
	one.nports = 1;
	ipsvc_slice_compute(&one, 0, pods, &slice);
	drop_terminating(svc, &slice);
	ready = addresses_at(&slice, (uint16_t)any.port, true);
	not_ready = addresses_at(&slice, (uint16_t)any.port, false);
	if (slice.n)
		new_subset(subsets, ready, not_ready);
	json_decref(ready);
	json_decref(not_ready);
	ipsvc_slice_free(&slice);
}

json_t *ipsvc_endpoints_object(const json_t *service,
			       const struct ipsvc_pod_index *pods)
{
	json_t *doc = NULL, *subsets, *meta = json_object_get(service, "metadata");
	static const char *const copied[] = { "labels", "creationTimestamp" };
	struct ipsvc_errors errs = {0};
	struct ipsvc_service svc;

	if (ipsvc_service_decode(service, &svc, &errs) && svc.selector.n &&
	    strcmp(svc.type_word, "ExternalName") != 0) {
		subsets = json_array();
		for (size_t i = 0; i < svc.nports; i++)
			add_port(subsets, &svc, i, pods);
		if (!svc.nports)
			add_addresses(subsets, &svc, pods);
		doc = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "apiVersion",
				"v1", "kind", "Endpoints", "metadata", "name",
				svc.name, "namespace", svc.ns, "subsets",
				subsets);
		for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
			if (json_object_get(meta, copied[i]))
				json_object_set(json_object_get(doc, "metadata"),
						copied[i],
						json_object_get(meta, copied[i]));
	}
	ipsvc_service_clear(&svc);
	ipsvc_errors_free(&errs);
	return doc;
}
