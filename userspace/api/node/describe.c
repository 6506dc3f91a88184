// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Without what Pods ask for of the Node's resources, and its lease: nobody schedules
 * Pods or watches Nodes here.
 */
#include "api/describe.h"

#include <stdlib.h>
#include <string.h>

#include "api/pod/pod.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "impl.h"

static int by_effect(const void *pa, const void *pb)
{
	const json_t *a = *(const json_t *const *)pa;
	const json_t *b = *(const json_t *const *)pb;
	int d = strcmp(ipsvc_json_text(a, "effect"), ipsvc_json_text(b, "effect"));

	return d ? d : strcmp(ipsvc_json_text(a, "key"),
			      ipsvc_json_text(b, "key"));
}

static void describe_taints(const json_t *list, struct ipsvc_buf *out)
{
	size_t n = json_array_size(list);
	const json_t **taints = xcalloc(n + 1, sizeof(*taints));

	for (size_t i = 0; i < n; i++)
		taints[i] = json_array_get(list, i);
	qsort(taints, n, sizeof(*taints), by_effect);
	ipsvc_buf_printf(out, "Taints:\t%s", n ? "" : "<none>\n");
	for (size_t i = 0; i < n; i++) {
		const char *value = ipsvc_json_text(taints[i], "value");
		const char *effect = ipsvc_json_text(taints[i], "effect");

		ipsvc_buf_printf(out, "%s%s%s%s%s%s\n", i ? "\t" : "",
				 ipsvc_json_text(taints[i], "key"),
				 *value ? "=" : "", value, *effect ? ":" : "",
				 effect);
	}
	free(taints);
}

static void describe_conditions(const json_t *list, struct ipsvc_buf *out)
{
	json_t *c;
	size_t i;

	if (json_array_size(list))
		ipsvc_buf_puts(out, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n"
			       "  ----\t------\t-----------------\t------------------\t------\t-------\n");
	json_array_foreach(list, i, c) {
		char *beat = ipsvc_describe_time(ipsvc_json_text(
						 c, "lastHeartbeatTime"));
		char *change = ipsvc_describe_time(ipsvc_json_text(
						   c, "lastTransitionTime"));

		ipsvc_buf_printf(out, "  %s \t%s \t%s \t%s \t%s \t%s\n",
				 ipsvc_json_text(c, "type"),
				 ipsvc_json_text(c, "status"), beat, change,
				 ipsvc_json_text(c, "reason"),
				 ipsvc_json_text(c, "message"));
		free(beat);
		free(change);
	}
}

static void describe_addresses(const json_t *list, struct ipsvc_buf *out)
{
	json_t *address;
	size_t i;

	ipsvc_buf_puts(out, "Addresses:\n");
	json_array_foreach(list, i, address)
		ipsvc_buf_printf(out, "  %s:\t%s\n",
				 ipsvc_json_text(address, "type"),
				 ipsvc_json_text(address, "address"));
}

static void describe_system(const json_t *info, struct ipsvc_buf *out)
{
	static const char *const fields[][2] = {
		{ "Machine ID", "machineID" }, { "System UUID", "systemUUID" },
		{ "Boot ID", "bootID" }, { "Kernel Version", "kernelVersion" },
		{ "OS Image", "osImage" },
		{ "Operating System", "operatingSystem" },
		{ "Architecture", "architecture" },
		{ "Container Runtime Version", "containerRuntimeVersion" },
		{ "Kubelet Version", "kubeletVersion" },
	};

	ipsvc_buf_puts(out, "System Info:\n");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ipsvc_buf_printf(out, "  %s:\t%s\n", fields[i][0],
				 ipsvc_json_text(info, fields[i][1]));
}

static bool is_on(const struct ipsvc_object *obj, const char *node)
{
	const char *phase = ipsvc_json_text(json_object_get(obj->doc, "status"),
					    "phase");

	return strcmp(phase, "Succeeded") && strcmp(phase, "Failed") &&
	       !strcmp(ipsvc_json_text(json_object_get(obj->doc, "spec"),
				       "nodeName"), node);
}

static void describe_pod(const struct ipsvc_object *obj, int64_t now,
			 struct ipsvc_buf *out)
{
	const char *created = ipsvc_json_text(json_object_get(obj->doc, "metadata"),
					      "creationTimestamp");
	char age[IPSVC_TIME_SIZE];
	int64_t then;

	ipsvc_buf_printf(out, "  %s\t%s\t\t%s\n", obj->ns, obj->name,
			 ipsvc_time_parse(created, &then) ?
			 ipsvc_duration_format(now - then, age) : "<unknown>");
}

static void describe_pods(const char *node, const struct ipsvc_objects *pods,
			  int64_t now, struct ipsvc_buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < pods->n; i++)
		n += is_on(&pods->items[i], node);
	ipsvc_buf_printf(out, "Non-terminated Pods:\t(%zu in total)\n"
			 "  Namespace\tName\t\t" "Age\n  ---------\t----\t\t---\n", n);
	for (size_t i = 0; i < pods->n; i++)
		if (is_on(&pods->items[i], node))
			describe_pod(&pods->items[i], now, out);
}

static void describe(const json_t *doc, const struct ipsvc_objects *pods,
		     int64_t now, struct ipsvc_buf *out)
{
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *status = json_object_get(doc, "status");
	char *roles = ipsvc_node_roles(doc);
	char *cidrs = ipsvc_describe_join(json_object_get(spec, "podCIDRs"), ",");

	ipsvc_describe_names(doc, out);
	ipsvc_describe_text("Roles", roles, out);
	ipsvc_describe_metadata(doc, out);
	ipsvc_describe_when("CreationTimestamp", json_object_get(doc, "metadata"),
			    "creationTimestamp", out);
	describe_taints(json_object_get(spec, "taints"), out);
	ipsvc_buf_printf(out, "Unschedulable:\t%s\n",
			 json_is_true(json_object_get(spec, "unschedulable")) ?
			 "true" : "false");
	describe_conditions(json_object_get(status, "conditions"), out);
	describe_addresses(json_object_get(status, "addresses"), out);
	describe_system(json_object_get(status, "nodeInfo"), out);
	ipsvc_describe_text("PodCIDR", ipsvc_json_text(spec, "podCIDR"), out);
	ipsvc_describe_text("PodCIDRs", cidrs, out);
	ipsvc_describe_text("ProviderID", ipsvc_json_text(spec, "providerID"),
			    out);
	describe_pods(ipsvc_json_text(json_object_get(doc, "metadata"), "name"),
		      pods, now, out);
	ipsvc_describe_no_events(out);
	free(roles);
	free(cidrs);
}

const struct ipsvc_describer ipsvc_node_describer = {
	.with = &ipsvc_pod_kind,
	.describe = describe,
};
