// SPDX-License-Identifier: GPL-2.0-or-later
#include "plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "scalar.h"

#define DEPTH_MAX	32
#define KEY_MAX		128

/* The line that is looked at: from its first character that is no blank. */
struct reader {
	struct ipsvc_plain *out;
	char *next, *end;		/* what follows it */
	char *s, *e;		/* the line, without blanks around it */
	int indent;
	int line;
	bool any;			/* false: the document has no more */
};

static bool read_mapping(struct reader *r, int indent, int depth);
static bool read_sequence(struct reader *r, int indent, int depth);

/* ---- characters ---------------------------------------------------------- */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_key(char c)
{
	return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '/';
}

/* ---- lines --------------------------------------------------------------- */

/* False when the line has a character that is not plain. */
static bool take_line(struct reader *r)
{
	char *start = r->next, *p = start;

	while (p < r->end && *p != '\n') {
		if (*p < 0x20 || *p > 0x7e)
			return false;
		p++;
	}
	r->e = p;
	r->next = p < r->end ? p + 1 : p;
	r->line++;
	for (p = start; p < r->e && *p == ' '; p++)
		;
	r->s = p;
	r->indent = (int)(p - start);
	while (r->e > r->s && r->e[-1] == ' ')
		r->e--;
	return true;
}

static bool is_marker(const struct reader *r)
{
	return r->e - r->s == 3 && !r->indent && !memcmp(r->s, "---", 3);
}

/* To the next line that says something; @r->any is false at the document's end. */
static bool advance(struct reader *r)
{
	do {
		r->any = r->next < r->end;
		if (!r->any)
			return true;
		if (!take_line(r))
			return false;
	} while (r->s == r->e || *r->s == '#');
	if (is_marker(r))
		r->any = false;
	/* "--- x", "...", "%YAML" */
	return !r->any || r->indent ||
	       (*r->s != '%' && (r->e - r->s < 3 ||
				 (memcmp(r->s, "---", 3) &&
				  memcmp(r->s, "...", 3))));
}

static bool is_item(const struct reader *r)
{
	return *r->s == '-' && r->e - r->s > 1 && r->s[1] == ' ';
}

/* ---- events -------------------------------------------------------------- */

static struct ipsvc_plain_event *add(struct reader *r, yaml_event_type_t type)
{
	struct ipsvc_plain *out = r->out;

	out->events = ipsvc_grow(out->events, out->n, &out->cap,
				 sizeof(*out->events));
	out->events[out->n] = (struct ipsvc_plain_event){
		.type = type, .line = r->line,
	};
	return &out->events[out->n++];
}

static void add_scalar(struct reader *r, char *text, size_t len,
		       yaml_scalar_style_t style)
{
	struct ipsvc_plain_event *ev = add(r, YAML_SCALAR_EVENT);

	ev->text = text;
	ev->len = len;
	ev->style = style;
}

/* From @p to the end of the line, in quotes. */
static bool read_quoted(struct reader *r, char *p)
{
	char quote = *p++;
	size_t len = (size_t)(r->e - p);

	/* The second quote is the last character, without an escape before. */
	if (!len-- || memchr(p, quote, len) || p[len] != quote ||
	    (quote == '"' && memchr(p, '\\', len)))
		return false;
	add_scalar(r, p, len, quote == '"' ? YAML_DOUBLE_QUOTED_SCALAR_STYLE :
					     YAML_SINGLE_QUOTED_SCALAR_STYLE);
	return true;
}

static bool read_scalar(struct reader *r, char *p)
{
	if (*p == '"' || *p == '\'')
		return read_quoted(r, p);
	if (!is_alnum(*p) && *p != '/' && *p != '.' && *p != '_')
		return false;
	/* "a: b" would be a mapping, and what follows " #" is a comment. */
	for (const char *c = p; c < r->e; c++)
		if ((*c == ':' && (c + 1 == r->e || c[1] == ' ')) ||
		    (*c == '#' && c[-1] == ' '))
			return false;
	add_scalar(r, p, (size_t)(r->e - p), YAML_PLAIN_SCALAR_STYLE);
	return true;
}

/* The colon after the key that begins at @p; NULL when there is none. */
static char *find_colon(const struct reader *r, char *p)
{
	char *start = p;

	while (p < r->e && is_key(*p))
		p++;
	if (p == start || *start == '-' || p - start > KEY_MAX || p == r->e ||
	    *p != ':' || (p + 1 < r->e && p[1] != ' '))
		return NULL;
	return p;
}

/* ---- blocks -------------------------------------------------------------- */

/* The value of a key at @indent that is on the lines after it, if there is one. */
static bool read_below(struct reader *r, int indent, int depth)
{
	int line = r->line;

	if (!advance(r))
		return false;
	if (r->any && is_item(r) && r->indent >= indent)
		return read_sequence(r, r->indent, depth + 1);
	if (r->any && r->indent > indent)
		return read_mapping(r, r->indent, depth + 1);
	add_scalar(r, r->end, 0, YAML_PLAIN_SCALAR_STYLE);
	r->out->events[r->out->n - 1].line = line;
	return true;
}

/* A scalar in the rest of the line; it must not go on in the next one. */
static bool read_rest(struct reader *r, char *p, int indent)
{
	return read_scalar(r, p) && advance(r) &&
	       (!r->any || r->indent <= indent);
}

static bool read_pair(struct reader *r, int indent, int depth)
{
	char *colon = find_colon(r, r->s), *p;

	if (!colon)
		return false;
	*colon = '\0';
	/* "80" and "yes" are keys, too, but not as they are. */
	if (!ipsvc_scalar_is_text(r->s))
		return false;
	add_scalar(r, r->s, (size_t)(colon - r->s), YAML_PLAIN_SCALAR_STYLE);
	for (p = colon + 1; p < r->e && *p == ' '; p++)
		;
	return p == r->e ? read_below(r, indent, depth) :
			   read_rest(r, p, indent);
}

static bool read_mapping(struct reader *r, int indent, int depth)
{
	if (depth > DEPTH_MAX)
		return false;
	add(r, YAML_MAPPING_START_EVENT);
	do {
		if (!read_pair(r, indent, depth))
			return false;
	} while (r->any && r->indent == indent && !is_item(r));
	add(r, YAML_MAPPING_END_EVENT);
	return !r->any || r->indent < indent || (r->indent == indent && is_item(r));
}

/* What follows "- ": a mapping whose first key is there, or a scalar. */
static bool read_item(struct reader *r, int indent, int depth)
{
	char *dash = r->s, *p = dash + 1;

	while (p < r->e && *p == ' ')
		p++;
	if (!find_colon(r, p))
		return read_rest(r, p, indent);
	r->s = p;
	r->indent = indent + (int)(p - dash);
	return read_mapping(r, r->indent, depth + 1);
}

static bool read_sequence(struct reader *r, int indent, int depth)
{
	if (depth > DEPTH_MAX)
		return false;
	add(r, YAML_SEQUENCE_START_EVENT);
	do {
		if (!read_item(r, indent, depth))
			return false;
	} while (r->any && r->indent == indent && is_item(r));
	add(r, YAML_SEQUENCE_END_EVENT);
	return !r->any || r->indent <= indent;
}

/* ---- documents ----------------------------------------------------------- */

/* The line is the marker before it, or its first one. */
static bool read_document(struct reader *r)
{
	if (!r->any && !advance(r))
		return false;
	if (!r->any)
		return true;	/* an empty one */
	add(r, YAML_DOCUMENT_START_EVENT);
	if (r->indent || is_item(r) || !read_mapping(r, 0, 0) || r->any)
		return false;
	add(r, YAML_DOCUMENT_END_EVENT);
	return true;
}

static bool read_all(struct reader *r)
{
	if (!advance(r))
		return false;
	while (r->any || r->next < r->end)
		if (!read_document(r))
			return false;
	add(r, YAML_STREAM_END_EVENT);
	return true;
}

bool ipsvc_plain_read(const char *text, size_t size, struct ipsvc_plain *out)
{
	struct reader r = { .out = out, .line = -1 };

	/* An event for ten bytes: one allocation is enough for most. */
	*out = (struct ipsvc_plain){
		.cap = size / 10 + 8, .text = xstrndup(text, size),
	};
	out->events = xmalloc(out->cap * sizeof(*out->events));
	r.next = out->text;
	r.end = out->text + size;
	if (!memchr(text, '\0', size) && read_all(&r)) {
		for (size_t i = 0; i < out->n; i++)
			if (out->events[i].text)
				out->events[i].text[out->events[i].len] = '\0';
		return true;
	}
	ipsvc_plain_free(out);
	return false;
}

void ipsvc_plain_free(struct ipsvc_plain *plain)
{
	free(plain->events);
	free(plain->text);
	*plain = (struct ipsvc_plain){0};
}
