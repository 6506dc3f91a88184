// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "api/names.h"
#include "base/json.h"
#include "impl.h"

static void default_port(json_t *port)
{
	if (!json_object_get(port, "name"))
		json_object_set_new(port, "name", json_string(""));
	if (!json_object_get(port, "protocol"))
		json_object_set_new(port, "protocol", json_string("TCP"));
}

/* SetDefaults_EndpointPort; deprecatedTopology cannot be written in v1. */
static void set_defaults(json_t *doc)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(doc, "ports"), i, item)
		default_port(item);
	json_array_foreach(json_object_get(doc, "endpoints"), i, item) {
		json_object_del(item, "deprecatedTopology");
		ipsvc_json_sub(item, "conditions");
	}
}

static void validate_update(const json_t *old, const json_t *doc,
			    struct ipsvc_errors *errs)
{
	const char *type = ipsvc_json_text(doc, "addressType");

	if (strcmp(ipsvc_json_text(old, "addressType"), type))
		ipsvc_invalid_string(errs, "addressType", type,
				     "field is immutable");
}

static void warn_addresses(const json_t *endpoint, size_t i,
			   struct ipsvc_errors *errs)
{
	json_t *address;
	size_t j;

	json_array_foreach(json_object_get(endpoint, "addresses"), j, address) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "endpoints[%zu].addresses[%zu]",
			 i, j);
		ipsvc_warn_ip(errs, path, json_string_value(address));
	}
}

static void warn(const json_t *doc, struct ipsvc_errors *errs)
{
	json_t *endpoint;
	size_t i;

	if (!strcmp(ipsvc_json_text(doc, "addressType"), "FQDN"))
		ipsvc_errors_warn(errs, "spec.addressType: FQDN endpoints are deprecated");
	json_array_foreach(json_object_get(doc, "endpoints"), i, endpoint)
		warn_addresses(endpoint, i, errs);
}

const struct ipsvc_kind ipsvc_endpointslice_kind = {
	.group = "discovery.k8s.io",
	.version = "v1",
	.kind = "EndpointSlice",
	.plural = "endpointslices",
	.singular = "endpointslice",
	.short_names = (const char *const[]){ NULL },
	.namespaced = true,

	.schema = &ipsvc_endpointslice_schema,
	.name_rule = ipsvc_check_dns1123_subdomain,
	.set_defaults = set_defaults,
	.validate = ipsvc_endpointslice_validate,
	.validate_update = validate_update,
	.warn = warn,

	.table = &ipsvc_endpointslice_table,
};
