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

static void inherit_node_ports(const json_t *old_spec, json_t *spec)
{
	/* The numbers the user wrote: they are not for other ports. */
	json_t *written = json_deep_copy(spec);
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		const char *protocol = ipsvc_json_text(port, "protocol");
		const json_t *old = older_port(old_spec, spec, port);
		json_int_t number = old ? ipsvc_json_int(old, "nodePort") : 0;

		if (!number || ipsvc_json_int(port, "nodePort"))
			continue;
		/* A 0 as written takes it away where none is needed. */
		if (json_object_get(port, "nodePort") &&
		    !ipsvc_spec_needs_node_ports(spec))
			continue;
		if (ipsvc_spec_has_node_port(written, NULL, number) ||
		    ipsvc_spec_has_node_port(spec, protocol, number))
			continue;
		json_object_set_new(port, "nodePort", json_integer(number));
	}
	json_decref(written);
}

/* clusterIP and the first of clusterIPs are the same thing. */
static void mirror_cluster_ip(json_t *spec)
{
	const char *ip = ipsvc_json_text(spec, "clusterIP");
	json_t *ips = json_object_get(spec, "clusterIPs");

	if (*ip && !json_array_size(ips))
		json_object_set_new(spec, "clusterIPs", json_pack("[s]", ip));
	else if (!*ip && json_array_size(ips))
		json_object_set(spec, "clusterIP", json_array_get(ips, 0));
}

static void inherit_spec(const json_t *old_spec, json_t *spec, bool from_file)
{
	/* A file says what is: the same, whatever was before. */
	if (old_spec && !from_file)
		ipsvc_service_drop(old_spec, spec);
	if (ipsvc_spec_has_cluster_ip(spec)) {
		mirror_cluster_ip(spec);
		if (old_spec && ipsvc_spec_has_cluster_ip(old_spec)) {
			if (!*ipsvc_json_text(spec, "clusterIP"))
				json_object_del(spec, "clusterIP");
			ipsvc_inherit_key(old_spec, spec, "clusterIP");
			ipsvc_inherit_key(old_spec, spec, "clusterIPs");
			ipsvc_inherit_key(old_spec, spec, "ipFamilies");
			ipsvc_inherit_key(old_spec, spec, "ipFamilyPolicy");
		}
		if (!json_array_size(json_object_get(spec, "ipFamilies")))
			json_object_set_new(spec, "ipFamilies",
					    json_pack("[s]", "IPv4"));
		if (!*ipsvc_json_text(spec, "ipFamilyPolicy"))
			json_object_set_new(spec, "ipFamilyPolicy",
					    json_string("SingleStack"));
	}
	if (!old_spec)
		return;
	if (ipsvc_spec_may_have_node_ports(old_spec) &&
	    ipsvc_spec_may_have_node_ports(spec))
		inherit_node_ports(old_spec, spec);
	if (ipsvc_spec_needs_health_port(old_spec) &&
	    ipsvc_spec_needs_health_port(spec) &&
	    !ipsvc_json_int(spec, "healthCheckNodePort"))
		json_object_set(spec, "healthCheckNodePort",
				json_object_get(old_spec, "healthCheckNodePort"));
}

void ipsvc_service_inherit(const json_t *old, json_t *doc, bool from_file)
{
	inherit_spec(json_object_get(old, "spec"), json_object_get(doc, "spec"),
		     from_file);
}
