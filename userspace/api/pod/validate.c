// SPDX-License-Identifier: GPL-2.0-or-later
/* What ipsvc uses of a Pod: the ports of its containers, and its addresses. */
#include <stdio.h>
#include <string.h>

#include "api/names.h"
#include "base/json.h"
#include "impl.h"

static void check_port_name(const char *path, const char *name, json_t *seen,
			    struct ipsvc_errors *errs)
{
	size_t before = errs->n;

	if (!*name)
		return;
	ipsvc_check_port_name(errs, path, name);
	if (errs->n != before)
		return;
	if (json_object_get(seen, name))
		ipsvc_duplicate_string(errs, path, name);
	json_object_set_new(seen, name, json_true());
}

static void check_port(const char *base, const json_t *port, json_t *names,
		       struct ipsvc_errors *errs)
{
	json_int_t number = ipsvc_json_int(port, "containerPort");
	json_int_t host = ipsvc_json_int(port, "hostPort");
	char path[IPSVC_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s.name", base);
	check_port_name(path, ipsvc_json_text(port, "name"), names, errs);
	snprintf(path, sizeof(path), "%s.containerPort", base);
	if (!number)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, path, NULL, NULL);
	else
		ipsvc_check_port_number(errs, path, number);
	snprintf(path, sizeof(path), "%s.hostPort", base);
	if (host)
		ipsvc_check_port_number(errs, path, host);
	snprintf(path, sizeof(path), "%s.protocol", base);
	ipsvc_check_one_of(errs, path, ipsvc_json_text(port, "protocol"),
			   ipsvc_protocols);
}

/* @field: "containers" or "initContainers". */
static void check_containers(const json_t *spec, const char *field,
			     struct ipsvc_errors *errs)
{
	json_t *container, *port;
	size_t i, j;

	json_array_foreach(json_object_get(spec, field), i, container) {
		json_t *names = json_object();
		char path[IPSVC_PATH_MAX];

		json_array_foreach(json_object_get(container, "ports"), j, port) {
			snprintf(path, sizeof(path), "spec.%s[%zu].ports[%zu]",
				 field, i, j);
			check_port(path, port, names, errs);
		}
		json_decref(names);
	}
}

static void check_ips(const json_t *status, struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(status, "podIPs");
	const char *ip = ipsvc_json_text(status, "podIP");
	json_t *item;
	size_t i;

	if (*ip)
		ipsvc_check_host_ip(errs, "status.podIP", ip);
	json_array_foreach(list, i, item) {
		const char *text = ipsvc_json_text(item, "ip");
		char path[IPSVC_PATH_MAX];

		/* The first one is podIP, and its error is there already. */
		if (!i && !strcmp(text, ip))
			continue;
		snprintf(path, sizeof(path), "status.podIPs[%zu].ip", i);
		if (!i)
			ipsvc_invalid_string(errs, path, text,
					     "must be equal to `podIP`");
		else
			ipsvc_check_host_ip(errs, path, text);
	}
}

static void check_phase(const json_t *status, struct ipsvc_errors *errs)
{
	static const char *const phases[] = {
		"Failed", "Pending", "Running", "Succeeded", "Unknown", NULL,
	};
	const char *phase = ipsvc_json_text(status, "phase");

	/* A word that is misspelt would make a finished Pod an endpoint. */
	if (*phase)
		ipsvc_check_one_of(errs, "status.phase", phase, phases);
}

/* What is said of the Pod as an endpoint. */
static void check_names(const json_t *spec, struct ipsvc_errors *errs)
{
	static const struct {
		const char *field, *path;
		ipsvc_name_rule *rule;
	} names[] = {
		{ "nodeName", "spec.nodeName", ipsvc_check_dns1123_subdomain },
		{ "hostname", "spec.hostname", ipsvc_check_dns1123_label },
		{ "subdomain", "spec.subdomain", ipsvc_check_dns1123_label },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *text = ipsvc_json_text(spec, names[i].field);

		if (*text)
			names[i].rule(errs, names[i].path, text);
	}
}

void ipsvc_pod_validate(const json_t *doc, struct ipsvc_errors *errs)
{
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *status = json_object_get(doc, "status");

	ipsvc_share_validate(ipsvc_json_member(doc, "metadata", "annotations"),
			     errs);
	check_containers(spec, "containers", errs);
	check_containers(spec, "initContainers", errs);
	check_names(spec, errs);
	check_ips(status, errs);
	check_phase(status, errs);
}
