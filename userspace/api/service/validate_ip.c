// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateServiceClusterIPsRelatedFields, in its order. */
#include <stdio.h>
#include <string.h>

#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "impl.h"

#define CLUSTER_IPS_MAX	2

static void check_mirror(const json_t *spec, struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(spec, "clusterIPs");
	const char *first = json_string_value(json_array_get(list, 0));
	const char *ip = ipsvc_json_text(spec, "clusterIP");

	if (!*ip) {
		if (first)
			ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				"must be empty when `clusterIP` is not specified");
	} else if (!first) {
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, "spec.clusterIPs",
				 NULL, NULL);
	} else if (strcmp(first, ip)) {
		ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				   "first value must match `clusterIP`");
	}
}

static void check_families(const json_t *spec, struct ipsvc_errors *errs)
{
	static const char *const words[] = { "IPv4", "IPv6", NULL };
	static const char *const family_policies[] = {
		"PreferDualStack", "RequireDualStack", "SingleStack", NULL,
	};
	const json_t *list = json_object_get(spec, "ipFamilies");
	json_t *item, *seen = json_object();
	size_t i;

	json_array_foreach(list, i, item) {
		const char *family = json_string_value(item);
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.ipFamilies[%zu]", i);
		ipsvc_check_one_of(errs, path, family, words);
		if (json_object_get(seen, family))
			ipsvc_duplicate_string(errs, path, family);
		json_object_set_new(seen, family, json_true());
	}
	json_decref(seen);
	if (json_object_get(spec, "ipFamilyPolicy"))
		ipsvc_check_one_of(errs, "spec.ipFamilyPolicy",
				   ipsvc_json_text(spec, "ipFamilyPolicy"),
				   family_policies);
}

/* True when all of them are addresses, or there is just "None". */
static bool check_each_ip(const json_t *list, struct ipsvc_errors *errs)
{
	size_t before = errs->n, i;
	const json_t *item;
	bool valid;

	json_array_foreach(list, i, item) {
		const char *ip = json_string_value(item);
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.clusterIPs[%zu]", i);
		if (i || strcmp(ip, "None"))
			ipsvc_check_ip(errs, path, ip);
		else if (json_array_size(list) > 1)
			ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				"'None' must be the first and only value");
	}
	valid = errs->n == before;
	if (json_array_size(list) > CLUSTER_IPS_MAX)
		ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				   "may only hold up to 2 values");
	return valid;
}

/* Of an address that is valid. */
static bool is_ipv6(const json_t *text)
{
	struct in6_addr ip;

	return ipsvc_ip_parse(json_string_value(text), &ip, NULL) &&
	       !ipsvc_ip_is4(&ip);
}

static void check_two_families(const json_t *list, struct ipsvc_errors *errs)
{
	size_t n = json_array_size(list), v6 = 0;

	for (size_t i = 0; i < n; i++)
		v6 += is_ipv6(json_array_get(list, i));
	if (n > 1 && (!v6 || v6 == n))
		ipsvc_invalid_json(errs, "spec.clusterIPs", list,
			"may specify no more than one IP for each IP family");
}

static void check_ip_families(const json_t *list, const json_t *families,
			      struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < json_array_size(list) &&
			   i < json_array_size(families); i++) {
		const char *wanted = json_string_value(json_array_get(families, i));
		const json_t *ip = json_array_get(list, i);
		char path[IPSVC_PATH_MAX], detail[96];

		if (strcmp(wanted, is_ipv6(ip) ? "IPv4" : "IPv6"))
			continue;
		snprintf(path, sizeof(path), "spec.clusterIPs[%zu]", i);
		snprintf(detail, sizeof(detail),
			 "expected an %s value as indicated by `ipFamilies[%zu]`",
			 wanted, i);
		ipsvc_invalid_json(errs, path, ip, detail);
	}
}

static bool is_none(const json_t *list)
{
	return json_array_size(list) == 1 &&
	       !strcmp(json_string_value(json_array_get(list, 0)), "None");
}

void ipsvc_service_validate_ips(const json_t *spec, struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(spec, "clusterIPs");

	check_mirror(spec, errs);
	check_families(spec, errs);
	/* With an address that is none, the rest would mislead. */
	if (!check_each_ip(list, errs))
		return;
	check_two_families(list, errs);
	if (!is_none(list))
		check_ip_families(list, json_object_get(spec, "ipFamilies"),
				  errs);
}
