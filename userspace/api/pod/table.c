// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
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

/* What the statuses of a Pod's containers come to, as kubectl counts them. */
struct summary {
	const json_t *spec, *status;
	char *reason;		/* what STATUS says */
	size_t ready, total;
	json_int_t restarts;
	int64_t restarted;	/* when the last time was */
};

#define NEVER	INT64_MIN

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

static const json_t *state(const json_t *container, const char *name)
{
	return json_object_get(json_object_get(container, "state"), name);
}

static void set_reason(struct summary *s, char *reason)
{
	free(s->reason);
	s->reason = reason;
}

static void count_restarts(struct summary *s, const json_t *container)
{
	const json_t *end = ipsvc_json_member(container, "lastState",
					      "terminated");
	int64_t when;

	s->restarts += ipsvc_json_int(container, "restartCount");
	if (ipsvc_time_parse(ipsvc_json_text(end, "finishedAt"), &when) &&
	    when > s->restarted)
		s->restarted = when;
}

static char *exit_text(const json_t *end, const char *prefix)
{
	const char *reason = ipsvc_json_text(end, "reason");
	json_int_t signal = ipsvc_json_int(end, "signal");

	if (*reason)
		return xasprintf("%s%s", prefix, reason);
	return signal ? xasprintf("%sSignal:%lld", prefix, (long long)signal) :
			xasprintf("%sExitCode:%lld", prefix,
				  (long long)ipsvc_json_int(end, "exitCode"));
}

/* ---- init containers ----------------------------------------------------- */

static bool is_sidecar(const json_t *spec, const char *name)
{
	json_t *container;
	size_t i;

	json_array_foreach(json_object_get(spec, "initContainers"), i, container)
		if (!strcmp(ipsvc_json_text(container, "name"), name))
			return ipsvc_pod_is_sidecar(container);
	return false;
}

static bool ended_well(const json_t *container)
{
	const json_t *end = state(container, "terminated");

	return end && !ipsvc_json_int(end, "exitCode");
}

/* What the @i-th init container, which is not done, says about the Pod. */
static char *init_reason(const struct summary *s, const json_t *container,
			 size_t i)
{
	const char *waits = ipsvc_json_text(state(container, "waiting"),
					    "reason");
	const json_t *end = state(container, "terminated");

	if (end)
		return exit_text(end, "Init:");
	if (*waits && strcmp(waits, "PodInitializing") != 0)
		return xasprintf("Init:%s", waits);
	return xasprintf("Init:%zu/%zu", i, json_array_size(
			 json_object_get(s->spec, "initContainers")));
}

/* True when one is not done. @sidecars gets the restarts of these. */
static bool add_init_containers(struct summary *s, struct summary *sidecars)
{
	json_t *container;
	size_t i;

	json_array_foreach(json_object_get(s->status, "initContainerStatuses"),
			   i, container) {
		bool sidecar = is_sidecar(s->spec, ipsvc_json_text(container,
								   "name"));

		count_restarts(s, container);
		if (sidecar)
			count_restarts(sidecars, container);
		if (ended_well(container))
			continue;
		if (!sidecar ||
		    !json_is_true(json_object_get(container, "started"))) {
			set_reason(s, init_reason(s, container, i));
			return true;
		}
		s->ready += json_is_true(json_object_get(container, "ready"));
	}
	return false;
}

/* ---- containers ---------------------------------------------------------- */

/* Returns whether it runs. @failure gets the reason of one that failed. */
static bool add_container(struct summary *s, const json_t *container,
			  char **failure)
{
	const char *waits = ipsvc_json_text(state(container, "waiting"),
					    "reason");
	const json_t *end = state(container, "terminated");

	count_restarts(s, container);
	if (*waits) {
		set_reason(s, xstrdup(waits));
	} else if (end) {
		set_reason(s, exit_text(end, ""));
		if (ipsvc_json_int(end, "exitCode")) {
			free(*failure);
			*failure = xstrdup(s->reason);
		}
	} else if (json_is_true(json_object_get(container, "ready")) &&
		   state(container, "running")) {
		s->ready++;
		return true;
	}
	return false;
}

static void add_containers(struct summary *s, const json_t *doc)
{
	const json_t *list = json_object_get(s->status, "containerStatuses");
	char *failure = NULL;
	bool runs = false;

	for (size_t i = json_array_size(list); i-- > 0;)
		runs |= add_container(s, json_array_get(list, i), &failure);
	if (!strcmp(s->reason, "Completed")) {
		if (runs && condition_is_true(doc, "Ready"))
			set_reason(s, xstrdup("Running"));
		else if (failure)
			set_reason(s, xstrdup(failure));
		else if (runs)
			set_reason(s, xstrdup("NotReady"));
	}
	free(failure);
}

/* ---- the Pod ------------------------------------------------------------- */

static const char *first_reason(const struct summary *s,
				const struct ipsvc_pod *pod)
{
	json_t *condition;
	size_t i;

	json_array_foreach(json_object_get(s->status, "conditions"), i,
			   condition)
		if (!strcmp(ipsvc_json_text(condition, "type"), "PodScheduled") &&
		    !strcmp(ipsvc_json_text(condition, "reason"),
			    "SchedulingGated"))
			return "SchedulingGated";
	return ipsvc_json_text_or(s->status, "reason",
				  *pod->phase ? pod->phase : "Pending");
}

static size_t count_containers(const json_t *spec)
{
	size_t n = json_array_size(json_object_get(spec, "containers")), i;
	json_t *container;

	json_array_foreach(json_object_get(spec, "initContainers"), i, container)
		n += ipsvc_pod_is_sidecar(container);
	return n;
}

static void set_last_reason(struct summary *s, const struct ipsvc_pod *pod)
{
	if (!pod->terminating)
		return;
	if (!strcmp(ipsvc_json_text(s->status, "reason"), "NodeLost"))
		set_reason(s, xstrdup("Unknown"));
	else if (strcmp(pod->phase, "Succeeded") && strcmp(pod->phase, "Failed"))
		set_reason(s, xstrdup("Terminating"));
}

static struct summary summarize(const json_t *doc, const struct ipsvc_pod *pod)
{
	struct summary sidecars = { .restarted = NEVER }, s = {
		.spec = json_object_get(doc, "spec"),
		.status = json_object_get(doc, "status"),
		.restarted = NEVER,
	};

	s.reason = xstrdup(first_reason(&s, pod));
	s.total = count_containers(s.spec);
	if (!add_init_containers(&s, &sidecars) ||
	    condition_is_true(doc, "Initialized")) {
		s.restarts = sidecars.restarts;
		s.restarted = sidecars.restarted;
		add_containers(&s, doc);
	}
	/* Without statuses, and so without a kubelet, the Pod's own counts. */
	if (!json_object_get(s.status, "containerStatuses"))
		s.ready = pod->ready ? s.total : 0;
	set_last_reason(&s, pod);
	return s;
}

static char *restarts_cell(const struct summary *s, int64_t now)
{
	char ago[IPSVC_TIME_SIZE];

	if (!s->restarts || s->restarted == NEVER)
		return xasprintf("%lld", (long long)s->restarts);
	return xasprintf("%lld (%s ago)", (long long)s->restarts,
			 ipsvc_duration_format(now - s->restarted, ago));
}

static const char *pod_ip(const json_t *status)
{
	const json_t *first = json_array_get(json_object_get(status, "podIPs"),
					     0);

	return ipsvc_json_text_or(first, "ip",
				  ipsvc_json_text_or(status, "podIP", "<none>"));
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

static void pod_row(const json_t *doc, const char *name, int64_t now,
		    struct ipsvc_row *row)
{
	struct ipsvc_errors errs = {0};
	struct summary s;
	struct ipsvc_pod pod;

	ipsvc_pod_decode(doc, &pod, &errs);
	s = summarize(doc, &pod);
	ipsvc_row_add(row, name);
	ipsvc_row_give(row, xasprintf("%zu/%zu", s.ready, s.total));
	ipsvc_row_give(row, s.reason);
	ipsvc_row_give(row, restarts_cell(&s, now));
	ipsvc_row_add_age(row, doc, now);
	ipsvc_row_add(row, pod_ip(s.status));
	ipsvc_row_add(row, *pod.node ? pod.node : "<none>");
	ipsvc_row_add(row, ipsvc_json_text_or(s.status, "nominatedNodeName",
					      "<none>"));
	ipsvc_row_give(row, readiness_gates(doc));
	ipsvc_pod_clear(&pod);
	ipsvc_errors_free(&errs);
}

const struct ipsvc_table ipsvc_pod_table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = pod_row,
};
