// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc delete: out of the store. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "kube.h"
#include "kube_files.h"

struct delete {
	struct cli *cli;
	struct ipsvc_store *store;
	struct cli_words names;
	struct kube_files files;
	const char *dry_run_word;
	bool all, ignore_not_found;
	enum kube_dry_run dry_run;
	json_t *emptied;	/* names of namespaces whose contents are to go */
	json_t *docs;		/* what was deleted, where that is printed */
	bool list;		/* several were asked for: a List of them */
};

const struct cli_option cmd_delete_options[] = {
	KUBE_OPTION_FILENAME(struct delete, names, "what manifests or directories of them describe"),
	CLI_OPTION_BOOL(struct delete, all, 0, "all", "all of TYPE"),
	CLI_OPTION_BOOL(struct delete, ignore_not_found, 0, "ignore-not-found",
			"what is not there is no failure"),
	KUBE_OPTION_DRY_RUN(struct delete, dry_run_word),
	{ 0 },
};

/* CLI_OK, or the exit code after a message. */
static int parse_options(struct delete *d, int *argc, char ***argv)
{
	if (!cli_parse(d->cli, argc, argv, d))
		return CLI_USAGE;
	if (!d->names.n && !*argc)
		return cli_usage_error(d->cli, "an argument is missing: %s",
				       d->cli->verb->args);
	if (d->names.n && (*argc || d->all))
		return kube_error("cannot set --filename and names or --all at the same time");
	if (!kube_dry_run(d->dry_run_word, &d->dry_run) ||
	    !kube_files_find(&d->files, &d->names))
		return CLI_FAILED;
	return CLI_OK;
}

static void print_deleted(const struct delete *d, const struct ipsvc_object *obj)
{
	const char *suffix = kube_dry_run_suffix(d->dry_run);
	char *type = ipsvc_kind_one(obj->kind);

	if (strcmp(d->cli->output, "name") == 0)
		printf("%s/%s\n", type, obj->name);
	else if (kube_prints_documents(d->cli->output))
		json_array_append(d->docs, obj->doc);
	else if (!obj->kind->namespaced)
		printf("%s \"%s\" deleted%s\n", type, obj->name, suffix);
	else
		printf("%s \"%s\" deleted from %s namespace%s\n", type,
		       obj->name, obj->ns, suffix);
	free(type);
}

/* An empty List says it as well. */
static void print_nothing(const struct delete *d)
{
	if (!kube_prints_documents(d->cli->output))
		puts("No resources found");
}

/* What is there, if that can be read; else what is named counts as there. */
static enum ipsvc_store_result look(struct delete *d,
				    const struct ipsvc_kind *kind,
				    const char *ns, const char *name,
				    struct ipsvc_objects *found)
{
	char *version;

	if (d->store)
		return ipsvc_store_get(d->store, kind, ns, name, found);
	version = ipsvc_kind_api_version(kind);
	ipsvc_objects_add(found, kind,
			  json_pack("{s:s, s:s, s:{s:s, s:s*}}", "apiVersion",
				    version, "kind", kind->kind, "metadata",
				    "name", name, "namespace",
				    *ns ? ns : NULL),
			  NULL, 0);
	free(version);
	return IPSVC_STORE_OK;
}

static int not_there(struct delete *d, const struct ipsvc_kind *kind,
		     const char *ns, const char *name)
{
	struct ipsvc_objects computed = {0};
	bool any = kind->derived && d->store &&
		   kube_list(d->store, kind, ns, name, &computed) ==
		   IPSVC_STORE_OK;

	if (any && kind->immortal)
		print_deleted(d, &computed.items[0]);
	ipsvc_objects_free(&computed);
	if (any && kind->immortal)
		return CLI_OK;
	if (any)
		return kube_error("%s \"%s\" is computed from %s: delete these instead",
				  kind->singular, name, kind->derived->from);
	return d->ignore_not_found ? CLI_OK : kube_not_found(kind, name);
}

/* ---- Namespaces ---------------------------------------------------------- */

/* Deletes all that is in @ns, of which there is @n; a manifest's is refused. */
static int delete_contents(struct delete *d, const char *ns, bool dry_run, size_t *n)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	struct ipsvc_objects objs = {0};

	*n = 0;
	if (ipsvc_store_list(d->store, NULL, ns, &objs, NULL) != IPSVC_STORE_OK)
		result = IPSVC_STORE_ERROR;
	for (size_t i = 0; result == IPSVC_STORE_OK && i < objs.n; i++) {
		const struct ipsvc_object *obj = &objs.items[i];

		if (!obj->kind->namespaced)
			continue;
		(*n)++;
		result = ipsvc_store_delete(d->store, obj->kind, ns, obj->name,
					    dry_run, NULL);
		if (result == IPSVC_STORE_NOT_FOUND)
			result = IPSVC_STORE_OK;
	}
	ipsvc_objects_free(&objs);
	return result == IPSVC_STORE_OK ? CLI_OK :
	       kube_error("namespace \"%s\": %s", ns,
			  ipsvc_store_message(d->store));
}

static bool is_immortal(const struct ipsvc_kind *kind, const char *name)
{
	for (size_t i = 0; kind->immortal[i]; i++)
		if (!strcmp(kind->immortal[i], name))
			return true;
	return false;
}

/*
 * Notes that the namespace @name is to be deleted, if it can be. What it contains is
 * deleted after all objects that were named, since some of those may be in it.
 */
static int enter(struct delete *d, const struct ipsvc_kind *kind, const char *name)
{
	size_t n;

	if (is_immortal(kind, name)) {
		fprintf(stderr, "Error from server (Forbidden): %s \"%s\" is forbidden: this namespace may not be deleted\n",
			kind->plural, name);
		return CLI_FAILED;
	}
	if (d->dry_run == KUBE_DRY_RUN_CLIENT)
		return CLI_OK;
	if (delete_contents(d, name, true, &n) != CLI_OK)
		return CLI_FAILED;
	if (n && d->dry_run == KUBE_DRY_RUN_NONE)
		json_object_set_new(d->emptied, name, json_true());
	return CLI_OK;
}

static int empty_namespaces(struct delete *d)
{
	int code = CLI_OK;
	const char *name;
	json_t *value;
	size_t n;

	json_object_foreach(d->emptied, name, value)
		if (delete_contents(d, name, false, &n) != CLI_OK)
			code = CLI_FAILED;
	return code;
}

/* ---- objects ------------------------------------------------------------- */

static int delete_one(struct delete *d, const struct ipsvc_kind *kind,
		      const char *ns, const char *name)
{
	struct ipsvc_objects deleted = {0};
	enum ipsvc_store_result result;

	if (kind->immortal && enter(d, kind, name) != CLI_OK)
		return CLI_FAILED;
	if (d->dry_run == KUBE_DRY_RUN_CLIENT)
		result = look(d, kind, ns, name, &deleted);
	else
		result = ipsvc_store_delete(d->store, kind, ns, name,
					    d->dry_run != KUBE_DRY_RUN_NONE,
					    &deleted);
	if (result == IPSVC_STORE_OK) {
		print_deleted(d, &deleted.items[0]);
		ipsvc_objects_free(&deleted);
		return CLI_OK;
	}
	if (result == IPSVC_STORE_NOT_FOUND)
		return not_there(d, kind, ns, name);
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
	int code = kube_files_read(d->cli, &d->files, &objs);

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

	if (d->store &&
	    ipsvc_store_list(d->store, kind, cli_namespace(d->cli), &objs, NULL) !=
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
	if (ref->name && d->all)
		return kube_error("name cannot be provided when --all is specified");
	if (ref->name)
		return delete_one(d, ref->kind, ref->kind->namespaced ?
				  cli_namespace(d->cli) : "", ref->name);
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
	bool client;
	int code = parse_options(&d, &argc, &argv);

	if (code == CLI_OK) {
		code = CLI_FAILED;
		d.docs = json_array();
		d.emptied = json_object();
		client = d.dry_run == KUBE_DRY_RUN_CLIENT;
		d.store = client ? kube_store_if_any(cli) :
				   kube_store(cli, false, &code);
		if ((d.store || client) && d.files.n)
			code = delete_files(&d);
		else if (d.store || client)
			code = delete_refs(&d, argv, argc);
		if (empty_namespaces(&d) != CLI_OK)
			code = CLI_FAILED;
		ipsvc_store_close(d.store);
		print_documents(&d, code);
	}
	json_decref(d.emptied);
	kube_files_free(&d.files);
	cli_words_free(&d.names);
	return code;
}
