// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which IP families a Service has, from what its user says of them, of its
 * addresses and of the policy: initIPFamilyFields() of Kubernetes' allocators of
 * Services, in its order. Pure; what it refuses, it refuses before anything else
 * is looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

#define POLICY	"ipFamilyPolicy"

static bool is_configured(const struct ipsvc_families *cluster,
			  const char *family)
{
	for (size_t i = 0; cluster && i < cluster->n; i++)
		if (!strcmp(cluster->names[i], family))
			return true;
	return !cluster;
}

static const char *family_of(const char *ip)
{
	struct in6_addr addr;

	return ipsvc_ip_parse(ip, &addr, NULL) && !ipsvc_ip_is4(&addr) ?
	       "IPv6" : "IPv4";
}

static const char *other_family(const char *family)
{
	return strcmp(family, "IPv4") ? "IPv4" : "IPv6";
}

static bool policy_is(const json_t *spec, const char *policy)
{
	return !strcmp(ipsvc_json_text(spec, POLICY), policy);
}

static size_t count(const json_t *spec, const char *key)
{
	return json_array_size(json_object_get(spec, key));
}

static bool same_list(const json_t *a, const json_t *b, const char *key)
{
	return count(a, key) == count(b, key) &&
	       (!count(a, key) || json_equal(json_object_get(a, key),
					     json_object_get(b, key)));
}

static void invalid_policy(const json_t *spec, struct ipsvc_errors *errs,
			   const char *detail)
{
	ipsvc_invalid_json(errs, "spec.ipFamilyPolicy",
			   json_object_get(spec, POLICY), detail);
}

/* Nothing about a Service that prefers two families changed: nor does it then. */
static bool is_settled(const json_t *old, const json_t *spec)
{
	return old && policy_is(spec, "PreferDualStack") &&
	       policy_is(old, "PreferDualStack") &&
	       !strcmp(ipsvc_json_text(old, "type"),
		       ipsvc_json_text(spec, "type")) &&
	       same_list(old, spec, "clusterIPs") &&
	       same_list(old, spec, "ipFamilies");
}

/* Headless without a selector: whoever writes its endpoints knows no bounds. */
static bool is_anybodys(const json_t *spec)
{
	return !strcmp(ipsvc_json_text(spec, "clusterIP"), "None") &&
	       !json_object_size(json_object_get(spec, "selector"));
}

static void default_policy(const json_t *old, json_t *spec)
{
	const char *policy = is_anybodys(spec) ? "RequireDualStack" : "SingleStack";

	if (json_object_get(spec, POLICY))
		return;
	if (*ipsvc_json_text(old, POLICY))
		policy = ipsvc_json_text(old, POLICY);
	json_object_set_new(spec, POLICY, json_string(policy));
}

/* To say SingleStack is enough to give up the second address. */
static void trim(const json_t *old, json_t *spec, const char *key)
{
	if (count(spec, key) > 1 && same_list(old, spec, key))
		json_object_set_new(spec, key, json_pack("[O]", json_array_get(
			json_object_get(spec, key), 0)));
}

static void check_reduced(const json_t *old, json_t *spec,
			  struct ipsvc_errors *errs)
{
	if (policy_is(spec, "SingleStack")) {
		trim(old, spec, "clusterIPs");
		trim(old, spec, "ipFamilies");
		return;
	}
	if (count(spec, "clusterIPs") &&
	    count(spec, "clusterIPs") < count(old, "clusterIPs"))
		invalid_policy(spec, errs,
			       "must be 'SingleStack' to release the secondary cluster IP");
	if (count(spec, "ipFamilies") &&
	    count(spec, "ipFamilies") < count(old, "ipFamilies"))
		invalid_policy(spec, errs,
			       "must be 'SingleStack' to release the secondary IP family");
}

static void check_single(const json_t *spec, struct ipsvc_errors *errs)
{
	if (!policy_is(spec, "SingleStack"))
		return;
	if (count(spec, "clusterIPs") == 2)
		invalid_policy(spec, errs,
			       "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
	if (count(spec, "ipFamilies") == 2)
		invalid_policy(spec, errs,
			       "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
}

/* The families of addresses that are named without them. */
static void infer(const struct ipsvc_families *cluster, const json_t *spec,
		  json_t *families, struct ipsvc_errors *errs)
{
	const json_t *ips = json_object_get(spec, "clusterIPs"), *ip;
	size_t i;

	json_array_foreach(ips, i, ip) {
		const char *text = json_string_value(ip), *family;
		char path[IPSVC_PATH_MAX], detail[64];

		if (!strcmp(text, "None"))
			break;
		if (i < json_array_size(families))
			continue;
		family = family_of(text);
		if (is_configured(cluster, family)) {
			json_array_append_new(families, json_string(family));
			continue;
		}
		snprintf(path, sizeof(path), "spec.clusterIPs[%zu]", i);
		snprintf(detail, sizeof(detail),
			 "%s is not configured on this cluster", family);
		ipsvc_invalid_json(errs, path, ips, detail);
	}
}

static void check_configured(const struct ipsvc_families *cluster,
			     const json_t *spec, const json_t *families,
			     struct ipsvc_errors *errs)
{
	const json_t *family;
	size_t i;

	if (policy_is(spec, "RequireDualStack") && cluster && cluster->n < 2)
		invalid_policy(spec, errs,
			       "this cluster is not configured for dual-stack services");
	json_array_foreach(families, i, family) {
		char path[IPSVC_PATH_MAX];

		if (is_configured(cluster, json_string_value(family)))
			continue;
		snprintf(path, sizeof(path), "spec.ipFamilies[%zu]", i);
		ipsvc_invalid_json(errs, path, family,
				   "not configured on this cluster");
	}
}

/* The second family of a Service that wants or takes two. */
static void complete(const struct ipsvc_families *cluster, const json_t *spec,
		     json_t *families)
{
	bool both = cluster->n > 1 || is_anybodys(spec);

	if (!json_array_size(families))
		json_array_append_new(families, json_string(cluster->names[0]));
	if (both && json_array_size(families) == 1 &&
	    !policy_is(spec, "SingleStack"))
		json_array_append_new(families, json_string(other_family(
			json_string_value(json_array_get(families, 0)))));
}

/* The families of @spec; NULL, with errors, when they are contradictory. */
static json_t *choose(const struct ipsvc_families *cluster, const json_t *old,
		      json_t *spec, struct ipsvc_errors *errs)
{
	size_t before = errs->n;
	json_t *families;

	ipsvc_service_validate_ips(spec, errs);
	if (errs->n != before)
		return NULL;
	if (old)
		check_reduced(old, spec, errs);
	check_single(spec, errs);
	families = json_object_get(spec, "ipFamilies");
	families = families ? json_copy(families) : json_array();
	infer(cluster, spec, families, errs);
	if (errs->n == before && !is_anybodys(spec))
		check_configured(cluster, spec, families, errs);
	if (errs->n == before) {
		if (cluster)
			complete(cluster, spec, families);
		return families;
	}
	json_decref(families);
	return NULL;
}

bool ipsvc_service_init_families(const struct ipsvc_families *cluster,
				 const json_t *old_spec, json_t *spec,
				 struct ipsvc_errors *errs)
{
	json_t *work, *families;

	if (!ipsvc_spec_has_cluster_ip(spec) || is_settled(old_spec, spec))
		return true;
	/* What is refused stays as it was written. */
	work = json_copy(spec);
	default_policy(old_spec, work);
	families = choose(cluster, old_spec, work, errs);
	if (families) {
		json_object_set_new(work, "ipFamilies", families);
		json_object_update(spec, work);
	}
	json_decref(work);
	return families;
}
