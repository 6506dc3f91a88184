// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc wait: until objects are as they are to be. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "kube.h"
#include "print/jsonpath.h"
#include "selector.h"

#define SECOND_MS	1000
#define WEEK_MS		(7LL * 24 * 3600 * SECOND_MS)

struct wait {
	struct cli *cli;
	struct ipsvc_store *store;
	const char *condition, *timeout, *selector;
	bool all;
	struct ipsvc_objects objs;	/* what is waited for */
	bool *met;
};

const struct cli_option cmd_wait_options[] = {
	CLI_OPTION_STRING(struct wait, condition, 0, "for", "WHAT",
			  "create, delete, condition=NAME[=VALUE] or jsonpath={…}[=VALUE]"),
	CLI_OPTION_STRING(struct wait, timeout, 0, "timeout", "DURATION",
			  "how long: 30s, 5m, 0 to look once, -1s for a week (30s)"),
	CLI_OPTION_STRING(struct wait, selector, 'l', "selector", "SELECTOR",
			  "all of TYPE with these labels: k=v,k!=v,k,!k"),
	CLI_OPTION_BOOL(struct wait, all, 0, "all", "all of TYPE"),
	{ 0 },
};

static const char *after(const struct wait *w, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(w->condition, prefix, len) ? NULL : w->condition + len;
}

/* "1m30s" in milliseconds; false when it is no duration. */
static bool parse_duration(const char *text, long long *ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {
		{ "ms", 1 }, { "s", SECOND_MS }, { "m", 60 * SECOND_MS },
		{ "h", 3600.0 * SECOND_MS },
	};
	bool negative = *text == '-';
	double sum = 0;

	if (!strcmp(text, "0"))
		text = "0s";
	for (text += negative; *text;) {
		size_t i = 0;
		char *end;
		double value = strtod(text, &end);

		while (i < 4 && strncmp(end, units[i].unit,
					strlen(units[i].unit)))
			i++;
		if (end == text || i == 4)
			return false;
		sum += value * units[i].ms;
		text = end + strlen(units[i].unit);
	}
	*ms = negative ? WEEK_MS : (long long)sum;
	return true;
}

/* ---- whether it is so ---------------------------------------------------- */

/* "Ready", "Ready=False" */
static bool has_condition(const json_t *doc, const char *what)
{
	const json_t *list = ipsvc_json_member(doc, "status", "conditions");
	const char *equals = strchr(what, '=');
	size_t len = equals ? (size_t)(equals - what) : strlen(what), i;
	const json_t *condition;

	json_array_foreach(list, i, condition) {
		const char *type = ipsvc_json_text(condition, "type");

		if (strlen(type) == len && !strncasecmp(type, what, len))
			return !strcasecmp(ipsvc_json_text(condition, "status"),
					   equals ? equals + 1 : "true");
	}
	return false;
}

/* "{.status.phase}=Running", "{.status.phase}" */
static bool has_value(const json_t *doc, const char *what)
{
	const char *close = strrchr(what, '}');
	const char *value = close && close[1] == '=' ? close + 2 : NULL;
	char *path = xstrndup(what, close ? (size_t)(close + 1 - what) :
					    strlen(what));
	struct jsonpath_values values = {0};
	struct ipsvc_buf buf = {0};
	char *why = NULL, *text;
	bool is;

	is = jsonpath_find(path, doc, &values, &why) && values.n == 1;
	if (is && value) {
		jsonpath_append(&buf, values.items[0]);
		text = ipsvc_buf_take(&buf);
		is = !strcmp(text, value);
		free(text);
	}
	free(why);
	free(path);
	jsonpath_values_free(&values);
	return is;
}

/* @doc: NULL when there is no such object. */
static bool is_met(const struct wait *w, const json_t *doc)
{
	if (!strcmp(w->condition, "delete"))
		return !doc;
	if (!doc || !strcmp(w->condition, "create"))
		return doc;
	return after(w, "condition=") ? has_condition(doc, after(w, "condition=")) :
					has_value(doc, after(w, "jsonpath="));
}

/* Prints what is so now; whether all is. */
static bool look(struct wait *w)
{
	bool all = true;

	for (size_t i = 0; i < w->objs.n; i++) {
		const struct ipsvc_object *obj = &w->objs.items[i];
		struct ipsvc_objects now = {0};
		char *name;

		if (w->met[i])
			continue;
		ipsvc_store_get(w->store, obj->kind, obj->ns, obj->name, &now);
		w->met[i] = is_met(w, now.n ? now.items[0].doc : NULL);
		ipsvc_objects_free(&now);
		all = all && w->met[i];
		if (!w->met[i])
			continue;
		name = kube_full_name(obj->kind, obj->name);
		printf(strcmp(w->cli->output, "name") ? "%s condition met\n" :
							"%s\n", name);
		free(name);
	}
	cli_flush();
	return all;
}

/* ---- waiting ------------------------------------------------------------- */

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}

static int wait_for_all(struct wait *w, long long timeout)
{
	struct pollfd poll_fd = {
		.fd = ipsvc_store_watch_fd(w->store), .events = POLLIN,
	};
	long long end = now_ms() + timeout, left;

	w->met = xcalloc(w->objs.n + 1, sizeof(*w->met));
	for (;;) {
		ipsvc_store_watch_drain(w->store);
		if (look(w))
			return CLI_OK;
		left = end - now_ms();
		if (left <= 0)
			break;
		/* Without a descriptor, look now and then. */
		if (left > SECOND_MS && poll_fd.fd < 0)
			left = SECOND_MS;
		poll(&poll_fd, 1, left > 60 * SECOND_MS ? 60 * SECOND_MS :
							  (int)left);
	}
	for (size_t i = 0; i < w->objs.n; i++)
		if (!w->met[i])
			kube_error("timed out waiting for the condition on %s/%s",
				   w->objs.items[i].kind->plural,
				   w->objs.items[i].name);
	return CLI_FAILED;
}

static void add_named(struct wait *w, const struct ipsvc_kind *kind,
		      const char *ns, const char *name)
{
	ipsvc_objects_add(&w->objs, kind,
			  json_pack("{s:{s:s, s:s*}}", "metadata", "name", name,
				    "namespace", *ns ? ns : NULL), NULL, 0);
}

static int add_ref(struct wait *w, const struct kube_ref *ref)
{
	const char *ns = ref->kind->namespaced ? cli_namespace(w->cli) : "";
	struct ipsvc_objects found = {0};
	enum ipsvc_store_result result;

	if (ref->kind->derived)
		return kube_error("%s are computed from %s: wait for these instead",
				  ref->kind->plural, ref->kind->derived->from);
	if (!ref->name && !w->all && !w->selector)
		return kube_error("resource(s) were provided, but no name was specified");
	result = kube_list(w->store, ref->kind, *ns ? ns : NULL, ref->name, &found);
	if (ref->name && result == IPSVC_STORE_NOT_FOUND &&
	    strcmp(w->condition, "create") && strcmp(w->condition, "delete"))
		return kube_not_found(ref->kind, ref->name);
	if (ref->name)
		add_named(w, ref->kind, ns, ref->name);
	for (size_t i = 0; i < found.n && !ref->name; i++)
		if (!w->selector || selector_matches(w->selector,
			ipsvc_json_member(found.items[i].doc, "metadata",
					  "labels")))
			add_named(w, ref->kind, found.items[i].ns,
				  found.items[i].name);
	ipsvc_objects_free(&found);
	return CLI_OK;
}

static int run(struct wait *w, char **args, int n, long long timeout)
{
	struct kube_refs refs = {0};
	int code = CLI_FAILED;

	if (!kube_refs_parse(args, n, &refs))
		return code;
	w->store = kube_store(w->cli, true, &code);
	for (size_t i = 0; i < refs.n && w->store; i++) {
		code = add_ref(w, &refs.items[i]);
		if (code != CLI_OK)
			break;
	}
	if (w->store && code == CLI_OK && !w->objs.n)
		code = kube_error("no matching resources found");
	else if (w->store && code == CLI_OK)
		code = wait_for_all(w, timeout);
	kube_refs_free(&refs);
	ipsvc_store_close(w->store);
	return code;
}

static bool is_condition(const struct wait *w)
{
	const char *name = after(w, "condition=");
	const char *path = after(w, "jsonpath=");

	return !strcmp(w->condition, "delete") ||
	       !strcmp(w->condition, "create") || (name && *name) ||
	       (path && *path == '{');
}

int cmd_wait(struct cli *cli, int argc, char **argv)
{
	struct wait w = { .cli = cli };
	long long timeout = 30 * SECOND_MS;
	int code;

	if (!cli_parse(cli, &argc, &argv, &w))
		code = CLI_USAGE;
	else if (!w.condition || !is_condition(&w))
		code = kube_error("unrecognized condition: \"%s\"",
				  w.condition ? w.condition : "");
	else if (w.timeout && !parse_duration(w.timeout, &timeout))
		code = kube_error("invalid argument \"%s\" for \"--timeout\" flag: time: invalid duration \"%s\"",
				  w.timeout, w.timeout);
	else if (w.selector && !selector_is_valid(w.selector))
		code = kube_error("unable to parse requirement: \"%s\" is not of the form k=v,k!=v,k,!k",
				  w.selector);
	else
		code = run(&w, argv, argc, timeout);
	ipsvc_objects_free(&w.objs);
	free(w.met);
	return code;
}
