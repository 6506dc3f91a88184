// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/names.h"
#include "base/json.h"
#include "impl.h"

const char *ipsvc_node_zone(const json_t *doc)
{
	return ipsvc_json_text(ipsvc_json_member(doc, "metadata", "labels"),
			       "topology.kubernetes.io/zone");
}

/* spec.podCIDR and spec.podCIDRs[0] are one (the API's conversion). */
static void set_defaults(json_t *doc)
{
	json_t *spec = ipsvc_json_sub(doc, "spec");
	json_t *list = json_object_get(spec, "podCIDRs");
	const char *one = ipsvc_json_text(spec, "podCIDR");

	if (json_array_size(list))
		json_object_set(spec, "podCIDR", json_array_get(list, 0));
	else if (*one)
		json_object_set_new(spec, "podCIDRs", json_pack("[s]", one));
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

	.merge_lists = (const struct ipsvc_merge_list[]){
		{ "status.conditions", { { "type", NULL } } },
		{ "status.addresses", { { "type", NULL } } },
		{ 0 },
	},

	.table = &ipsvc_node_table,
};
