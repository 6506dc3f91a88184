// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateServiceUpdate: what may not change, on top of what must be valid. */
#include <string.h>

#include "base/json.h"
#include "impl.h"

/* Two lists of which at most the second may come or go. */
struct pair_rule {
	const char *field, *path, *first_path;
	const char *unset, *released;
};

static bool item_differs(const json_t *a, const json_t *b, size_t i)
{
	return !json_equal(json_array_get(a, i), json_array_get(b, i));
}

static void check_pair(const struct pair_rule *rule, const json_t *old_spec,
		       const json_t *new_spec, struct ipsvc_errors *errs)
{
	const json_t *o = json_object_get(old_spec, rule->field);
	const json_t *n = json_object_get(new_spec, rule->field);
	size_t old_n = json_array_size(o), new_n = json_array_size(n);
	char path[IPSVC_PATH_MAX];

	if (old_n > new_n && !new_n)
		ipsvc_invalid_json(errs, rule->first_path, n, rule->unset);
	for (size_t i = 0; i < old_n && i < new_n; i++) {
		/* Of different lengths, only the first is compared. */
		if ((i && old_n != new_n) || !item_differs(o, n, i))
			continue;
		snprintf(path, sizeof(path), "%s[%zu]", rule->path, i);
		ipsvc_invalid_json(errs, path, n, "may not change once set");
	}
	if (old_n > new_n && new_n == 1 &&
	    strcmp(ipsvc_json_text(new_spec, "ipFamilyPolicy"), "SingleStack"))
		ipsvc_invalid_json(errs, "spec.ipFamilyPolicy",
				   json_object_get(new_spec, "ipFamilyPolicy"),
				   rule->released);
}

static const struct pair_rule cluster_ips_rule = {
	"clusterIPs", "spec.clusterIPs", "spec.clusterIPs[0]",
	"primary clusterIP can not be unset",
	"must be set to 'SingleStack' when releasing the secondary clusterIP",
};

static const struct pair_rule families_rule = {
	"ipFamilies", "spec.ipFamilies", "spec.ipFamilies[0]",
	"primary ipFamily can not be unset",
	"must be set to 'SingleStack' when releasing the secondary ipFamily",
};

static bool headless(const json_t *spec)
{
	return !strcmp(ipsvc_json_text(spec, "clusterIP"), "None");
}

static void check_addresses(const json_t *old_spec, const json_t *new_spec,
			    struct ipsvc_errors *errs)
{
	/* From and to ExternalName everything may change. */
	if (ipsvc_spec_type_is(old_spec, "ExternalName") ||
	    ipsvc_spec_type_is(new_spec, "ExternalName"))
		return;
	if (headless(old_spec) && headless(new_spec))
		return;
	check_pair(&cluster_ips_rule, old_spec, new_spec, errs);
	check_pair(&families_rule, old_spec, new_spec, errs);
}

static void check_balancer(const json_t *old_spec, const json_t *new_spec,
			   struct ipsvc_errors *errs)
{
	const json_t *old_class = json_object_get(old_spec, "loadBalancerClass");
	const json_t *new_class = json_object_get(new_spec, "loadBalancerClass");

	if (ipsvc_spec_type_is(old_spec, "LoadBalancer") &&
	    ipsvc_spec_type_is(new_spec, "LoadBalancer") &&
	    (old_class || new_class) && !json_equal(old_class, new_class))
		ipsvc_invalid_json(errs, "spec.loadBalancerClass", new_class,
				   "may not change once set");
	if (ipsvc_spec_needs_health_port(old_spec) &&
	    ipsvc_spec_needs_health_port(new_spec) &&
	    ipsvc_json_int(old_spec, "healthCheckNodePort") !=
	    ipsvc_json_int(new_spec, "healthCheckNodePort"))
		ipsvc_errors_add(errs, IPSVC_ERR_FORBIDDEN,
				 "spec.healthCheckNodePort", NULL,
				 "field is immutable");
}

void ipsvc_service_validate_update(const json_t *old, const json_t *doc,
				   struct ipsvc_errors *errs)
{
	const json_t *old_spec = json_object_get(old, "spec");
	const json_t *new_spec = json_object_get(doc, "spec");

	check_addresses(old_spec, new_spec, errs);
	check_balancer(old_spec, new_spec, errs);
}
