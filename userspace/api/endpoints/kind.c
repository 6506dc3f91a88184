// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "api/names.h"
#include "api/object.h"
#include "base/json.h"
#include "cluster/cache.h"
#include "cluster/endpoints.h"
#include "cluster/mirror.h"
#include "impl.h"

#define DEPRECATED	"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"

static void derive(const struct ipsvc_objects *objs, const char *name,
		   struct ipsvc_objects *out)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service s;

	ipsvc_cache_put_all(cache, objs);
	while (ipsvc_cache_next(cache, &s)) {
		const struct ipsvc_slice_pod *pods;
		size_t n;

		if (!s.computed || (name && strcmp(name, s.name)))
			continue;
		pods = ipsvc_cache_pods(cache, s.svc, &n);
		ipsvc_objects_add(out, &ipsvc_endpoints_kind,
				  ipsvc_endpoints_document(s.svc, pods, n),
				  NULL, 0);
	}
	ipsvc_cache_free(cache);
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

static void warn_size(const json_t *subset, size_t i, struct ipsvc_errors *errs)
{
	size_t n = json_array_size(json_object_get(subset, "addresses")) +
		   json_array_size(json_object_get(subset, "notReadyAddresses"));

	if (n > IPSVC_MIRROR_MAX)
		ipsvc_errors_warn(errs, "subsets[%zu]: has %zu addresses; only the first %d of those with the same ports are used",
				  i, n, IPSVC_MIRROR_MAX);
}

static void warn(const json_t *doc, struct ipsvc_errors *errs)
{
	json_t *subset;
	size_t i;

	ipsvc_errors_warn(errs, "%s", DEPRECATED);
	json_array_foreach(json_object_get(doc, "subsets"), i, subset) {
		warn_size(subset, i, errs);
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
	.deprecated = DEPRECATED,

	.schema = &ipsvc_endpoints_schema,
	.name_rule = ipsvc_check_dns1123_subdomain,
	.set_defaults = set_defaults,
	.validate = ipsvc_endpoints_validate,
	.warn = warn,

	.table = &ipsvc_endpoints_table,
	.describer = &ipsvc_endpoints_describer,
};
