// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateServiceUpdate: what may not change, on top of what must be valid. */
#include "api/validate_impl.h"

#include <string.h>

#include "api/names.h"

static void check_immutable(const json_t *old_meta, const json_t *new_meta,
			    const char *field, const char *path,
			    struct ipsvc_errors *errs)
{
	const char *old_text = ipsvc_json_text(old_meta, field);
	const char *new_text = ipsvc_json_text(new_meta, field);

	if (strcmp(old_text, new_text))
		ipsvc_invalid_string(errs, path, new_text, "field is immutable");
}

static void check_metadata(const json_t *old_doc, const json_t *new_doc,
			   struct ipsvc_errors *errs)
{
	const json_t *o = json_object_get(old_doc, "metadata");
	const json_t *n = json_object_get(new_doc, "metadata");

	check_immutable(o, n, "name", "metadata.name", errs);
	check_immutable(o, n, "namespace", "metadata.namespace", errs);
	/* A writer who names no uid means whatever is there. */
	if (*ipsvc_json_text(n, "uid"))
		check_immutable(o, n, "uid", "metadata.uid", errs);
}

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
	if (!strcmp(ipsvc_json_text(old_spec, "type"), "ExternalName") ||
	    !strcmp(ipsvc_json_text(new_spec, "type"), "ExternalName"))
		return;
	if (headless(old_spec) && headless(new_spec))
		return;
	check_pair(&cluster_ips_rule, old_spec, new_spec, errs);
	check_pair(&families_rule, old_spec, new_spec, errs);
}

static bool is_balancer(const json_t *spec)
{
	return !strcmp(ipsvc_json_text(spec, "type"), "LoadBalancer");
}

static bool needs_health_port(const json_t *spec)
{
	return is_balancer(spec) &&
	       !strcmp(ipsvc_json_text(spec, "externalTrafficPolicy"), "Local");
}

static void check_balancer(const json_t *old_spec, const json_t *new_spec,
			   struct ipsvc_errors *errs)
{
	const json_t *old_class = json_object_get(old_spec, "loadBalancerClass");
	const json_t *new_class = json_object_get(new_spec, "loadBalancerClass");

	if (is_balancer(old_spec) && is_balancer(new_spec) &&
	    (old_class || new_class) && !json_equal(old_class, new_class))
		ipsvc_invalid_json(errs, "spec.loadBalancerClass", new_class,
				   "may not change once set");
	if (needs_health_port(old_spec) && needs_health_port(new_spec) &&
	    json_integer_value(json_object_get(old_spec, "healthCheckNodePort")) !=
	    json_integer_value(json_object_get(new_spec, "healthCheckNodePort")))
		ipsvc_errors_add(errs, IPSVC_ERR_FORBIDDEN,
				 "spec.healthCheckNodePort", NULL,
				 "field is immutable");
}

bool ipsvc_object_validate_update(const struct ipsvc_object *old,
				  const struct ipsvc_object *new_obj,
				  struct ipsvc_errors *errs)
{
	const json_t *old_spec = json_object_get(old->doc, "spec");
	const json_t *new_spec = json_object_get(new_obj->doc, "spec");
	size_t before = errs->n;

	check_metadata(old->doc, new_obj->doc, errs);
	if (new_obj->kind == IPSVC_KIND_SERVICE) {
		check_addresses(old_spec, new_spec, errs);
		check_balancer(old_spec, new_spec, errs);
	}
	return errs->n == before;
}
