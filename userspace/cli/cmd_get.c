// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc get: objects as kubectl shows them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/table.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "kube.h"
#include "selector.h"

struct item {
	const struct ipsvc_kind *kind;
	json_t *doc;
};

struct get {
	struct cli *cli;
	struct ipsvc_store *store;
	const char *selector;
	bool all_namespaces, no_headers, show_labels;
	struct kube_refs refs;
	struct item *items;
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
	g->items[g->n++] = (struct item){ kind, json_incref(doc) };
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

static void print_row(const struct get *g, struct out *out,
		      const struct item *item)
{
	const char *name = meta_text(item->doc, "name");
	char *full = g->refs.several_kinds ? kube_full_name(item->kind, name) :
					     NULL;
	struct ipsvc_row row = {0};

	item->kind->table->row(item->doc, full ? full : name,
			       cli_format(g->cli) == OUT_WIDE, time(NULL), &row);
	if (g->all_namespaces && item->kind->namespaced)
		out_string(out, meta_text(item->doc, "namespace"));
	for (size_t i = 0; i < row.n; i++)
		out_string(out, row.cells[i]);
	if (g->show_labels) {
		char *labels = ipsvc_cell_labels(json_object_get(
			json_object_get(item->doc, "metadata"), "labels"));

		out_string(out, labels);
		free(labels);
	}
	out_row(out);
	ipsvc_row_free(&row);
	free(full);
}

/* The items from @from on that are of one kind; returns where the next begin. */
static size_t print_table(struct get *g, size_t from)
{
	static const struct out_column namespace_column = {
		"NAMESPACE", "namespace", false
	};
	static const struct out_column labels_column = {
		"LABELS", "labels", false
	};
	struct out_column columns[IPSVC_CELLS_MAX + 2];
	const struct ipsvc_kind *kind = g->items[from].kind;
	const struct ipsvc_table *table = kind->table;
	struct out *out;
	size_t n = 0;

	if (g->all_namespaces && kind->namespaced)
		columns[n++] = namespace_column;
	for (size_t i = 0; i < table->ncolumns; i++)
		columns[n++] = (struct out_column){
			table->columns[i].header, table->columns[i].key,
			table->columns[i].wide,
		};
	if (g->show_labels)
		columns[n++] = labels_column;
	if (from)
		putchar('\n');
	out = out_open(stdout, cli_format(g->cli), OUT_TABLE, columns, n);
	if (g->no_headers)
		out_no_headers(out);
	for (; from < g->n && g->items[from].kind == kind; from++)
		print_row(g, out, &g->items[from]);
	if (cli_out_close(out) != CLI_OK)
		g->code = CLI_FAILED;
	return from;
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
		for (size_t i = 0; i < g->n;)
			i = print_table(g, i);
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
