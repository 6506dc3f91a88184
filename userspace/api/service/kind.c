// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/names.h"
#include "impl.h"

const struct ipsvc_kind ipsvc_service_kind = {
	.group = "",
	.version = "v1",
	.kind = "Service",
	.plural = "services",
	.singular = "service",
	.short_names = (const char *const[]){ "svc", NULL },
	.namespaced = true,
	.in_all = true,

	.schema = &ipsvc_service_schema,
	.name_rule = ipsvc_check_dns1123_label,
	.set_defaults = ipsvc_service_default,
	.validate_first = ipsvc_service_validate_first,
	.validate = ipsvc_service_validate,
	.validate_update = ipsvc_service_validate_update,
	.warn = ipsvc_service_warn,

	.inherit = ipsvc_service_inherit,
	.merge_lists = (const struct ipsvc_merge_list[]){
		{ "spec.ports", { { "port", NULL }, { "protocol", "TCP" } } },
		{ 0 },
	},
	.claims = &ipsvc_service_claims,

	.table = &ipsvc_service_table,
	.describer = &ipsvc_service_describer,
	.expose = ipsvc_service_expose,
};
