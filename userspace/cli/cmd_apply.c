// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc apply: manifests into the store. */
#include <stdlib.h>
#include <string.h>

#include "api/apply.h"
#include "api/validate.h"
#include "base/memory.h"
#include "cli.h"
#include "kube.h"
#include "kube_files.h"

struct apply {
	struct cli *cli;
	struct cli_words names;
	struct kube_files files;
	const char *dry_run_word;
	enum kube_dry_run dry_run;
	struct ipsvc_objects objs;
	json_t *docs;		/* what was applied, where that is printed */
};

const struct cli_option cmd_apply_options[] = {
	KUBE_OPTION_FILENAME(struct apply, names, "manifests, directories of them, or - for standard input"),
	KUBE_OPTION_DRY_RUN(struct apply, dry_run_word),
	{ 0 },
};

/* CLI_OK, or the exit code after a message. */
static int parse_options(struct apply *a, int argc, char **argv)
{
	if (!cli_parse(a->cli, &argc, &argv, a))
		return CLI_USAGE;
	if (!a->names.n)
		return kube_error("must specify -f: a manifest, a directory of them, or - for standard input");
	if (!kube_dry_run(a->dry_run_word, &a->dry_run) ||
	    !kube_files_find(&a->files, &a->names))
		return CLI_FAILED;
	return CLI_OK;
}

static const char *outcome_word(enum ipsvc_write_outcome outcome)
{
	switch (outcome) {
	case IPSVC_WROTE_CREATED:
		return "created";
	case IPSVC_WROTE_CONFIGURED:
		return "configured";
	default:
		return "unchanged";
	}
}

static void print_applied(const struct apply *a, const struct ipsvc_object *obj,
			  enum ipsvc_write_outcome outcome)
{
	char *name = kube_full_name(obj->kind, obj->name);

	if (strcmp(a->cli->output, "name") == 0)
		printf("%s\n", name);
	else if (kube_prints_documents(a->cli->output))
		json_array_append(a->docs, obj->doc);
	else
		printf("%s %s%s\n", name, outcome_word(outcome),
		       kube_dry_run_suffix(a->dry_run));
	free(name);
}

/* What came of one object; CLI_OK, or CLI_FAILED after a message. */
static int tell(struct apply *a, const struct ipsvc_write *w)
{
	int code = CLI_OK;

	if (w->result == IPSVC_STORE_OK)
		print_applied(a, w->obj, w->outcome);
	else
		code = kube_refused(w->message, w->result, w->obj, &w->errs);
	fflush(stdout);
	kube_warnings(&w->errs);
	return code;
}

/* As the store does: the status is not the manifest's to write. */
static void keep_status(struct ipsvc_object *obj, const json_t *current)
{
	if (obj->kind->status_written)
		return;
	json_object_del(obj->doc, "status");
	if (json_object_get(current, "status"))
		json_object_set(obj->doc, "status",
				json_object_get(current, "status"));
}

/* Without the store's word: merged with what is there, if that can be read. */
static void merge(struct ipsvc_store *store, struct ipsvc_write *w)
{
	struct ipsvc_object *obj = w->obj;
	struct ipsvc_objects old = {0};
	const json_t *current = NULL;

	if (store && ipsvc_store_get(store, obj->kind, obj->ns, obj->name, &old) ==
	    IPSVC_STORE_OK)
		current = old.items[0].doc;
	json_decref(obj->doc);
	obj->doc = ipsvc_apply(obj->kind, current, obj->written);
	ipsvc_object_default(obj);
	keep_status(obj, current);
	ipsvc_object_warnings(obj, &w->errs);
	w->outcome = !current ? IPSVC_WROTE_CREATED :
		     json_equal(current, obj->doc) ? IPSVC_WROTE_UNCHANGED :
						     IPSVC_WROTE_CONFIGURED;
	ipsvc_objects_free(&old);
}

static int write_all(struct apply *a, struct ipsvc_write *writes)
{
	bool client = a->dry_run == KUBE_DRY_RUN_CLIENT;
	int code = CLI_OK;
	struct ipsvc_store *store = client ? kube_store_if_any(a->cli) :
					     kube_store(a->cli, false, &code);

	if (!store && !client)
		return code;
	for (size_t i = 0; i < a->objs.n && client; i++)
		merge(store, &writes[i]);
	if (!client)
		ipsvc_store_write_all(store, writes, a->objs.n,
				      IPSVC_WRITE_CHANGE,
				      a->dry_run == KUBE_DRY_RUN_SERVER);
	ipsvc_store_close(store);
	for (size_t i = 0; i < a->objs.n; i++)
		if (tell(a, &writes[i]) != CLI_OK)
			code = CLI_FAILED;
	return code;
}

/*
 * One that fails does not keep the others back. With @list the documents are a
 * List even if there is one only, because more were asked for.
 */
static int apply_all(struct apply *a, bool list)
{
	struct ipsvc_write *writes;
	int code;

	if (!a->objs.n)
		return CLI_OK;
	a->docs = json_array();
	writes = xcalloc(a->objs.n, sizeof(*writes));
	for (size_t i = 0; i < a->objs.n; i++)
		writes[i].obj = &a->objs.items[i];
	code = write_all(a, writes);
	for (size_t i = 0; i < a->objs.n; i++)
		ipsvc_write_clear(&writes[i]);
	free(writes);
	kube_print_documents(stdout, a->cli->output, a->docs,
			     list && json_array_size(a->docs));
	return code;
}

int cmd_apply(struct cli *cli, int argc, char **argv)
{
	struct apply a = { .cli = cli };
	int code = parse_options(&a, argc, argv), applied;

	if (code == CLI_OK) {
		code = kube_files_read(cli, &a.files, &a.objs);
		if (!a.objs.n && code == CLI_OK)
			code = kube_error("no objects passed to apply");
		applied = apply_all(&a, a.objs.n > 1 || code != CLI_OK);
		if (applied != CLI_OK)
			code = applied;
	}
	ipsvc_objects_free(&a.objs);
	kube_files_free(&a.files);
	cli_words_free(&a.names);
	return code;
}
