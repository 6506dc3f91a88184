// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ClusterIPs and node ports of Services: what a document names is claimed, what
 * it lacks is picked (cluster/alloc.c) and claimed, in the transaction of the backend.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "impl.h"

enum ipsvc_store_result ipsvc_allocator_init(struct ipsvc_allocator *al,
					     struct ipsvc_store *store)
{
	enum ipsvc_store_result result;
	const char *why;

	*al = (struct ipsvc_allocator){ .store = store };
	result = ipsvc_store_read_config(store, &al->cfg);
	/* Known to be right: reading it checked that. */
	if (result == IPSVC_STORE_OK)
		ipsvc_alloc_cidr_parse(al->cfg.service_cidr, &al->cidr, &why);
	return result;
}

static json_t *spec_of(const struct ipsvc_object *svc)
{
	return json_object_get(svc->doc, "spec");
}

static bool is_kubernetes(const struct ipsvc_object *svc)
{
	return !strcmp(svc->ns, "default") && !strcmp(svc->name, "kubernetes");
}

/* ---- addresses ---------------------------------------------------------- */

/* An error at @path whose bad value is printed as JSON. */
static enum ipsvc_store_result invalid(struct ipsvc_errors *errs,
				       const char *path, const json_t *value,
				       const char *detail)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	ipsvc_errors_add(errs, IPSVC_ERR_INVALID, path, text, "%s", detail);
	free(text);
	return IPSVC_STORE_INVALID;
}

static enum ipsvc_store_result claim_ip(struct ipsvc_allocator *al,
					const struct ipsvc_object *svc,
					const struct in6_addr *addr)
{
	if (ipsvc_cidr_offset(&al->cidr, addr) ==
	    IPSVC_ALLOC_KUBERNETES_OFFSET && !is_kubernetes(svc))
		return IPSVC_STORE_EXISTS;
	return al->store->ops->claim_ip(al->store, addr, svc);
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
	why = ipsvc_alloc_ip_refusal(&al->cidr, text, &addr);
	if (!why) {
		result = claim_ip(al, svc, &addr);
		if (result != IPSVC_STORE_EXISTS)
			return result;
		why = xstrdup(IPSVC_ALLOC_IP_TAKEN);
	}
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

	if (!strcmp(ipsvc_doc_string(spec, "ipFamilyPolicy"), "RequireDualStack"))
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
	if (!strcmp(ipsvc_doc_string(spec, "clusterIP"), "None"))
		return result;
	for (size_t i = 0; i < n && result == IPSVC_STORE_OK; i++)
		result = claim_named_ip(al, svc, i, errs);
	return result;
}

static int next_free_ip(void *arg, uint64_t from, uint64_t to, uint64_t *out)
{
	struct ipsvc_allocator *al = arg;
	struct in6_addr first = ipsvc_cidr_at(&al->cidr, from), found;
	struct in6_addr last = ipsvc_cidr_at(&al->cidr, to);

	switch (al->store->ops->free_ip(al->store, &first, &last, &found)) {
	case IPSVC_STORE_OK:
		*out = ipsvc_cidr_offset(&al->cidr, &found);
		return 1;
	case IPSVC_STORE_NOT_FOUND:
		return 0;
	default:
		return -1;
	}
}

/* As ipsvc_alloc_pick(), with the address kept for default/kubernetes. */
static int pick_ip(struct ipsvc_allocator *al, const struct ipsvc_object *svc,
		   uint64_t *offset)
{
	struct ipsvc_alloc_range range = ipsvc_alloc_ip_range(&al->cidr);
	struct ipsvc_alloc_ops ops = { next_free_ip, ipsvc_alloc_random, al };
	int ret = 0;

	if (is_kubernetes(svc))
		ret = next_free_ip(al, IPSVC_ALLOC_KUBERNETES_OFFSET,
				   IPSVC_ALLOC_KUBERNETES_OFFSET, offset);
	return ret ? ret : ipsvc_alloc_pick(&range, &ops, offset);
}

static enum ipsvc_store_result fill_ip(struct ipsvc_allocator *al,
				       const struct ipsvc_object *svc,
				       struct ipsvc_errors *errs)
{
	json_t *spec = spec_of(svc);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	uint64_t offset;
	int ret;

	if (!ipsvc_spec_has_cluster_ip(spec) ||
	    *ipsvc_doc_string(spec, "clusterIP"))
		return IPSVC_STORE_OK;
	ret = pick_ip(al, svc, &offset);
	if (ret < 0)
		return IPSVC_STORE_ERROR;
	if (!ret) {
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL, "spec.clusterIPs",
				 NULL, "failed to allocate a serviceIP for Service \"%s\": "
				 IPSVC_ALLOC_FULL, svc->name);
		return IPSVC_STORE_INVALID;
	}
	addr = ipsvc_cidr_at(&al->cidr, offset);
	ipsvc_ip_format(&addr, text);
	json_object_set_new(spec, "clusterIP", json_string(text));
	json_object_set_new(spec, "clusterIPs", json_pack("[s]", text));
	return claim_ip(al, svc, &addr);
}

/* ---- node ports --------------------------------------------------------- */

/* NULL when @port could be claimed; *@result says how it went otherwise. */
static char *claim_port(struct ipsvc_allocator *al,
			const struct ipsvc_object *svc, json_int_t port,
			enum ipsvc_store_result *result)
{
	char *why = ipsvc_alloc_port_refusal(al->cfg.node_port_min,
					     al->cfg.node_port_max, port);

	*result = IPSVC_STORE_INVALID;
	if (why)
		return why;
	*result = al->store->ops->claim_port(al->store, port, svc);
	if (*result != IPSVC_STORE_EXISTS)
		return NULL;
	*result = IPSVC_STORE_INVALID;
	return xstrdup(IPSVC_ALLOC_PORT_TAKEN);
}

static json_int_t integer(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

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

		if (integer(other, "nodePort") == integer(port, "nodePort") &&
		    (update || integer(other, "port") == integer(port, "port")))
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
		why = claim_port(al, svc, json_integer_value(number), &result);
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
	json_int_t port = integer(spec, "healthCheckNodePort");
	enum ipsvc_store_result result;
	char *why;

	if (!port || !ipsvc_spec_needs_health_port(spec))
		return IPSVC_STORE_OK;
	why = claim_port(al, svc, port, &result);
	if (why)
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL,
				 "spec.healthCheckNodePort", NULL,
				 "failed to allocate requested HealthCheck NodePort %lld: %s",
				 (long long)port, why);
	free(why);
	return result;
}

static int next_free_port(void *arg, uint64_t from, uint64_t to, uint64_t *out)
{
	struct ipsvc_allocator *al = arg;
	int found;

	switch (al->store->ops->free_port(al->store, from, to, &found)) {
	case IPSVC_STORE_OK:
		*out = found;
		return 1;
	case IPSVC_STORE_NOT_FOUND:
		return 0;
	default:
		return -1;
	}
}

/* Picks and claims a port; *@port is 0 when the range is full. */
static enum ipsvc_store_result pick_port(struct ipsvc_allocator *al,
					 const struct ipsvc_object *svc,
					 json_int_t *port)
{
	struct ipsvc_alloc_range range =
		ipsvc_alloc_port_range(al->cfg.node_port_min,
				       al->cfg.node_port_max);
	struct ipsvc_alloc_ops ops = { next_free_port, ipsvc_alloc_random, al };
	uint64_t found;
	int ret = ipsvc_alloc_pick(&range, &ops, &found);

	*port = 0;
	if (ret < 0)
		return IPSVC_STORE_ERROR;
	if (!ret)
		return IPSVC_STORE_OK;
	*port = found;
	return al->store->ops->claim_port(al->store, found, svc);
}

/* The number of the same port under another protocol; 0 when there is none. */
static json_int_t sibling_node_port(const json_t *spec, const json_t *port)
{
	const json_t *ports = json_object_get(spec, "ports"), *other;
	const char *protocol = ipsvc_doc_string(port, "protocol");
	size_t i;

	json_array_foreach(ports, i, other) {
		json_int_t number = integer(other, "nodePort");

		if (number && integer(other, "port") == integer(port, "port") &&
		    !ipsvc_spec_has_node_port(spec, protocol, number))
			return number;
	}
	return 0;
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
		json_int_t number;
		char *path;

		if (integer(port, "nodePort"))
			continue;
		number = sibling_node_port(spec, port);
		if (!number)
			result = pick_port(al, svc, &number);
		if (result != IPSVC_STORE_OK)
			return result;
		json_object_set_new(port, "nodePort", json_integer(number));
		if (number)
			continue;
		path = xasprintf("spec.ports[%zu].nodePort", i);
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL, path, NULL,
				 "failed to allocate a nodePort: "
				 IPSVC_ALLOC_FULL);
		free(path);
		return IPSVC_STORE_INVALID;
	}
	return result;
}

static enum ipsvc_store_result fill_health_port(struct ipsvc_allocator *al,
						const struct ipsvc_object *svc,
						struct ipsvc_errors *errs)
{
	json_t *spec = spec_of(svc);
	enum ipsvc_store_result result;
	json_int_t port;

	if (!ipsvc_spec_needs_health_port(spec) ||
	    integer(spec, "healthCheckNodePort"))
		return IPSVC_STORE_OK;
	result = pick_port(al, svc, &port);
	if (result != IPSVC_STORE_OK)
		return result;
	if (!port) {
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL,
				 "spec.healthCheckNodePort", NULL,
				 "failed to allocate a HealthCheck NodePort 0: "
				 IPSVC_ALLOC_FULL);
		return IPSVC_STORE_INVALID;
	}
	json_object_set_new(spec, "healthCheckNodePort", json_integer(port));
	return IPSVC_STORE_OK;
}

/* ---- both --------------------------------------------------------------- */

enum ipsvc_store_result ipsvc_allocator_claim(struct ipsvc_allocator *al,
					      const struct ipsvc_object *svc,
					      bool update,
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

enum ipsvc_store_result ipsvc_allocator_fill(struct ipsvc_allocator *al,
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
