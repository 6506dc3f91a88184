// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/table.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

static const struct ipsvc_column columns[] = {
	{ "NAME", "name", false },
	{ "READY", "ready", false },
	{ "STATUS", "status", false },
	{ "RESTARTS", "restarts", false },
	{ "AGE", "age", false },
	{ "IP", "ip", true },
	{ "NODE", "node", true },
	{ "NOMINATED NODE", "nominatedNode", true },
	{ "READINESS GATES", "readinessGates", true },
};

static const char *pod_status(const json_t *doc, const struct ipsvc_pod *pod)
{
	if (pod->terminating)
		return "Terminating";
	return ipsvc_json_text_or(json_object_get(doc, "status"), "reason",
				  *pod->phase ? pod->phase : "Pending");
}

static json_int_t restarts(const json_t *doc)
{
	json_int_t sum = 0;
	json_t *status;
	size_t i;

	json_array_foreach(ipsvc_json_member(doc, "status", "containerStatuses"),
			   i, status)
		sum += ipsvc_json_int(status, "restartCount");
	return sum;
}

static bool condition_is_true(const json_t *doc, const char *type)
{
	json_t *condition;
	size_t i;

	json_array_foreach(ipsvc_json_member(doc, "status", "conditions"), i,
			   condition)
		if (!strcmp(ipsvc_json_text(condition, "type"), type))
			return !strcmp(ipsvc_json_text(condition, "status"),
				       "True");
	return false;
}

static char *readiness_gates(const json_t *doc)
{
	const json_t *gates = ipsvc_json_member(doc, "spec", "readinessGates");
	size_t i, ready = 0;
	json_t *gate;

	if (!json_array_size(gates))
		return xstrdup("<none>");
	json_array_foreach(gates, i, gate)
		ready += condition_is_true(doc, ipsvc_json_text(gate,
						"conditionType"));
	return xasprintf("%zu/%zu", ready, json_array_size(gates));
}

static void pod_row(const json_t *doc, const char *name, bool wide, int64_t now,
		    struct ipsvc_row *row)
{
	struct ipsvc_errors errs = {0};
	struct ipsvc_pod pod;

	(void)wide;
	ipsvc_pod_decode(doc, &pod, &errs);
	ipsvc_row_add(row, name);
	ipsvc_row_give(row, xasprintf("%zu/%zu", pod.nready_containers,
				      pod.ncontainers));
	ipsvc_row_add(row, pod_status(doc, &pod));
	ipsvc_row_give(row, xasprintf("%lld", (long long)restarts(doc)));
	ipsvc_row_add_age(row, doc, now);
	ipsvc_row_add(row, *pod.ip ? pod.ip : "<none>");
	ipsvc_row_add(row, *pod.node ? pod.node : "<none>");
	ipsvc_row_add(row, ipsvc_json_text_or(json_object_get(doc, "status"),
					      "nominatedNodeName", "<none>"));
	ipsvc_row_give(row, readiness_gates(doc));
	ipsvc_pod_clear(&pod);
	ipsvc_errors_free(&errs);
}

const struct ipsvc_table ipsvc_pod_table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = pod_row,
};
