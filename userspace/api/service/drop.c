// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a Service loses when its type changes: what the new type cannot have, if
 * it is still as it was stored. What the user has changed as well stays, for
 * validation to refuse. Pure. Kubernetes: dropTypeDependentFields() of the
 * strategy of Services.
 */
#include "base/json.h"
#include "impl.h"

/* Whether @spec has at @key what @old_spec has; absent and empty are the same. */
static bool same(const json_t *old_spec, const json_t *spec, const char *key)
{
	const json_t *old = json_object_get(old_spec, key);
	const json_t *now = json_object_get(spec, key);

	if (!now || json_is_null(now) ||
	    (json_is_array(now) && !json_array_size(now)))
		return true;
	return old && json_equal(old, now);
}

static void drop_if_same(const json_t *old_spec, json_t *spec, const char *key)
{
	if (same(old_spec, spec, key))
		json_object_del(spec, key);
}

static void drop_cluster_ip(const json_t *old_spec, json_t *spec)
{
	if (!ipsvc_spec_has_cluster_ip(old_spec) ||
	    ipsvc_spec_has_cluster_ip(spec))
		return;
	if (same(old_spec, spec, "clusterIP") &&
	    same(old_spec, spec, "clusterIPs")) {
		json_object_del(spec, "clusterIP");
		json_object_del(spec, "clusterIPs");
	}
	drop_if_same(old_spec, spec, "ipFamilies");
	drop_if_same(old_spec, spec, "ipFamilyPolicy");
}

/* Whether @other has all node ports of @spec, on whichever port. */
static bool has_node_ports_of(const json_t *other, const json_t *spec)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		json_int_t number = ipsvc_json_int(port, "nodePort");

		if (number && !ipsvc_spec_has_node_port(other, NULL, number))
			return false;
	}
	return true;
}

static void drop_node_ports(const json_t *old_spec, json_t *spec)
{
	json_t *port;
	size_t i;

	if (!ipsvc_spec_may_have_node_ports(old_spec) ||
	    ipsvc_spec_may_have_node_ports(spec) ||
	    !has_node_ports_of(old_spec, spec))
		return;
	json_array_foreach(json_object_get(spec, "ports"), i, port)
		json_object_del(port, "nodePort");
}

void ipsvc_service_drop(const json_t *old_spec, json_t *spec)
{
	drop_cluster_ip(old_spec, spec);
	drop_node_ports(old_spec, spec);
	if (ipsvc_spec_needs_health_port(old_spec) &&
	    !ipsvc_spec_needs_health_port(spec))
		drop_if_same(old_spec, spec, "healthCheckNodePort");
	if (ipsvc_spec_type_is(old_spec, "LoadBalancer") &&
	    !ipsvc_spec_type_is(spec, "LoadBalancer")) {
		drop_if_same(old_spec, spec, "allocateLoadBalancerNodePorts");
		drop_if_same(old_spec, spec, "loadBalancerClass");
	}
	if (ipsvc_spec_is_external(old_spec) && !ipsvc_spec_is_external(spec))
		drop_if_same(old_spec, spec, "externalTrafficPolicy");
}
