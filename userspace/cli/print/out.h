/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output, written once for people and for programs: a verb names its columns
 * and gives one cell after the other, and gets a table as kubectl prints it, or
 * JSON with the columns' keys.
 *
 *	static const struct out_column columns[] = {
 *		{ "NAME", "name" }, { "FLOWS", "flows" },
 *	};
 *	struct out *out = out_open(stdout, format, OUT_TABLE, columns, 2);
 *
 *	out_string(out, svc->name);
 *	out_uint(out, svc->flows);
 *	out_row(out);
 *	return out_close(out);
 */
#ifndef IPSVC_CLI_OUT_H
#define IPSVC_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum out_format {
	OUT_TEXT,
	OUT_WIDE,	/* text with the columns marked wide */
	OUT_JSON,
};

/*
 * OUT_TABLE: text: a header and aligned rows, nothing at all without rows.
 *	JSON: an array of objects.
 * OUT_RECORD: text: "Header:   cell" lines, one a column, none for an empty cell.
 *	JSON: an object. One row.
 * OUT_LINES: text: cells with a space between, a line a row, without header;
 *	empty cells are left out. JSON: an object a line. Each row is written
 *	at once.
 */
enum out_layout {
	OUT_TABLE,
	OUT_RECORD,
	OUT_LINES,
};

struct out_column {
	const char *header;	/* of text; NULL: in JSON only */
	const char *key;	/* of JSON; NULL: in text only */
	bool wide;		/* in text only with OUT_WIDE */
};

struct out;

/* @columns must outlive the result. */
struct out *out_open(FILE *fp, enum out_format format, enum out_layout layout,
		     const struct out_column *columns, size_t ncolumns);
/* kubectl's --no-headers. */
void out_no_headers(struct out *out);

/*
 * The next cell of the row. Text is made harmless for terminals, and valid
 * UTF-8 for JSON. NULL is "<none>" and null.
 */
void out_string(struct out *out, const char *text);
void out_uint(struct out *out, uint64_t value);
/*
 * Text and JSON differ; takes over @value's reference; without one the key is
 * absent. In an OUT_RECORD the text may have several lines.
 */
void out_cell(struct out *out, const char *text, json_t *value);
/* Leaves the next @n cells out: empty text, no key. */
void out_skip(struct out *out, size_t n);

/* Ends the row; the cells that were not given are left out. */
void out_row(struct out *out);
/* Writes what is left and frees; 0, or -1 with errno when writing failed. */
int out_close(struct out *out);

/* A JSON string of any bytes: what is not UTF-8 becomes U+FFFD. */
json_t *out_json_string(const char *text);

#endif
