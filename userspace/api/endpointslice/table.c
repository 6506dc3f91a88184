// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/table.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

/* Most ports, and most addresses, that are listed. */
#define SHOWN	3

static const struct ipsvc_column columns[] = {
	{ "NAME", "name", false },
	{ "ADDRESSTYPE", "addressType", false },
	{ "PORTS", "ports", false },
	{ "ENDPOINTS", "endpoints", false },
	{ "AGE", "age", false },
};

struct list {
	struct ipsvc_buf text;
	size_t count;
};

static void add(struct list *list, const char *item)
{
	if (++list->count > SHOWN)
		return;
	if (list->count > 1)
		ipsvc_buf_putc(&list->text, ',');
	ipsvc_buf_puts(&list->text, item);
}

static char *cell(struct list *list)
{
	if (list->count > SHOWN)
		ipsvc_buf_printf(&list->text, " + %zu more...",
				 list->count - SHOWN);
	if (!list->text.len)
		ipsvc_buf_puts(&list->text, "<unset>");
	return ipsvc_buf_take(&list->text);
}

/* A port without a number is any port, or that of its name. */
static char *ports_cell(const json_t *ports)
{
	struct list list = {0};
	json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		char number[24];

		snprintf(number, sizeof(number), "%lld",
			 (long long)ipsvc_json_int(port, "port"));
		if (json_object_get(port, "port"))
			add(&list, number);
		else if (json_object_get(port, "name"))
			add(&list, ipsvc_json_text(port, "name"));
		else
			add(&list, "*");
	}
	return cell(&list);
}

static char *endpoints_cell(const json_t *endpoints)
{
	struct list list = {0};
	json_t *endpoint, *address;
	size_t i, j;

	json_array_foreach(endpoints, i, endpoint)
		json_array_foreach(json_object_get(endpoint, "addresses"), j,
				   address)
			add(&list, json_string_value(address));
	return cell(&list);
}

static void slice_row(const json_t *doc, const char *name,
		      int64_t now, struct ipsvc_row *row)
{
	ipsvc_row_add(row, name);
	ipsvc_row_add(row, ipsvc_json_text(doc, "addressType"));
	ipsvc_row_give(row, ports_cell(json_object_get(doc, "ports")));
	ipsvc_row_give(row, endpoints_cell(json_object_get(doc, "endpoints")));
	ipsvc_row_add_age(row, doc, now);
}

const struct ipsvc_table ipsvc_endpointslice_table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = slice_row,
};
