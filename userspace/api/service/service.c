// SPDX-License-Identifier: GPL-2.0-or-later
/* The typed views of objects. What ipsvc_schema_check() let pass decodes. */
#include "api/object.h"

#include <stdlib.h>
#include <string.h>

#include "api/labels.h"
#include "api/schema.h"
#include "base/memory.h"

static char *get_string(const json_t *object, const char *field)
{
	const char *s = json_string_value(json_object_get(object, field));

	return xstrdup(s ? s : "");
}

static bool has(const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	return value && !json_is_null(value);
}

static const struct {
	const char *word;
	enum ipsvc_service_type type;
} service_types[] = {
	{ "ClusterIP", IPSVC_TYPE_CLUSTER_IP },
	{ "NodePort", IPSVC_TYPE_NODE_PORT },
	{ "LoadBalancer", IPSVC_TYPE_LOAD_BALANCER },
	{ "ExternalName", IPSVC_TYPE_EXTERNAL_NAME },
};

static enum ipsvc_service_type decode_type(const char *word)
{
	for (size_t i = 0; i < sizeof(service_types) / sizeof(service_types[0]); i++)
		if (!strcmp(service_types[i].word, word))
			return service_types[i].type;
	return IPSVC_TYPE_CLUSTER_IP;
}

static void decode_target_port(const json_t *value,
			       struct ipsvc_int_or_name *out)
{
	if (json_is_string(value))
		out->name = xstrdup(json_string_value(value));
	else if (json_is_integer(value))
		out->number = (int)json_integer_value(value);
	out->present = json_is_string(value) || json_is_integer(value);
}

static void decode_service_port(const json_t *item,
				struct ipsvc_service_port *port)
{
	port->name = get_string(item, "name");
	port->protocol = get_string(item, "protocol");
	port->port = json_integer_value(json_object_get(item, "port"));
	port->node_port = json_integer_value(json_object_get(item, "nodePort"));
	port->has_protocol = has(item, "protocol");
	port->has_port = has(item, "port");
	port->has_node_port = has(item, "nodePort");
	decode_target_port(json_object_get(item, "targetPort"),
			   &port->target_port);
}

static void decode_cluster_ips(const json_t *spec, struct ipsvc_service *svc)
{
	const json_t *list = json_object_get(spec, "clusterIPs");
	json_t *item;
	size_t i;

	svc->cluster_ip = get_string(spec, "clusterIP");
	svc->cluster_ips = xcalloc(json_array_size(list),
				   sizeof(*svc->cluster_ips));
	json_array_foreach(list, i, item) {
		const char *s = json_string_value(item);

		svc->cluster_ips[svc->ncluster_ips++] = xstrdup(s ? s : "");
	}
}

bool ipsvc_service_decode(const json_t *doc, struct ipsvc_service *svc,
			  struct ipsvc_errors *errs)
{
	const json_t *meta, *spec, *ports;
	json_t *item;
	size_t i;

	*svc = (struct ipsvc_service){0};
	if (!ipsvc_schema_check(IPSVC_KIND_SERVICE, doc, false, errs))
		return false;
	meta = json_object_get(doc, "metadata");
	spec = json_object_get(doc, "spec");
	ports = json_object_get(spec, "ports");
	svc->ns = get_string(meta, "namespace");
	svc->name = get_string(meta, "name");
	svc->type_word = get_string(spec, "type");
	svc->type = decode_type(svc->type_word);
	ipsvc_labels_decode(json_object_get(meta, "labels"), &svc->labels);
	ipsvc_labels_decode(json_object_get(spec, "selector"), &svc->selector);
	svc->ports = xcalloc(json_array_size(ports), sizeof(*svc->ports));
	json_array_foreach(ports, i, item)
		decode_service_port(item, &svc->ports[svc->nports++]);
	decode_cluster_ips(spec, svc);
	svc->publish_not_ready = json_is_true(
		json_object_get(spec, "publishNotReadyAddresses"));
	return true;
}

void ipsvc_service_clear(struct ipsvc_service *svc)
{
	for (size_t i = 0; i < svc->nports; i++) {
		free(svc->ports[i].name);
		free(svc->ports[i].protocol);
		free(svc->ports[i].target_port.name);
	}
	for (size_t i = 0; i < svc->ncluster_ips; i++)
		free(svc->cluster_ips[i]);
	ipsvc_labels_clear(&svc->labels);
	ipsvc_labels_clear(&svc->selector);
	free(svc->ns);
	free(svc->name);
	free(svc->type_word);
	free(svc->ports);
	free(svc->cluster_ip);
	free(svc->cluster_ips);
	*svc = (struct ipsvc_service){0};
}

/* ---- pods --------------------------------------------------------------- */

static void decode_container_ports(const json_t *container,
				   struct ipsvc_pod *pod, size_t *cap)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(container, "ports"), i, item) {
		struct ipsvc_container_port *port;

		pod->ports = ipsvc_grow(pod->ports, pod->nports, cap,
					sizeof(*pod->ports));
		port = &pod->ports[pod->nports++];
		port->name = get_string(item, "name");
		port->protocol = has(item, "protocol") ?
				 get_string(item, "protocol") : xstrdup("TCP");
		port->port = json_integer_value(
			json_object_get(item, "containerPort"));
	}
}

/* A sidecar is an init container that goes on running. */
static bool is_sidecar(const json_t *container)
{
	const char *policy = json_string_value(
		json_object_get(container, "restartPolicy"));

	return policy && !strcmp(policy, "Always");
}

static void decode_containers(const json_t *spec, struct ipsvc_pod *pod)
{
	json_t *item;
	size_t i, cap = 0;

	json_array_foreach(json_object_get(spec, "containers"), i, item) {
		decode_container_ports(item, pod, &cap);
		pod->ncontainers++;
	}
	pod->nmain_ports = pod->nports;
	json_array_foreach(json_object_get(spec, "initContainers"), i, item)
		if (is_sidecar(item))
			decode_container_ports(item, pod, &cap);
}

static bool decode_ready(const json_t *status)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(status, "conditions"), i, item) {
		const char *type, *value;

		type = json_string_value(json_object_get(item, "type"));
		value = json_string_value(json_object_get(item, "status"));
		if (type && !strcmp(type, "Ready"))
			return value && !strcmp(value, "True");
	}
	return false;
}

/* Without statuses of containers, and so without a kubelet, the Pod's counts. */
static void decode_container_statuses(const json_t *status,
				      struct ipsvc_pod *pod)
{
	const json_t *list = json_object_get(status, "containerStatuses");
	json_t *item;
	size_t i;

	if (!json_is_array(list)) {
		pod->nready_containers = pod->ready ? pod->ncontainers : 0;
		return;
	}
	json_array_foreach(list, i, item)
		if (json_is_true(json_object_get(item, "ready")) &&
		    pod->nready_containers < pod->ncontainers)
			pod->nready_containers++;
}

bool ipsvc_pod_decode(const json_t *doc, struct ipsvc_pod *pod,
		      struct ipsvc_errors *errs)
{
	const json_t *meta, *spec, *status;

	*pod = (struct ipsvc_pod){0};
	if (!ipsvc_schema_check(IPSVC_KIND_POD, doc, false, errs))
		return false;
	meta = json_object_get(doc, "metadata");
	spec = json_object_get(doc, "spec");
	status = json_object_get(doc, "status");
	pod->ns = get_string(meta, "namespace");
	pod->name = get_string(meta, "name");
	ipsvc_labels_decode(json_object_get(meta, "labels"), &pod->labels);
	decode_containers(spec, pod);
	pod->ip = get_string(status, "podIP");
	pod->node = get_string(spec, "nodeName");
	pod->phase = get_string(status, "phase");
	if (!*pod->phase && *pod->ip) {
		free(pod->phase);
		pod->phase = xstrdup("Running");
	}
	pod->ready = decode_ready(status);
	pod->terminating = has(meta, "deletionTimestamp");
	decode_container_statuses(status, pod);
	return true;
}

void ipsvc_pod_clear(struct ipsvc_pod *pod)
{
	for (size_t i = 0; i < pod->nports; i++) {
		free(pod->ports[i].name);
		free(pod->ports[i].protocol);
	}
	ipsvc_labels_clear(&pod->labels);
	free(pod->ns);
	free(pod->name);
	free(pod->ports);
	free(pod->ip);
	free(pod->node);
	free(pod->phase);
	*pod = (struct ipsvc_pod){0};
}
