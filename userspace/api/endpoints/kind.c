// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "api/service/service.h"
#include "base/memory.h"
#include "endpoints.h"

/* Pods that were stored are valid: they decode. */
static struct ipsvc_pod *decode_pods(const struct ipsvc_objects *objs, size_t *n)
{
	struct ipsvc_pod *pods = xcalloc(objs->n, sizeof(*pods));
	struct ipsvc_errors errs = {0};

	*n = 0;
	for (size_t i = 0; i < objs->n; i++)
		if (objs->items[i].kind == &ipsvc_pod_kind)
			ipsvc_pod_decode(objs->items[i].doc, &pods[(*n)++],
					 &errs);
	ipsvc_errors_free(&errs);
	return pods;
}

static void derive(const struct ipsvc_objects *objs, const char *name,
		   struct ipsvc_objects *out)
{
	size_t npods;
	struct ipsvc_pod *pods = decode_pods(objs, &npods);

	for (size_t i = 0; i < objs->n; i++) {
		const struct ipsvc_object *obj = &objs->items[i];
		json_t *doc;

		if (obj->kind != &ipsvc_service_kind ||
		    (name && strcmp(name, obj->name)))
			continue;
		doc = ipsvc_endpoints_object(obj->doc, pods, npods);
		if (doc)
			ipsvc_objects_add(out, &ipsvc_endpoints_kind, doc, NULL,
					  0);
	}
	for (size_t i = 0; i < npods; i++)
		ipsvc_pod_clear(&pods[i]);
	free(pods);
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
