// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateNode and ValidateNodeUpdate, of what ipsvc knows the fields of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

static void check_effect(const json_t *taint, const char *base,
			 struct ipsvc_errors *errs)
{
	/* In the order in which Kubernetes lists them. */
	static const char *const effects[] = {
		"NoSchedule", "PreferNoSchedule", "NoExecute", NULL,
	};
	const char *effect = ipsvc_json_text(taint, "effect");
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "%s.effect", base);
	if (!*effect)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, path, NULL, NULL);
	else
		ipsvc_check_one_of(errs, path, effect, effects);
}

/* As Go prints the struct. */
static char *taint_text(const json_t *taint)
{
	const json_t *added = json_object_get(taint, "timeAdded");
	json_t *go = json_pack("{s:s, s:s, s:s, s:O?}",
			       "Key", ipsvc_json_text(taint, "key"),
			       "Value", ipsvc_json_text(taint, "value"),
			       "Effect", ipsvc_json_text(taint, "effect"),
			       "TimeAdded", added);
	char *text;

	if (!added)
		json_object_set_new(go, "TimeAdded", json_null());
	text = json_dumps(go, JSON_COMPACT);
	json_decref(go);
	return text;
}

static void check_taint(const json_t *taint, const char *base, json_t *seen,
			struct ipsvc_errors *errs)
{
	const char *key = ipsvc_json_text(taint, "key");
	char path[IPSVC_PATH_MAX], *pair, *text;

	snprintf(path, sizeof(path), "%s.key", base);
	ipsvc_check_qualified_name(errs, path, key);
	snprintf(path, sizeof(path), "%s.value", base);
	ipsvc_check_label_value(errs, path, ipsvc_json_text(taint, "value"));
	check_effect(taint, base, errs);
	pair = xasprintf("%s:%s", key, ipsvc_json_text(taint, "effect"));
	if (json_object_get(seen, pair)) {
		text = taint_text(taint);
		ipsvc_errors_add(errs, IPSVC_ERR_DUPLICATE, base, text,
				 "taints must be unique by key and effect pair");
		free(text);
	}
	json_object_set_new(seen, pair, json_true());
	free(pair);
}

static void check_taints(const json_t *list, struct ipsvc_errors *errs)
{
	json_t *seen = json_object(), *taint;
	size_t i;

	json_array_foreach(list, i, taint) {
		char path[IPSVC_PATH_MAX / 2];

		/* Of the metadata, as Kubernetes has it. */
		snprintf(path, sizeof(path), "metadata.taints[%zu]", i);
		check_taint(taint, path, seen, errs);
	}
	json_decref(seen);
}

static bool is_dual(const json_t *list)
{
	struct ipsvc_cidr a, b;
	const char *why;

	return json_array_size(list) == 2 &&
	       ipsvc_cidr_parse(json_string_value(json_array_get(list, 0)), &a,
				&why) &&
	       ipsvc_cidr_parse(json_string_value(json_array_get(list, 1)), &b,
				&why) &&
	       ipsvc_ip_is4(&a.net) != ipsvc_ip_is4(&b.net);
}

static void check_pod_cidrs(const json_t *list, struct ipsvc_errors *errs)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.podCIDRs[%zu]", i);
		ipsvc_check_cidr(errs, path, json_string_value(item));
	}
	if (json_array_size(list) > 1 && !is_dual(list))
		ipsvc_invalid_json(errs, "spec.podCIDRs", list,
			"may specify no more than one CIDR for each IP family");
}

void ipsvc_node_validate(const json_t *doc, struct ipsvc_errors *errs)
{
	const json_t *spec = json_object_get(doc, "spec");

	check_taints(json_object_get(spec, "taints"), errs);
	check_pod_cidrs(json_object_get(spec, "podCIDRs"), errs);
}

static void forbid(struct ipsvc_errors *errs, const char *path,
		   const char *detail)
{
	ipsvc_errors_add(errs, IPSVC_ERR_FORBIDDEN, path, NULL, "%s", detail);
}

void ipsvc_node_validate_update(const json_t *old, const json_t *doc,
				struct ipsvc_errors *errs)
{
	const json_t *o = json_object_get(old, "spec");
	const json_t *n = json_object_get(doc, "spec");
	const json_t *cidrs = json_object_get(o, "podCIDRs");
	const char *provider = ipsvc_json_text(o, "providerID");

	if (json_array_size(cidrs) &&
	    !json_equal(cidrs, json_object_get(n, "podCIDRs")))
		forbid(errs, "spec.podCIDRs",
		       "node updates may not change podCIDR except from \"\" to valid");
	if (*provider && strcmp(provider, ipsvc_json_text(n, "providerID")))
		forbid(errs, "spec.providerID",
		       "node updates may not change providerID except from \"\" to valid");
	if (strcmp(ipsvc_json_text(o, "externalID"),
		   ipsvc_json_text(n, "externalID")))
		forbid(errs, "spec.externalID", "may not be updated");
}
