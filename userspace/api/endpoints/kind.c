// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "api/object.h"
#include "api/service/service.h"
#include "endpoints.h"

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
		.named_as = &ipsvc_service_kind,
		.derive = derive,
	},
	.table = &ipsvc_endpoints_table,
};
