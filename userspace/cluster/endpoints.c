// SPDX-License-Identifier: GPL-2.0-or-later
#include "endpoints.h"

#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "base/ip.h"
#include "base/json.h"
#include "subsets.h"

#define ADDRESSES_MAX	1000

#define LABEL_MANAGED_BY "endpoints.kubernetes.io/managed-by"
#define NOTE_CAPACITY	"endpoints.kubernetes.io/over-capacity"

/* The one it has, or none. */
static json_t *addresses_of(const struct ipsvc_service *svc,
			    const struct ipsvc_pod *pod)
{
	const struct in6_addr *addr = svc->families[0] == AF_INET ? &pod->ip4 :
								    &pod->ip6;
	char ip[INET6_ADDRSTRLEN];

	if (ipsvc_ip_family(addr) == AF_UNSPEC)
		return json_array();
	return json_pack("[{s:s, s:s, s:{s:s, s:s, s:s, s:s*}, s:s*}]", "ip",
			 ipsvc_ip_format(addr, ip), "nodeName", pod->node,
			 "targetRef", "kind", "Pod", "namespace", pod->ns,
			 "name", pod->name, "uid", *pod->uid ? pod->uid : NULL,
			 "hostname", ipsvc_slice_names(svc, pod) ?
			 pod->hostname : NULL);
}

static json_t *port_of(const struct ipsvc_service_port *port, uint16_t number)
{
	return json_pack("{s:s*, s:i, s:s, s:s*}", "name",
			 *port->name ? port->name : NULL, "port", (int)number,
			 "protocol", port->protocol, "appProtocol",
			 port->app_protocol);
}

static void add_pod(struct ipsvc_subsets *subsets,
		    const struct ipsvc_service *svc,
		    const struct ipsvc_pod *pod)
{
	bool ready = svc->publish_not_ready || pod->ready;
	/* A headless Service may have no ports. */
	bool bare = !svc->nports && !strcmp(svc->cluster_ip, "None");
	json_t *ports = json_array(), *addresses = addresses_of(svc, pod);

	for (size_t i = 0; i < svc->nports; i++) {
		uint16_t number = ipsvc_slice_port_number(&svc->ports[i], pod);

		if (number)
			json_array_append_new(ports, port_of(&svc->ports[i],
							     number));
	}
	if (bare || json_array_size(ports))
		ipsvc_subsets_add(subsets, addresses, ports, ready);
	json_decref(addresses);
	json_decref(ports);
}

/* ---- at most 1000 (truncateEndpoints()) ---------------------------------- */

static size_t count(const json_t *subsets, const char *field)
{
	json_t *subset;
	size_t i, n = 0;

	json_array_foreach(subsets, i, subset)
		n += json_array_size(json_object_get(subset, field));
	return n;
}

static void cut(json_t *subset, const char *field, size_t n)
{
	json_t *list = json_object_get(subset, field);

	while (json_array_size(list) > n)
		json_array_remove(list, json_array_size(list) - 1);
	if (list && !json_array_size(list))
		json_object_del(subset, field);
}

/* Leaves @max of the @total addresses, of each subset the same share. */
static void cut_all(json_t *subsets, const char *field, size_t total, size_t max)
{
	size_t i, room = max;
	json_t *subset;

	json_array_foreach(subsets, i, subset) {
		json_t *list = json_object_get(subset, field);
		size_t n = json_array_size(list);
		size_t share = (n * max + total - 1) / total;

		if (share > room)
			share = room;
		cut(subset, field, share);
		room -= n < share ? n : share;
	}
}

static bool truncate_subsets(json_t *subsets)
{
	size_t ready = count(subsets, "addresses");
	size_t others = count(subsets, "notReadyAddresses");

	if (ready + others <= ADDRESSES_MAX)
		return false;
	if (ready <= ADDRESSES_MAX) {
		cut_all(subsets, "notReadyAddresses", others,
			ADDRESSES_MAX - ready);
	} else {
		cut_all(subsets, "addresses", ready, ADDRESSES_MAX);
		cut_all(subsets, "notReadyAddresses", others ? others : 1, 0);
	}
	return true;
}

/* ---- the document -------------------------------------------------------- */

static json_t *labels_of(const struct ipsvc_service *svc)
{
	json_t *all = json_object();

	for (size_t i = 0; i < svc->labels.n; i++)
		json_object_set_new(all, svc->labels.items[i].key,
				    json_string(svc->labels.items[i].value));
	if (ipsvc_service_has_no_ip(svc))
		json_object_set_new(all, IPSVC_LABEL_HEADLESS, json_string(""));
	else
		json_object_del(all, IPSVC_LABEL_HEADLESS);
	json_object_set_new(all, LABEL_MANAGED_BY,
			    json_string("endpoint-controller"));
	return all;
}

json_t *ipsvc_endpoints_document(const struct ipsvc_service *svc,
				 const struct ipsvc_slice_pod *pods, size_t n)
{
	struct ipsvc_subsets subsets = {0};
	json_t *list, *meta;

	for (size_t i = 0; i < n; i++)
		if (ipsvc_slice_takes(pods[i].pod, svc->publish_not_ready))
			add_pod(&subsets, svc, pods[i].pod);
	list = ipsvc_subsets_take(&subsets, SIZE_MAX);
	meta = json_pack("{s:s, s:s, s:o, s:s*}", "name", svc->name,
			 "namespace", svc->ns, "labels", labels_of(svc),
			 "creationTimestamp", *svc->created ? svc->created :
							      NULL);
	if (truncate_subsets(list))
		json_object_set_new(meta, "annotations",
				    json_pack("{s:s}", NOTE_CAPACITY,
					      "truncated"));
	return json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind",
			 "Endpoints", "metadata", meta, "subsets", list);
}
