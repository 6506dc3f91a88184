// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"

void ipsvc_row_add(struct ipsvc_row *row, const char *cell)
{
	ipsvc_row_give(row, xstrdup(cell));
}

void ipsvc_row_give(struct ipsvc_row *row, char *cell)
{
	row->cells[row->n++] = cell;
}

void ipsvc_row_add_age(struct ipsvc_row *row, const json_t *doc, int64_t now)
{
	const char *text = ipsvc_json_text(json_object_get(doc, "metadata"),
					   "creationTimestamp");
	char age[IPSVC_TIME_SIZE];
	int64_t then;

	if (ipsvc_time_parse(text, &then))
		ipsvc_row_add(row, ipsvc_duration_format(now - then, age));
	else
		ipsvc_row_add(row, "<unknown>");
}

void ipsvc_row_free(struct ipsvc_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->cells[i]);
	row->n = 0;
}

char *ipsvc_cell_labels(const json_t *map)
{
	size_t n;
	const char **keys = ipsvc_json_keys(map, &n);
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < n; i++)
		ipsvc_buf_printf(&buf, "%s%s=%s", i ? "," : "", keys[i],
				 ipsvc_json_text(map, keys[i]));
	free(keys);
	if (!n)
		ipsvc_buf_puts(&buf, "<none>");
	return ipsvc_buf_take(&buf);
}
