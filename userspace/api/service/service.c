// SPDX-License-Identifier: GPL-2.0-or-later
#include "service.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "api/schema.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

#define AFFINITY_TIMEOUT_DEFAULT	10800

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
	if (ipsvc_json_has(item, "appProtocol"))
		port->app_protocol = ipsvc_json_dup(item, "appProtocol");
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
	svc->cluster_ips = xcalloc(json_array_size(list) + 1,
				   sizeof(*svc->cluster_ips));
	if (!json_array_size(list) && *svc->cluster_ip)
		svc->cluster_ips[svc->ncluster_ips++] = xstrdup(svc->cluster_ip);
	json_array_foreach(list, i, item) {
		const char *s = json_string_value(item);

		svc->cluster_ips[svc->ncluster_ips++] = xstrdup(s ? s : "");
	}
}

static void add_family(struct ipsvc_service *svc, uint8_t family)
{
	if (svc->nfamilies < sizeof(svc->families))
		svc->families[svc->nfamilies++] = family;
}

/* As getAddressTypesForService(): of what was written before there were families. */
static void decode_families(const json_t *spec, struct ipsvc_service *svc)
{
	struct in6_addr ip;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(spec, "ipFamilies"), i, item)
		add_family(svc, json_is_string(item) &&
			   !strcmp(json_string_value(item), "IPv6") ?
			   AF_INET6 : AF_INET);
	if (svc->nfamilies)
		return;
	if (ipsvc_ip_parse(svc->cluster_ip, &ip, NULL)) {
		add_family(svc, ipsvc_ip_family(&ip));
	} else {
		add_family(svc, AF_INET);
		add_family(svc, AF_INET6);
	}
}

/* The annotation, where it asks for something, counts for more than the field. */
static bool wants_topology(const json_t *meta)
{
	const json_t *notes = json_object_get(meta, "annotations");
	const char *mode = ipsvc_json_has(notes, TOPOLOGY_HINTS) ?
			   ipsvc_json_text(notes, TOPOLOGY_HINTS) :
			   ipsvc_json_text(notes, TOPOLOGY_MODE);

	return !strcmp(mode, "Auto") || !strcmp(mode, "auto");
}

static enum ipsvc_traffic_hints decode_hints(const json_t *meta,
					     const json_t *spec)
{
	const char *word = ipsvc_json_text(spec, "trafficDistribution");

	if (!*word || wants_topology(meta))
		return IPSVC_HINTS_NONE;
	return strcmp(word, "PreferSameNode") ? IPSVC_HINTS_ZONE :
						IPSVC_HINTS_ZONE_AND_NODE;
}

/* Without defaults, as kube-proxy's: three hours. */
static uint32_t decode_affinity(const json_t *spec)
{
	const json_t *config = ipsvc_json_member(spec, "sessionAffinityConfig",
						 "clientIP");
	json_int_t timeout = ipsvc_json_int(config, "timeoutSeconds");

	if (strcmp(ipsvc_json_text(spec, "sessionAffinity"), "ClientIP"))
		return 0;
	return timeout > 0 && timeout <= IPSVC_AFFINITY_TIMEOUT_MAX ?
	       (uint32_t)timeout : AFFINITY_TIMEOUT_DEFAULT;
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
	svc->uid = ipsvc_json_dup(meta, "uid");
	svc->created = ipsvc_json_dup(meta, "creationTimestamp");
	svc->type_word = ipsvc_json_dup(spec, "type");
	svc->type = decode_type(svc->type_word);
	ipsvc_labels_decode(json_object_get(meta, "labels"), &svc->labels);
	ipsvc_labels_decode(json_object_get(spec, "selector"), &svc->selector);
	svc->ports = xcalloc(json_array_size(ports), sizeof(*svc->ports));
	json_array_foreach(ports, i, item)
		decode_service_port(item, &svc->ports[svc->nports++]);
	decode_cluster_ips(spec, svc);
	decode_families(spec, svc);
	svc->external_name = ipsvc_json_dup(spec, "externalName");
	svc->hints = decode_hints(meta, spec);
	svc->affinity_timeout = decode_affinity(spec);
	svc->choice = ipsvc_choice_of(json_object_get(meta, "annotations"));
	svc->publish_not_ready = json_is_true(
		json_object_get(spec, "publishNotReadyAddresses"));
	ipsvc_service_view_external(doc, svc);
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

bool ipsvc_service_has_no_ip(const struct ipsvc_service *svc)
{
	return !*svc->cluster_ip || !strcmp(svc->cluster_ip, "None");
}

void ipsvc_service_clear(struct ipsvc_service *svc)
{
	for (size_t i = 0; i < svc->nports; i++) {
		free(svc->ports[i].name);
		free(svc->ports[i].protocol);
		free(svc->ports[i].target_port.name);
		free(svc->ports[i].app_protocol);
	}
	for (size_t i = 0; i < svc->ncluster_ips; i++)
		free(svc->cluster_ips[i]);
	ipsvc_labels_clear(&svc->labels);
	ipsvc_labels_clear(&svc->selector);
	free(svc->ns);
	free(svc->name);
	free(svc->uid);
	free(svc->created);
	free(svc->type_word);
	free(svc->ports);
	free(svc->cluster_ip);
	free(svc->cluster_ips);
	free(svc->external_name);
	free(svc->external_ips.items);
	free(svc->load_balancer_ips.items);
	ipsvc_source_ranges_clear(&svc->source_ranges);
	*svc = (struct ipsvc_service){0};
}
