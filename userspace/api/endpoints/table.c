// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/table.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

/* Most endpoints that are listed. */
#define ENDPOINTS_SHOWN	3

static const struct ipsvc_column columns[] = {
	{ "NAME", "name", false },
	{ "ENDPOINTS", "endpoints", false },
	{ "AGE", "age", false },
};

struct endpoint_list {
	struct ipsvc_buf text;
	size_t count;
};

static void list_endpoint(struct endpoint_list *list, const char *ip,
			  const json_t *port)
{
	struct ipsvc_buf *text = &list->text;
	bool v6 = strchr(ip, ':');

	if (++list->count > ENDPOINTS_SHOWN)
		return;
	if (list->count > 1)
		ipsvc_buf_putc(text, ',');
	if (!port)
		ipsvc_buf_puts(text, ip);
	else
		ipsvc_buf_printf(text, "%s%s%s:%lld", v6 ? "[" : "", ip,
				 v6 ? "]" : "", (long long)ipsvc_json_int(
					 port, "port"));
}

static void list_subset(struct endpoint_list *list, const json_t *subset)
{
	const json_t *ports = json_object_get(subset, "ports");
	const json_t *addresses = json_object_get(subset, "addresses");
	size_t nports = json_array_size(ports), p = 0, a;
	json_t *address;

	/* A headless Service may have no ports. */
	do {
		const json_t *port = json_array_get(ports, p);

		json_array_foreach(addresses, a, address)
			list_endpoint(list, ipsvc_json_text(address, "ip"),
				      port);
	} while (++p < nports);
}

static char *endpoints_cell(const json_t *doc)
{
	const json_t *subsets = json_object_get(doc, "subsets");
	struct endpoint_list list = {0};
	json_t *subset;
	size_t i;

	if (!json_array_size(subsets))
		return xstrdup("<none>");
	json_array_foreach(subsets, i, subset)
		list_subset(&list, subset);
	if (list.count > ENDPOINTS_SHOWN)
		ipsvc_buf_printf(&list.text, " + %zu more...",
				 list.count - ENDPOINTS_SHOWN);
	return ipsvc_buf_take(&list.text);
}

static void endpoints_row(const json_t *doc, const char *name,
			  int64_t now, struct ipsvc_row *row)
{
	ipsvc_row_add(row, name);
	ipsvc_row_give(row, endpoints_cell(doc));
	ipsvc_row_add_age(row, doc, now);
}

const struct ipsvc_table ipsvc_endpoints_table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = endpoints_row,
};
