// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc replace: whole new versions of what is there. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli.h"
#include "kube.h"
#include "kube_files.h"

struct replace {
	struct cli *cli;
	struct cli_words names;
	const char *dry_run_word;
	enum kube_dry_run dry_run;
	struct ipsvc_store *store;
	json_t *docs;
};

const struct cli_option cmd_replace_options[] = {
	KUBE_OPTION_FILENAME(struct replace, names, "manifests, directories of them, or - for standard input"),
	KUBE_OPTION_DRY_RUN(struct replace, dry_run_word),
	{ 0 },
};

static void print_replaced(const struct replace *r,
			   const struct ipsvc_object *obj)
{
	char *name = kube_full_name(obj->kind, obj->name);

	if (!strcmp(r->cli->output, "name"))
		printf("%s\n", name);
	else if (kube_prints_documents(r->cli->output))
		json_array_append(r->docs, obj->doc);
	else
		printf("%s replaced%s\n", name, kube_dry_run_suffix(r->dry_run));
	free(name);
}

static bool is_there(const struct replace *r, const struct ipsvc_object *obj)
{
	struct ipsvc_objects objs = {0};
	bool there = ipsvc_store_get(r->store, obj->kind, obj->ns, obj->name,
				     &objs) == IPSVC_STORE_OK;

	ipsvc_objects_free(&objs);
	return there;
}

static int replace_one(struct replace *r, struct ipsvc_object *obj)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	enum ipsvc_write_outcome outcome;
	struct ipsvc_errors errs = {0};
	int code = CLI_OK;

	if (r->dry_run != KUBE_DRY_RUN_CLIENT && !is_there(r, obj)) {
		fflush(stdout);
		fprintf(stderr, "Error from server (NotFound): error when replacing \"%s\": %s \"%s\" not found\n",
			strcmp(obj->file, "-") ? obj->file : "STDIN",
			obj->kind->plural, obj->name);
		return CLI_FAILED;
	}
	/* All of it, whatever is there: nothing is merged. */
	json_decref(obj->written);
	obj->written = NULL;
	if (r->dry_run != KUBE_DRY_RUN_CLIENT)
		result = ipsvc_store_write(r->store, obj, IPSVC_WRITE_CHANGE,
					   r->dry_run == KUBE_DRY_RUN_SERVER,
					   &outcome, &errs);
	if (result == IPSVC_STORE_OK)
		print_replaced(r, obj);
	else
		code = kube_refused(ipsvc_store_message(r->store), result, obj,
				    &errs);
	fflush(stdout);
	kube_warnings(&errs);
	ipsvc_errors_free(&errs);
	return code;
}

static int replace_all(struct replace *r, struct ipsvc_objects *objs)
{
	int code = CLI_OK;

	r->store = r->dry_run == KUBE_DRY_RUN_CLIENT ?
		   NULL : kube_store(r->cli, false, &code);
	if (!r->store && r->dry_run != KUBE_DRY_RUN_CLIENT)
		return code;
	r->docs = json_array();
	for (size_t i = 0; i < objs->n; i++)
		if (replace_one(r, &objs->items[i]) != CLI_OK)
			code = CLI_FAILED;
	kube_print_documents(stdout, r->cli->output, r->docs,
			     objs->n > 1 && json_array_size(r->docs));
	ipsvc_store_close(r->store);
	return code;
}

int cmd_replace(struct cli *cli, int argc, char **argv)
{
	struct replace r = { .cli = cli };
	struct ipsvc_objects objs = {0};
	struct kube_files files = {0};
	int code = CLI_FAILED, replaced;

	if (!cli_parse(cli, &argc, &argv, &r)) {
		code = CLI_USAGE;
	} else if (!r.names.n) {
		kube_error("must specify --filename");
	} else if (kube_dry_run(r.dry_run_word, &r.dry_run) &&
		   kube_files_find(&files, &r.names)) {
		code = kube_files_read(cli, &files, &objs);
		if (!objs.n && code == CLI_OK)
			code = kube_error("no objects passed to replace");
		replaced = objs.n ? replace_all(&r, &objs) : CLI_OK;
		code = replaced != CLI_OK ? replaced : code;
	}
	ipsvc_objects_free(&objs);
	kube_files_free(&files);
	cli_words_free(&r.names);
	return code;
}
