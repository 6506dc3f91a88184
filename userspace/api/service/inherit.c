// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the new version of an object takes over from the stored one. Pure: the
 * same documents give the same result, so "nothing changed" can be told by
 * comparing it with what is stored.
 *
 * For Services these are the rules of Kubernetes' "patch allocated values", and
 * a nodePort is found by its port's number as well, as kubectl apply does when
 * it merges lists of ports.
 */
#include <string.h>

#include "store/impl.h"

const char *ipsvc_doc_string(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s ? s : "";
}

bool ipsvc_spec_type_is(const json_t *spec, const char *type)
{
	return !strcmp(ipsvc_doc_string(spec, "type"), type);
}

bool ipsvc_spec_has_cluster_ip(const json_t *spec)
{
	return !ipsvc_spec_type_is(spec, "ExternalName");
}

/* Node ports may be there; they need not be. */
static bool may_have_node_ports(const json_t *spec)
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
	       !strcmp(ipsvc_doc_string(spec, "externalTrafficPolicy"), "Local");
}

static json_int_t integer(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

bool ipsvc_spec_has_node_port(const json_t *spec, const char *protocol,
			      json_int_t node_port)
{
	const json_t *ports = json_object_get(spec, "ports"), *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		if (integer(port, "nodePort") == node_port &&
		    (!protocol ||
		     !strcmp(ipsvc_doc_string(port, "protocol"), protocol)))
			return true;
	}
	return false;
}

static const json_t *port_by_name(const json_t *spec, const char *name)
{
	const json_t *ports = json_object_get(spec, "ports"), *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		if (!strcmp(ipsvc_doc_string(port, "name"), name))
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
		if (integer(port, "port") == number &&
		    !strcmp(ipsvc_doc_string(port, "protocol"), protocol))
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

	old = port_by_name(old_spec, ipsvc_doc_string(port, "name"));
	if (old)
		return old;
	old = port_by_number(old_spec, ipsvc_doc_string(port, "protocol"),
			     integer(port, "port"));
	if (old && port_by_name(spec, ipsvc_doc_string(old, "name")))
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
		const char *protocol = ipsvc_doc_string(port, "protocol");
		const json_t *old = older_port(old_spec, spec, port);
		json_int_t number = old ? integer(old, "nodePort") : 0;

		if (!number || integer(port, "nodePort"))
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

/* Sets @key of @to to @from's value where @to has none. */
static void inherit_key(const json_t *from, json_t *to, const char *key)
{
	json_t *value = json_object_get(from, key), *own;

	own = json_object_get(to, key);
	if (!value || (own && !json_is_null(own) &&
		       !(json_is_array(own) && !json_array_size(own))))
		return;
	json_object_set_new(to, key, json_deep_copy(value));
}

/* clusterIP and the first of clusterIPs are the same thing. */
static void mirror_cluster_ip(json_t *spec)
{
	const char *ip = ipsvc_doc_string(spec, "clusterIP");
	json_t *ips = json_object_get(spec, "clusterIPs");

	if (*ip && !json_array_size(ips))
		json_object_set_new(spec, "clusterIPs", json_pack("[s]", ip));
	else if (!*ip && json_array_size(ips))
		json_object_set(spec, "clusterIP", json_array_get(ips, 0));
}

static void inherit_service(const json_t *old_spec, json_t *spec,
			    bool from_file)
{
	/* A file says what is: the same, whatever was before. */
	if (old_spec && !from_file)
		ipsvc_drop_type_dependent(old_spec, spec);
	if (ipsvc_spec_has_cluster_ip(spec)) {
		mirror_cluster_ip(spec);
		if (old_spec && ipsvc_spec_has_cluster_ip(old_spec)) {
			if (!*ipsvc_doc_string(spec, "clusterIP"))
				json_object_del(spec, "clusterIP");
			inherit_key(old_spec, spec, "clusterIP");
			inherit_key(old_spec, spec, "clusterIPs");
			inherit_key(old_spec, spec, "ipFamilies");
			inherit_key(old_spec, spec, "ipFamilyPolicy");
		}
		if (!json_array_size(json_object_get(spec, "ipFamilies")))
			json_object_set_new(spec, "ipFamilies",
					    json_pack("[s]", "IPv4"));
		if (!*ipsvc_doc_string(spec, "ipFamilyPolicy"))
			json_object_set_new(spec, "ipFamilyPolicy",
					    json_string("SingleStack"));
	}
	if (!old_spec)
		return;
	if (may_have_node_ports(old_spec) && may_have_node_ports(spec))
		inherit_node_ports(old_spec, spec);
	if (ipsvc_spec_needs_health_port(old_spec) &&
	    ipsvc_spec_needs_health_port(spec) &&
	    !integer(spec, "healthCheckNodePort"))
		json_object_set(spec, "healthCheckNodePort",
				json_object_get(old_spec, "healthCheckNodePort"));
}

static void inherit_metadata(const json_t *old, json_t *doc, bool from_file)
{
	json_t *metadata = json_object_get(doc, "metadata");

	json_object_del(metadata, "resourceVersion");
	json_object_del(metadata, "creationTimestamp");
	if (!old || from_file)
		json_object_del(metadata, "uid");
	if (!old)
		return;
	old = json_object_get(old, "metadata");
	inherit_key(old, metadata, "creationTimestamp");
	inherit_key(old, metadata, "uid");
}

void ipsvc_inherit(enum ipsvc_kind kind, const json_t *old, json_t *doc,
		   bool from_file)
{
	inherit_metadata(old, doc, from_file);
	if (kind == IPSVC_KIND_SERVICE)
		inherit_service(json_object_get(old, "spec"),
				json_object_get(doc, "spec"), from_file);
}
