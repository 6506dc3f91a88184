// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

bool ipsvc_spec_type_is(const json_t *spec, const char *type)
{
	return !strcmp(ipsvc_json_text(spec, "type"), type);
}

bool ipsvc_spec_has_cluster_ip(const json_t *spec)
{
	return !ipsvc_spec_type_is(spec, "ExternalName");
}

void ipsvc_spec_mirror_cluster_ip(json_t *spec)
{
	json_t *ip = json_object_get(spec, "clusterIP");

	if (ip && !json_object_get(spec, "clusterIPs"))
		json_object_set_new(spec, "clusterIPs", json_pack("[O]", ip));
}

bool ipsvc_spec_may_have_node_ports(const json_t *spec)
{
	return ipsvc_spec_type_is(spec, "NodePort") || ipsvc_spec_type_is(spec, "LoadBalancer");
}

bool ipsvc_spec_needs_node_ports(const json_t *spec)
{
	if (ipsvc_spec_type_is(spec, "LoadBalancer"))
		return !json_is_false(json_object_get(spec, "allocateLoadBalancerNodePorts"));
	return ipsvc_spec_type_is(spec, "NodePort");
}

bool ipsvc_spec_needs_health_port(const json_t *spec)
{
	return ipsvc_spec_type_is(spec, "LoadBalancer") &&
	       !strcmp(ipsvc_json_text(spec, "externalTrafficPolicy"), "Local");
}

bool ipsvc_spec_is_external(const json_t *spec)
{
	return ipsvc_spec_may_have_node_ports(spec) ||
	       (ipsvc_spec_type_is(spec, "ClusterIP") &&
		json_array_size(json_object_get(spec, "externalIPs")));
}

bool ipsvc_spec_has_node_port(const json_t *spec, const char *protocol,
			      json_int_t node_port)
{
	const json_t *ports = json_object_get(spec, "ports"), *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		if (ipsvc_json_int(port, "nodePort") == node_port &&
		    (!protocol ||
		     !strcmp(ipsvc_json_text(port, "protocol"), protocol)))
			return true;
	}
	return false;
}

bool ipsvc_service_is_headless(const struct ipsvc_service *svc)
{
	return svc->ncluster_ips == 1 && !strcmp(svc->cluster_ips[0], "None");
}

char *ipsvc_spec_trimmed(const char *text, size_t len)
{
	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return xstrndup(text, len);
}
