// SPDX-License-Identifier: GPL-2.0-or-later
#include "columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "jsonpath.h"
#include "out.h"

#define COLUMNS_MAX	64

struct columns {
	struct out_column items[COLUMNS_MAX];
	char *paths[COLUMNS_MAX];
	size_t n;
};

static void free_columns(struct columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free((char *)c->items[i].header);
		free(c->paths[i]);
	}
}

/* "NAME:.metadata.name" of @len bytes. */
static bool add_column(struct columns *c, const char *text, size_t len,
		       char **why)
{
	const char *colon = memchr(text, ':', len);

	if (!colon) {
		*why = xasprintf("unexpected custom-columns spec: %.*s, expected <header>:<json-path-expr>",
				 (int)len, text);
		return false;
	}
	if (c->n == COLUMNS_MAX) {
		*why = xasprintf("more than %d columns", COLUMNS_MAX);
		return false;
	}
	c->items[c->n].header = xstrndup(text, (size_t)(colon - text));
	c->paths[c->n++] = xstrndup(colon + 1, len - (size_t)(colon + 1 - text));
	return true;
}

/* Commas in brackets are not between columns. */
static size_t column_length(const char *text)
{
	int depth = 0;
	size_t len = 0;

	for (; text[len] && (text[len] != ',' || depth); len++)
		depth += text[len] == '[' || text[len] == '(' ? 1 :
			 text[len] == ']' || text[len] == ')' ? -1 : 0;
	return len;
}

static bool parse(struct columns *c, const char *spec, char **why)
{
	if (!*spec) {
		*why = xstrdup("custom-columns format specified but no custom columns given");
		return false;
	}
	for (;;) {
		size_t len = column_length(spec);

		if (!add_column(c, spec, len, why))
			return false;
		if (!spec[len])
			return true;
		spec += len + 1;
	}
}

static bool print_cell(struct out *out, const char *path, const json_t *doc,
		       char **why)
{
	struct jsonpath_values values = {0};
	struct ipsvc_buf buf = {0};
	bool ok = jsonpath_find(path, doc, &values, why);
	char *text;

	for (size_t i = 0; i < values.n; i++) {
		if (i)
			ipsvc_buf_putc(&buf, ',');
		jsonpath_append(&buf, values.items[i]);
	}
	text = values.n ? ipsvc_buf_take(&buf) : xstrdup("<none>");
	if (ok)
		out_string(out, text);
	free(text);
	jsonpath_values_free(&values);
	return ok;
}

bool columns_print(FILE *fp, const char *spec, const json_t *docs,
		   bool no_headers, char **why)
{
	struct columns c = {0};
	bool ok = parse(&c, spec, why);
	struct out *out;
	json_t *doc;
	size_t i;

	if (!ok) {
		free_columns(&c);
		return false;
	}
	out = out_open(fp, OUT_TEXT, OUT_TABLE, c.items, c.n);
	if (no_headers)
		out_no_headers(out);
	json_array_foreach(docs, i, doc) {
		for (size_t j = 0; j < c.n && ok; j++)
			ok = print_cell(out, c.paths[j], doc, why);
		if (!ok)
			break;
		out_row(out);
	}
	out_close(out);
	free_columns(&c);
	return ok;
}

/* ---- sorting ------------------------------------------------------------- */

bool columns_key(const char *path, const json_t *doc, struct columns_key *key,
		 char **why)
{
	struct jsonpath_values values = {0};
	bool ok = jsonpath_find(path, doc, &values, why);

	key->value = values.n ? (json_t *)values.items[0] : NULL;
	jsonpath_values_free(&values);
	return ok;
}

/* "web-2" comes before "web-10". */
static int natural_cmp(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			size_t la, lb;
			int d;

			a += strspn(a, "0");
			b += strspn(b, "0");
			la = strspn(a, "0123456789");
			lb = strspn(b, "0123456789");
			d = la != lb ? (la < lb ? -1 : 1) : strncmp(a, b, la);
			if (d)
				return d;
			a += la;
			b += lb;
		} else if (*a != *b) {
			return (unsigned char)*a - (unsigned char)*b;
		} else {
			a++;
			b++;
		}
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int columns_key_cmp(const struct columns_key *a, const struct columns_key *b)
{
	double x, y;

	if (!a->value || !b->value)
		return (a->value != NULL) - (b->value != NULL);
	if (json_is_string(a->value) && json_is_string(b->value))
		return natural_cmp(json_string_value(a->value),
				   json_string_value(b->value));
	x = json_number_value(a->value);
	y = json_number_value(b->value);
	return x < y ? -1 : x > y;
}
