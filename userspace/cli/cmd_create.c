// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc create service TYPE NAME. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/names.h"
#include "api/service/service.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "kube.h"

struct create {
	struct cli *cli;
	struct cli_words tcp;
	const char *cluster_ip, *node_port, *external_name;
	const char *dry_run_word;
	enum kube_dry_run dry_run;
};

const struct cli_option cmd_create_options[] = {
	{ .name = "tcp", .type = CLI_LIST, .at = offsetof(struct create, tcp),
	  .value = "PORT[:TARGET]",
	  .help = "a port of the Service, and of the Pods if that is another" },
	CLI_OPTION_STRING(struct create, cluster_ip, 0, "clusterip", "IP",
			  "clusterip: its address, or None"),
	CLI_OPTION_STRING(struct create, node_port, 0, "node-port", "PORT",
			  "nodeport: on each node (one that is free)"),
	CLI_OPTION_STRING(struct create, external_name, 0, "external-name", "NAME",
			  "externalname: what it is an alias of"),
	KUBE_OPTION_DRY_RUN(struct create, dry_run_word),
	{ 0 },
};

static const struct {
	const char *word, *type;
} types[] = {
	{ "clusterip", "ClusterIP" }, { "externalname", "ExternalName" },
	{ "loadbalancer", "LoadBalancer" }, { "nodeport", "NodePort" },
};

static const char *type_of(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].word, word))
			return types[i].type;
	return NULL;
}

/* ---- ports --------------------------------------------------------------- */

/* False when @text is no number. */
static bool number(const char *text, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return *text && !*end && !errno;
}

/* NULL after a message. */
static json_t *target_port(const char *text)
{
	struct ipsvc_errors errs = {0};
	json_t *value;
	long port;

	if (number(text, &port)) {
		ipsvc_check_port_number(&errs, "", port);
		value = json_integer(port);
	} else {
		ipsvc_check_port_name(&errs, "", text);
		value = json_string(text);
	}
	if (!errs.n)
		return value;
	json_decref(value);
	kube_error("%s", errs.items[0].detail);
	ipsvc_errors_free(&errs);
	return NULL;
}

/* "80" or "80:http"; NULL after a message. */
static json_t *tcp_port(const char *text)
{
	const char *target = strchr(text, ':');
	char *own = xstrndup(text, strcspn(text, ":")), *name = xstrdup(text);
	json_t *to = NULL, *port = NULL;
	long n;

	if (!number(own, &n) || n < 0 || n > 65535)
		kube_error("unable to parse port \"%s\": must be a number between 0 and 65535",
			   own);
	else
		to = target ? target_port(target + 1) : json_integer(n);
	for (char *c = name; *c; c++)
		if (*c == ':')
			*c = '-';
	if (to)
		port = json_pack("{s:s, s:s, s:I, s:o}", "name", name,
				 "protocol", "TCP", "port", (json_int_t)n,
				 "targetPort", to);
	free(own);
	free(name);
	return port;
}

/* CLI_OK, or CLI_FAILED after a message. */
static int set_ports(const struct create *c, json_t *spec)
{
	json_t *ports = json_array(), *port;

	json_object_set_new(spec, "ports", ports);
	for (size_t i = 0; i < c->tcp.n; i++) {
		port = tcp_port(c->tcp.items[i]);
		if (!port)
			return CLI_FAILED;
		json_array_append_new(ports, port);
	}
	return CLI_OK;
}

/* Of the first port, as kubectl does. */
static int set_node_port(const struct create *c, json_t *spec)
{
	json_t *port = json_array_get(json_object_get(spec, "ports"), 0);
	long n;

	if (!number(c->node_port, &n))
		return kube_error("invalid argument \"%s\" for \"--node-port\" flag: must be a number",
				  c->node_port);
	if (n)
		json_object_set_new(port, "nodePort", json_integer(n));
	return CLI_OK;
}

/* ---- the Service --------------------------------------------------------- */

static int check_ports(const struct create *c, const char *type)
{
	bool none = c->cluster_ip && !strcmp(c->cluster_ip, "None");

	if (none && c->tcp.n)
		return kube_error("can not map ports with clusterip=None");
	if (!none && !c->tcp.n && strcmp(type, "ExternalName") != 0)
		return kube_error("at least one tcp port specifier must be provided");
	return CLI_OK;
}

static int check_external_name(const struct create *c)
{
	const char *name = c->external_name ? c->external_name : "";
	struct ipsvc_errors errs = {0};
	bool ok;

	ipsvc_check_dns1123_subdomain(&errs, "", name);
	ok = *name && !errs.n;
	ipsvc_errors_free(&errs);
	return ok ? CLI_OK : kube_error("invalid service external name %s", name);
}

static int fill_spec(const struct create *c, const char *type, json_t *spec)
{
	bool external = !strcmp(type, "ExternalName");
	int code = check_ports(c, type);

	if (code == CLI_OK && external)
		code = check_external_name(c);
	if (code == CLI_OK)
		code = set_ports(c, spec);
	if (code == CLI_OK && c->node_port && !strcmp(type, "NodePort"))
		code = set_node_port(c, spec);
	if (c->cluster_ip && !strcmp(type, "ClusterIP"))
		json_object_set_new(spec, "clusterIP", json_string(c->cluster_ip));
	if (external)
		json_object_set_new(spec, "externalName",
				    json_string(c->external_name ?
						c->external_name : ""));
	return code;
}

static void print_created(const struct create *c, const struct ipsvc_object *obj)
{
	json_t *docs = json_array();
	char *name = kube_full_name(obj->kind, obj->name);

	if (!strcmp(c->cli->output, "name"))
		printf("%s\n", name);
	else if (kube_prints_documents(c->cli->output))
		json_array_append(docs, obj->doc);
	else
		printf("%s created%s\n", name, kube_dry_run_suffix(c->dry_run));
	free(name);
	kube_print_documents(stdout, c->cli->output, docs, false);
}

static int store_service(const struct create *c, struct ipsvc_object *obj)
{
	enum ipsvc_store_result result;
	enum ipsvc_write_outcome outcome;
	struct ipsvc_errors errs = {0};
	struct ipsvc_store *store;
	int code = CLI_FAILED;

	ipsvc_object_default(obj);
	if (c->dry_run == KUBE_DRY_RUN_CLIENT) {
		print_created(c, obj);
		return CLI_OK;
	}
	store = kube_store(c->cli, false, &code);
	if (!store)
		return code;
	result = ipsvc_store_write(store, obj, IPSVC_WRITE_CREATE,
				   c->dry_run == KUBE_DRY_RUN_SERVER, &outcome,
				   &errs);
	if (result == IPSVC_STORE_OK)
		print_created(c, obj);
	else
		kube_refused(ipsvc_store_message(store), result, obj, &errs);
	fflush(stdout);
	kube_warnings(&errs);
	ipsvc_errors_free(&errs);
	ipsvc_store_close(store);
	return result == IPSVC_STORE_OK ? CLI_OK : CLI_FAILED;
}

static int create(const struct create *c, const char *type, const char *name)
{
	json_t *spec = json_pack("{s:s, s:{s:s}}", "type", type, "selector",
				 "app", name);
	json_t *doc = json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:o}",
				"apiVersion", "v1", "kind", "Service",
				"metadata", "name", name, "namespace",
				cli_namespace(c->cli), "labels", "app", name,
				"spec", spec);
	struct ipsvc_objects objs = {0};
	int code = CLI_FAILED;

	if (!doc)
		return kube_error("\"%s\" is not a name", name);
	ipsvc_objects_add(&objs, &ipsvc_service_kind, doc, NULL, 0);
	if (fill_spec(c, type, spec) == CLI_OK)
		code = store_service(c, &objs.items[0]);
	ipsvc_objects_free(&objs);
	return code;
}

int cmd_create_service(struct cli *cli, int argc, char **argv)
{
	struct create c = { .cli = cli };
	const char *type;
	int code;

	if (!cli_parse(cli, &argc, &argv, &c))
		code = CLI_USAGE;
	else if (!(type = type_of(argv[0])))
		code = cli_usage_error(cli, "unknown type of Service '%s': clusterip, nodeport, loadbalancer or externalname",
				       argv[0]);
	else if (!kube_dry_run(c.dry_run_word, &c.dry_run))
		code = CLI_FAILED;
	else
		code = create(&c, type, argv[1]);
	cli_words_free(&c.tcp);
	return code;
}
