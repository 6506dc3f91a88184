// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the new version of a Service takes over from the stored one. Pure: the
 * same documents give the same result, so "nothing changed" can be told by
 * comparing it with what is stored.
 *
 * These are the rules of Kubernetes' "patch allocated values", and a nodePort is
 * found by its port's number as well, as kubectl apply does when it merges lists
 * of ports.
 */
#include <string.h>

#include "api/metadata.h"
#include "base/json.h"
#include "impl.h"

static const json_t *port_by_name(const json_t *spec, const char *name)
{
	const json_t *ports = json_object_get(spec, "ports"), *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		if (!strcmp(ipsvc_json_text(port, "name"), name))
			return port;
	}
	return NULL;
}

static const json_t *port_by_number(const json_t *spec, const char *protocol,
				    json_int_t number)
{
	const json_t *ports = json_object_get(spec, "ports"), *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		if (ipsvc_json_int(port, "port") == number &&
		    !strcmp(ipsvc_json_text(port, "protocol"), protocol))
			return port;
	}
	return NULL;
}

/*
 * The stored port that @port is a new version of: that of its name, else that
 * of its number unless that one's name lives on elsewhere in @spec.
 */
static const json_t *older_port(const json_t *old_spec, const json_t *spec,
				const json_t *port)
{
	const json_t *old;

	old = port_by_name(old_spec, ipsvc_json_text(port, "name"));
	if (old)
		return old;
	old = port_by_number(old_spec, ipsvc_json_text(port, "protocol"),
			     ipsvc_json_int(port, "port"));
	if (old && port_by_name(spec, ipsvc_json_text(old, "name")))
		return NULL;
	return old;
}

/* Gives @port the number of @old, which may be NULL, if it can have it. */
static void inherit_node_port(const json_t *old, const json_t *written,
			      const json_t *spec, json_t *port)
{
	json_int_t number = old ? ipsvc_json_int(old, "nodePort") : 0;

	if (number && !ipsvc_json_int(port, "nodePort") &&
	    !ipsvc_spec_has_node_port(written, NULL, number) &&
	    !ipsvc_spec_has_node_port(spec, ipsvc_json_text(port, "protocol"),
				      number))
		json_object_set_new(port, "nodePort", json_integer(number));
}

static void inherit_node_ports(const json_t *old_spec, json_t *spec)
{
	/* The numbers the user wrote: they are not for other ports. */
	json_t *written = json_deep_copy(spec), *port;
	size_t i;

	json_array_foreach(json_object_get(spec, "ports"), i, port)
		inherit_node_port(older_port(old_spec, spec, port), written,
				  spec, port);
	json_decref(written);
}

/*
 * A change of clusterIP alone, as of a client that does not know of clusterIPs, is
 * one of both (Kubernetes: normalizeClusterIPs()).
 */
static void follow_cluster_ip(const json_t *old_spec, json_t *spec)
{
	const char *ip = ipsvc_json_text(spec, "clusterIP");
	const json_t *old_ips = json_object_get(old_spec, "clusterIPs");

	if (!old_ips || !strcmp(ip, ipsvc_json_text(old_spec, "clusterIP")) ||
	    !json_equal(old_ips, json_object_get(spec, "clusterIPs")))
		return;
	if (*ip)
		json_object_set_new(spec, "clusterIPs", json_pack("[s]", ip));
	else
		json_object_del(spec, "clusterIPs");
}

static bool same_ips(const json_t *a, const json_t *b)
{
	a = json_object_get(a, "clusterIPs");
	b = json_object_get(b, "clusterIPs");
	return json_array_size(a) == json_array_size(b) &&
	       (!a || !b || json_equal(a, b));
}

/* An address that is not named is kept; clusterIP leads and clusterIPs follows. */
static void inherit_ips(const json_t *old_spec, json_t *spec)
{
	const char *ip;

	if (!ipsvc_spec_has_cluster_ip(old_spec))
		return;
	ipsvc_inherit_key(old_spec, spec, "clusterIP");
	ipsvc_inherit_key(old_spec, spec, "clusterIPs");
	ip = ipsvc_json_text(spec, "clusterIP");
	if (*ip && strcmp(ip, ipsvc_json_text(old_spec, "clusterIP")) &&
	    same_ips(old_spec, spec))
		json_object_set_new(spec, "clusterIPs", json_pack("[s]", ip));
}

static void inherit_ports(const json_t *old_spec, json_t *spec)
{
	if (ipsvc_spec_needs_node_ports(old_spec) &&
	    ipsvc_spec_needs_node_ports(spec))
		inherit_node_ports(old_spec, spec);
	if (ipsvc_spec_needs_health_port(old_spec) &&
	    ipsvc_spec_needs_health_port(spec))
		ipsvc_inherit_key(old_spec, spec, "healthCheckNodePort");
}

static bool is_policy(const char *word)
{
	return !strcmp(word, "Cluster") || !strcmp(word, "Local");
}

static void inherit_spec(const struct ipsvc_families *cluster,
			 const json_t *old_spec, json_t *spec, bool statement)
{
	struct ipsvc_errors errs = {0};

	if (!old_spec || !ipsvc_spec_has_cluster_ip(old_spec) ||
	    !ipsvc_spec_has_cluster_ip(spec))
		ipsvc_spec_mirror_cluster_ip(spec);
	if (old_spec && !statement)
		follow_cluster_ip(old_spec, spec);
	if (old_spec && ipsvc_spec_has_cluster_ip(spec))
		inherit_ips(old_spec, spec);
	if (old_spec)
		inherit_ports(old_spec, spec);
	/* What is wrong with them is for validation to say. */
	ipsvc_service_init_families(cluster, old_spec, spec, &errs);
	ipsvc_errors_free(&errs);
	/* A statement is the same, whatever was before. */
	if (old_spec && !statement)
		ipsvc_service_drop(old_spec, spec);
	/* Kubernetes never shows it, but does not refuse it. */
	if (!ipsvc_spec_has_cluster_ip(spec) &&
	    is_policy(ipsvc_json_text(spec, "internalTrafficPolicy")))
		json_object_del(spec, "internalTrafficPolicy");
}

void ipsvc_service_inherit(const struct ipsvc_families *cluster,
			   const json_t *old, json_t *doc, bool statement)
{
	inherit_spec(cluster, json_object_get(old, "spec"),
		     json_object_get(doc, "spec"), statement);
}
