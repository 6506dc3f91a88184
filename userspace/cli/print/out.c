// SPDX-License-Identifier: GPL-2.0-or-later
#include "out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/utf8.h"

/* kubectl's tabwriter: a column is never narrower than this, padding included. */
#define WIDTH_MIN	6
#define PADDING		3

struct out {
	FILE *fp;
	enum out_format format;
	enum out_layout layout;
	const struct out_column *columns;
	size_t ncolumns;
	bool no_headers;

	size_t next;		/* column of the next cell */
	size_t nrows;		/* that were ended */
	char **cells;		/* text: ncolumns a row, all rows of a table */
	size_t ncells, cap;
	json_t *row;		/* JSON: the row in the making */
};

struct out *out_open(FILE *fp, enum out_format format, enum out_layout layout,
		     const struct out_column *columns, size_t ncolumns)
{
	struct out *out = xcalloc(1, sizeof(*out));

	out->fp = fp;
	out->format = format;
	out->layout = layout;
	out->columns = columns;
	out->ncolumns = ncolumns;
	return out;
}

void out_no_headers(struct out *out)
{
	out->no_headers = true;
}

/* ---- strings of any bytes ---------------------------------------------- */

json_t *out_json_string(const char *text)
{
	struct ipsvc_buf buf = { 0 };
	uint32_t rune;
	json_t *json;
	char *valid;

	while (*text) {
		size_t len = ipsvc_utf8_decode(text, SIZE_MAX, &rune);

		if (len)
			ipsvc_buf_add(&buf, text, len);
		else
			ipsvc_buf_puts(&buf, "\xef\xbf\xbd");
		text += len ? len : 1;
	}
	valid = ipsvc_buf_take(&buf);
	json = json_string(valid);
	free(valid);
	return json;
}

/*
 * Names come from the kernel and from manifests; what a terminal would act on
 * is shown, not sent. C1 controls are U+0080 to U+009f.
 */
static char *printable(const char *text, bool lines)
{
	struct ipsvc_buf buf = { 0 };
	uint32_t rune;

	while (*text) {
		size_t len = ipsvc_utf8_decode(text, SIZE_MAX, &rune), i;
		bool control = len && (rune < 0x20 ||
				       (rune >= 0x7f && rune < 0xa0));

		if (len && (!control || (lines && *text == '\n'))) {
			ipsvc_buf_add(&buf, text, len);
			text += len;
			continue;
		}
		for (i = 0; i < (len ? len : 1); i++)
			ipsvc_buf_printf(&buf, "\\x%02x",
					 (unsigned char)*text++);
	}
	return ipsvc_buf_take(&buf);
}

static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* ---- cells -------------------------------------------------------------- */

void out_cell(struct out *out, const char *text, json_t *value)
{
	const struct out_column *column;

	if (out->next >= out->ncolumns)
		abort();	/* more cells than columns: a mistake of the verb */
	column = &out->columns[out->next++];
	if (out->format == OUT_JSON) {
		if (!out->row)
			out->row = json_object();
		if (column->key && value)
			json_object_set(out->row, column->key, value);
	} else {
		out->cells = ipsvc_grow(out->cells, out->ncells, &out->cap,
					sizeof(*out->cells));
		out->cells[out->ncells++] =
			printable(text ? text : "<none>",
				  out->layout == OUT_RECORD && value);
	}
	json_decref(value);
}

void out_string(struct out *out, const char *text)
{
	/* No value with the text: of an OUT_RECORD it is to stay one line. */
	if (out->format == OUT_JSON)
		out_cell(out, NULL, text ? out_json_string(text) : json_null());
	else
		out_cell(out, text, NULL);
}

void out_uint(struct out *out, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	out_cell(out, text, json_integer(value > INT64_MAX ? INT64_MAX :
							     (json_int_t)value));
}

void out_skip(struct out *out, size_t n)
{
	while (n--)
		out_cell(out, "", NULL);
}

/* ---- text --------------------------------------------------------------- */

static bool visible(const struct out *out, size_t column)
{
	return out->columns[column].header &&
	       (!out->columns[column].wide || out->format == OUT_WIDE);
}

static size_t last_visible(const struct out *out)
{
	size_t i = out->ncolumns;

	while (i && !visible(out, i - 1))
		i--;
	return i ? i - 1 : 0;
}

static void print_padded(const struct out *out, const char *text, size_t to)
{
	fputs(text, out->fp);
	for (size_t w = width(text); w < to; w++)
		fputc(' ', out->fp);
}

static void print_table_row(const struct out *out, char *const *cells,
			    const size_t *widths)
{
	size_t last = last_visible(out), i;

	for (i = 0; i <= last; i++) {
		const char *text = cells ? cells[i] : out->columns[i].header;

		if (visible(out, i))
			print_padded(out, text, i == last ? 0 : widths[i]);
	}
	fputc('\n', out->fp);
}

static void print_table(const struct out *out)
{
	size_t *widths = xcalloc(out->ncolumns, sizeof(*widths)), i;

	for (i = 0; i < out->ncolumns; i++) {
		widths[i] = WIDTH_MIN;
		if (visible(out, i) && !out->no_headers &&
		    width(out->columns[i].header) + PADDING > widths[i])
			widths[i] = width(out->columns[i].header) + PADDING;
	}
	for (i = 0; i < out->ncells; i++) {
		size_t w = width(out->cells[i]) + PADDING;

		if (w > widths[i % out->ncolumns])
			widths[i % out->ncolumns] = w;
	}
	if (!out->no_headers)
		print_table_row(out, NULL, widths);
	for (i = 0; i < out->nrows; i++)
		print_table_row(out, out->cells + i * out->ncolumns, widths);
	free(widths);
}

/* A cell of several lines is continued below itself. */
static void print_record(const struct out *out)
{
	size_t widest = 0, i;

	for (i = 0; i < out->ncolumns; i++)
		if (visible(out, i) && width(out->columns[i].header) > widest)
			widest = width(out->columns[i].header);
	for (i = 0; i < out->ncolumns; i++) {
		char *head, *line = out->cells[i], *rest;

		if (!visible(out, i) || !*line)
			continue;
		head = xasprintf("%s:", out->columns[i].header);
		while ((rest = strchr(line, '\n'))) {
			*rest = '\0';
			print_padded(out, head, widest + 1 + PADDING);
			fprintf(out->fp, "%s\n", line);
			*head = '\0';
			line = rest + 1;
		}
		print_padded(out, head, widest + 1 + PADDING);
		fprintf(out->fp, "%s\n", line);
		free(head);
	}
}

static void forget_cells(struct out *out)
{
	while (out->ncells)
		free(out->cells[--out->ncells]);
}

static void print_line(struct out *out)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < out->ncolumns; i++) {
		if (!visible(out, i) || !*out->cells[i])
			continue;
		fprintf(out->fp, "%s%s", between, out->cells[i]);
		between = " ";
	}
	fputc('\n', out->fp);
	fflush(out->fp);
	forget_cells(out);
}

/* ---- rows --------------------------------------------------------------- */

/* A table goes out row by row: it may be long. */
static void print_json(struct out *out)
{
	if (out->layout == OUT_TABLE)
		fputs(out->nrows ? ",\n  " : "[\n  ", out->fp);
	json_dumpf(out->row, out->fp,
		   out->layout == OUT_RECORD ? JSON_INDENT(2) : 0);
	if (out->layout != OUT_TABLE)
		fputc('\n', out->fp);
	if (out->layout == OUT_LINES)
		fflush(out->fp);
	json_decref(out->row);
	out->row = NULL;
}

void out_row(struct out *out)
{
	if (out->format == OUT_JSON) {
		if (!out->row)
			out->row = json_object();
		print_json(out);
	} else {
		out_skip(out, out->ncolumns - out->next);
		if (out->layout == OUT_LINES)
			print_line(out);
	}
	out->next = 0;
	out->nrows++;
}

int out_close(struct out *out)
{
	int ret;

	if (out->format == OUT_JSON && out->layout == OUT_TABLE)
		fputs(out->nrows ? "\n]\n" : "[]\n", out->fp);
	else if (out->format != OUT_JSON && out->layout == OUT_TABLE && out->nrows)
		print_table(out);
	else if (out->format != OUT_JSON && out->layout == OUT_RECORD && out->nrows)
		print_record(out);
	ret = fflush(out->fp) || ferror(out->fp) ? -1 : 0;
	forget_cells(out);
	free(out->cells);
	json_decref(out->row);
	free(out);
	return ret;
}
