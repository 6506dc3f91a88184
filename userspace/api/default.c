// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Defaults of pkg/apis/core/v1/defaults.go. Families and addresses are not
 * among them: the store chooses these, with its configuration and the Service as
 * it was before.
 */
#include "validate.h"

#include <string.h>

#define AFFINITY_TIMEOUT	10800	/* seconds */

static const char *get(const json_t *object, const char *field)
{
	const char *s = json_string_value(json_object_get(object, field));

	return s ? s : "";
}

/* Sets a string that is absent or empty. */
static void set_default(json_t *object, const char *field, const char *value)
{
	if (!*get(object, field))
		json_object_set_new(object, field, json_string(value));
}

/* object.@field, made when it is not there. */
static json_t *sub_object(json_t *object, const char *field)
{
	json_t *sub = json_object_get(object, field);

	if (!json_is_object(sub)) {
		sub = json_object();
		json_object_set_new(object, field, sub);
	}
	return sub;
}

/* ---- nulls -------------------------------------------------------------- */

static bool is_string_map(const char *field)
{
	return !strcmp(field, "labels") || !strcmp(field, "annotations") ||
	       !strcmp(field, "selector");
}

static bool is_string_list(const char *field)
{
	return !strcmp(field, "clusterIPs") || !strcmp(field, "externalIPs") ||
	       !strcmp(field, "ipFamilies") || !strcmp(field, "finalizers") ||
	       !strcmp(field, "loadBalancerSourceRanges");
}

static void drop_nulls(json_t *value, bool strings);

static void drop_nulls_of_object(json_t *object)
{
	const char *key;
	json_t *item;
	void *next;

	json_object_foreach_safe(object, next, key, item) {
		if (json_is_null(item)) {
			json_object_del(object, key);
		} else if (is_string_map(key) && json_is_object(item)) {
			const char *name;
			json_t *s;

			/* To Go, a null in a map of strings is "". */
			json_object_foreach(item, name, s)
				if (json_is_null(s))
					json_object_set_new(item, name,
							    json_string(""));
		} else {
			drop_nulls(item, is_string_list(key));
		}
	}
}

/*
 * A null field is an absent one; a null in a list is an empty object, or "" in
 * a list of @strings.
 */
static void drop_nulls(json_t *value, bool strings)
{
	json_t *item;
	size_t i;

	if (json_is_object(value)) {
		drop_nulls_of_object(value);
		return;
	}
	json_array_foreach(value, i, item) {
		if (json_is_null(item))
			json_array_set_new(value, i, strings ?
					   json_string("") : json_object());
		else
			drop_nulls(item, false);
	}
}

/* ---- services ----------------------------------------------------------- */

static bool is_absent_target(const json_t *target)
{
	return !target ||
	       (json_is_integer(target) && !json_integer_value(target)) ||
	       (json_is_string(target) && !*json_string_value(target));
}

static void default_service_port(json_t *port)
{
	json_t *number = json_object_get(port, "port");

	set_default(port, "protocol", "TCP");
	if (number && is_absent_target(json_object_get(port, "targetPort")))
		json_object_set(port, "targetPort", number);
}

static void default_affinity(json_t *spec)
{
	json_t *client_ip;

	set_default(spec, "sessionAffinity", "None");
	if (!strcmp(get(spec, "sessionAffinity"), "None"))
		json_object_del(spec, "sessionAffinityConfig");
	if (strcmp(get(spec, "sessionAffinity"), "ClientIP"))
		return;
	client_ip = sub_object(sub_object(spec, "sessionAffinityConfig"),
			       "clientIP");
	if (!json_object_get(client_ip, "timeoutSeconds"))
		json_object_set_new(client_ip, "timeoutSeconds",
				    json_integer(AFFINITY_TIMEOUT));
}

/* clusterIP and clusterIPs[0] are one; a user may write either. */
static void mirror_cluster_ips(json_t *spec)
{
	json_t *list = json_object_get(spec, "clusterIPs");
	json_t *first = json_array_get(list, 0);

	if (!json_array_size(list) && *get(spec, "clusterIP"))
		json_object_set_new(spec, "clusterIPs",
				    json_pack("[O]", json_object_get(
						      spec, "clusterIP")));
	else if (!json_object_get(spec, "clusterIP") && json_is_string(first))
		json_object_set(spec, "clusterIP", first);
}

static void default_traffic(json_t *spec)
{
	const char *type = get(spec, "type");
	bool balancer = !strcmp(type, "LoadBalancer");
	bool cluster_ip = !strcmp(type, "ClusterIP");
	bool node_port = !strcmp(type, "NodePort");

	if (balancer || node_port ||
	    (cluster_ip && json_array_size(json_object_get(spec, "externalIPs"))))
		set_default(spec, "externalTrafficPolicy", "Cluster");
	if (balancer || node_port || cluster_ip)
		set_default(spec, "internalTrafficPolicy", "Cluster");
	if (balancer && !json_object_get(spec, "allocateLoadBalancerNodePorts"))
		json_object_set_new(spec, "allocateLoadBalancerNodePorts",
				    json_true());
}

static void default_service(json_t *doc)
{
	json_t *spec = sub_object(doc, "spec"), *port;
	size_t i;

	set_default(spec, "type", "ClusterIP");
	json_array_foreach(json_object_get(spec, "ports"), i, port)
		default_service_port(port);
	default_affinity(spec);
	mirror_cluster_ips(spec);
	default_traffic(spec);
	sub_object(sub_object(doc, "status"), "loadBalancer");
}

/* ---- pods --------------------------------------------------------------- */

static void default_containers(json_t *list)
{
	json_t *container, *port;
	size_t i, j;

	json_array_foreach(list, i, container)
		json_array_foreach(json_object_get(container, "ports"), j, port)
			set_default(port, "protocol", "TCP");
}

/* status.podIP and status.podIPs[0].ip are one, too. */
static void mirror_pod_ips(json_t *status)
{
	json_t *list = json_object_get(status, "podIPs");
	const char *first = get(json_array_get(list, 0), "ip");

	if (!*get(status, "podIP") && *first)
		json_object_set_new(status, "podIP", json_string(first));
	else if (!json_array_size(list) && *get(status, "podIP"))
		json_object_set_new(status, "podIPs",
				    json_pack("[{sO}]", "ip", json_object_get(
						      status, "podIP")));
}

static void default_pod(json_t *doc)
{
	json_t *spec = json_object_get(doc, "spec");
	json_t *status = json_object_get(doc, "status");

	default_containers(json_object_get(spec, "containers"));
	default_containers(json_object_get(spec, "initContainers"));
	if (json_is_object(status))
		mirror_pod_ips(status);
}

void ipsvc_object_default(struct ipsvc_object *obj)
{
	drop_nulls(obj->doc, false);
	switch (obj->kind) {
	case IPSVC_KIND_SERVICE:
		default_service(obj->doc);
		break;
	case IPSVC_KIND_POD:
		default_pod(obj->doc);
		break;
	default:
		break;
	}
}
