// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Without probes, volumes but for their names, and variables that come from
 * elsewhere: the Pods of ipsvc stand for what others run.
 */
#include "api/describe.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "impl.h"

/* ---- containers ---------------------------------------------------------- */

static const json_t *status_of(const json_t *list, const char *name)
{
	json_t *status;
	size_t i;

	json_array_foreach(list, i, status)
		if (!strcmp(ipsvc_json_text(status, "name"), name))
			return status;
	return NULL;
}

/* "80/TCP (http), 81/UDP" of "Port" or "Host Port". */
static void describe_ports(const json_t *ports, const char *field,
			   const char *title, struct ipsvc_buf *out)
{
	json_t *port;
	size_t i;

	ipsvc_buf_printf(out, "    %s%s:\t%s", title,
			 json_array_size(ports) > 1 ? "s" : "",
			 json_array_size(ports) ? "" : "<none>");
	json_array_foreach(ports, i, port) {
		const char *name = ipsvc_json_text(port, "name");

		ipsvc_buf_printf(out, "%s%lld/%s", i ? ", " : "",
				 (long long)ipsvc_json_int(port, field),
				 ipsvc_json_text(port, "protocol"));
		if (*name)
			ipsvc_buf_printf(out, " (%s)", name);
	}
	ipsvc_buf_putc(out, '\n');
}

/* A line for each line of each word. */
static void describe_words(const json_t *words, const char *title,
			   struct ipsvc_buf *out)
{
	json_t *word;
	size_t i;

	if (json_array_size(words))
		ipsvc_buf_printf(out, "    %s:\n", title);
	json_array_foreach(words, i, word) {
		const char *text = json_string_value(word);

		for (const char *end; text; text = *end ? end + 1 : NULL) {
			end = text + strcspn(text, "\n");
			ipsvc_buf_printf(out, "      %.*s\n", (int)(end - text),
					 text);
		}
	}
}

static void describe_state(const char *title, const json_t *state,
			   struct ipsvc_buf *out)
{
	const json_t *running = json_object_get(state, "running");
	const json_t *end = json_object_get(state, "terminated");
	const json_t *of = end ? end : json_object_get(state, "waiting");

	ipsvc_buf_printf(out, "    %s:\t%s\n", title, running ? "Running" :
			 end ? "Terminated" : "Waiting");
	if (running) {
		ipsvc_describe_when("      Started", running, "startedAt", out);
		return;
	}
	ipsvc_describe_text("      Reason", ipsvc_json_text(of, "reason"), out);
	if (!end)
		return;
	ipsvc_describe_text("      Message", ipsvc_json_text(end, "message"),
			    out);
	ipsvc_buf_printf(out, "      Exit Code:\t%lld\n",
			 (long long)ipsvc_json_int(end, "exitCode"));
	if (ipsvc_json_int(end, "signal") > 0)
		ipsvc_buf_printf(out, "      Signal:\t%lld\n",
				 (long long)ipsvc_json_int(end, "signal"));
	ipsvc_describe_when("      Started", end, "startedAt", out);
	ipsvc_describe_when("      Finished", end, "finishedAt", out);
}

static void describe_status(const json_t *status, struct ipsvc_buf *out)
{
	const json_t *last = json_object_get(status, "lastState");

	describe_state("State", json_object_get(status, "state"), out);
	if (json_object_get(last, "terminated"))
		describe_state("Last State", last, out);
	ipsvc_buf_printf(out, "    Ready:\t%s\n    Restart Count:\t%lld\n",
			 json_is_true(json_object_get(status, "ready")) ?
			 "True" : "False",
			 (long long)ipsvc_json_int(status, "restartCount"));
}

static void describe_quantities(const char *title, const json_t *map,
				struct ipsvc_buf *out)
{
	size_t n;
	const char **keys = ipsvc_json_keys(map, &n);

	if (n)
		ipsvc_buf_printf(out, "    %s:\n", title);
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_object_get(map, keys[i]);

		if (json_is_integer(value))
			ipsvc_buf_printf(out, "      %s:\t%lld\n", keys[i],
					 (long long)json_integer_value(value));
		else
			ipsvc_buf_printf(out, "      %s:\t%s\n", keys[i],
					 ipsvc_json_text(map, keys[i]));
	}
	free(keys);
}

/* What is limited is asked for as well, unless it says otherwise. */
static json_t *requests_of(const json_t *container)
{
	json_t *all = json_copy((json_t *)ipsvc_json_member(container,
						"resources", "limits"));
	const json_t *own = ipsvc_json_member(container, "resources",
					      "requests");

	all = all ? all : json_object();
	json_object_update(all, (json_t *)own);
	return all;
}

static void describe_variables(const json_t *list, struct ipsvc_buf *out)
{
	json_t *item;
	size_t i;

	ipsvc_buf_printf(out, "    Environment:%s\n",
			 json_array_size(list) ? "" : "\t<none>");
	json_array_foreach(list, i, item)
		ipsvc_buf_printf(out, "      %s:\t%s\n",
				 ipsvc_json_text(item, "name"),
				 ipsvc_json_text(item, "value"));
}

static void describe_mounts(const json_t *list, struct ipsvc_buf *out)
{
	json_t *mount;
	size_t i;

	ipsvc_buf_printf(out, "    Mounts:%s\n",
			 json_array_size(list) ? "" : "\t<none>");
	json_array_foreach(list, i, mount)
		ipsvc_buf_printf(out, "      %s from %s (%s)\n",
				 ipsvc_json_text(mount, "mountPath"),
				 ipsvc_json_text(mount, "name"),
				 json_is_true(json_object_get(mount, "readOnly")) ?
				 "ro" : "rw");
}

static void describe_container(const json_t *c, const json_t *statuses,
			       struct ipsvc_buf *out)
{
	const char *name = ipsvc_json_text(c, "name");
	const json_t *status = status_of(statuses, name);
	const json_t *ports = json_object_get(c, "ports");
	json_t *requests = requests_of(c);

	ipsvc_buf_printf(out, "  %s:\n", name);
	if (status)
		ipsvc_buf_printf(out, "    Container ID:\t%s\n",
				 ipsvc_json_text(status, "containerID"));
	ipsvc_buf_printf(out, "    Image:\t%s\n", ipsvc_json_text(c, "image"));
	if (status)
		ipsvc_buf_printf(out, "    Image ID:\t%s\n",
				 ipsvc_json_text(status, "imageID"));
	describe_ports(ports, "containerPort", "Port", out);
	describe_ports(ports, "hostPort", "Host Port", out);
	describe_words(json_object_get(c, "command"), "Command", out);
	describe_words(json_object_get(c, "args"), "Args", out);
	if (status)
		describe_status(status, out);
	describe_quantities("Limits", ipsvc_json_member(c, "resources",
							"limits"), out);
	describe_quantities("Requests", requests, out);
	describe_variables(json_object_get(c, "env"), out);
	describe_mounts(json_object_get(c, "volumeMounts"), out);
	json_decref(requests);
}

static void describe_containers(const char *title, const json_t *list,
				const json_t *statuses, struct ipsvc_buf *out)
{
	json_t *container;
	size_t i;

	ipsvc_buf_printf(out, "%s:%s\n", title,
			 json_array_size(list) ? "" : " <none>");
	json_array_foreach(list, i, container)
		describe_container(container, statuses, out);
}

/* ---- the Pod ------------------------------------------------------------- */

static bool is_terminated(const char *phase)
{
	return !strcmp(phase, "Failed") || !strcmp(phase, "Succeeded");
}

static void describe_phase(const json_t *meta, const json_t *status, int64_t now,
			   struct ipsvc_buf *out)
{
	const char *phase = ipsvc_json_text(status, "phase");
	char age[IPSVC_TIME_SIZE];
	int64_t then;

	if (!ipsvc_time_parse(ipsvc_json_text(meta, "deletionTimestamp"),
			      &then) || is_terminated(phase))
		ipsvc_buf_printf(out, "Status:\t%s\n", phase);
	else
		ipsvc_buf_printf(out, "Status:\tTerminating (lasts %s)\nTermination Grace Period:\t%llds\n",
				 ipsvc_duration_format(now - then, age),
				 (long long)ipsvc_json_int(meta,
						"deletionGracePeriodSeconds"));
	ipsvc_describe_text("Reason", ipsvc_json_text(status, "reason"), out);
	ipsvc_describe_text("Message", ipsvc_json_text(status, "message"), out);
}

static void describe_ips(const json_t *status, struct ipsvc_buf *out)
{
	const json_t *ips = json_object_get(status, "podIPs");
	json_t *ip;
	size_t i;

	ipsvc_buf_printf(out, "IP:\t%s\nIPs:%s\n",
			 ipsvc_json_text(status, "podIP"),
			 json_array_size(ips) ? "" : "\t<none>");
	json_array_foreach(ips, i, ip)
		ipsvc_buf_printf(out, "  IP:\t%s\n", ipsvc_json_text(ip, "ip"));
}

static void describe_controller(const json_t *meta, struct ipsvc_buf *out)
{
	json_t *owner;
	size_t i;

	json_array_foreach(json_object_get(meta, "ownerReferences"), i, owner)
		if (json_is_true(json_object_get(owner, "controller")))
			ipsvc_buf_printf(out, "Controlled By:\t%s/%s\n",
					 ipsvc_json_text(owner, "kind"),
					 ipsvc_json_text(owner, "name"));
}

static void describe_conditions(const json_t *list, struct ipsvc_buf *out)
{
	json_t *condition;
	size_t i;

	if (json_array_size(list))
		ipsvc_buf_puts(out, "Conditions:\n  Type\tStatus\n");
	json_array_foreach(list, i, condition)
		ipsvc_buf_printf(out, "  %s \t%s \n",
				 ipsvc_json_text(condition, "type"),
				 ipsvc_json_text(condition, "status"));
}

static void describe_volumes(const json_t *list, struct ipsvc_buf *out)
{
	json_t *volume;
	size_t i;

	ipsvc_buf_printf(out, "Volumes:%s\n",
			 json_array_size(list) ? "" : "\t<none>");
	json_array_foreach(list, i, volume)
		ipsvc_buf_printf(out, "  %s:\n", ipsvc_json_text(volume, "name"));
}

static bool has_resource(const json_t *map, const char *name)
{
	return json_object_get(map, name) != NULL;
}

/* As GetPodQOS(), but for the one the Pod has. */
static const char *qos_class(const json_t *spec)
{
	static const char *const names[] = { "cpu", "memory" };
	bool any = false, all = true;
	json_t *c;
	size_t i;

	json_array_foreach(json_object_get(spec, "containers"), i, c) {
		const json_t *limits = ipsvc_json_member(c, "resources", "limits");
		json_t *requests = requests_of(c);

		for (size_t j = 0; j < 2; j++) {
			const char *name = names[j];

			any = any || has_resource(requests, name);
			all = all && has_resource(limits, name) &&
			      json_equal(json_object_get(limits, name),
					 json_object_get(requests, name));
		}
		json_decref(requests);
	}
	return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
}

static void describe_tolerations(const json_t *list, struct ipsvc_buf *out)
{
	json_t *item;
	size_t i;

	ipsvc_buf_printf(out, "Tolerations:\t%s",
			 json_array_size(list) ? "" : "<none>\n");
	json_array_foreach(list, i, item) {
		const char *key = ipsvc_json_text(item, "key");
		const char *value = ipsvc_json_text(item, "value");
		const char *effect = ipsvc_json_text(item, "effect");

		ipsvc_buf_printf(out, "%s%s%s%s%s%s", i ? "\t" : "", key,
				 *value ? "=" : "", value, *effect ? ":" : "",
				 effect);
		if (!strcmp(ipsvc_json_text(item, "operator"), "Exists") &&
		    !*value)
			ipsvc_buf_printf(out, "%sop=Exists",
					 *key || *effect ? " " : "");
		if (ipsvc_json_has(item, "tolerationSeconds"))
			ipsvc_buf_printf(out, " for %llds",
					 (long long)ipsvc_json_int(item,
						"tolerationSeconds"));
		ipsvc_buf_putc(out, '\n');
	}
}

static void describe_head(const json_t *doc, const json_t *spec,
			  const json_t *status, struct ipsvc_buf *out)
{
	const char *node = ipsvc_json_text(spec, "nodeName");

	ipsvc_describe_names(doc, out);
	if (ipsvc_json_has(spec, "priority"))
		ipsvc_buf_printf(out, "Priority:\t%lld\n",
				 (long long)ipsvc_json_int(spec, "priority"));
	ipsvc_describe_text("Priority Class Name",
			    ipsvc_json_text(spec, "priorityClassName"), out);
	ipsvc_describe_text("Runtime Class Name",
			    ipsvc_json_text(spec, "runtimeClassName"), out);
	ipsvc_describe_text("Service Account",
			    ipsvc_json_text(spec, "serviceAccountName"), out);
	ipsvc_buf_printf(out, "Node:\t%s%s%s\n", *node ? node : "<none>",
			 *node ? "/" : "",
			 *node ? ipsvc_json_text(status, "hostIP") : "");
	if (ipsvc_json_has(status, "startTime"))
		ipsvc_describe_when("Start Time", status, "startTime", out);
	ipsvc_describe_metadata(doc, out);
}

static void describe(const json_t *doc, const struct ipsvc_objects *others,
		     int64_t now, struct ipsvc_buf *out)
{
	const json_t *meta = json_object_get(doc, "metadata");
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *status = json_object_get(doc, "status");
	const json_t *init = json_object_get(spec, "initContainers");

	(void)others;
	describe_head(doc, spec, status, out);
	describe_phase(meta, status, now, out);
	describe_ips(status, out);
	describe_controller(meta, out);
	ipsvc_describe_text("NominatedNodeName",
			    ipsvc_json_text(status, "nominatedNodeName"), out);
	if (json_array_size(init))
		describe_containers("Init Containers", init,
				    json_object_get(status,
						    "initContainerStatuses"),
				    out);
	describe_containers("Containers", json_object_get(spec, "containers"),
			    json_object_get(status, "containerStatuses"), out);
	describe_conditions(json_object_get(status, "conditions"), out);
	describe_volumes(json_object_get(spec, "volumes"), out);
	ipsvc_buf_printf(out, "QoS Class:\t%s\n",
			 ipsvc_json_text_or(status, "qosClass", qos_class(spec)));
	ipsvc_describe_map("Node-Selectors", json_object_get(spec,
							     "nodeSelector"), out);
	describe_tolerations(json_object_get(spec, "tolerations"), out);
	ipsvc_describe_no_events(out);
}

const struct ipsvc_describer ipsvc_pod_describer = {
	.describe = describe,
};
