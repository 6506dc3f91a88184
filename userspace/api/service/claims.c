// SPDX-License-Identifier: GPL-2.0-or-later
/* ClusterIPs and node ports: what a Service names, and what it lacks. */
#include "store/claims.h"

#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "base/json.h"
#include "base/memory.h"
#include "cluster/alloc.h"
#include "impl.h"

static json_t *spec_of(const struct ipsvc_object *svc)
{
	return json_object_get(svc->doc, "spec");
}

/* ---- addresses ---------------------------------------------------------- */

static enum ipsvc_store_result invalid(struct ipsvc_errors *errs,
				       const char *path, const json_t *value,
				       const char *detail)
{
	ipsvc_invalid_json(errs, path, value, detail);
	return IPSVC_STORE_INVALID;
}

/* clusterIPs[@i], which @svc names. */
static enum ipsvc_store_result claim_named_ip(struct ipsvc_allocator *al,
					      const struct ipsvc_object *svc,
					      size_t i,
					      struct ipsvc_errors *errs)
{
	const json_t *ips = json_object_get(spec_of(svc), "clusterIPs");
	const char *text = json_string_value(json_array_get(ips, i));
	enum ipsvc_store_result result;
	struct in6_addr addr;
	char *why, *detail;

	if (!text || !ipsvc_ip_parse(text, &addr, NULL))
		return invalid(errs, "spec.clusterIPs", ips,
			       "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
	if (ipsvc_ip_family(&addr) != AF_INET) {
		char *path = xasprintf("spec.clusterIPs[%zu]", i);

		result = invalid(errs, path, ips,
				 "IPv6 is not configured on this cluster");
		free(path);
		return result;
	}
	result = ipsvc_claim_ip(al, svc, text, &addr, &why);
	if (!why)
		return result;
	detail = xasprintf("failed to allocate IP %s: %s", text, why);
	result = invalid(errs, "spec.clusterIPs", ips, detail);
	free(detail);
	free(why);
	return result;
}

/* What is asked for beyond one IPv4 address is refused in Kubernetes' words. */
static enum ipsvc_store_result check_families(const json_t *spec,
					      struct ipsvc_errors *errs)
{
	const json_t *families = json_object_get(spec, "ipFamilies"), *family;
	const json_t *policy = json_object_get(spec, "ipFamilyPolicy");
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	size_t i;

	if (!strcmp(ipsvc_json_text(spec, "ipFamilyPolicy"), "RequireDualStack"))
		result = invalid(errs, "spec.ipFamilyPolicy", policy,
				 "this cluster is not configured for dual-stack services");
	json_array_foreach(families, i, family) {
		const char *text = json_string_value(family);
		char *path;

		if (text && !strcmp(text, "IPv4"))
			continue;
		path = xasprintf("spec.ipFamilies[%zu]", i);
		result = invalid(errs, path, family,
				 "not configured on this cluster");
		free(path);
	}
	return result;
}

static enum ipsvc_store_result claim_named_ips(struct ipsvc_allocator *al,
					       const struct ipsvc_object *svc,
					       struct ipsvc_errors *errs)
{
	const json_t *spec = spec_of(svc);
	size_t n = json_array_size(json_object_get(spec, "clusterIPs"));
	enum ipsvc_store_result result;

	if (!ipsvc_spec_has_cluster_ip(spec))
		return IPSVC_STORE_OK;
	result = check_families(spec, errs);
	if (!strcmp(ipsvc_json_text(spec, "clusterIP"), "None"))
		return result;
	for (size_t i = 0; i < n && result == IPSVC_STORE_OK; i++)
		result = claim_named_ip(al, svc, i, errs);
	return result;
}

static enum ipsvc_store_result fill_ip(struct ipsvc_allocator *al,
				       const struct ipsvc_object *svc,
				       struct ipsvc_errors *errs)
{
	json_t *spec = spec_of(svc);
	enum ipsvc_store_result result;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (!ipsvc_spec_has_cluster_ip(spec) ||
	    *ipsvc_json_text(spec, "clusterIP"))
		return IPSVC_STORE_OK;
	result = ipsvc_pick_ip(al, svc, &addr);
	if (result == IPSVC_STORE_NOT_FOUND) {
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL, "spec.clusterIPs",
				 NULL, "failed to allocate a serviceIP for Service \"%s\": "
				 IPSVC_ALLOC_FULL, svc->name);
		return IPSVC_STORE_INVALID;
	}
	if (result != IPSVC_STORE_OK)
		return result;
	ipsvc_ip_format(&addr, text);
	json_object_set_new(spec, "clusterIP", json_string(text));
	json_object_set_new(spec, "clusterIPs", json_pack("[s]", text));
	return IPSVC_STORE_OK;
}

/* ---- node ports --------------------------------------------------------- */

/*
 * Whether ports[@i] shares its number with an earlier port. In a new Service
 * only versions of one port for several protocols may; a Service that is there
 * may move a port that shares one.
 */
static bool shares_node_port(const json_t *ports, size_t i, bool update)
{
	const json_t *port = json_array_get(ports, i);

	for (size_t j = 0; j < i; j++) {
		const json_t *other = json_array_get(ports, j);

		if (ipsvc_json_int(other, "nodePort") == ipsvc_json_int(port, "nodePort") &&
		    (update || ipsvc_json_int(other, "port") == ipsvc_json_int(port, "port")))
			return true;
	}
	return false;
}

static enum ipsvc_store_result
claim_named_ports(struct ipsvc_allocator *al, const struct ipsvc_object *svc,
		  bool update, struct ipsvc_errors *errs)
{
	const json_t *ports = json_object_get(spec_of(svc), "ports"), *port;
	enum ipsvc_store_result result, all = IPSVC_STORE_OK;
	size_t i;

	json_array_foreach(ports, i, port) {
		const json_t *number = json_object_get(port, "nodePort");
		char *path, *why;

		if (!json_integer_value(number) ||
		    shares_node_port(ports, i, update))
			continue;
		result = ipsvc_claim_port(al, svc, json_integer_value(number),
					  &why);
		if (result == IPSVC_STORE_ERROR)
			return result;
		if (!why)
			continue;
		path = xasprintf("spec.ports[%zu].nodePort", i);
		all = invalid(errs, path, number, why);
		free(path);
		free(why);
	}
	return all;
}

static enum ipsvc_store_result
claim_named_health_port(struct ipsvc_allocator *al,
			const struct ipsvc_object *svc,
			struct ipsvc_errors *errs)
{
	const json_t *spec = spec_of(svc);
	json_int_t port = ipsvc_json_int(spec, "healthCheckNodePort");
	enum ipsvc_store_result result;
	char *why;

	if (!port || !ipsvc_spec_needs_health_port(spec))
		return IPSVC_STORE_OK;
	result = ipsvc_claim_port(al, svc, port, &why);
	if (why)
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL,
				 "spec.healthCheckNodePort", NULL,
				 "failed to allocate requested HealthCheck NodePort %lld: %s",
				 (long long)port, why);
	free(why);
	return result;
}

/* The number of the same port under another protocol; 0 when there is none. */
static int sibling_node_port(const json_t *spec, const json_t *port)
{
	const json_t *ports = json_object_get(spec, "ports"), *other;
	const char *protocol = ipsvc_json_text(port, "protocol");
	json_int_t own = ipsvc_json_int(port, "port");
	size_t i;

	json_array_foreach(ports, i, other) {
		json_int_t number = ipsvc_json_int(other, "nodePort");

		if (number && ipsvc_json_int(other, "port") == own &&
		    !ipsvc_spec_has_node_port(spec, protocol, number))
			return (int)number;
	}
	return 0;
}

static enum ipsvc_store_result no_node_port(size_t i, struct ipsvc_errors *errs)
{
	char *path = xasprintf("spec.ports[%zu].nodePort", i);

	ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL, path, NULL,
			 "failed to allocate a nodePort: " IPSVC_ALLOC_FULL);
	free(path);
	return IPSVC_STORE_INVALID;
}

static enum ipsvc_store_result fill_ports(struct ipsvc_allocator *al,
					  const struct ipsvc_object *svc,
					  struct ipsvc_errors *errs)
{
	const json_t *spec = spec_of(svc);
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	json_t *port;
	size_t i;

	if (!ipsvc_spec_needs_node_ports(spec))
		return result;
	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		int number;

		if (ipsvc_json_int(port, "nodePort"))
			continue;
		number = sibling_node_port(spec, port);
		if (!number)
			result = ipsvc_pick_port(al, svc, &number);
		if (result == IPSVC_STORE_NOT_FOUND)
			return no_node_port(i, errs);
		if (result != IPSVC_STORE_OK)
			return result;
		json_object_set_new(port, "nodePort", json_integer(number));
	}
	return result;
}

static enum ipsvc_store_result fill_health_port(struct ipsvc_allocator *al,
						const struct ipsvc_object *svc,
						struct ipsvc_errors *errs)
{
	json_t *spec = spec_of(svc);
	enum ipsvc_store_result result;
	int port;

	if (!ipsvc_spec_needs_health_port(spec) ||
	    ipsvc_json_int(spec, "healthCheckNodePort"))
		return IPSVC_STORE_OK;
	result = ipsvc_pick_port(al, svc, &port);
	if (result == IPSVC_STORE_NOT_FOUND) {
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL,
				 "spec.healthCheckNodePort", NULL,
				 "failed to allocate a HealthCheck NodePort 0: "
				 IPSVC_ALLOC_FULL);
		return IPSVC_STORE_INVALID;
	}
	if (result == IPSVC_STORE_OK)
		json_object_set_new(spec, "healthCheckNodePort",
				    json_integer(port));
	return result;
}

/* ---- both --------------------------------------------------------------- */

static enum ipsvc_store_result claim(struct ipsvc_allocator *al,
				     const struct ipsvc_object *svc, bool update,
				     struct ipsvc_errors *errs)
{
	enum ipsvc_store_result ips, ports, health;

	ips = claim_named_ips(al, svc, errs);
	if (ips == IPSVC_STORE_ERROR)
		return ips;
	ports = claim_named_ports(al, svc, update, errs);
	if (ports == IPSVC_STORE_ERROR)
		return ports;
	health = claim_named_health_port(al, svc, errs);
	if (health != IPSVC_STORE_OK)
		return health;
	return ips != IPSVC_STORE_OK ? ips : ports;
}

static enum ipsvc_store_result fill(struct ipsvc_allocator *al,
				    const struct ipsvc_object *svc,
				    struct ipsvc_errors *errs)
{
	enum ipsvc_store_result result = fill_ip(al, svc, errs);

	if (result == IPSVC_STORE_OK)
		result = fill_ports(al, svc, errs);
	if (result == IPSVC_STORE_OK)
		result = fill_health_port(al, svc, errs);
	return result;
}

const struct ipsvc_claim_ops ipsvc_service_claims = {
	.claim = claim,
	.fill = fill,
};
