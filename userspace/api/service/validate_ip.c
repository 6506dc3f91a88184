// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateServiceClusterIPsRelatedFields, in its order. */
#include <stdio.h>
#include <string.h>

#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "impl.h"

#define CLUSTER_IPS_MAX	2

static void check_mirror(const json_t *spec, const struct ipsvc_service *svc,
			 struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(spec, "clusterIPs");

	if (!*svc->cluster_ip) {
		if (svc->ncluster_ips)
			ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				"must be empty when `clusterIP` is not specified");
	} else if (!svc->ncluster_ips) {
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, "spec.clusterIPs",
				 NULL, NULL);
	} else if (strcmp(svc->cluster_ips[0], svc->cluster_ip)) {
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

		family = family ? family : "";
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
static bool check_each_ip(const json_t *spec, const struct ipsvc_service *svc,
			  struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(spec, "clusterIPs");
	bool valid = true;

	for (size_t i = 0; i < svc->ncluster_ips; i++) {
		size_t before = errs->n;
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.clusterIPs[%zu]", i);
		if (i || strcmp(svc->cluster_ips[i], "None"))
			ipsvc_check_ip(errs, path, svc->cluster_ips[i]);
		else if (svc->ncluster_ips > 1)
			ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				"'None' must be the first and only value");
		valid = valid && errs->n == before;
	}
	if (svc->ncluster_ips > CLUSTER_IPS_MAX)
		ipsvc_invalid_json(errs, "spec.clusterIPs", list,
				   "may only hold up to 2 values");
	return valid;
}

/* Of an address that is valid. */
static bool is_ipv6(const char *text)
{
	struct in6_addr ip;

	return ipsvc_ip_parse(text, &ip, NULL) && !ipsvc_ip_is4(&ip);
}

static void check_ip_families(const json_t *spec,
			      const struct ipsvc_service *svc,
			      struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(spec, "clusterIPs");
	const json_t *families = json_object_get(spec, "ipFamilies");
	size_t v6 = 0;

	for (size_t i = 0; i < svc->ncluster_ips; i++)
		v6 += is_ipv6(svc->cluster_ips[i]);
	if (svc->ncluster_ips > 1 && (!v6 || v6 == svc->ncluster_ips))
		ipsvc_invalid_json(errs, "spec.clusterIPs", list,
			"may specify no more than one IP for each IP family");
	for (size_t i = 0; i < svc->ncluster_ips &&
			   i < json_array_size(families); i++) {
		const char *wanted = json_string_value(json_array_get(families, i));
		bool is_v6 = is_ipv6(svc->cluster_ips[i]);
		char path[IPSVC_PATH_MAX], detail[96];

		if (!wanted || strcmp(wanted, is_v6 ? "IPv4" : "IPv6"))
			continue;
		snprintf(path, sizeof(path), "spec.clusterIPs[%zu]", i);
		snprintf(detail, sizeof(detail),
			 "expected an %s value as indicated by `ipFamilies[%zu]`",
			 wanted, i);
		ipsvc_invalid_string(errs, path, svc->cluster_ips[i], detail);
	}
}

void ipsvc_service_validate_ips(const json_t *spec,
				const struct ipsvc_service *svc,
				struct ipsvc_errors *errs)
{
	/* An ExternalName has none of them, which was checked already. */
	if (!strcmp(svc->type_word, "ExternalName"))
		return;
	check_mirror(spec, svc, errs);
	check_families(spec, errs);
	/* With an address that is none, the rest would mislead. */
	if (check_each_ip(spec, svc, errs) && !ipsvc_service_is_headless(svc))
		check_ip_families(spec, svc, errs);
}
