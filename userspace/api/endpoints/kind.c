// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "api/names.h"
#include "api/object.h"
#include "api/service/service.h"
#include "base/json.h"
#include "impl.h"

static void index_pods(const struct ipsvc_objects *objs,
		       struct ipsvc_pod_index *pods)
{
	ipsvc_pod_index_init(pods, objs->n);
	for (size_t i = 0; i < objs->n; i++)
		if (objs->items[i].kind == &ipsvc_pod_kind)
			ipsvc_pod_index_add(pods, objs->items[i].doc);
	ipsvc_pod_index_sort(pods);
}

static void derive(const struct ipsvc_objects *objs, const char *name,
		   struct ipsvc_objects *out)
{
	struct ipsvc_pod_index pods;

	index_pods(objs, &pods);
	for (size_t i = 0; i < objs->n; i++) {
		const struct ipsvc_object *obj = &objs->items[i];
		json_t *doc;

		if (obj->kind != &ipsvc_service_kind ||
		    (name && strcmp(name, obj->name)))
			continue;
		doc = ipsvc_endpoints_object(obj->doc, &pods);
		if (doc)
			ipsvc_objects_add(out, &ipsvc_endpoints_kind, doc, NULL,
					  0);
	}
	ipsvc_pod_index_free(&pods);
}

/* SetDefaults_Endpoints. */
static void set_defaults(json_t *doc)
{
	json_t *subset, *port;
	size_t i, j;

	json_array_foreach(json_object_get(doc, "subsets"), i, subset)
		json_array_foreach(json_object_get(subset, "ports"), j, port)
			ipsvc_json_default(port, "protocol", "TCP");
}

static void warn_addresses(const json_t *subset, size_t i, const char *field,
			   struct ipsvc_errors *errs)
{
	json_t *address;
	size_t j;

	json_array_foreach(json_object_get(subset, field), j, address) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "subsets[%zu].%s[%zu].ip", i,
			 field, j);
		ipsvc_warn_ip(errs, path, ipsvc_json_text(address, "ip"));
	}
}

static void warn(const json_t *doc, struct ipsvc_errors *errs)
{
	json_t *subset;
	size_t i;

	ipsvc_errors_warn(errs, "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
	json_array_foreach(json_object_get(doc, "subsets"), i, subset) {
		warn_addresses(subset, i, "addresses", errs);
		warn_addresses(subset, i, "notReadyAddresses", errs);
	}
}

const struct ipsvc_kind ipsvc_endpoints_kind = {
	.group = "",
	.version = "v1",
	.kind = "Endpoints",
	.plural = "endpoints",
	.singular = "endpoints",
	.short_names = (const char *const[]){ "ep", NULL },
	.namespaced = true,
	.derived = &(const struct ipsvc_derivation){
		.from = "Services and Pods",
		.derive = derive,
		.hides = true,
	},

	.schema = &ipsvc_endpoints_schema,
	.name_rule = ipsvc_check_dns1123_subdomain,
	.set_defaults = set_defaults,
	.validate = ipsvc_endpoints_validate,
	.warn = warn,

	.table = &ipsvc_endpoints_table,
};
