// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc delete: out of the store. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "kube.h"
#include "kube_files.h"

const struct cli_option cmd_delete_options[] = {
	{ "-f, --filename FILE", "what that manifest or directory describes; may repeat" },
	{ "-n, --namespace NS", "of that namespace (default)" },
	{ "--all", "all of TYPE" },
	{ "--ignore-not-found", "what is not there is no failure" },
	{ "--dry-run[=client|server]", "only say what would be done" },
	{ NULL, NULL },
};

struct delete {
	struct cli *cli;
	struct ipsvc_store *store;
	struct kube_files files;
	const char *ns;		/* NULL: not given */
	bool all, ignore_not_found;
	enum kube_dry_run dry_run;
	json_t *docs;		/* what was deleted, where that is printed */
	bool list;		/* several were asked for: a List of them */
};

enum { OPT_ALL = 256, OPT_IGNORE_NOT_FOUND, OPT_DRY_RUN };

static const struct option longs[] = {
	{ "filename", required_argument, NULL, 'f' },
	{ "namespace", required_argument, NULL, 'n' },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "ignore-not-found", no_argument, NULL, OPT_IGNORE_NOT_FOUND },
	{ "dry-run", optional_argument, NULL, OPT_DRY_RUN },
	{ NULL, 0, NULL, 0 },
};

/* CLI_OK, or the exit code after a message. */
static int parse_options(struct delete *d, int argc, char **argv)
{
	int opt;

	while ((opt = cli_getopt(d->cli, argc, argv, "f:n:", longs)) != -1) {
		bool ok = true;

		switch (opt) {
		case 'f':
			ok = kube_files_add(&d->files, optarg);
			break;
		case 'n':
			d->ns = optarg;
			break;
		case OPT_ALL:
			d->all = true;
			break;
		case OPT_IGNORE_NOT_FOUND:
			d->ignore_not_found = true;
			break;
		case OPT_DRY_RUN:
			ok = kube_dry_run(optarg, &d->dry_run);
			break;
		default:
			return CLI_USAGE;
		}
		if (!ok)
			return CLI_FAILED;
	}
	if (!d->files.n)
		return cli_check_args(d->cli, argc, argv, 1, -1) ? CLI_OK :
								   CLI_USAGE;
	if (optind < argc || d->all)
		return kube_error("cannot set --filename and names or --all at the same time");
	return CLI_OK;
}

static const char *namespace_of(const struct delete *d)
{
	return d->ns ? d->ns : "default";
}

static void print_deleted(const struct delete *d, const struct ipsvc_object *obj)
{
	const char *singular = obj->kind->singular;

	if (strcmp(d->cli->output, "name") == 0)
		printf("%s/%s\n", singular, obj->name);
	else if (kube_prints_documents(d->cli->output))
		json_array_append(d->docs, obj->doc);
	else
		printf("%s \"%s\" deleted from %s namespace%s\n", singular,
		       obj->name, obj->ns, kube_dry_run_suffix(d->dry_run));
}

/* An empty List says it as well. */
static void print_nothing(const struct delete *d)
{
	if (!kube_prints_documents(d->cli->output))
		puts("No resources found");
}

static int delete_one(struct delete *d, const struct ipsvc_kind *kind,
		      const char *ns, const char *name)
{
	struct ipsvc_objects deleted = {0};
	enum ipsvc_store_result result;

	/* A dry run tells what is refused, too. */
	result = ipsvc_store_delete(d->store, kind, ns, name,
				    d->dry_run != KUBE_DRY_RUN_NONE, &deleted);
	if (result == IPSVC_STORE_OK) {
		print_deleted(d, &deleted.items[0]);
		ipsvc_objects_free(&deleted);
		return CLI_OK;
	}
	if (result == IPSVC_STORE_NOT_FOUND)
		return d->ignore_not_found ? CLI_OK :
					     kube_not_found(kind, name);
	return kube_error("%s", ipsvc_store_message(d->store));
}

static int delete_objects(struct delete *d, const struct ipsvc_objects *objs)
{
	int code = CLI_OK;

	for (size_t i = 0; i < objs->n; i++)
		if (delete_one(d, objs->items[i].kind, objs->items[i].ns,
			       objs->items[i].name) != CLI_OK)
			code = CLI_FAILED;
	return code;
}

static int delete_files(struct delete *d)
{
	struct ipsvc_objects objs = {0};
	int code = kube_files_read(&d->files, namespace_of(d), d->ns != NULL,
				   &objs);

	d->list = objs.n != 1;
	if (!objs.n && code == CLI_OK)
		print_nothing(d);
	if (delete_objects(d, &objs) != CLI_OK)
		code = CLI_FAILED;
	ipsvc_objects_free(&objs);
	return code;
}

static int delete_all_of(struct delete *d, const struct ipsvc_kind *kind)
{
	struct ipsvc_objects objs = {0};
	int code;

	if (ipsvc_store_list(d->store, kind, namespace_of(d), &objs, NULL) !=
	    IPSVC_STORE_OK)
		return kube_error("%s", ipsvc_store_message(d->store));
	if (!objs.n)
		print_nothing(d);
	code = delete_objects(d, &objs);
	ipsvc_objects_free(&objs);
	return code;
}

static int delete_ref(struct delete *d, const struct kube_ref *ref)
{
	if (ref->kind->derived)
		return kube_error("%s are computed from %s: delete these instead",
				  ref->kind->plural, ref->kind->derived->from);
	if (ref->name && d->all)
		return kube_error("name cannot be provided when --all is specified");
	if (ref->name)
		return delete_one(d, ref->kind, namespace_of(d), ref->name);
	if (d->all)
		return delete_all_of(d, ref->kind);
	return kube_error("resource(s) were provided, but no name was specified");
}

static int delete_refs(struct delete *d, char **args, int n)
{
	struct kube_refs refs = {0};
	int code = CLI_OK;

	if (!kube_refs_parse(args, n, &refs))
		code = CLI_FAILED;
	d->list = d->all || refs.n > 1;
	for (size_t i = 0; i < refs.n; i++)
		if (delete_ref(d, &refs.items[i]) != CLI_OK)
			code = CLI_FAILED;
	kube_refs_free(&refs);
	return code;
}

/* What failed and deleted nothing prints nothing but its message. */
static void print_documents(struct delete *d, int code)
{
	bool any = code == CLI_OK || json_array_size(d->docs);

	if (kube_prints_documents(d->cli->output))
		kube_print_documents(stdout, d->cli->output, d->docs,
				     d->list && any);
	else
		json_decref(d->docs);
}

int cmd_delete(struct cli *cli, int argc, char **argv)
{
	struct delete d = { .cli = cli };
	int code = parse_options(&d, argc, argv);

	if (code == CLI_OK) {
		code = CLI_FAILED;
		d.docs = json_array();
		d.store = kube_store(cli, false, &code);
		if (d.store && d.files.n)
			code = delete_files(&d);
		else if (d.store)
			code = delete_refs(&d, argv + optind, argc - optind);
		ipsvc_store_close(d.store);
		print_documents(&d, code);
	}
	kube_files_free(&d.files);
	return code;
}
