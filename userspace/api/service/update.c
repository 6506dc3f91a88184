// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateServiceUpdate: what may not change, on top of what must be valid. */
#include <string.h>

#include "base/json.h"
#include "impl.h"

static const char immutable[] = "may not change once set";

static bool item_differs(const json_t *a, const json_t *b, size_t i)
{
	return !json_equal(json_array_get(a, i), json_array_get(b, i));
}

static void check_released(size_t old_n, size_t new_n, const json_t *new_spec,
			   const char *detail, struct ipsvc_errors *errs)
{
	if (old_n > new_n && new_n == 1 &&
	    strcmp(ipsvc_json_text(new_spec, "ipFamilyPolicy"), "SingleStack"))
		ipsvc_invalid_json(errs, "spec.ipFamilyPolicy",
				   json_object_get(new_spec, "ipFamilyPolicy"),
				   detail);
}

static void check_ips(const json_t *old_spec, const json_t *new_spec,
		      struct ipsvc_errors *errs)
{
	const json_t *o = json_object_get(old_spec, "clusterIPs");
	const json_t *n = json_object_get(new_spec, "clusterIPs");
	size_t old_n = json_array_size(o), new_n = json_array_size(n);
	char path[IPSVC_PATH_MAX];

	if (old_n > new_n && !new_n)
		ipsvc_invalid_json(errs, "spec.clusterIPs[0]", n,
				   "primary clusterIP can not be unset");
	for (size_t i = 0; i < old_n && i < new_n; i++) {
		/* Of different lengths, only the first is compared. */
		if ((i && old_n != new_n) || !item_differs(o, n, i))
			continue;
		snprintf(path, sizeof(path), "spec.clusterIPs[%zu]", i);
		ipsvc_invalid_json(errs, path, n, immutable);
	}
	check_released(old_n, new_n, new_spec,
		       "must be set to 'SingleStack' when releasing the secondary clusterIP",
		       errs);
}

static void check_families(const json_t *old_spec, const json_t *new_spec,
			   struct ipsvc_errors *errs)
{
	const json_t *o = json_object_get(old_spec, "ipFamilies");
	const json_t *n = json_object_get(new_spec, "ipFamilies");
	size_t old_n = json_array_size(o), new_n = json_array_size(n);

	if (old_n > new_n && !json_array_size(json_object_get(new_spec,
							      "clusterIPs")))
		ipsvc_invalid_json(errs, "spec.ipFamilies[0]", n,
				   "primary ipFamily can not be unset");
	for (size_t i = 0; i < old_n && i < new_n; i++) {
		if ((i && old_n != new_n) || !item_differs(o, n, i))
			continue;
		/* Of different lengths, Kubernetes shows the addresses. */
		ipsvc_invalid_json(errs, "spec.ipFamilies[0]", old_n == new_n ?
				   n : json_object_get(new_spec, "clusterIPs"),
				   immutable);
	}
	check_released(old_n, new_n, new_spec,
		       "must be set to 'SingleStack' when releasing the secondary ipFamily",
		       errs);
}

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
	if (!headless(old_spec) || !headless(new_spec))
		check_ips(old_spec, new_spec, errs);
	if (!headless(old_spec) && !headless(new_spec))
		check_families(old_spec, new_spec, errs);
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
				   immutable);
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
