// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/names.h"
#include "api/service/expose.h"
#include "impl.h"

static bool expose(const json_t *doc, struct ipsvc_expose_source *src)
{
	struct ipsvc_errors errs = {0};
	struct ipsvc_pod pod;
	bool ok = ipsvc_pod_decode(doc, &pod, &errs);

	src->no_selector = "the pod has no labels and cannot be exposed";
	src->labels = ipsvc_expose_labels(&pod.labels);
	src->selector = ipsvc_expose_labels(&pod.labels);
	for (size_t i = 0; i < pod.nmain_ports; i++)
		ipsvc_expose_add_port(src, pod.ports[i].port,
				      pod.ports[i].protocol);
	ipsvc_pod_clear(&pod);
	ipsvc_errors_free(&errs);
	return ok;
}

const struct ipsvc_kind ipsvc_pod_kind = {
	.group = "",
	.version = "v1",
	.kind = "Pod",
	.plural = "pods",
	.singular = "pod",
	.short_names = (const char *const[]){ "po", NULL },
	.namespaced = true,
	.in_all = true,

	.schema = &ipsvc_pod_schema,
	.name_rule = ipsvc_check_dns1123_subdomain,
	.status_written = true,
	.set_defaults = ipsvc_pod_default,
	.validate = ipsvc_pod_validate,

	.table = &ipsvc_pod_table,
	.describer = &ipsvc_pod_describer,
	.expose = expose,
};
