// SPDX-License-Identifier: GPL-2.0-or-later
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "api/schema.h"
#include "base/json.h"
#include "base/memory.h"

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
	port->name = ipsvc_json_dup(item, "name");
	port->protocol = ipsvc_json_dup(item, "protocol");
	port->port = ipsvc_json_int(item, "port");
	port->node_port = ipsvc_json_int(item, "nodePort");
	port->has_protocol = ipsvc_json_has(item, "protocol");
	port->has_port = ipsvc_json_has(item, "port");
	port->has_node_port = ipsvc_json_has(item, "nodePort");
	decode_target_port(json_object_get(item, "targetPort"),
			   &port->target_port);
}

static void decode_cluster_ips(const json_t *spec, struct ipsvc_service *svc)
{
	const json_t *list = json_object_get(spec, "clusterIPs");
	json_t *item;
	size_t i;

	svc->cluster_ip = ipsvc_json_dup(spec, "clusterIP");
	svc->cluster_ips = xcalloc(json_array_size(list),
				   sizeof(*svc->cluster_ips));
	json_array_foreach(list, i, item) {
		const char *s = json_string_value(item);

		svc->cluster_ips[svc->ncluster_ips++] = xstrdup(s ? s : "");
	}
}

void ipsvc_service_view(const json_t *doc, struct ipsvc_service *svc)
{
	const json_t *meta = json_object_get(doc, "metadata");
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *ports = json_object_get(spec, "ports");
	json_t *item;
	size_t i;

	*svc = (struct ipsvc_service){0};
	svc->ns = ipsvc_json_dup(meta, "namespace");
	svc->name = ipsvc_json_dup(meta, "name");
	svc->type_word = ipsvc_json_dup(spec, "type");
	svc->type = decode_type(svc->type_word);
	ipsvc_labels_decode(json_object_get(meta, "labels"), &svc->labels);
	ipsvc_labels_decode(json_object_get(spec, "selector"), &svc->selector);
	svc->ports = xcalloc(json_array_size(ports), sizeof(*svc->ports));
	json_array_foreach(ports, i, item)
		decode_service_port(item, &svc->ports[svc->nports++]);
	decode_cluster_ips(spec, svc);
	svc->publish_not_ready = json_is_true(
		json_object_get(spec, "publishNotReadyAddresses"));
}

bool ipsvc_service_decode(const json_t *doc, struct ipsvc_service *svc,
			  struct ipsvc_errors *errs)
{
	*svc = (struct ipsvc_service){0};
	if (!ipsvc_schema_check(&ipsvc_service_kind, doc, false, errs))
		return false;
	ipsvc_service_view(doc, svc);
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
