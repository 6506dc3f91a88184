// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateService, in its order. */
#include <inttypes.h>
#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "api/metadata.h"
#include "api/names.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

static const char balancer_only[] =
	"may only be used when `type` is 'LoadBalancer'";

/* What the checks of one Service share. */
struct check {
	const json_t *annotations;
	const json_t *spec;
	const struct ipsvc_service *svc;
	struct ipsvc_errors *errs;
};

static const char *text_of(const struct check *c, const char *field)
{
	return ipsvc_json_text(c->spec, field);
}

static bool is_set(const struct check *c, const char *field)
{
	return json_object_get(c->spec, field) != NULL;
}

static void add(const struct check *c, enum ipsvc_error_type type,
		const char *path, const char *detail)
{
	if (detail)
		ipsvc_errors_add(c->errs, type, path, NULL, "%s", detail);
	else
		ipsvc_errors_add(c->errs, type, path, NULL, NULL);
}

/* ---- annotations -------------------------------------------------------- */

/* The old and the new name of one thing. */
static void check_topology(const struct check *c)
{
	const json_t *hints = json_object_get(c->annotations, TOPOLOGY_HINTS);
	const json_t *mode = json_object_get(c->annotations, TOPOLOGY_MODE);

	if (hints && mode && !json_equal(hints, mode))
		ipsvc_invalid_json(c->errs,
			"metadata.annotations[" TOPOLOGY_MODE "]", mode,
			"must match annotations[" TOPOLOGY_HINTS "] when both are specified");
}

/* ---- by type ------------------------------------------------------------ */

static void check_external_name(const struct check *c)
{
	static const char *const fields[] = { "ipFamilies", "ipFamilyPolicy" };
	static const char detail[] = "may not be set for ExternalName services";
	char *name;
	size_t len;

	if (c->svc->ncluster_ips)
		add(c, IPSVC_ERR_FORBIDDEN, "spec.clusterIPs", detail);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const json_t *value = json_object_get(c->spec, fields[i]);
		char path[IPSVC_PATH_MAX];

		if (!value || (json_is_array(value) && !json_array_size(value)))
			continue;
		snprintf(path, sizeof(path), "spec.%s", fields[i]);
		add(c, IPSVC_ERR_FORBIDDEN, path, detail);
	}
	name = xstrdup(text_of(c, "externalName"));
	len = strlen(name);
	if (len && name[len - 1] == '.')
		name[len - 1] = '\0';
	if (*name)
		ipsvc_check_dns1123_subdomain(c->errs, "spec.externalName",
					      name);
	else
		add(c, IPSVC_ERR_REQUIRED, "spec.externalName", NULL);
	free(name);
}

static void check_type_needs(const struct check *c)
{
	bool headless = ipsvc_service_is_headless(c->svc);
	const char *type = c->svc->type_word;

	if (!c->svc->nports && !headless && strcmp(type, "ExternalName"))
		add(c, IPSVC_ERR_REQUIRED, "spec.ports", NULL);
	if (headless && !strcmp(type, "LoadBalancer"))
		ipsvc_invalid_string(c->errs, "spec.clusterIPs[0]", "None",
			"may not be set to 'None' for LoadBalancer services");
	else if (headless && !strcmp(type, "NodePort"))
		ipsvc_invalid_string(c->errs, "spec.clusterIPs[0]", "None",
			"may not be set to 'None' for NodePort services");
	else if (!strcmp(type, "ExternalName"))
		check_external_name(c);
}

/* ---- ports -------------------------------------------------------------- */

static void check_port_name(const struct check *c, size_t i, json_t *seen)
{
	const char *name = c->svc->ports[i].name;
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "spec.ports[%zu].name", i);
	if (!*name) {
		if (c->svc->nports > 1)
			add(c, IPSVC_ERR_REQUIRED, path, NULL);
		return;
	}
	ipsvc_check_dns1123_label(c->errs, path, name);
	if (json_object_get(seen, name))
		ipsvc_duplicate_string(c->errs, path, name);
	else
		json_object_set_new(seen, name, json_true());
}

static void check_port(const struct check *c, size_t i)
{
	const struct ipsvc_service_port *port = &c->svc->ports[i];
	const json_t *item = json_array_get(json_object_get(c->spec, "ports"), i);
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "spec.ports[%zu].port", i);
	ipsvc_check_port_number(c->errs, path, port->port);
	snprintf(path, sizeof(path), "spec.ports[%zu].protocol", i);
	if (!*port->protocol)
		add(c, IPSVC_ERR_REQUIRED, path, NULL);
	else
		ipsvc_check_one_of(c->errs, path, port->protocol,
				   ipsvc_protocols);
	snprintf(path, sizeof(path), "spec.ports[%zu].targetPort", i);
	if (port->target_port.name)
		ipsvc_check_port_name(c->errs, path, port->target_port.name);
	else
		ipsvc_check_port_number(c->errs, path, port->target_port.number);
	if (json_object_get(item, "appProtocol")) {
		snprintf(path, sizeof(path), "spec.ports[%zu].appProtocol", i);
		ipsvc_check_qualified_name(c->errs, path,
					   ipsvc_json_text(item, "appProtocol"));
	}
}

static void check_ports(const struct check *c)
{
	json_t *names = json_object();

	for (size_t i = 0; i < c->svc->nports; i++) {
		check_port_name(c, i, names);
		check_port(c, i);
	}
	json_decref(names);
}

static void check_node_ports_of_cluster_ip(const struct check *c)
{
	if (strcmp(c->svc->type_word, "ClusterIP"))
		return;
	for (size_t i = 0; i < c->svc->nports; i++) {
		char path[IPSVC_PATH_MAX];

		if (!c->svc->ports[i].node_port)
			continue;
		snprintf(path, sizeof(path), "spec.ports[%zu].nodePort", i);
		add(c, IPSVC_ERR_FORBIDDEN, path,
		    "may not be used when `type` is 'ClusterIP'");
	}
}

/* True when @seen has (@protocol, @number) already; it has it afterwards. */
static bool seen_before(json_t *seen, const char *protocol, int64_t number)
{
	char *key = xasprintf("%s/%" PRId64, protocol, number);
	bool found = json_object_get(seen, key) != NULL;

	if (!found)
		json_object_set_new(seen, key, json_true());
	free(key);
	return found;
}

static void check_repeated_ports(const struct check *c)
{
	json_t *ports = json_object(), *node_ports = json_object();
	char path[IPSVC_PATH_MAX], value[24];

	for (size_t i = 0; i < c->svc->nports; i++) {
		const struct ipsvc_service_port *p = &c->svc->ports[i];

		if (!p->node_port ||
		    !seen_before(node_ports, p->protocol, p->node_port))
			continue;
		snprintf(path, sizeof(path), "spec.ports[%zu].nodePort", i);
		snprintf(value, sizeof(value), "%" PRId64, p->node_port);
		ipsvc_errors_add(c->errs, IPSVC_ERR_DUPLICATE, path, value, NULL);
	}
	for (size_t i = 0; i < c->svc->nports; i++) {
		const struct ipsvc_service_port *p = &c->svc->ports[i];
		char *key, *protocol;

		if (!seen_before(ports, p->protocol, p->port))
			continue;
		snprintf(path, sizeof(path), "spec.ports[%zu]", i);
		protocol = ipsvc_quote(p->protocol);
		/* The internal struct with all but the two fields left out. */
		key = xasprintf("{\"Name\":\"\",\"Protocol\":%s,\"AppProtocol\":null,\"Port\":%" PRId64
				",\"TargetPort\":0,\"NodePort\":0}",
				protocol, p->port);
		ipsvc_errors_add(c->errs, IPSVC_ERR_DUPLICATE, path, key, NULL);
		free(protocol);
		free(key);
	}
	json_decref(ports);
	json_decref(node_ports);
}

/* ---- affinity, addresses, policies --------------------------------------- */

static void check_affinity(const struct check *c)
{
	static const char *const words[] = { "ClientIP", "None", NULL };
	const json_t *config = json_object_get(c->spec, "sessionAffinityConfig");
	const json_t *timeout;
	char value[24];

	if (!ipsvc_check_one_of(c->errs, "spec.sessionAffinity",
				text_of(c, "sessionAffinity"), words))
		return;
	if (strcmp(text_of(c, "sessionAffinity"), "ClientIP"))
		return;
	timeout = json_object_get(json_object_get(config, "clientIP"),
				  "timeoutSeconds");
	if (json_integer_value(timeout) > 0 &&
	    json_integer_value(timeout) <= IPSVC_AFFINITY_TIMEOUT_MAX)
		return;
	snprintf(value, sizeof(value), "%" JSON_INTEGER_FORMAT,
		 json_integer_value(timeout));
	ipsvc_errors_add(c->errs, IPSVC_ERR_INVALID,
			 "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
			 value, "must be greater than 0 and less than %d",
			 IPSVC_AFFINITY_TIMEOUT_MAX);
}

static void check_external_ips(const struct check *c)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(c->spec, "externalIPs"), i, item) {
		const char *ip = json_string_value(item);
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.externalIPs[%zu]", i);
		ipsvc_check_endpoint_ip(c->errs, path, ip ? ip : "");
	}
}

static void check_type(const struct check *c)
{
	static const char *const words[] = {
		"ClusterIP", "ExternalName", "LoadBalancer", "NodePort", NULL,
	};

	ipsvc_check_one_of(c->errs, "spec.type", c->svc->type_word, words);
}

static void check_load_balancer_fields(const struct check *c)
{
	bool balancer = !strcmp(c->svc->type_word, "LoadBalancer");

	if (!balancer && is_set(c, "allocateLoadBalancerNodePorts"))
		add(c, IPSVC_ERR_FORBIDDEN, "spec.allocateLoadBalancerNodePorts",
		    balancer_only);
	if (!is_set(c, "loadBalancerClass"))
		return;
	if (!balancer)
		add(c, IPSVC_ERR_FORBIDDEN, "spec.loadBalancerClass", balancer_only);
	else
		ipsvc_check_qualified_name(c->errs, "spec.loadBalancerClass",
					   text_of(c, "loadBalancerClass"));
}

static const char *const policies[] = { "Cluster", "Local", NULL };

static void check_external_policy(const struct check *c)
{
	const char *policy = text_of(c, "externalTrafficPolicy");

	if (ipsvc_spec_is_external(c->spec)) {
		if (*policy)
			ipsvc_check_one_of(c->errs, "spec.externalTrafficPolicy",
					   policy, policies);
		else
			add(c, IPSVC_ERR_REQUIRED, "spec.externalTrafficPolicy",
			    NULL);
	} else if (*policy) {
		ipsvc_invalid_string(c->errs, "spec.externalTrafficPolicy",
			policy,
			"may only be set for externally-accessible services");
	}
}

static void check_health_port(const struct check *c)
{
	const json_t *port = json_object_get(c->spec, "healthCheckNodePort");
	bool needed = ipsvc_spec_needs_health_port(c->spec);
	char value[24];

	/* One that is needed and not there is allocated later. */
	if (!json_integer_value(port))
		return;
	snprintf(value, sizeof(value), "%" JSON_INTEGER_FORMAT,
		 json_integer_value(port));
	if (needed)
		ipsvc_check_port_number(c->errs, "spec.healthCheckNodePort",
					json_integer_value(port));
	else
		ipsvc_errors_add(c->errs, IPSVC_ERR_INVALID,
				 "spec.healthCheckNodePort", value,
				 "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
}

static void check_policies(const struct check *c)
{
	/* Not sorted: Kubernetes lists them as they are declared. */
	static const char *const distributions[] = {
		"PreferClose", "PreferSameZone", "PreferSameNode", NULL,
	};

	check_external_policy(c);
	check_health_port(c);
	if (is_set(c, "internalTrafficPolicy"))
		ipsvc_check_one_of(c->errs, "spec.internalTrafficPolicy",
				   text_of(c, "internalTrafficPolicy"), policies);
	if (is_set(c, "trafficDistribution"))
		ipsvc_check_one_of(c->errs, "spec.trafficDistribution",
				   text_of(c, "trafficDistribution"),
				   distributions);
}

bool ipsvc_service_validate_first(const struct ipsvc_families *cluster,
				  const json_t *old, const json_t *doc,
				  struct ipsvc_errors *errs)
{
	json_t *spec = json_copy(json_object_get(doc, "spec"));
	bool valid;

	ipsvc_spec_mirror_cluster_ip(spec);
	valid = ipsvc_service_init_families(cluster,
					    json_object_get(old, "spec"), spec,
					    errs);
	json_decref(spec);
	return valid;
}

void ipsvc_service_validate(const json_t *doc, struct ipsvc_errors *errs)
{
	struct ipsvc_service svc;
	const struct check c = {
		.annotations = ipsvc_json_member(doc, "metadata", "annotations"),
		.spec = json_object_get(doc, "spec"),
		.svc = &svc,
		.errs = errs,
	};

	ipsvc_service_view(doc, &svc);
	check_topology(&c);
	ipsvc_choice_validate(c.annotations, errs);
	check_type_needs(&c);
	check_ports(&c);
	ipsvc_validate_labels(&svc.selector, "spec.selector", errs);
	check_affinity(&c);
	check_external_ips(&c);
	check_type(&c);
	check_node_ports_of_cluster_ip(&c);
	check_repeated_ports(&c);
	ipsvc_service_validate_ranges(doc, errs);
	check_load_balancer_fields(&c);
	check_policies(&c);
	ipsvc_service_clear(&svc);
}
