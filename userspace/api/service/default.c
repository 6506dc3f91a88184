// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Defaults of pkg/apis/core/v1/defaults.go. Families and addresses are not
 * among them: the store chooses these, with its configuration and the Service as
 * it was before.
 */
#include "impl.h"

#include <string.h>

#include "base/json.h"

#define AFFINITY_TIMEOUT	10800	/* seconds */

static bool is_absent_target(const json_t *target)
{
	return !target ||
	       (json_is_integer(target) && !json_integer_value(target)) ||
	       (json_is_string(target) && !*json_string_value(target));
}

static void default_service_port(json_t *port)
{
	ipsvc_json_default(port, "protocol", "TCP");
	if (is_absent_target(json_object_get(port, "targetPort")))
		json_object_set_new(port, "targetPort",
				    json_integer(ipsvc_json_int(port, "port")));
}

static void default_affinity(json_t *spec)
{
	json_t *client_ip;

	ipsvc_json_default(spec, "sessionAffinity", "None");
	if (!strcmp(ipsvc_json_text(spec, "sessionAffinity"), "None"))
		json_object_del(spec, "sessionAffinityConfig");
	if (strcmp(ipsvc_json_text(spec, "sessionAffinity"), "ClientIP"))
		return;
	client_ip = ipsvc_json_sub(ipsvc_json_sub(spec, "sessionAffinityConfig"),
			       "clientIP");
	if (!json_object_get(client_ip, "timeoutSeconds"))
		json_object_set_new(client_ip, "timeoutSeconds",
				    json_integer(AFFINITY_TIMEOUT));
}

static void default_traffic(json_t *spec)
{
	const char *type = ipsvc_json_text(spec, "type");
	bool balancer = !strcmp(type, "LoadBalancer");
	bool cluster_ip = !strcmp(type, "ClusterIP");
	bool node_port = !strcmp(type, "NodePort");

	if (balancer || node_port ||
	    (cluster_ip && json_array_size(json_object_get(spec, "externalIPs"))))
		ipsvc_json_default(spec, "externalTrafficPolicy", "Cluster");
	if ((balancer || node_port || cluster_ip) &&
	    !json_object_get(spec, "internalTrafficPolicy"))
		json_object_set_new(spec, "internalTrafficPolicy",
				    json_string("Cluster"));
	if (balancer && !json_object_get(spec, "allocateLoadBalancerNodePorts"))
		json_object_set_new(spec, "allocateLoadBalancerNodePorts",
				    json_true());
}

void ipsvc_service_default(json_t *doc)
{
	json_t *spec = ipsvc_json_sub(doc, "spec"), *port;
	size_t i;

	ipsvc_json_default(spec, "type", "ClusterIP");
	json_array_foreach(json_object_get(spec, "ports"), i, port)
		default_service_port(port);
	default_affinity(spec);
	default_traffic(spec);
	ipsvc_json_sub(ipsvc_json_sub(doc, "status"), "loadBalancer");
}
