// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc get: objects as kubectl shows them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "kube.h"
#include "print/tables.h"
#include "selector.h"

struct get {
	struct cli *cli;
	struct ipsvc_store *store;
	const char *selector;
	bool all_namespaces, no_headers, show_labels;
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
	CLI_OPTION_BOOL(struct get, no_headers, 0, "no-headers",
			"without the line of headers"),
	CLI_OPTION_BOOL(struct get, show_labels, 0, "show-labels",
			"with a column of the labels"),
	{ 0 },
};

/* Returns CLI_OK, or another exit code after a message. */
static int check_request(const struct get *g)
{
	for (size_t i = 0; i < g->refs.n; i++) {
		if (!g->refs.items[i].name)
			continue;
		if (g->all_namespaces)
			return kube_error("a resource cannot be retrieved by name across all namespaces");
		if (g->selector)
			return kube_error("name cannot be provided when a selector is specified");
	}
	if (g->selector && !selector_is_valid(g->selector))
		return kube_error("unable to parse requirement: \"%s\" is not of the form k=v,k!=v,k,!k",
				  g->selector);
	return CLI_OK;
}

/* ---- what there is ------------------------------------------------------ */

static void add_item(struct get *g, const struct ipsvc_kind *kind, json_t *doc)
{
	const json_t *meta = json_object_get(doc, "metadata");

	if (g->selector &&
	    !selector_matches(g->selector, json_object_get(meta, "labels")))
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

/* One that was asked for by name is itself, all else is a List. */
static void print_documents(const struct get *g)
{
	bool list = g->refs.n != 1 || !g->refs.items[0].name;
	json_t *docs = json_array();

	for (size_t i = 0; i < g->n; i++)
		json_array_append(docs, g->items[i].doc);
	kube_print_documents(stdout, g->cli->output, docs, list);
}

static void print_tables(struct get *g)
{
	const struct tables how = {
		.format = cli_format(g->cli),
		.all_namespaces = g->all_namespaces,
		.show_labels = g->show_labels,
		.no_headers = g->no_headers,
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
		print_documents(g);
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
	else
		print_tables(g);
}

int cmd_get(struct cli *cli, int argc, char **argv)
{
	struct get g = { .cli = cli, .code = CLI_FAILED };

	if (!cli_parse(cli, &argc, &argv, &g))
		return CLI_USAGE;
	if (kube_refs_parse(argv, argc, &g.refs) &&
	    check_request(&g) == CLI_OK &&
	    (g.store = kube_store(cli, true, &g.code))) {
		g.code = CLI_OK;
		for (size_t i = 0; i < g.refs.n; i++)
			get_ref(&g, &g.refs.items[i]);
		print(&g);
		ipsvc_store_close(g.store);
	}
	for (size_t i = 0; i < g.n; i++)
		json_decref(g.items[i].doc);
	free(g.items);
	kube_refs_free(&g.refs);
	return g.code;
}
