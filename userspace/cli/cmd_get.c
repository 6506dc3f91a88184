// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc get: objects as kubectl shows them. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "field_selector.h"
#include "kube.h"
#include "print/columns.h"
#include "print/jsonpath.h"
#include "print/tables.h"
#include "selector.h"

struct get {
	struct cli *cli;
	struct ipsvc_store *store;
	const char *selector, *field_selector, *sort_by;
	struct cli_words labels;	/* of -L */
	bool all_namespaces, no_headers, show_labels, watch;
	struct kube_refs refs;
	struct tables_item *items;
	size_t n, cap;
	int code;
};

/* ---- what is asked for -------------------------------------------------- */

const struct cli_option cmd_get_options[] = {
	CLI_OPTION_BOOL(struct get, all_namespaces, 'A', "all-namespaces",
			"of all namespaces"),
	CLI_OPTION_STRING(struct get, selector, 'l', "selector", "SELECTOR",
			  "with these labels: k=v,k!=v,k,!k"),
	CLI_OPTION_STRING(struct get, field_selector, 0, "field-selector", "SELECTOR",
			  "with these fields: metadata.name=web,spec.type!=NodePort"),
	CLI_OPTION_STRING(struct get, sort_by, 0, "sort-by", "JSONPATH",
			  "in the order of this field: .metadata.name"),
	{ .name = "label-columns", .letter = 'L', .type = CLI_LIST,
	  .at = offsetof(struct get, labels), .value = "KEY",
	  .help = "with columns of these labels" },
	CLI_OPTION_BOOL(struct get, no_headers, 0, "no-headers",
			"without the line of headers"),
	CLI_OPTION_BOOL(struct get, show_labels, 0, "show-labels",
			"with a column of the labels"),
	CLI_OPTION_BOOL(struct get, watch, 'w', "watch",
			"then show what changes, until it is stopped"),
	{ 0 },
};

static int check_fields(const struct get *g, const struct ipsvc_kind *kind)
{
	char *why = field_selector_refusal(g->field_selector, kind);

	if (!why)
		return CLI_OK;
	fprintf(stderr, "Error from server (BadRequest): %s\n", why);
	free(why);
	return CLI_FAILED;
}

/* Returns CLI_OK, or another exit code after a message. */
static int check_request(const struct get *g)
{
	for (size_t i = 0; i < g->refs.n; i++) {
		if (!g->refs.items[i].name)
			continue;
		if (g->all_namespaces)
			return kube_error("a resource cannot be retrieved by name across all namespaces");
		if (g->selector || g->field_selector)
			return kube_error("name cannot be provided when a selector is specified");
	}
	if (g->selector && !selector_is_valid(g->selector))
		return kube_error("unable to parse requirement: \"%s\" is not of the form k=v,k!=v,k,!k",
				  g->selector);
	for (size_t i = 0; i < g->refs.n && g->watch; i++)
		if (g->refs.items[i].kind->derived)
			return kube_error("%s are computed from %s: watch these instead",
					  g->refs.items[i].kind->plural,
					  g->refs.items[i].kind->derived->from);
	for (size_t i = 0; i < g->refs.n && g->field_selector; i++)
		if (check_fields(g, g->refs.items[i].kind) != CLI_OK)
			return CLI_FAILED;
	return CLI_OK;
}

/* ---- what there is ------------------------------------------------------ */

static void add_item(struct get *g, const struct ipsvc_kind *kind, json_t *doc)
{
	const json_t *meta = json_object_get(doc, "metadata");

	if (g->selector &&
	    !selector_matches(g->selector, json_object_get(meta, "labels")))
		return;
	if (g->field_selector && !field_selector_matches(g->field_selector, doc))
		return;
	g->items = ipsvc_grow(g->items, g->n, &g->cap, sizeof(*g->items));
	g->items[g->n++] = (struct tables_item){ kind, json_incref(doc) };
}

static void get_ref(struct get *g, const struct kube_ref *ref)
{
	const char *ns = g->all_namespaces || !ref->kind->namespaced ?
			 NULL : cli_namespace(g->cli);
	struct ipsvc_objects objs = {0};

	switch (kube_list(g->store, ref->kind, ns, ref->name, &objs)) {
	case IPSVC_STORE_OK:
		for (size_t i = 0; i < objs.n; i++)
			add_item(g, ref->kind, objs.items[i].doc);
		break;
	case IPSVC_STORE_NOT_FOUND:
		g->code = kube_not_found(ref->kind, ref->name);
		break;
	default:
		g->code = kube_error("%s", ipsvc_store_message(g->store));
	}
	ipsvc_objects_free(&objs);
}

/* ---- in which order ----------------------------------------------------- */

struct sortable {
	struct tables_item item;
	struct columns_key key;
	size_t was;
};

static int cmp_sortable(const void *pa, const void *pb)
{
	const struct sortable *a = pa, *b = pb;
	int d = columns_key_cmp(&a->key, &b->key);

	return d ? d : a->was < b->was ? -1 : 1;
}

/* CLI_OK, or CLI_FAILED after a message. */
static int sort(struct get *g)
{
	struct sortable *all = xcalloc(g->n + 1, sizeof(*all));
	int code = CLI_OK;
	char *why = NULL;
	bool any = !g->n;

	for (size_t i = 0; i < g->n && code == CLI_OK; i++) {
		all[i] = (struct sortable){ .item = g->items[i], .was = i };
		if (!columns_key(g->sort_by, g->items[i].doc, &all[i].key, &why))
			code = kube_error("%s", why);
		any = any || all[i].key.value;
	}
	if (code == CLI_OK && !any)
		code = kube_error("couldn't find any field with path \"%s\" in the list of objects",
				  g->sort_by);
	if (code == CLI_OK) {
		qsort(all, g->n, sizeof(*all), cmp_sortable);
		for (size_t i = 0; i < g->n; i++)
			g->items[i] = all[i].item;
	}
	free(why);
	free(all);
	return code;
}

/* ---- how it is shown ---------------------------------------------------- */

static const char *meta_text(const json_t *doc, const char *key)
{
	return ipsvc_json_text(json_object_get(doc, "metadata"), key);
}

static void print_names(const struct get *g)
{
	for (size_t i = 0; i < g->n; i++) {
		char *name = kube_full_name(g->items[i].kind,
					    meta_text(g->items[i].doc, "name"));

		puts(name);
		free(name);
	}
}

static json_t *documents(const struct get *g)
{
	json_t *docs = json_array();

	for (size_t i = 0; i < g->n; i++)
		json_array_append(docs, g->items[i].doc);
	return docs;
}

/* One that was asked for by name is itself, all else is a List. */
static bool as_list(const struct get *g)
{
	return g->refs.n != 1 || !g->refs.items[0].name;
}

/* What follows @format in -o, "jsonpath="; NULL when it is another one. */
static const char *after(const struct get *g, const char *format)
{
	size_t len = strlen(format);

	return strncmp(g->cli->output, format, len) ? NULL :
						      g->cli->output + len;
}

static void print_jsonpath(struct get *g, const char *template)
{
	json_t *docs = documents(g), *doc = kube_one_document(docs, as_list(g));
	struct ipsvc_buf buf = {0};
	char *why = NULL, *text;

	if (!doc) {
		/* It was not found, as was said. */
	} else if (!jsonpath_print(template, doc, &buf, &why)) {
		g->code = kube_error("error parsing jsonpath %s, %s", template,
				     why);
	} else {
		text = ipsvc_buf_take(&buf);
		fputs(text, stdout);
		free(text);
	}
	free(why);
	ipsvc_buf_free(&buf);
	json_decref(doc);
	json_decref(docs);
}

static void print_columns(struct get *g, const char *spec)
{
	json_t *docs = documents(g);
	char *why = NULL;

	if (!columns_print(stdout, spec, docs, g->no_headers, &why))
		g->code = kube_error("%s", why);
	free(why);
	json_decref(docs);
}

static void print_tables(struct get *g)
{
	const struct tables how = {
		.format = cli_format(g->cli),
		.all_namespaces = g->all_namespaces,
		.show_labels = g->show_labels,
		.no_headers = g->no_headers,
		.labels = g->labels.items,
		.nlabels = g->labels.n,
		.full_names = g->refs.several_kinds,
		.now = time(NULL),
	};

	errno = 0;
	if (tables_print(stdout, &how, g->items, g->n))
		g->code = cli_cannot_write(errno);
}

static bool any_namespaced(const struct get *g)
{
	for (size_t i = 0; i < g->refs.n; i++)
		if (g->refs.items[i].kind->namespaced)
			return true;
	return false;
}

static void print(struct get *g)
{
	if (kube_prints_documents(g->cli->output)) {
		kube_print_documents(stdout, g->cli->output, documents(g),
				     as_list(g));
		return;
	}
	if (after(g, "jsonpath=")) {
		print_jsonpath(g, after(g, "jsonpath="));
		return;
	}
	if (!g->n && g->code == CLI_OK) {
		if (g->all_namespaces || !any_namespaced(g))
			fputs("No resources found\n", stderr);
		else
			fprintf(stderr, "No resources found in %s namespace.\n",
				cli_namespace(g->cli));
		return;
	}
	if (!strcmp(g->cli->output, "name"))
		print_names(g);
	else if (after(g, "custom-columns="))
		print_columns(g, after(g, "custom-columns="));
	else
		print_tables(g);
}

/* ---- what changes ------------------------------------------------------- */

static bool is_asked_for(const struct get *g, const struct ipsvc_object *obj)
{
	for (size_t i = 0; i < g->refs.n; i++) {
		const struct kube_ref *ref = &g->refs.items[i];

		if (ref->kind == obj->kind &&
		    (!ref->name || !strcmp(ref->name, obj->name)) &&
		    (g->all_namespaces || !ref->kind->namespaced ||
		     !strcmp(cli_namespace(g->cli), obj->ns)))
			return true;
	}
	return false;
}

/* ipsvc_change_fn: one that was deleted is shown as it was. */
static void on_change(const struct ipsvc_change *change, void *arg)
{
	const struct ipsvc_object *obj = change->obj;
	struct get *g = arg;

	if (obj->doc && is_asked_for(g, obj))
		add_item(g, obj->kind, obj->doc);
}

static void forget_items(struct get *g)
{
	for (size_t i = 0; i < g->n; i++)
		json_decref(g->items[i].doc);
	g->n = 0;
}

/* Documents come one by one, not as a List. */
static void print_changes(struct get *g)
{
	if (!kube_prints_documents(g->cli->output)) {
		print(g);
		return;
	}
	for (size_t i = 0; i < g->n; i++)
		kube_print_documents(stdout, g->cli->output,
				     json_pack("[O]", g->items[i].doc), false);
}

/* What is there was shown, as of @revision or later. Ends with a message only. */
static int watch(struct get *g, int64_t revision)
{
	struct pollfd poll_fd = {
		.fd = ipsvc_store_watch_fd(g->store), .events = POLLIN,
	};

	g->no_headers = g->no_headers || g->n;
	while (cli_flush() == CLI_OK) {
		forget_items(g);
		ipsvc_store_watch_drain(g->store);
		if (ipsvc_store_changes(g->store, revision, on_change, g,
					&revision) != IPSVC_STORE_OK)
			return kube_error("%s", ipsvc_store_message(g->store));
		if (g->n) {
			print_changes(g);
			g->no_headers = true;
		} else {
			/* Without a descriptor, look now and then. */
			poll(&poll_fd, 1, poll_fd.fd < 0 ? 1000 : -1);
		}
	}
	return CLI_FAILED;
}

/* Lists, and shows. */
static void run(struct get *g)
{
	int64_t revision = g->watch ? ipsvc_store_revision(g->store) : 0;

	g->code = CLI_OK;
	for (size_t i = 0; i < g->refs.n; i++)
		get_ref(g, &g->refs.items[i]);
	if (g->sort_by && sort(g) != CLI_OK) {
		g->code = CLI_FAILED;
		return;
	}
	if (!g->watch || g->n)
		print(g);
	if (g->watch && g->code == CLI_OK)
		g->code = watch(g, revision);
}

int cmd_get(struct cli *cli, int argc, char **argv)
{
	struct get g = { .cli = cli, .code = CLI_FAILED };

	if (!cli_parse(cli, &argc, &argv, &g))
		return CLI_USAGE;
	if (kube_refs_parse(argv, argc, &g.refs) &&
	    check_request(&g) == CLI_OK &&
	    (g.store = kube_store(cli, true, &g.code))) {
		run(&g);
		ipsvc_store_close(g.store);
	}
	forget_items(&g);
	free(g.items);
	kube_refs_free(&g.refs);
	cli_words_free(&g.labels);
	return g.code;
}
