// SPDX-License-Identifier: GPL-2.0-or-later
#include "jsonpath.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What is left of a text, in a document at a place. */
struct path {
	const char *at, *end;
	const json_t *root, *here;	/* $ and @ */
	char *why;
};

void jsonpath_values_free(struct jsonpath_values *values)
{
	free(values->items);
	*values = (struct jsonpath_values){0};
}

static void add(struct jsonpath_values *values, const json_t *value)
{
	if (!value)
		return;
	values->items = ipsvc_grow(values->items, values->n, &values->cap,
				   sizeof(*values->items));
	values->items[values->n++] = value;
}

__attribute__((format(printf, 2, 3)))
static bool fail(struct path *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!p->why)
		p->why = xvasprintf(fmt, ap);
	va_end(ap);
	return false;
}

/* ---- steps --------------------------------------------------------------- */

static void add_all(struct jsonpath_values *out, const json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
		add(out, item);
	json_object_foreach((json_t *)value, key, item)
		add(out, item);
}

/* @value, and all that is in it. */
static void add_below(struct jsonpath_values *out, const json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	add(out, value);
	json_array_foreach(value, i, item)
		add_below(out, item);
	json_object_foreach((json_t *)value, key, item)
		add_below(out, item);
}

static void add_field(struct jsonpath_values *out, const json_t *value,
		      const char *name)
{
	if (!strcmp(name, "*"))
		add_all(out, value);
	else
		add(out, json_object_get(value, name));
}

/* The elements [from, to) of a list, counted from the end when negative. */
static void add_slice(struct jsonpath_values *out, const json_t *list, long from,
		      long to, long step)
{
	long n = (long)json_array_size(list);

	from = from < 0 ? from + n : from;
	to = to < 0 ? to + n : to;
	for (long i = from < 0 ? 0 : from; i < to && i < n; i += step)
		add(out, json_array_get(list, (size_t)i));
}

/* ---- brackets ------------------------------------------------------------ */

/* Where the bracket that was opened before @p->at ends, or NULL. */
static const char *closing(const struct path *p, char open, char close)
{
	char quote = '\0';
	int depth = 1;

	for (const char *c = p->at; c < p->end; c++) {
		if (quote)
			quote = *c == quote ? '\0' : quote;
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (*c == open)
			depth++;
		else if (*c == close && !--depth)
			return c;
	}
	return NULL;
}

static bool find(struct path *p, struct jsonpath_values *out);

/* One side of a comparison: a path or a literal, which *@made then is. */
static bool operand(struct path *p, const char *from, const char *to,
		    const json_t *here, struct jsonpath_values *out,
		    json_t **made)
{
	struct path sub = { from, to, p->root, here, NULL };
	char *text;
	bool ok;

	*made = NULL;
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	if (from < to && (*from == '@' || *from == '$' || *from == '.')) {
		sub.at = from;
		sub.end = to;
		ok = find(&sub, out);
		if (!ok)
			fail(p, "%s", sub.why);
		free(sub.why);
		return ok;
	}
	if (to - from >= 2 && *from == '\'' && to[-1] == '\'')
		*made = json_stringn(from + 1, (size_t)(to - from - 2));
	text = xstrndup(from, (size_t)(to - from));
	if (!*made)
		*made = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!*made)
		fail(p, "unrecognized identifier %s", text);
	free(text);
	add(out, *made);
	return *made;
}

static int compare(const json_t *a, const json_t *b)
{
	double x, y;

	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b));
	if (!json_is_number(a) || !json_is_number(b))
		return json_equal(a, b) ? 0 : 2;
	x = json_number_value(a);
	y = json_number_value(b);
	return x < y ? -1 : x > y;
}

static const char *const operators[] = { "==", "!=", "<=", ">=", "<", ">" };

static bool holds(const char *op, int order)
{
	if (!strcmp(op, "=="))
		return !order;
	if (!strcmp(op, "!="))
		return order;
	if (order == 2)
		return false;
	return (op[0] == '<' && order < 0) || (op[0] == '>' && order > 0) ||
	       (op[1] == '=' && !order);
}

/* The first operator of [@from, @to) outside of quotes; NULL when there is none. */
static const char *find_operator(const char *from, const char *to,
				 const char **op)
{
	char quote = '\0';

	for (const char *c = from; c < to; c++) {
		if (*c == '\'' || *c == '"')
			quote = !quote ? *c : quote == *c ? '\0' : quote;
		for (size_t i = 0; !quote && i < sizeof(operators) /
				   sizeof(operators[0]); i++) {
			*op = operators[i];
			if (!strncmp(c, *op, strlen(*op)))
				return c;
		}
	}
	return NULL;
}

/* ?(@.a == "b") of one element; *@keep says whether it is so. */
static bool judge(struct path *p, const char *from, const char *to,
		  const json_t *item, bool *keep)
{
	struct jsonpath_values left = {0}, right = {0};
	json_t *made_left = NULL, *made_right = NULL;
	const char *op = NULL, *mid = find_operator(from, to, &op);
	bool ok = operand(p, from, mid ? mid : to, item, &left, &made_left);

	if (ok && mid)
		ok = operand(p, mid + strlen(op), to, item, &right, &made_right);
	*keep = left.n && !mid;
	if (ok && left.n && right.n)
		*keep = holds(op, compare(left.items[0], right.items[0]));
	json_decref(made_left);
	json_decref(made_right);
	jsonpath_values_free(&left);
	jsonpath_values_free(&right);
	return ok;
}

static bool filter(struct path *p, const char *from, const char *to,
		   const struct jsonpath_values *in, struct jsonpath_values *out)
{
	for (size_t i = 0; i < in->n; i++) {
		json_t *item;
		size_t j;

		json_array_foreach(in->items[i], j, item) {
			bool keep;

			if (!judge(p, from, to, item, &keep))
				return false;
			if (keep)
				add(out, item);
		}
	}
	return true;
}

/* No list is so long that it makes a difference. */
static long clamp(long value)
{
	return value > INT_MAX ? INT_MAX : value < -INT_MAX ? -INT_MAX : value;
}

/* "0", "-1", "0:2", "::2". */
static bool slice(struct path *p, const char *text,
		  const struct jsonpath_values *in, struct jsonpath_values *out)
{
	long part[3] = { 0, 0, 1 };
	bool given[3] = { false };
	const char *c = text;
	int n = 0;

	for (;; c++) {
		char *end;
		long value = strtol(c, &end, 10);

		if (end != c) {
			part[n] = clamp(value);
			given[n] = true;
		}
		c = end;
		if (*c != ':' || n == 2)
			break;
		n++;
	}
	if (*c || (!n && !given[0]) || part[2] < 1)
		return fail(p, "invalid array index %s", text);
	if (!n && part[0] != -1)
		part[1] = part[0] + 1;
	else if (!given[1])
		part[1] = INT_MAX;
	for (size_t i = 0; i < in->n; i++)
		add_slice(out, in->items[i], part[0], part[1], part[2]);
	return true;
}

/* One of the parts that commas separate. */
static bool bracket_part(struct path *p, const char *from, const char *to,
			 const struct jsonpath_values *in,
			 struct jsonpath_values *out)
{
	size_t len = (size_t)(to - from);
	char *text;
	bool ok = true;

	if (len > 3 && from[0] == '?' && from[1] == '(' && to[-1] == ')')
		return filter(p, from + 2, to - 1, in, out);
	if (len >= 2 && (*from == '\'' || *from == '"') && to[-1] == *from)
		text = xstrndup(from + 1, len - 2);
	else
		text = xstrndup(from, len);
	if (*from == '\'' || *from == '"' || *from == '*')
		for (size_t i = 0; i < in->n; i++)
			add_field(out, in->items[i], text);
	else
		ok = slice(p, text, in, out);
	free(text);
	return ok;
}

static bool bracket(struct path *p, const struct jsonpath_values *in,
		    struct jsonpath_values *out)
{
	const char *end, *from;
	char quote = '\0';

	p->at++;
	end = closing(p, '[', ']');
	if (!end || end == p->at)
		return fail(p, "unterminated array");
	from = p->at;
	for (const char *c = from; c <= end; c++) {
		if (c < end && (*c == '\'' || *c == '"'))
			quote = !quote ? *c : quote == *c ? '\0' : quote;
		if (c < end && (*c != ',' || quote || *from == '?'))
			continue;
		if (!bracket_part(p, from, c, in, out))
			return false;
		from = c + 1;
	}
	p->at = end + 1;
	return true;
}

/* ---- paths --------------------------------------------------------------- */

/* A name, in which a backslash takes the meaning from what follows. */
static char *name(struct path *p)
{
	struct ipsvc_buf buf = {0};

	for (; p->at < p->end && !strchr(".[ \t,|", *p->at); p->at++) {
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
		ipsvc_buf_putc(&buf, *p->at);
	}
	return ipsvc_buf_take(&buf);
}

static bool step(struct path *p, const struct jsonpath_values *in,
		 struct jsonpath_values *out)
{
	struct jsonpath_values all = {0};
	bool below = p->end - p->at > 1 && p->at[0] == '.' && p->at[1] == '.';
	char *field;

	if (*p->at == '[')
		return bracket(p, in, out);
	p->at += below ? 2 : *p->at == '.';
	for (size_t i = 0; i < in->n; i++)
		(below ? add_below : add)(&all, in->items[i]);
	if (p->at < p->end && *p->at == '[') {
		bool ok = bracket(p, &all, out);

		jsonpath_values_free(&all);
		return ok;
	}
	field = name(p);
	for (size_t i = 0; i < all.n; i++) {
		if (*field)
			add_field(out, all.items[i], field);
		else
			add(out, all.items[i]);
	}
	free(field);
	jsonpath_values_free(&all);
	return true;
}

/* Adds to @out where the path of @p leads to. */
static bool find(struct path *p, struct jsonpath_values *out)
{
	struct jsonpath_values now = {0}, next = {0};
	bool ok = true;

	add(&now, p->at < p->end && *p->at == '$' ? p->root : p->here);
	if (p->at < p->end && (*p->at == '$' || *p->at == '@'))
		p->at++;
	while (ok && p->at < p->end) {
		if (isspace((unsigned char)*p->at) || *p->at == ',' ||
		    *p->at == '|') {
			ok = fail(p, "unrecognized character in action: U+%04X '%c'",
				  (unsigned int)*p->at, *p->at);
			break;
		}
		ok = step(p, &now, &next);
		jsonpath_values_free(&now);
		now = next;
		next = (struct jsonpath_values){0};
	}
	for (size_t i = 0; ok && i < now.n; i++)
		add(out, now.items[i]);
	jsonpath_values_free(&now);
	jsonpath_values_free(&next);
	return ok;
}

/* ---- templates ----------------------------------------------------------- */

void jsonpath_append(struct ipsvc_buf *out, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		ipsvc_buf_puts(out, json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	ipsvc_buf_puts(out, text);
	free(text);
}

/* "a\nb", quoted either way. */
static void literal(const char *from, const char *to, struct ipsvc_buf *out)
{
	static const char escapes[] = "n\nt\tr\r";

	for (; from < to; from++) {
		const char *e = *from == '\\' && from + 1 < to ?
				strchr(escapes, from[1]) : NULL;

		if (*from == '\\' && from + 1 < to)
			from++;
		ipsvc_buf_putc(out, e ? e[1] : *from);
	}
}

/* The words of an action, with blanks between them: each is printed as it is. */
static bool action(struct path *p, const char *from, const char *to,
		   struct ipsvc_buf *out)
{
	struct jsonpath_values values = {0};
	struct path sub = { from, to, p->root, p->here, NULL };
	bool ok;

	if (to - from >= 2 && (*from == '"' || *from == '\'') && to[-1] == *from) {
		literal(from + 1, to - 1, out);
		return true;
	}
	ok = find(&sub, &values);
	if (!ok)
		fail(p, "%s", sub.why);
	free(sub.why);
	for (size_t i = 0; i < values.n; i++) {
		if (i)
			ipsvc_buf_putc(out, ' ');
		jsonpath_append(out, values.items[i]);
	}
	jsonpath_values_free(&values);
	return ok;
}

static bool is_word(const char *from, const char *to, const char *word)
{
	return (size_t)(to - from) == strlen(word) &&
	       !strncmp(from, word, strlen(word));
}

static bool render(struct path *p, bool nested, struct ipsvc_buf *out);

/* {range @from} … {end} */
static bool range(struct path *p, const char *from, const char *to,
		  struct ipsvc_buf *out)
{
	struct path list = { from, to, p->root, p->here, NULL };
	struct jsonpath_values values = {0};
	const json_t *here = p->here;
	const char *body = p->at;
	struct ipsvc_buf none = {0};
	bool ok = find(&list, &values);

	if (!ok)
		fail(p, "%s", list.why);
	free(list.why);
	for (size_t i = 0; ok && i < values.n; i++) {
		p->at = body;
		p->here = values.items[i];
		ok = render(p, true, out);
	}
	p->here = NULL;
	if (ok && !values.n)	/* to where it ends */
		ok = render(p, true, &none);
	p->here = here;
	ipsvc_buf_free(&none);
	jsonpath_values_free(&values);
	return ok;
}

/* Up to {end} when @nested. */
static bool render(struct path *p, bool nested, struct ipsvc_buf *out)
{
	while (p->at < p->end) {
		const char *from = p->at, *to;

		if (*from != '{') {
			ipsvc_buf_putc(out, *from);
			p->at++;
			continue;
		}
		p->at++;
		from++;
		to = closing(p, '{', '}');
		if (!to)
			return fail(p, "unclosed action");
		p->at = to + 1;
		if (is_word(from, to, "end"))
			return nested || fail(p, "not in range, nothing to end");
		if (to - from > 6 && !strncmp(from, "range ", 6)) {
			if (!range(p, from + 6, to, out))
				return false;
		} else if (!action(p, from, to, out)) {
			return false;
		}
	}
	return !nested || fail(p, "unexpected end of range");
}

bool jsonpath_print(const char *template, const json_t *doc,
		    struct ipsvc_buf *out, char **why)
{
	struct path p = { template, template + strlen(template), doc, doc, NULL };
	bool ok = render(&p, false, out);

	*why = p.why;
	return ok;
}

bool jsonpath_find(const char *path, const json_t *doc,
		   struct jsonpath_values *out, char **why)
{
	size_t len = strlen(path);
	struct path p = { path, path + len, doc, doc, NULL };
	bool ok;

	if (len >= 2 && path[0] == '{' && path[len - 1] == '}') {
		p.at++;
		p.end--;
	}
	ok = find(&p, out);
	*why = p.why;
	return ok;
}
