// SPDX-License-Identifier: GPL-2.0-or-later
#include "kube_change.h"

#include <stdlib.h>
#include <string.h>

#include "api/validate.h"
#include "base/memory.h"
#include "selector.h"

/* So often in a row others may change the object meanwhile. */
#define ATTEMPTS	5

static void print_changed(const struct kube_change *c,
			  const struct ipsvc_object *obj, const char *word)
{
	char *name = kube_full_name(obj->kind, obj->name);

	if (strcmp(c->cli->output, "name") == 0)
		printf("%s\n", name);
	else if (kube_prints_documents(c->cli->output))
		json_array_append(c->docs, obj->doc);
	else
		printf("%s %s%s\n", name, word, kube_dry_run_suffix(c->dry_run));
	free(name);
}

/* CONFLICT: to be read again. */
static enum ipsvc_store_result try_change(struct kube_change *c,
					  struct ipsvc_object *obj, int *code)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	enum ipsvc_write_outcome outcome;
	struct ipsvc_errors errs = {0};
	const char *word;
	json_t *next = c->change(c, obj, &word);

	if (!next) {
		*code = CLI_FAILED;
		return result;
	}
	json_decref(obj->doc);
	obj->doc = next;
	ipsvc_object_default(obj);
	if (c->dry_run != KUBE_DRY_RUN_CLIENT)
		result = ipsvc_store_write(c->store, obj, IPSVC_WRITE_CHANGE,
					   c->dry_run == KUBE_DRY_RUN_SERVER,
					   &outcome, &errs);
	if (result == IPSVC_STORE_OK)
		print_changed(c, obj, word);
	else if (result != IPSVC_STORE_CONFLICT)
		*code = kube_refused(ipsvc_store_message(c->store), result, obj,
				     &errs);
	fflush(stdout);
	kube_warnings(&errs);
	ipsvc_errors_free(&errs);
	return result;
}

static int change_one(struct kube_change *c, const struct ipsvc_kind *kind,
		      const char *ns, const char *name)
{
	enum ipsvc_store_result result = IPSVC_STORE_CONFLICT;
	int code = CLI_OK;

	for (int i = 0; i < ATTEMPTS && result == IPSVC_STORE_CONFLICT; i++) {
		struct ipsvc_objects objs = {0};

		result = ipsvc_store_get(c->store, kind, ns, name, &objs);
		if (result == IPSVC_STORE_NOT_FOUND)
			code = kube_not_found(kind, name);
		else if (result != IPSVC_STORE_OK)
			code = kube_error("%s", ipsvc_store_message(c->store));
		else
			result = try_change(c, &objs.items[0], &code);
		ipsvc_objects_free(&objs);
	}
	return result == IPSVC_STORE_CONFLICT ?
	       kube_error("%s", ipsvc_store_message(c->store)) : code;
}

static int change_all(struct kube_change *c, const struct ipsvc_objects *objs)
{
	int code = CLI_OK;

	for (size_t i = 0; i < objs->n; i++) {
		const struct ipsvc_object *obj = &objs->items[i];

		if (c->selector &&
		    !selector_matches(c->selector, json_object_get(
			json_object_get(obj->doc, "metadata"), "labels")))
			continue;
		if (change_one(c, obj->kind, obj->ns, obj->name) != CLI_OK)
			code = CLI_FAILED;
	}
	return code;
}

static int change_ref(struct kube_change *c, const struct kube_ref *ref)
{
	const char *ns = ref->kind->namespaced ? cli_namespace(c->cli) : "";
	struct ipsvc_objects objs = {0};
	int code;

	if (ref->kind->derived)
		return kube_error("%s are computed from %s and cannot be changed",
				  ref->kind->plural, ref->kind->derived->from);
	if (ref->name)
		return change_one(c, ref->kind, ns, ref->name);
	if (!c->all && !c->selector)
		return kube_error("resource(s) were provided, but no name was specified");
	if (ipsvc_store_list(c->store, ref->kind, *ns ? ns : NULL, &objs, NULL) !=
	    IPSVC_STORE_OK)
		return kube_error("%s", ipsvc_store_message(c->store));
	code = change_all(c, &objs);
	ipsvc_objects_free(&objs);
	return code;
}

static int change_refs(struct kube_change *c, char **args, int n)
{
	struct kube_refs refs = {0};
	int code = kube_refs_parse(args, n, &refs) ? CLI_OK : CLI_FAILED;

	for (size_t i = 0; i < refs.n; i++)
		if (change_ref(c, &refs.items[i]) != CLI_OK)
			code = CLI_FAILED;
	kube_refs_free(&refs);
	return code;
}

static int change_files(struct kube_change *c)
{
	struct kube_files files = {0};
	struct ipsvc_objects objs = {0};
	int code = CLI_FAILED;

	if (kube_files_find(&files, &c->names)) {
		code = kube_files_read(c->cli, &files, &objs);
		if (change_all(c, &objs) != CLI_OK)
			code = CLI_FAILED;
	}
	kube_files_free(&files);
	ipsvc_objects_free(&objs);
	return code;
}

int kube_change_run(struct kube_change *c, char **args, int n)
{
	int code = CLI_FAILED;

	if (!n && !c->names.n)
		return kube_error("one or more resources must be specified as <resource> <name> or <resource>/<name>");
	if (n && c->names.n)
		return kube_error("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well");
	if (c->selector && !selector_is_valid(c->selector))
		return kube_error("unable to parse requirement: \"%s\" is not of the form k=v,k!=v,k,!k",
				  c->selector);
	if (!kube_dry_run(c->dry_run_word, &c->dry_run))
		return code;
	c->store = kube_store(c->cli, c->dry_run == KUBE_DRY_RUN_CLIENT, &code);
	if (!c->store)
		return code;
	c->docs = json_array();
	code = c->names.n ? change_files(c) : change_refs(c, args, n);
	kube_print_documents(stdout, c->cli->output, c->docs, false);
	ipsvc_store_close(c->store);
	return code;
}
