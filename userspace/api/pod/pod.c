// SPDX-License-Identifier: GPL-2.0-or-later
#include "pod.h"

#include <stdlib.h>
#include <string.h>

#include "api/schema.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"

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
		port->name = ipsvc_json_dup(item, "name");
		port->protocol = ipsvc_json_has(item, "protocol") ?
				 ipsvc_json_dup(item, "protocol") : xstrdup("TCP");
		port->port = ipsvc_json_int(item, "containerPort");
	}
}

bool ipsvc_pod_is_sidecar(const json_t *container)
{
	return !strcmp(ipsvc_json_text(container, "restartPolicy"), "Always");
}

static void decode_containers(const json_t *spec, struct ipsvc_pod *pod)
{
	json_t *item;
	size_t i, cap = 0;

	json_array_foreach(json_object_get(spec, "containers"), i, item)
		decode_container_ports(item, pod, &cap);
	pod->nmain_ports = pod->nports;
	json_array_foreach(json_object_get(spec, "initContainers"), i, item)
		if (ipsvc_pod_is_sidecar(item))
			decode_container_ports(item, pod, &cap);
}

static bool decode_ready(const json_t *status)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(status, "conditions"), i, item) {
		if (!strcmp(ipsvc_json_text(item, "type"), "Ready"))
			return !strcmp(ipsvc_json_text(item, "status"), "True");
	}
	return false;
}

static void decode_ip(const char *text, struct ipsvc_pod *pod)
{
	struct in6_addr ip, *first;

	if (!ipsvc_ip_parse(text, &ip, NULL))
		return;
	first = ipsvc_ip_is4(&ip) ? &pod->ip4 : &pod->ip6;
	if (ipsvc_ip_family(first) == AF_UNSPEC)
		*first = ip;
}

static void decode_ips(const json_t *status, struct ipsvc_pod *pod)
{
	const json_t *list = json_object_get(status, "podIPs");
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		decode_ip(ipsvc_json_text(item, "ip"), pod);
	if (!json_array_size(list))
		decode_ip(pod->ip, pod);
}

void ipsvc_pod_view(const json_t *doc, struct ipsvc_pod *pod)
{
	const json_t *meta = json_object_get(doc, "metadata");
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *status = json_object_get(doc, "status");

	*pod = (struct ipsvc_pod){0};
	pod->ns = ipsvc_json_dup(meta, "namespace");
	pod->name = ipsvc_json_dup(meta, "name");
	pod->uid = ipsvc_json_dup(meta, "uid");
	ipsvc_labels_decode(json_object_get(meta, "labels"), &pod->labels);
	decode_containers(spec, pod);
	pod->hostname = ipsvc_json_dup(spec, "hostname");
	pod->subdomain = ipsvc_json_dup(spec, "subdomain");
	pod->ip = ipsvc_json_dup(status, "podIP");
	decode_ips(status, pod);
	pod->node = ipsvc_json_dup(spec, "nodeName");
	pod->phase = ipsvc_json_dup(status, "phase");
	if (!*pod->phase && *pod->ip) {
		free(pod->phase);
		pod->phase = xstrdup("Running");
	}
	pod->ready = decode_ready(status);
	pod->terminating = ipsvc_json_has(meta, "deletionTimestamp");
	pod->share = ipsvc_share_of(json_object_get(meta, "annotations"));
}

bool ipsvc_pod_decode(const json_t *doc, struct ipsvc_pod *pod,
		      struct ipsvc_errors *errs)
{
	*pod = (struct ipsvc_pod){0};
	if (!ipsvc_schema_check(&ipsvc_pod_kind, doc, false, errs))
		return false;
	ipsvc_pod_view(doc, pod);
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
	free(pod->uid);
	free(pod->hostname);
	free(pod->subdomain);
	free(pod->node);
	free(pod->phase);
	*pod = (struct ipsvc_pod){0};
}
