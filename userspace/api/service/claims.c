// SPDX-License-Identifier: GPL-2.0-or-later
/* ClusterIPs and node ports: what a Service names, and what it lacks. */
#include "store/claims.h"

#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "base/json.h"
#include "base/memory.h"
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

static bool is_headless(const json_t *spec)
{
	return !strcmp(ipsvc_json_text(spec, "clusterIP"), "None");
}

static size_t families_of(const json_t *spec)
{
	return json_array_size(json_object_get(spec, "ipFamilies"));
}

/* Of an ipFamily: "" where clusterIPs names none. */
static const char *ip_at(const json_t *spec, size_t i)
{
	const char *ip = json_string_value(json_array_get(
				json_object_get(spec, "clusterIPs"), i));

	return ip ? ip : "";
}

/* As Kubernetes shows them: with a place for each family. */
static json_t *shown_ips(const json_t *spec)
{
	json_t *ips = json_array();

	for (size_t i = 0; i < families_of(spec); i++)
		json_array_append_new(ips, json_string(ip_at(spec, i)));
	return ips;
}

/* @text of clusterIPs, which @svc names. */
static enum ipsvc_store_result claim_named_ip(struct ipsvc_allocator *al,
					      const struct ipsvc_object *svc,
					      const char *text,
					      struct ipsvc_errors *errs)
{
	enum ipsvc_store_result result;
	struct in6_addr addr;
	char *why, *detail;
	json_t *ips;

	/* That it can be parsed was seen with its family. */
	ipsvc_ip_parse(text, &addr, NULL);
	result = ipsvc_claim_ip(al, svc, &addr, &why);
	if (!why)
		return result;
	ips = shown_ips(spec_of(svc));
	detail = xasprintf("failed to allocate IP %s: %s", text, why);
	result = invalid(errs, "spec.clusterIPs", ips, detail);
	json_decref(ips);
	free(detail);
	free(why);
	return result;
}

/* One that is headless stays so. */
static bool has_ips_of_its_own(const json_t *old_spec, const json_t *spec)
{
	return ipsvc_spec_has_cluster_ip(spec) && !is_headless(spec) &&
	       !(ipsvc_spec_has_cluster_ip(old_spec) && is_headless(old_spec));
}

/* What there was of each family stays. */
static enum ipsvc_store_result claim_named_ips(struct ipsvc_allocator *al,
					       const json_t *old_spec,
					       const struct ipsvc_object *svc,
					       struct ipsvc_errors *errs)
{
	const json_t *spec = spec_of(svc);
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	bool had = ipsvc_spec_has_cluster_ip(old_spec);

	if (!has_ips_of_its_own(old_spec, spec))
		return result;
	for (size_t i = 0; i < families_of(spec) && result == IPSVC_STORE_OK;
	     i++) {
		const char *ip = had ? ip_at(old_spec, i) : "";

		if (!*ip)
			ip = ip_at(spec, i);
		if (*ip)
			result = claim_named_ip(al, svc, ip, errs);
	}
	return result;
}

static const struct ipsvc_cidr *cidr_of(const struct ipsvc_allocator *al,
					const char *family)
{
	struct ipsvc_families families = ipsvc_alloc_families(&al->cidrs);
	size_t i = 0;

	/* The families of @svc are among those of the cluster. */
	while (strcmp(families.names[i], family))
		i++;
	return &al->cidrs.items[i];
}

/* Of the ipFamily @i. */
static enum ipsvc_store_result fill_ip(struct ipsvc_allocator *al,
				       const struct ipsvc_object *svc, size_t i,
				       struct ipsvc_errors *errs)
{
	const json_t *families = json_object_get(spec_of(svc), "ipFamilies");
	json_t *ips = json_object_get(spec_of(svc), "clusterIPs");
	const char *family = json_string_value(json_array_get(families, i));
	enum ipsvc_store_result result;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	result = ipsvc_pick_ip(al, svc, cidr_of(al, family), &addr);
	if (result == IPSVC_STORE_NOT_FOUND) {
		ipsvc_errors_add(errs, IPSVC_ERR_INTERNAL, "spec.clusterIPs",
				 NULL, "failed to allocate a serviceIP for Service \"%s\": "
				 IPSVC_ALLOC_FULL, svc->name);
		return IPSVC_STORE_INVALID;
	}
	if (result != IPSVC_STORE_OK)
		return result;
	ipsvc_ip_format(&addr, text);
	if (!i)
		json_object_set_new(spec_of(svc), "clusterIP", json_string(text));
	if (i < json_array_size(ips))
		json_array_set_new(ips, i, json_string(text));
	else
		json_array_append_new(ips, json_string(text));
	return IPSVC_STORE_OK;
}

static enum ipsvc_store_result fill_ips(struct ipsvc_allocator *al,
					const json_t *old_spec,
					const struct ipsvc_object *svc,
					struct ipsvc_errors *errs)
{
	json_t *spec = spec_of(svc);
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	if (!has_ips_of_its_own(old_spec, spec))
		return result;
	if (!json_object_get(spec, "clusterIPs"))
		json_object_set_new(spec, "clusterIPs", json_array());
	for (size_t i = 0; i < families_of(spec) && result == IPSVC_STORE_OK; i++)
		if (!*ip_at(spec, i))
			result = fill_ip(al, svc, i, errs);
	return result;
}

/* ---- node ports --------------------------------------------------------- */

static enum ipsvc_store_result claim_port(struct ipsvc_allocator *al,
					  const struct ipsvc_object *svc,
					  size_t i, json_int_t number,
					  struct ipsvc_errors *errs)
{
	enum ipsvc_store_result result;
	char *path, *why;
	json_t *value;

	result = ipsvc_claim_port(al, svc, number, &why);
	if (!why)
		return result;
	value = json_integer(number);
	path = xasprintf("spec.ports[%zu].nodePort", i);
	result = invalid(errs, path, value, why);
	json_decref(value);
	free(path);
	free(why);
	return result;
}

/* The first number that a port @number of any protocol names; 0: none does. */
static json_int_t named_for(const json_t *ports, json_int_t number)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		json_int_t named = ipsvc_json_int(port, "nodePort");

		if (named && ipsvc_json_int(port, "port") == number)
			return named;
	}
	return 0;
}

/* Whether one of the ports before @i has @number at @key. */
static bool is_repeated(const json_t *ports, size_t i, const char *key,
			json_int_t number)
{
	for (size_t j = 0; j < i; j++)
		if (ipsvc_json_int(json_array_get(ports, j), key) == number)
			return true;
	return false;
}

/*
 * Of a new Service: one number serves all protocols of a port, whichever of them
 * names it; another number for one of them is one more.
 */
static enum ipsvc_store_result
claim_new_ports(struct ipsvc_allocator *al, const struct ipsvc_object *svc,
		struct ipsvc_errors *errs)
{
	bool fill = ipsvc_spec_needs_node_ports(spec_of(svc));
	const json_t *ports = json_object_get(spec_of(svc), "ports");
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	json_t *seen = json_array(), *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		json_int_t number = ipsvc_json_int(port, "port");
		json_int_t own = ipsvc_json_int(port, "nodePort");
		json_int_t first = named_for(ports, number);
		bool again = is_repeated(seen, json_array_size(seen), "port",
					 number);

		if (!first || (!own && !fill))
			continue;
		json_array_append(seen, port);
		if (!own)
			json_object_set_new(port, "nodePort", json_integer(first));
		if (again && (!own || own == first))
			continue;
		result = claim_port(al, svc, i, again ? own : first, errs);
		if (result != IPSVC_STORE_OK)
			break;
	}
	json_decref(seen);
	return result;
}

/* Of one that is there, whose ports may share a number. */
static enum ipsvc_store_result
claim_ports_again(struct ipsvc_allocator *al, const struct ipsvc_object *svc,
		  struct ipsvc_errors *errs)
{
	const json_t *ports = json_object_get(spec_of(svc), "ports"), *port;
	enum ipsvc_store_result result;
	size_t i;

	json_array_foreach(ports, i, port) {
		json_int_t number = ipsvc_json_int(port, "nodePort");

		if (!number || is_repeated(ports, i, "nodePort", number))
			continue;
		result = claim_port(al, svc, i, number, errs);
		if (result != IPSVC_STORE_OK)
			return result;
	}
	return IPSVC_STORE_OK;
}

static enum ipsvc_store_result
claim_named_health_port(struct ipsvc_allocator *al, const json_t *old_spec,
			const struct ipsvc_object *svc,
			struct ipsvc_errors *errs)
{
	bool had = old_spec && ipsvc_spec_needs_health_port(old_spec);
	const json_t *spec = spec_of(svc);
	json_int_t port = ipsvc_json_int(had ? old_spec : spec,
					 "healthCheckNodePort");
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
				     const json_t *old,
				     const struct ipsvc_object *svc,
				     struct ipsvc_errors *errs)
{
	const json_t *old_spec = json_object_get(old, "spec");
	enum ipsvc_store_result result = claim_named_ips(al, old_spec, svc, errs);

	if (result == IPSVC_STORE_OK &&
	    ipsvc_spec_may_have_node_ports(spec_of(svc)))
		result = old ? claim_ports_again(al, svc, errs) :
			       claim_new_ports(al, svc, errs);
	if (result == IPSVC_STORE_OK)
		result = claim_named_health_port(al, old_spec, svc, errs);
	return result;
}

static enum ipsvc_store_result fill(struct ipsvc_allocator *al,
				    const json_t *old,
				    const struct ipsvc_object *svc,
				    struct ipsvc_errors *errs)
{
	enum ipsvc_store_result result = fill_ips(al, json_object_get(old, "spec"),
						  svc, errs);

	if (result == IPSVC_STORE_OK)
		result = fill_ports(al, svc, errs);
	if (result == IPSVC_STORE_OK)
		result = fill_health_port(al, svc, errs);
	return result;
}

static void keys(const json_t *doc, struct ipsvc_claim_keys *out)
{
	const json_t *spec = json_object_get(doc, "spec"), *item;
	json_int_t port = ipsvc_json_int(spec, "healthCheckNodePort");
	struct in6_addr addr;
	size_t i;

	json_array_foreach(json_object_get(spec, "clusterIPs"), i, item)
		if (ipsvc_ip_parse(json_string_value(item), &addr, NULL))
			ipsvc_claim_keys_add_ip(out, &addr);
	json_array_foreach(json_object_get(spec, "ports"), i, item)
		if (ipsvc_json_int(item, "nodePort"))
			ipsvc_claim_keys_add_port(out, ipsvc_json_int(item,
								"nodePort"));
	if (port)
		ipsvc_claim_keys_add_port(out, port);
}

/* The first of @ips that is of @family; NULL: there is none. */
static json_t *ip_of_family(const json_t *ips, const char *family)
{
	bool six = !strcmp(family, "IPv6");
	json_t *ip;
	size_t i;

	json_array_foreach(ips, i, ip)
		if ((strchr(json_string_value(ip), ':') != NULL) == six)
			return ip;
	return NULL;
}

/* Addresses of the families of @doc, in their order, up to one it had not. */
static json_t *fit(const json_t *kept, const json_t *doc)
{
	const json_t *now = json_object_get(doc, "spec");
	json_t *families = json_object_get(now, "ipFamilies"), *family, *ip;
	json_t *copy = json_deep_copy(kept), *ips = json_array();
	json_t *spec = json_object_get(copy, "spec");
	size_t i;

	json_array_foreach(families, i, family) {
		ip = ip_of_family(json_object_get(spec, "clusterIPs"),
				  json_string_value(family));
		if (!ip)
			break;
		json_array_append(ips, ip);
	}
	if (i) {
		json_object_set(spec, "clusterIP", json_array_get(ips, 0));
		json_object_set(spec, "clusterIPs", ips);
	} else {
		json_object_del(spec, "clusterIP");
		json_object_del(spec, "clusterIPs");
	}
	json_object_set(spec, "ipFamilies", families);
	json_object_set(spec, "ipFamilyPolicy",
			json_object_get(now, "ipFamilyPolicy"));
	json_decref(ips);
	return copy;
}

const struct ipsvc_claim_ops ipsvc_service_claims = {
	.claim = claim,
	.fill = fill,
	.keys = keys,
	.fit = fit,
};
