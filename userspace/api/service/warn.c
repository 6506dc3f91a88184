// SPDX-License-Identifier: GPL-2.0-or-later
/* Warnings about Services that are valid but will not do what they say. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

/* In Kubernetes' words, GetWarningsForService. */
static void warn_headless(const json_t *spec, struct ipsvc_errors *errs)
{
	if (*ipsvc_json_text(spec, "loadBalancerIP"))
		ipsvc_errors_warn(errs, "spec.loadBalancerIP is ignored for headless services");
	if (json_array_size(json_object_get(spec, "externalIPs")))
		ipsvc_errors_warn(errs, "spec.externalIPs is ignored for headless services");
	if (strcmp(ipsvc_json_text(spec, "sessionAffinity"), "None"))
		ipsvc_errors_warn(errs, "spec.SessionAffinity is ignored for headless services");
}

static void warn_ips(struct ipsvc_errors *errs, const json_t *spec,
		     const char *field)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(spec, field), i, item) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.%s[%zu]", field, i);
		ipsvc_warn_ip(errs, path, json_string_value(item));
	}
}

static void warn_source_ranges(struct ipsvc_errors *errs, const json_t *spec)
{
	const json_t *list = json_object_get(spec, "loadBalancerSourceRanges");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.loadBalancerSourceRanges[%zu]",
			 i);
		ipsvc_warn_cidr(errs, path, json_string_value(item));
	}
}

static void warn_addresses(const json_t *spec, struct ipsvc_errors *errs)
{
	warn_ips(errs, spec, "clusterIPs");
	warn_ips(errs, spec, "externalIPs");
	ipsvc_warn_ip(errs, "spec.loadBalancerIP",
		      ipsvc_json_text(spec, "loadBalancerIP"));
	warn_source_ranges(errs, spec);
}

static void warn_kubernetes(const json_t *doc, bool headless,
			    struct ipsvc_errors *errs)
{
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *notes = ipsvc_json_member(doc, "metadata", "annotations");
	bool external_name = !ipsvc_spec_has_cluster_ip(spec);
	bool external_ips = json_array_size(json_object_get(spec, "externalIPs"));

	if (json_object_get(notes, TOPOLOGY_HINTS))
		ipsvc_errors_warn(errs, "annotation " TOPOLOGY_HINTS " is deprecated, please use " TOPOLOGY_MODE " instead");
	if (headless)
		warn_headless(spec, errs);
	warn_addresses(spec, errs);
	if (external_ips && !headless && !external_name)
		ipsvc_errors_warn(errs, "spec.externalIPs is deprecated and may no longer be implemented in some clusters");
	if (external_name && external_ips)
		ipsvc_errors_warn(errs, "spec.externalIPs is ignored when spec.type is \"ExternalName\"");
	if (!external_name && *ipsvc_json_text(spec, "externalName"))
		ipsvc_errors_warn(errs, "spec.externalName is ignored when spec.type is not \"ExternalName\"");
	if (!strcmp(ipsvc_json_text(spec, "trafficDistribution"), "PreferClose"))
		ipsvc_errors_warn(errs, "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
}

/* What Kubernetes would do and ipsvc does not. */
static void warn_ipsvc(const json_t *spec, const struct ipsvc_service *svc,
		       bool headless, struct ipsvc_errors *errs)
{
	if (svc->type == IPSVC_TYPE_LOAD_BALANCER)
		ipsvc_errors_warn(errs, "spec.type: \"LoadBalancer\": giving it an address is not supported yet: until status.loadBalancer.ingress has one, the Service is served as of type NodePort");
	if (!headless && *ipsvc_json_text(spec, "loadBalancerIP"))
		ipsvc_errors_warn(errs, "spec.loadBalancerIP is not supported yet and is ignored");
}

void ipsvc_service_warn(const json_t *doc, struct ipsvc_errors *errs)
{
	const json_t *spec = json_object_get(doc, "spec");
	struct ipsvc_service svc;
	bool headless;

	if (ipsvc_service_decode(doc, &svc, errs)) {
		headless = ipsvc_service_is_headless(&svc);
		warn_kubernetes(doc, headless, errs);
		warn_ipsvc(spec, &svc, headless, errs);
	}
	ipsvc_service_clear(&svc);
}
