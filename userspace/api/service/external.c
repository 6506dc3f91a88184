// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How clients from outside reach a Service: addresses and policies. As
 * kube-proxy reads them: newBaseServiceInfo() in pkg/proxy/serviceport.go.
 */
#include <stdlib.h>
#include <string.h>

#include "api/names.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

static void add_address(struct ipsvc_addresses *list, const char *text)
{
	struct in6_addr ip;

	if (!ipsvc_ip_parse_sloppy(text, &ip) || !ipsvc_is_host_ip(&ip))
		return;
	list->items = xreallocarray(list->items, list->n + 1,
				    sizeof(*list->items));
	list->items[list->n++] = ip;
}

static void decode_external_ips(const json_t *spec, struct ipsvc_service *svc)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(spec, "externalIPs"), i, item)
		add_address(&svc->external_ips, json_string_value(item));
}

/* Of an ingress with mode Proxy the balancer itself wants the packets. */
static void decode_load_balancer_ips(const json_t *doc,
				     struct ipsvc_service *svc)
{
	const json_t *balancer = ipsvc_json_member(doc, "status",
						   "loadBalancer");
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(balancer, "ingress"), i, item) {
		const char *mode = ipsvc_json_text(item, "ipMode");

		if (!*mode || !strcmp(mode, "VIP"))
			add_address(&svc->load_balancer_ips,
				    ipsvc_json_text(item, "ip"));
	}
}

void ipsvc_service_view_external(const json_t *doc, struct ipsvc_service *svc)
{
	const json_t *spec = json_object_get(doc, "spec");
	json_int_t health = ipsvc_json_int(spec, "healthCheckNodePort");

	decode_external_ips(spec, svc);
	decode_load_balancer_ips(doc, svc);
	ipsvc_service_view_ranges(doc, svc);
	svc->external_local = ipsvc_spec_is_external(spec) &&
		!strcmp(ipsvc_json_text(spec, "externalTrafficPolicy"),
			"Local");
	svc->internal_local = !strcmp(ipsvc_json_text(spec,
						      "internalTrafficPolicy"),
				      "Local");
	if (ipsvc_spec_needs_health_port(spec) && health > 0 &&
	    health <= UINT16_MAX)
		svc->health_port = (uint16_t)health;
}
