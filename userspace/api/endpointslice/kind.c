// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "api/endpoints/endpoints.h"
#include "api/names.h"
#include "api/object.h"
#include "base/json.h"
#include "cluster/cache.h"
#include "cluster/mirror.h"
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

	const char *by = ipsvc_json_text(ipsvc_json_member(doc, "metadata",
							   "labels"),
					 IPSVC_LABEL_MANAGED_BY);

	if (!strcmp(by, IPSVC_SLICE_CONTROLLER) ||
	    !strcmp(by, IPSVC_MIRROR_CONTROLLER))
		ipsvc_errors_warn(errs, "metadata.labels[" IPSVC_LABEL_MANAGED_BY "]: ipsvc computes the slices of %s itself and ignores this one; take the label away to have it served",
				  by);
	if (!strcmp(ipsvc_json_text(doc, "addressType"), "FQDN"))
		ipsvc_errors_warn(errs, "spec.addressType: FQDN endpoints are deprecated");
	json_array_foreach(json_object_get(doc, "endpoints"), i, endpoint)
		warn_addresses(endpoint, i, errs);
}

/* ---- those that ipsvc makes itself --------------------------------------- */

static void add_computed(const char *name, json_t *doc,
			 struct ipsvc_objects *out)
{
	const char *own = ipsvc_json_text(json_object_get(doc, "metadata"),
					  "name");

	if (name && strcmp(name, own))
		json_decref(doc);
	else
		ipsvc_objects_add(out, &ipsvc_endpointslice_kind, doc, NULL, 0);
}

static void add_mirrored(const struct ipsvc_objects *objs,
			 const json_t *services, const char *name,
			 struct ipsvc_objects *out)
{
	for (size_t i = 0; i < objs->n; i++) {
		const struct ipsvc_object *obj = &objs->items[i];
		json_t *docs, *doc;
		size_t j;

		if (obj->kind != &ipsvc_endpoints_kind ||
		    !json_object_get(json_object_get(services, obj->ns),
				     obj->name))
			continue;
		docs = ipsvc_mirror_slices(obj->doc);
		json_array_foreach(docs, j, doc)
			add_computed(name, json_incref(doc), out);
		json_decref(docs);
	}
}

/* Of Pods, and of the Endpoints of Services without a selector. */
static void derive(const struct ipsvc_objects *objs, const char *name,
		   struct ipsvc_objects *out)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	json_t *by_hand = json_object();
	struct ipsvc_cluster_service s;

	ipsvc_cache_put_all(cache, objs);
	while (ipsvc_cache_next(cache, &s)) {
		for (size_t i = 0; s.computed && i < s.computed->n; i++)
			add_computed(name, ipsvc_slice_document(s.svc,
					&s.computed->items[i], i), out);
		if (s.svc && !s.svc->selector.n)
			json_object_set_new(ipsvc_json_sub(by_hand, s.ns),
					    s.name, json_true());
	}
	add_mirrored(objs, by_hand, name, out);
	json_decref(by_hand);
	ipsvc_cache_free(cache);
}

const struct ipsvc_kind ipsvc_endpointslice_kind = {
	.group = "discovery.k8s.io",
	.version = "v1",
	.kind = "EndpointSlice",
	.plural = "endpointslices",
	.singular = "endpointslice",
	.short_names = (const char *const[]){ NULL },
	.namespaced = true,
	.derived = &(const struct ipsvc_derivation){
		.from = "Services, Pods and Endpoints",
		.derive = derive,
	},

	.schema = &ipsvc_endpointslice_schema,
	.name_rule = ipsvc_check_dns1123_subdomain,
	.set_defaults = set_defaults,
	.validate = ipsvc_endpointslice_validate,
	.validate_update = validate_update,
	.warn = warn,

	.table = &ipsvc_endpointslice_table,
	.describer = &ipsvc_endpointslice_describer,
};
