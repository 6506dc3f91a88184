// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc expose: a Service for a Pod, or like another Service. */
#include <stdlib.h>
#include <string.h>

#include "api/schema.h"
#include "api/service/expose.h"
#include "api/service/service.h"
#include "api/validate.h"
#include "cli.h"
#include "kube.h"
#include "kube_files.h"

struct expose {
	struct cli *cli;
	struct cli_words names;
	struct kube_files files;
	const char *dry_run_word;
	enum kube_dry_run dry_run;
	struct ipsvc_expose_options opts;
	json_t *docs;		/* what was made, where that is printed */
};

const struct cli_option cmd_expose_options[] = {
	KUBE_OPTION_FILENAME(struct expose, names, "what these manifests describe instead of TYPE NAME"),
	CLI_OPTION_STRING(struct expose, opts.name, 0, "name", "NAME",
			  "of the new Service (that of the object)"),
	CLI_OPTION_STRING(struct expose, opts.port, 0, "port", "PORT",
			  "of the Service, or several with commas (those of the object)"),
	CLI_OPTION_STRING(struct expose, opts.target_port, 0, "target-port", "PORT",
			  "of the Pods, number or name (that of the Service)"),
	{ .name = "protocol", .type = CLI_STRING,
	  .at = offsetof(struct expose, opts.protocol), .value = "PROTOCOL",
	  .words = "TCP UDP",
	  .help = "TCP or UDP (that of the object, or TCP)" },
	{ .name = "type", .type = CLI_STRING,
	  .at = offsetof(struct expose, opts.type), .value = "TYPE",
	  .words = "ClusterIP NodePort LoadBalancer",
	  .help = "ClusterIP, NodePort or LoadBalancer (ClusterIP)" },
	CLI_OPTION_STRING(struct expose, opts.selector, 0, "selector", "LABELS",
			  "which Pods (those of the object): k=v,k2=v2"),
	CLI_OPTION_STRING(struct expose, opts.labels, 'l', "labels", "LABELS",
			  "of the new Service (those of the object)"),
	CLI_OPTION_STRING(struct expose, opts.cluster_ip, 0, "cluster-ip", "IP",
			  "its address, or None"),
	CLI_OPTION_STRING(struct expose, opts.external_ip, 0, "external-ip", "IP",
			  "one more address"),
	CLI_OPTION_STRING(struct expose, opts.load_balancer_ip, 0, "load-balancer-ip", "IP",
			  "address wanted from a load balancer"),
	{ .name = "session-affinity", .type = CLI_STRING,
	  .at = offsetof(struct expose, opts.session_affinity), .value = "WORD",
	  .words = "None ClientIP",
	  .help = "None or ClientIP" },
	KUBE_OPTION_DRY_RUN(struct expose, dry_run_word),
	{ 0 },
};

/* CLI_OK, or the exit code after a message. */
static int parse_options(struct expose *e, int *argc, char ***argv)
{
	if (!cli_parse(e->cli, argc, argv, e))
		return CLI_USAGE;
	if (e->names.n && *argc)
		return cli_usage_error(e->cli, "unexpected argument '%s'",
				       **argv);
	if (!e->names.n && !*argc)
		return cli_usage_error(e->cli, "an argument is missing: %s",
				       e->cli->verb->args);
	if (!kube_dry_run(e->dry_run_word, &e->dry_run) ||
	    !kube_files_find(&e->files, &e->names))
		return CLI_FAILED;
	return CLI_OK;
}

/* Decodes and completes what is to be created; the store validates it. */
static bool prepare(struct ipsvc_object *obj)
{
	struct ipsvc_errors errs = {0};
	bool ok = ipsvc_schema_check(obj->kind, obj->doc, true, &errs);
	char *text;

	if (ok) {
		ipsvc_object_default(obj);
		return true;
	}
	text = ipsvc_error_format(&errs.items[0]);
	fprintf(stderr, "Error from server (BadRequest): %s in version \"%s\" cannot be handled as a %s: %s\n",
		obj->kind->kind, obj->kind->version, obj->kind->kind, text);
	free(text);
	ipsvc_errors_free(&errs);
	return false;
}

static void print_exposed(const struct expose *e, const struct ipsvc_object *obj)
{
	char *name = kube_full_name(obj->kind, obj->name);

	if (strcmp(e->cli->output, "name") == 0)
		printf("%s\n", name);
	else if (kube_prints_documents(e->cli->output))
		json_array_append(e->docs, obj->doc);
	else
		printf("%s exposed%s\n", name, kube_dry_run_suffix(e->dry_run));
	free(name);
}

static int create(const struct expose *e, struct ipsvc_store *store,
		  struct ipsvc_object *obj)
{
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	int code = CLI_OK;

	/* As kubectl: the client does not ask what there is already. */
	if (e->dry_run == KUBE_DRY_RUN_CLIENT)
		ipsvc_object_warnings(obj, &errs);
	else
		result = ipsvc_store_write(store, obj, IPSVC_WRITE_CREATE,
					   e->dry_run == KUBE_DRY_RUN_SERVER,
					   &outcome, &errs);
	if (result == IPSVC_STORE_OK)
		print_exposed(e, obj);
	else
		code = kube_refused(ipsvc_store_message(store), result, obj,
				    &errs);
	fflush(stdout);
	kube_warnings(&errs);
	ipsvc_errors_free(&errs);
	return code;
}

static int expose_one(const struct expose *e, struct ipsvc_store *store,
		      const struct ipsvc_object *from)
{
	struct ipsvc_objects made = {0};
	char *message = NULL;
	json_t *doc = ipsvc_expose(from, &e->opts, &message);
	struct ipsvc_object *obj;
	int code = CLI_FAILED;

	if (!doc) {
		code = kube_error("%s", message);
		free(message);
		return code;
	}
	obj = ipsvc_objects_add(&made, &ipsvc_service_kind, doc, NULL, 0);
	if (prepare(obj))
		code = create(e, store, obj);
	ipsvc_objects_free(&made);
	return code;
}

/* What TYPE NAME… name; CLI_OK when all are there. */
static int find(const struct expose *e, struct ipsvc_store *store, char **args,
		int n, struct ipsvc_objects *found)
{
	struct kube_refs refs = {0};
	int code = kube_refs_parse(args, n, &refs) ? CLI_OK : CLI_FAILED;

	for (size_t i = 0; i < refs.n && code == CLI_OK; i++) {
		const struct kube_ref *ref = &refs.items[i];
		enum ipsvc_store_result result;

		if (!ref->kind->expose) {
			code = kube_error("cannot expose a %s", ref->kind->kind);
		} else if (!ref->name) {
			code = kube_error("resource(s) were provided, but no name was specified");
		} else {
			result = ipsvc_store_get(store, ref->kind,
						 cli_namespace(e->cli), ref->name,
						 found);
			if (result == IPSVC_STORE_NOT_FOUND)
				code = kube_not_found(ref->kind, ref->name);
			else if (result != IPSVC_STORE_OK)
				code = kube_error("%s",
						  ipsvc_store_message(store));
		}
	}
	kube_refs_free(&refs);
	return code;
}

static int run(struct expose *e, char **args, int n)
{
	bool client = e->dry_run == KUBE_DRY_RUN_CLIENT;
	struct ipsvc_objects from = {0};
	struct ipsvc_store *store = NULL;
	int code = CLI_FAILED;

	if (!client || !e->files.n)
		store = kube_store(e->cli, client, &code);
	if (!store && !(client && e->files.n))
		return code;
	code = e->files.n ? kube_files_read(e->cli, &e->files, &from) :
			    find(e, store, args, n, &from);
	if (!from.n && code == CLI_OK)
		code = kube_error("no objects passed to expose");
	e->docs = json_array();
	for (size_t i = 0; i < from.n && code == CLI_OK; i++)
		code = expose_one(e, store, &from.items[i]);
	kube_print_documents(stdout, e->cli->output, e->docs,
			     from.n > 1 && json_array_size(e->docs));
	ipsvc_objects_free(&from);
	ipsvc_store_close(store);
	return code;
}

int cmd_expose(struct cli *cli, int argc, char **argv)
{
	struct expose e = { .cli = cli };
	int code = parse_options(&e, &argc, &argv);

	if (code == CLI_OK)
		code = run(&e, argv, argc);
	kube_files_free(&e.files);
	cli_words_free(&e.names);
	return code;
}
