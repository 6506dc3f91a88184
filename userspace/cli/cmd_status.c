// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipsvc status: the module, the daemon and the store on one screen, and what to
 * do where one of them is missing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "cli.h"
#include "dns_client.h"
#include "host_hints.h"
#include "owner.h"
#include "store/store.h"

struct report {
	const struct cli *cli;
	int kernel_err;			/* negative errno of what failed, or 0 */
	char *kernel_message;
	bool module;
	struct ipsvc_nl_instance instance;	/* when kernel_err is 0 */
	enum daemon_state daemon;
	char *daemon_message;		/* when it is unknown */
	json_t *doc;			/* status.json, or NULL */
	json_t *dns;			/* of ipsvc-dnsd, or NULL */
	int64_t revision;
	char *store_message;		/* why the store cannot be read */
	struct port_set node_ports;
	json_t *errors, *warnings, *notes;	/* arrays of objects with "message" */
};

/* ---- what there is ------------------------------------------------------ */

static void read_kernel(struct report *r)
{
	struct ipsvc_nl *nl = ipsvc_nl_open(&r->kernel_err);

	if (!nl) {
		r->module = r->kernel_err != -ENOENT;
		r->kernel_message = xstrdup(ipsvc_nl_strerror(r->kernel_err));
		return;
	}
	r->module = true;
	r->kernel_err = ipsvc_nl_instance(nl, &r->instance);
	if (r->kernel_err)
		r->kernel_message = xstrdup(ipsvc_nl_message(nl));
	ipsvc_nl_close(nl);
}

static void add_warning(struct report *r, const char *message)
{
	json_array_append_new(r->warnings,
			      json_pack("{s:s}", "message", message));
}

static void read_document(struct report *r)
{
	char *path = xasprintf("%s/status.json", r->cli->run_dir), *text;
	json_error_t err;

	if (access(path, F_OK) == 0) {
		r->doc = json_load_file(path, 0, &err);
		if (!json_is_object(r->doc)) {
			text = xasprintf("%s cannot be read: %s", path, err.text);
			add_warning(r, text);
			free(text);
			json_decref(r->doc);
			r->doc = NULL;
		}
	}
	/* What is wrong with files counts as long as somebody reads them. */
	if (r->doc && r->daemon != DAEMON_STOPPED) {
		json_array_extend(r->errors, json_object_get(r->doc, "errors"));
		json_array_extend(r->warnings,
				  json_object_get(r->doc, "warnings"));
	}
	free(path);
}

static void read_store(struct report *r)
{
	struct ipsvc_cluster_config config = {
		.node_port_min = IPSVC_DEFAULT_NODE_PORT_MIN,
		.node_port_max = IPSVC_DEFAULT_NODE_PORT_MAX,
	};
	struct ipsvc_store *store = ipsvc_store_open(r->cli->store_url, true,
						     &r->store_message);
	struct ipsvc_cluster_config stored;

	if (store) {
		r->revision = ipsvc_store_revision(store);
		if (ipsvc_store_config(store, &stored) == IPSVC_STORE_OK)
			config = stored;
		ipsvc_store_close(store);
	}
	port_set_add(&r->node_ports, (unsigned int)config.node_port_min,
		     (unsigned int)config.node_port_max);
}

static void collect(struct report *r)
{
	int dns_err;
	pid_t pid;

	r->errors = json_array();
	r->warnings = json_array();
	r->notes = json_array();
	read_kernel(r);
	r->daemon = owner_probe(r->cli->run_dir, &pid, &r->daemon_message);
	read_document(r);
	r->dns = dns_client_stats(&dns_err);
	read_store(r);
	host_hints(&r->node_ports, r->warnings, r->notes);
}

/* ---- what it means ------------------------------------------------------ */

static long long number_of(const json_t *doc, const char *key)
{
	return (long long)ipsvc_json_int(doc, key);
}

static bool sync_failed(const struct report *r)
{
	const json_t *sync = json_object_get(r->doc, "lastSync");

	return sync && strcmp(ipsvc_json_text(sync, "result"), "ok") != 0;
}

static int exit_code(const struct report *r)
{
	if (!r->module)
		return CLI_NO_MODULE;
	if (r->kernel_err)
		return cli_exit_code(r->kernel_err);
	if (r->daemon == DAEMON_STOPPED)
		return CLI_NO_DAEMON;
	if (r->daemon == DAEMON_UNKNOWN || r->store_message || sync_failed(r) ||
	    json_array_size(r->errors))
		return CLI_FAILED;
	return CLI_OK;
}

/* ---- how it is said ----------------------------------------------------- */

static void show_module(struct out *out, const struct report *r)
{
	char *text;

	if (!r->module)
		text = xstrdup("not loaded: modprobe ipsvc");
	else if (r->kernel_err)
		text = xstrdup("loaded");
	else
		text = xasprintf("loaded, version %s", r->instance.version);
	out_cell(out, text, json_pack("{s:b, s:s?}", "loaded", (int)r->module,
				      "version", r->kernel_err ? NULL :
				      r->instance.version));
	free(text);
}

static void show_instance(struct out *out, const struct report *r)
{
	const struct ipsvc_nl_instance *in = &r->instance;
	char *text;

	if (!r->module || r->kernel_err) {
		out_cell(out, r->module ? r->kernel_message : "none", json_null());
		return;
	}
	text = xasprintf("%s, generation %u", in->ifname, in->generation);
	out_cell(out, text, json_pack("{s:s, s:I, s:I}", "device", in->ifname,
				      "ifindex", (json_int_t)in->ifindex,
				      "generation", (json_int_t)in->generation));
	free(text);
}

static void show_count(struct out *out, const struct report *r, uint32_t count,
		       uint32_t max)
{
	char text[32];

	if (!r->module || r->kernel_err) {
		out_cell(out, "-", json_null());
		return;
	}
	snprintf(text, sizeof(text), "%u of %u", count, max);
	out_cell(out, text, json_pack("{s:I, s:I}", "count", (json_int_t)count,
				      "max", (json_int_t)max));
}

static const char *ago(const char *timestamp, char *buf)
{
	int64_t then;

	if (!ipsvc_time_parse(timestamp, &then))
		return "?";
	return ipsvc_duration_format(time(NULL) - then, buf);
}

static void show_daemon(struct out *out, const struct report *r)
{
	static const char *const states[] = { "running", "stopped", "unknown" };
	char age[32], *text;

	if (r->daemon == DAEMON_UNKNOWN)
		text = xasprintf("unknown: %s", r->daemon_message);
	else if (r->daemon == DAEMON_STOPPED)
		text = xasprintf("not running with run directory %s: systemctl start ipsvcd\nthe kernel goes on with what it has, changes wait",
				 r->cli->run_dir);
	else if (!r->doc)
		text = xasprintf("running, says nothing yet in %s/status.json",
				 r->cli->run_dir);
	else
		text = xasprintf("running for %s, pid %lld, node %s, version %s",
				 ago(ipsvc_json_text(r->doc, "since"), age),
				 number_of(r->doc, "pid"),
				 ipsvc_json_text(r->doc, "node"),
				 ipsvc_json_text(r->doc, "version"));
	out_cell(out, text, json_pack("{s:s, s:O?}", "state", states[r->daemon],
				      "status", r->doc));
	free(text);
}

static void show_sync(struct out *out, const struct report *r)
{
	const json_t *sync = json_object_get(r->doc, "lastSync");
	struct ipsvc_buf text = {0};
	json_t *refused;
	char age[32];
	size_t i;

	if (!sync) {
		out_cell(out, "never", json_null());
		return;
	}
	ipsvc_buf_printf(&text, "%s, %s ago", ipsvc_json_text(sync, "result"),
			 ago(ipsvc_json_text(sync, "time"), age));
	if (!sync_failed(r))
		ipsvc_buf_printf(&text, ", %lld changes in %.1f ms; generation %lld, revision %lld",
				 number_of(sync, "changes"),
				 json_number_value(json_object_get(sync, "durationMs")),
				 number_of(r->doc, "generation"),
				 number_of(r->doc, "revision"));
	else
		ipsvc_buf_printf(&text, ", tried again every %.1f s\n%s",
				 (double)number_of(sync, "retryInMs") / 1000,
				 ipsvc_json_text(sync, "message"));
	if (*ipsvc_json_text(sync, "hint"))
		ipsvc_buf_printf(&text, "\n%s", ipsvc_json_text(sync, "hint"));
	json_array_foreach(json_object_get(sync, "refused"), i, refused)
		ipsvc_buf_printf(&text, "\n%s: %s", ipsvc_json_text(refused, "service"),
				 ipsvc_json_text(refused, "message"));
	out_cell(out, text.data, json_incref((json_t *)sync));
	ipsvc_buf_free(&text);
}

static void show_store(struct out *out, const struct report *r)
{
	const char *url = r->cli->store_url;
	char *text;

	if (r->store_message)
		text = xstrdup(r->store_message);
	else
		text = xasprintf("%s, revision %lld", url,
				 (long long)r->revision);
	out_cell(out, text, json_pack("{s:s, s:I, s:s?}", "url", url, "revision",
				      (json_int_t)r->revision, "error",
				      r->store_message));
	free(text);
}

static void show_manifests(struct out *out, const struct report *r)
{
	char *text;

	if (!r->doc) {
		out_cell(out, "-", json_null());
		return;
	}
	text = xasprintf("%s, %lld files", ipsvc_json_text(r->doc, "manifests"),
			 number_of(r->doc, "files"));
	out_cell(out, text, json_pack("{s:s, s:I}", "directory",
				      ipsvc_json_text(r->doc, "manifests"), "files",
				      (json_int_t)number_of(r->doc, "files")));
	free(text);
}

/* How long 99 of 100 answers took at most; the last bucket has no bound. */
static void print_latency(const json_t *latency, struct ipsvc_buf *out)
{
	const json_t *buckets = json_object_get(latency, "buckets");
	size_t i, last = json_array_size(buckets) - 1;
	json_int_t all = 0, seen = 0;
	json_t *value;

	json_array_foreach(buckets, i, value)
		all += json_integer_value(value);
	if (!all)
		return;
	json_array_foreach(buckets, i, value) {
		seen += json_integer_value(value);
		if (seen * 100 >= all * 99)
			break;
	}
	/* Those that other servers were asked for are not counted. */
	ipsvc_buf_printf(out, "; 99 %% of immediate answers %s %llu \u00b5s",
			 i && i == last ? "over" : "within",
			 1ull << (i && i == last ? i - 1 : i));
}

/* What ipsvc-dnsd has done, on a line of its own; to be freed. */
static char *dns_figures(const json_t *queries)
{
	long long asked = number_of(queries, "udp") + number_of(queries, "tcp");
	struct ipsvc_buf text = {0};

	if (!asked)
		return xstrdup("");
	ipsvc_buf_printf(&text, "\n%lld questions: %lld forwarded, %lld answered from the cache, %lld refused",
			 asked, number_of(queries, "forwarded"),
			 number_of(queries, "cached"),
			 number_of(json_object_get(queries, "rcodes"), "REFUSED"));
	print_latency(json_object_get(queries, "latency"), &text);
	return ipsvc_buf_take(&text);
}

static void show_dns(struct out *out, const struct report *r)
{
	char age[32], *text, *figures;

	if (!r->dns) {
		out_cell(out, "not running", json_null());
		return;
	}
	figures = dns_figures(json_object_get(r->dns, "queries"));
	text = xasprintf("running for %s, domain %s, %lld services%s%s",
			 ago(ipsvc_json_text(r->dns, "since"), age),
			 ipsvc_json_text(r->dns, "domain"),
			 number_of(r->dns, "services"), figures,
			 json_is_true(json_object_get(r->dns, "connected")) ? "" :
			 "\nnot connected to ipsvcd: it goes on with what it knows");
	out_cell(out, text, json_incref(r->dns));
	free(figures);
	free(text);
}

/* "file:line: message", and indented below it what to do, once for all. */
static void show_problems(struct out *out, json_t *problems)
{
	struct ipsvc_buf text = {0};
	const char *hint = "";
	json_t *p;
	size_t i;

	json_array_foreach(problems, i, p) {
		if (*ipsvc_json_text(p, "file"))
			ipsvc_buf_printf(&text, "%s:", ipsvc_json_text(p, "file"));
		if (number_of(p, "line"))
			ipsvc_buf_printf(&text, "%lld:", number_of(p, "line"));
		ipsvc_buf_printf(&text, "%s%s\n", *ipsvc_json_text(p, "file") ? " " : "",
				 ipsvc_json_text(p, "message"));
		if (*ipsvc_json_text(p, "hint") && strcmp(hint, ipsvc_json_text(p, "hint")))
			ipsvc_buf_printf(&text, "  %s\n", ipsvc_json_text(p, "hint"));
		hint = ipsvc_json_text(p, "hint");
	}
	if (text.len)
		text.data[--text.len] = '\0';
	out_cell(out, text.len ? text.data : "none", json_incref(problems));
	ipsvc_buf_free(&text);
}

static int show(struct report *r)
{
	static const struct out_column columns[] = {
		{ "Module", "module", false },
		{ "Instance", "instance", false },
		{ "Services", "services", false },
		{ "Endpoints", "endpoints", false },
		{ "Flows", "flows", false },
		{ "Daemon", "daemon", false },
		{ "Last sync", "lastSync", false },
		{ "Store", "store", false },
		{ "Manifests", "manifests", false },
		{ "DNS", "dns", false },
		{ "Errors", "errors", false },
		{ "Warnings", "warnings", false },
		{ "Notes", "notes", false },
		{ NULL, "healthy", false },
	};
	const struct ipsvc_nl_instance *in = &r->instance;
	struct out *out = out_open(stdout, cli_format(r->cli), OUT_RECORD,
				   columns, sizeof(columns) / sizeof(*columns));

	show_module(out, r);
	show_instance(out, r);
	show_count(out, r, in->services, in->services_max);
	show_count(out, r, in->endpoints, in->endpoints_max);
	show_count(out, r, in->flows, in->flows_max);
	show_daemon(out, r);
	show_sync(out, r);
	show_store(out, r);
	show_manifests(out, r);
	show_dns(out, r);
	show_problems(out, r->errors);
	show_problems(out, r->warnings);
	show_problems(out, r->notes);
	out_cell(out, NULL, json_boolean(exit_code(r) == CLI_OK));
	out_row(out);
	return cli_out_close(out);
}

int cmd_status(struct cli *cli, int argc, char **argv)
{
	struct report r = { .cli = cli };
	int code;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	collect(&r);
	code = show(&r);
	if (code == CLI_OK)
		code = exit_code(&r);
	json_decref(r.doc);
	json_decref(r.dns);
	json_decref(r.errors);
	json_decref(r.warnings);
	json_decref(r.notes);
	free(r.kernel_message);
	free(r.daemon_message);
	free(r.store_message);
	return code;
}
