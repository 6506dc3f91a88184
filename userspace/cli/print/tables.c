// SPDX-License-Identifier: GPL-2.0-or-later
#include "tables.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/table.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/kube.h"

static void print_row(const struct tables *how, struct out *out,
		      const struct tables_item *item)
{
	const json_t *meta = json_object_get(item->doc, "metadata");
	const char *name = ipsvc_json_text(meta, "name");
	char *full = how->full_names ? kube_full_name(item->kind, name) : NULL;
	struct ipsvc_row row = {0};

	item->kind->table->row(item->doc, full ? full : name, how->now, &row);
	if (how->all_namespaces && item->kind->namespaced)
		out_string(out, ipsvc_json_text(meta, "namespace"));
	for (size_t i = 0; i < row.n; i++)
		out_string(out, row.cells[i]);
	for (size_t i = 0; i < how->nlabels; i++)
		out_string(out, ipsvc_json_text(json_object_get(meta, "labels"),
						how->labels[i]));
	if (how->show_labels) {
		char *labels = ipsvc_cell_labels(json_object_get(meta,
								 "labels"));

		out_string(out, labels);
		free(labels);
	}
	out_row(out);
	ipsvc_row_free(&row);
	free(full);
}

/* "example.com/app" is "APP". */
static char *label_header(const char *label)
{
	const char *slash = strrchr(label, '/');
	char *header = xstrdup(slash ? slash + 1 : label);

	for (char *c = header; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return header;
}

static struct out *open_table(FILE *fp, const struct tables *how,
			      const struct ipsvc_kind *kind,
			      char *const *headers, struct out_column *columns)
{
	const struct ipsvc_table *table = kind->table;
	struct out *out;
	size_t n = 0;

	if (how->all_namespaces && kind->namespaced)
		columns[n++] = (struct out_column){
			"NAMESPACE", "namespace", false };
	for (size_t i = 0; i < table->ncolumns; i++)
		columns[n++] = (struct out_column){
			table->columns[i].header, table->columns[i].key,
			table->columns[i].wide,
		};
	for (size_t i = 0; i < how->nlabels; i++)
		columns[n++] = (struct out_column){ headers[i], NULL, false };
	if (how->show_labels)
		columns[n++] = (struct out_column){ "LABELS", "labels", false };
	out = out_open(fp, how->format, OUT_TABLE, columns, n);
	if (how->no_headers)
		out_no_headers(out);
	return out;
}

static int print_tables(FILE *fp, const struct tables *how, char *const *headers,
			struct out_column *columns,
			const struct tables_item *items, size_t n)
{
	struct out *out = NULL;

	for (size_t i = 0; i < n; i++) {
		if (i && items[i].kind != items[i - 1].kind) {
			if (out_close(out))
				return -1;
			if (!how->no_headers)
				fputc('\n', fp);
			out = NULL;
		}
		if (!out)
			out = open_table(fp, how, items[i].kind, headers, columns);
		print_row(how, out, &items[i]);
	}
	return out ? out_close(out) : 0;
}

int tables_print(FILE *fp, const struct tables *how,
		 const struct tables_item *items, size_t n)
{
	struct out_column *columns = xcalloc(IPSVC_CELLS_MAX + 2 + how->nlabels,
					     sizeof(*columns));
	char **headers = xcalloc(how->nlabels + 1, sizeof(*headers));
	int ret;

	for (size_t i = 0; i < how->nlabels; i++)
		headers[i] = label_header(how->labels[i]);
	ret = print_tables(fp, how, headers, columns, items, n);
	for (size_t i = 0; i < how->nlabels; i++)
		free(headers[i]);
	free(headers);
	free(columns);
	return ret;
}
