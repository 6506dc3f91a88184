// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "impl.h"

const char *ipsvc_node_zone(const json_t *doc)
{
	return ipsvc_json_text(ipsvc_json_member(doc, "metadata", "labels"),
			       "topology.kubernetes.io/zone");
}

static void take_addresses(const json_t *list, const char *type,
			   struct ipsvc_node_addresses *to)
{
	const json_t *item;
	struct in6_addr ip;
	size_t i;

	json_array_foreach(list, i, item) {
		struct in6_addr *own;

		if (strcmp(ipsvc_json_text(item, "type"), type) ||
		    !ipsvc_ip_parse(ipsvc_json_text(item, "address"), &ip, NULL))
			continue;
		own = ipsvc_ip_is4(&ip) ? &to->ip4 : &to->ip6;
		if (IN6_IS_ADDR_UNSPECIFIED(own))
			*own = ip;
	}
}

struct ipsvc_node_addresses ipsvc_node_addresses_of(const json_t *doc)
{
	const json_t *list = ipsvc_json_member(doc, "status", "addresses");
	struct ipsvc_node_addresses addresses = {0};

	take_addresses(list, "InternalIP", &addresses);
	take_addresses(list, "ExternalIP", &addresses);
	return addresses;
}

/* spec.podCIDR and spec.podCIDRs[0] are one (the API's conversion). */
static void set_defaults(json_t *doc)
{
	json_t *spec = ipsvc_json_sub(doc, "spec");
	json_t *list = json_object_get(spec, "podCIDRs");
	const char *first = json_string_value(json_array_get(list, 0));
	const char *one = ipsvc_json_text(spec, "podCIDR");

	if (*one && strcmp(one, first ? first : ""))
		json_object_set_new(spec, "podCIDRs", json_pack("[s]", one));
	else if (first)
		json_object_set(spec, "podCIDR", json_array_get(list, 0));
}

static void warn(const json_t *doc, struct ipsvc_errors *errs)
{
	const json_t *spec = json_object_get(doc, "spec");
	json_t *item;
	size_t i;

	if (json_object_get(spec, "configSource"))
		ipsvc_errors_warn(errs, "spec.configSource: the feature is removed");
	if (*ipsvc_json_text(spec, "externalID"))
		ipsvc_errors_warn(errs, "spec.externalID: this field is deprecated, and is unused by Kubernetes");
	json_array_foreach(json_object_get(spec, "podCIDRs"), i, item) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.podCIDRs[%zu]", i);
		ipsvc_warn_cidr(errs, path, json_string_value(item));
	}
}

const struct ipsvc_kind ipsvc_node_kind = {
	.group = "",
	.version = "v1",
	.kind = "Node",
	.plural = "nodes",
	.singular = "node",
	.short_names = (const char *const[]){ "no", NULL },
	.namespaced = false,

	.schema = &ipsvc_node_schema,
	.name_rule = ipsvc_check_dns1123_subdomain,
	.status_written = true,
	.set_defaults = set_defaults,
	.validate = ipsvc_node_validate,
	.validate_update = ipsvc_node_validate_update,
	.warn = warn,

	.merge_lists = (const struct ipsvc_merge_list[]){
		{ "status.conditions", { { "type", NULL } } },
		{ "status.addresses", { { "type", NULL } } },
		{ 0 },
	},

	.table = &ipsvc_node_table,
	.describer = &ipsvc_node_describer,
};
