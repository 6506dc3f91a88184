// SPDX-License-Identifier: GPL-2.0-or-later
#include "describe.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "base/utf8.h"

#define LAST_APPLIED	"kubectl.kubernetes.io/last-applied-configuration"
/* A longer annotation gets lines of its own, and no more of it is shown. */
#define NOTE_MAX	140
#define PADDING		2

/* ---- columns ------------------------------------------------------------- */

struct cell {
	const char *text;
	size_t len, runes;
	size_t width;		/* of its column; 0: the last of a line */
};

struct line {
	struct cell *cells;
	size_t n, cap;
};

struct lines {
	struct line *items;
	size_t n, cap;
};

static size_t count_runes(const char *text, size_t len)
{
	size_t n = 0;
	uint32_t rune;

	while (len) {
		size_t used = ipsvc_utf8_decode(text, len, &rune);

		used = used ? used : 1;
		text += used;
		len -= used;
		n++;
	}
	return n;
}

static const char *add_line(struct lines *lines, const char *text)
{
	struct line *line;

	lines->items = ipsvc_grow(lines->items, lines->n, &lines->cap,
				  sizeof(*lines->items));
	line = &lines->items[lines->n++];
	*line = (struct line){0};
	for (;;) {
		size_t len = strcspn(text, "\t\n");

		line->cells = ipsvc_grow(line->cells, line->n, &line->cap,
					 sizeof(*line->cells));
		line->cells[line->n++] = (struct cell){
			text, len, count_runes(text, len), 0,
		};
		text += len;
		if (*text != '\t')
			return *text ? text + 1 : text;
		text++;
	}
}

/* The cell has a column: it is not the last of its line. */
static bool in_column(const struct lines *lines, size_t i, size_t column)
{
	return i < lines->n && column + 1 < lines->items[i].n;
}

/* The lines from @first on that have @column; returns where they end. */
static size_t set_width(struct lines *lines, size_t first, size_t column)
{
	size_t width = 0, end;

	for (end = first; in_column(lines, end, column); end++)
		if (lines->items[end].cells[column].runes + PADDING > width)
			width = lines->items[end].cells[column].runes + PADDING;
	for (size_t i = first; i < end; i++)
		lines->items[i].cells[column].width = width;
	return end;
}

static void set_widths(struct lines *lines)
{
	bool any = true;

	for (size_t column = 0; any; column++) {
		any = false;
		for (size_t i = 0; i < lines->n; i++) {
			if (!in_column(lines, i, column))
				continue;
			i = set_width(lines, i, column) - 1;
			any = true;
		}
	}
}

/* What moves a terminal's cursor is shown instead. */
static void print_text(struct ipsvc_buf *out, const char *text, size_t len)
{
	for (; len; text++, len--) {
		if (*text == '\x1b')
			ipsvc_buf_puts(out, "^[");
		else if (*text == '\r')
			ipsvc_buf_puts(out, "\\r");
		else
			ipsvc_buf_putc(out, *text);
	}
}

static void print_line(const struct line *line, struct ipsvc_buf *out)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct cell *c = &line->cells[i];

		print_text(out, c->text, c->len);
		if (c->width)
			ipsvc_buf_printf(out, "%*s", (int)(c->width - c->runes),
					 "");
	}
	ipsvc_buf_putc(out, '\n');
}

char *ipsvc_describe_align(const char *text)
{
	struct lines lines = {0};
	struct ipsvc_buf out = {0};

	while (*text)
		text = add_line(&lines, text);
	set_widths(&lines);
	for (size_t i = 0; i < lines.n; i++) {
		print_line(&lines.items[i], &out);
		free(lines.items[i].cells);
	}
	free(lines.items);
	return ipsvc_buf_take(&out);
}

/* ---- metadata ------------------------------------------------------------ */

void ipsvc_describe_map(const char *title, const json_t *map,
			struct ipsvc_buf *out)
{
	size_t n;
	const char **keys = ipsvc_json_keys(map, &n);

	ipsvc_buf_printf(out, "%s:\t%s", title, n ? "" : "<none>\n");
	for (size_t i = 0; i < n; i++)
		ipsvc_buf_printf(out, "%s%s=%s\n", i ? "\t" : "", keys[i],
				 ipsvc_json_text(map, keys[i]));
	free(keys);
}

static void describe_long_note(const char *key, const char *value, size_t len,
			       struct ipsvc_buf *out)
{
	const char *end = value + len;

	ipsvc_buf_printf(out, "%s:\n", key);
	for (;;) {
		const char *nl = memchr(value, '\n', (size_t)(end - value));
		size_t line = (size_t)((nl ? nl : end) - value);
		bool cut = line > NOTE_MAX - 2;

		ipsvc_buf_printf(out, "\t  %.*s%s\n",
				 cut ? NOTE_MAX - 2 : (int)line, value,
				 cut ? "..." : "");
		if (!nl)
			return;
		value = nl + 1;
	}
}

static void describe_notes(const json_t *notes, struct ipsvc_buf *out)
{
	size_t n, told = 0;
	const char **keys = ipsvc_json_keys(notes, &n);

	ipsvc_buf_puts(out, "Annotations:\t");
	for (size_t i = 0; i < n; i++) {
		const char *value = ipsvc_json_text(notes, keys[i]);
		size_t len = strlen(value);

		if (!strcmp(keys[i], LAST_APPLIED))
			continue;
		if (told++)
			ipsvc_buf_putc(out, '\t');
		if (len && value[len - 1] == '\n')
			len--;
		if (len + strlen(keys[i]) + 2 > NOTE_MAX ||
		    memchr(value, '\n', len))
			describe_long_note(keys[i], value, len, out);
		else
			ipsvc_buf_printf(out, "%s: %.*s\n", keys[i], (int)len,
					 value);
	}
	if (!told)
		ipsvc_buf_puts(out, "<none>\n");
	free(keys);
}

void ipsvc_describe_names(const json_t *doc, struct ipsvc_buf *out)
{
	const json_t *meta = json_object_get(doc, "metadata");

	ipsvc_buf_printf(out, "Name:\t%s\n", ipsvc_json_text(meta, "name"));
	ipsvc_describe_text("Namespace", ipsvc_json_text(meta, "namespace"), out);
}

void ipsvc_describe_metadata(const json_t *doc, struct ipsvc_buf *out)
{
	const json_t *meta = json_object_get(doc, "metadata");

	ipsvc_describe_map("Labels", json_object_get(meta, "labels"), out);
	describe_notes(json_object_get(meta, "annotations"), out);
}

/* ---- fields -------------------------------------------------------------- */

void ipsvc_describe_text(const char *title, const char *text,
			 struct ipsvc_buf *out)
{
	if (*text)
		ipsvc_buf_printf(out, "%s:\t%s\n", title, text);
}

char *ipsvc_describe_join(const json_t *list, const char *between)
{
	struct ipsvc_buf buf = {0};
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		ipsvc_buf_printf(&buf, "%s%s", i ? between : "",
				 json_is_string(item) ?
				 json_string_value(item) : "");
	return ipsvc_buf_take(&buf);
}

char *ipsvc_describe_time(const char *timestamp)
{
	char text[64];
	int64_t seconds;
	struct tm tm;
	time_t t;

	/* Go's time of nothing. */
	if (!ipsvc_time_parse(timestamp, &seconds))
		return xstrdup("Mon, 01 Jan 0001 00:00:00 +0000");
	t = seconds;
	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S %z", &tm);
	return xstrdup(text);
}

void ipsvc_describe_when(const char *title, const json_t *of, const char *field,
			 struct ipsvc_buf *out)
{
	char *text = ipsvc_describe_time(ipsvc_json_text(of, field));

	ipsvc_describe_text(title, text, out);
	free(text);
}

void ipsvc_describe_no_events(struct ipsvc_buf *out)
{
	ipsvc_buf_puts(out, "Events:\t<none>\n");
}
