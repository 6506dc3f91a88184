// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In YAML, "---" and "..." at the start of a line end a document wherever they
 * are, so lines are all there is to look at. JSON objects are counted by their
 * braces outside of strings.
 *
 * A large document may be a List, as kubectl get -o yaml or json writes it: then its
 * items are told as shorter Lists, and the rest of it as one without items. Where
 * its kind comes after the items, these have to say themselves what they are.
 */
#include "split.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

/* So many bytes of documents are told together. */
#define TOGETHER	65536
/* A larger List is divided: no bound of a document is one for all its items. */
#define LIST_MAX	131072

#define BOM	"\xef\xbb\xbf"

/* A document that is complete and was not told yet. */
struct part {
	size_t start;
	int line;
};

struct splitter {
	struct ipsvc_buf text;	/* complete documents, and the one so far */
	struct part *parts;	/* the complete ones, and at the end the other */
	size_t n, cap;		/* of complete ones */
	int line;		/* where we are */
	size_t at;		/* where the current line starts in @text */
	bool marked;		/* "---" was seen */
	bool content;		/* more than markers, directives, comments */
	/* A document that starts with a brace. */
	bool json;
	size_t depth;
	char quote;		/* of the string we are in, or 0 */
	bool escaped;
	/* The items of a large List. */
	bool tried, listing;
	struct ipsvc_buf head;	/* of the List, up to its items */
	bool kinded;		/* which says of what kind it is */
	bool blank;		/* of JSON: no item has begun since the last were told */
	size_t indent;		/* of the "-" of an item of YAML; SIZE_MAX: none yet */
	ipsvc_split_fn *each;
	void *arg;
};

/* Documents [@from, @to). */
static enum ipsvc_split_answer tell(struct splitter *s, size_t from, size_t to)
{
	const struct part *first = &s->parts[from], *end = &s->parts[to];

	return s->each(s->arg, s->text.data + first->start,
		       end->start - first->start, first->line, to - from);
}

/* Tells the complete documents, and leaves the other. */
static bool flush(struct splitter *s)
{
	enum ipsvc_split_answer answer = s->n ? tell(s, 0, s->n) :
						IPSVC_SPLIT_GO_ON;
	size_t len = s->parts[s->n].start;

	for (size_t i = 0; answer == IPSVC_SPLIT_ONE_BY_ONE && i < s->n; i++)
		if (tell(s, i, i + 1) == IPSVC_SPLIT_STOP)
			answer = IPSVC_SPLIT_STOP;
	memmove(s->text.data, s->text.data + len, s->text.len - len + 1);
	s->text.len -= len;
	s->at -= len;
	s->parts[0] = (struct part){ 0, s->parts[s->n].line };
	s->n = 0;
	return answer != IPSVC_SPLIT_STOP;
}

/* The document ends at @end, where the next begins. */
static bool complete(struct splitter *s, size_t end)
{
	if (end > s->parts[s->n].start) {
		s->parts = ipsvc_grow(s->parts, ++s->n, &s->cap,
				      sizeof(*s->parts));
		s->parts[s->n].start = end;
	}
	s->parts[s->n].line = s->line;
	s->marked = s->content = s->json = s->escaped = s->tried = false;
	s->depth = 0;
	s->quote = 0;
	return end < TOGETHER || flush(s);
}

/* The same at the end of what was read so far. */
static bool complete_here(struct splitter *s)
{
	s->at = s->text.len;
	return complete(s, s->at) && flush(s);
}

static bool is_marker(const char *line, const char *marker)
{
	return !strncmp(line, marker, 3) && (!line[3] || strchr(" \t\r\n", line[3]));
}

/* Nothing but blanks, a comment or a directive. */
static bool is_bare(const struct splitter *s, const char *line)
{
	if (*line == '%' && !s->marked)
		return true;
	line += strspn(line, " \t\r\n");
	return !*line || *line == '#';
}

/* The current line, from s->at on, is complete; it may end the document. */
static bool end_line(struct splitter *s)
{
	const char *line = s->text.data + s->at;
	bool more = true;

	if (is_marker(line, "---")) {
		if (s->marked || s->content)
			more = complete(s, s->at);
		s->marked = true;
		s->content = !is_bare(s, s->text.data + s->at + 3);
	} else if (is_marker(line, "...")) {
		s->line++;
		return complete_here(s);
	} else if (!is_bare(s, line)) {
		s->content = true;
	}
	s->line++;
	s->at = s->text.len;
	return more;
}

/* Whether @s, whose last byte this is, has just met the end of its object. */
static bool ends_object(struct splitter *s, char c)
{
	if (s->escaped) {
		s->escaped = false;
	} else if (s->quote) {
		s->escaped = c == '\\' && s->quote == '"';
		if (c == s->quote)
			s->quote = 0;
	} else if (c == '"' || (c == '\'' && s->text.len > 1 &&
				strchr(" \t\n[{,:", s->text.data[s->text.len - 2]))) {
		s->quote = c;
	} else if (c == '{') {
		s->depth++;
	} else if (c == '}' && s->depth) {
		return !--s->depth;
	}
	return false;
}

/* A byte order mark may stand where a document begins. */
static void drop_mark(struct splitter *s)
{
	size_t len = strlen(BOM);

	if (s->content || s->text.len != s->at + len ||
	    memcmp(s->text.data + s->at, BOM, len))
		return;
	s->text.len -= len;
	s->text.data[s->text.len] = '\0';
}

static bool add(struct splitter *s, char c)
{
	bool first = !s->content && !s->json && c == '{' &&
		     strspn(s->text.data ? s->text.data + s->at : "", " \t") ==
		     s->text.len - s->at;

	ipsvc_buf_putc(&s->text, c);
	drop_mark(s);
	if (first)
		s->json = s->content = true;
	if (s->json && ends_object(s, c))
		return complete_here(s);
	return c != '\n' || end_line(s);
}

/* ---- a large List -------------------------------------------------------- */

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Where the items of the List begin that @text begins with; NULL: it is none. */
static const char *find_yaml_items(const char *text)
{
	while (strncmp(text, "items:", 6) != 0 ||
	       text[6 + strspn(text + 6, " \t\r")] != '\n') {
		text = strchr(text, '\n');
		if (!text++)
			return NULL;
	}
	return strchr(text, '\n') + 1;
}

/* Behind the string at @p, which is a quote. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

static const char *find_json_items(const char *text)
{
	const char *blanks = " \t\r\n", *p = text;
	size_t depth = 0;

	while (*p) {
		if (*p != '"') {
			depth += *p == '{' || *p == '[';
			depth -= *p == '}' || *p == ']';
			p++;
		} else if (depth == 1 && !strncmp(p, "\"items\"", 7)) {
			p += 7 + strspn(p + 7, blanks);
			p += *p == ':';
			p += strspn(p, blanks);
			return *p == '[' ? p + 1 : NULL;
		} else {
			p = skip_string(p);
		}
	}
	return NULL;
}

/* Tells the items before @end, and leaves the rest of the text. */
static bool tell_items(struct splitter *s, size_t end)
{
	static const char *const heads[] = {
		"apiVersion: v1\nkind: List\nitems:\n",
		"{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [",
	};
	const char *head = s->kinded ? s->head.data : heads[s->json];
	struct ipsvc_buf list = {0};
	enum ipsvc_split_answer answer = IPSVC_SPLIT_GO_ON;
	int line = s->parts[0].line;

	if (strspn(s->text.data, " \t\r\n") < end) {
		ipsvc_buf_puts(&list, head);
		ipsvc_buf_add(&list, s->text.data, end);
		if (s->json)
			ipsvc_buf_puts(&list, "]}");
		answer = s->each(s->arg, list.data, list.len,
				 line - count_lines(head), 1);
		ipsvc_buf_free(&list);
	}
	s->blank = true;
	memmove(s->text.data, s->text.data + end, s->text.len - end + 1);
	s->text.len -= end;
	s->at = s->at > end ? s->at - end : 0;
	s->parts[0].line = s->line;
	return answer != IPSVC_SPLIT_STOP;
}

/* The items are over: the text, from @from on, goes on with the List. */
static bool end_list(struct splitter *s, size_t from)
{
	char *rest = xstrdup(s->text.data + from);
	bool more;

	s->text.len = from;
	s->text.data[from] = '\0';
	more = tell_items(s, from);
	s->listing = false;
	ipsvc_buf_reset(&s->text);
	ipsvc_buf_puts(&s->text, s->head.data);
	s->at = s->text.len;
	s->content = true;
	for (const char *p = rest; *p && more; p++)
		more = add(s, *p);
	free(rest);
	return more;
}

static bool add_json_item(struct splitter *s, char c)
{
	size_t depth = s->depth;
	bool quoted = s->quote || s->escaped;

	/* A comma stands between items, not before the first. */
	if (s->blank && c == ',')
		c = ' ';
	s->blank = s->blank && strchr(" \t\r\n", c);
	ipsvc_buf_putc(&s->text, c);
	ends_object(s, c);
	s->line += c == '\n';
	if (quoted || depth > 2)
		return true;
	if (c == ']' && depth == 1)
		return end_list(s, s->text.len - 1);
	return c != '}' || s->depth != 1 || s->text.len < TOGETHER ||
	       tell_items(s, s->text.len);
}

/* The line that is complete begins an item, goes on with one, or ends them all. */
static bool end_item_line(struct splitter *s)
{
	const char *line = s->text.data + s->at;
	size_t indent = strspn(line, " "), at = s->at;
	bool begins = line[indent] == '-' && strchr(" \t\r\n", line[indent + 1]);

	if (!is_bare(s, line) && indent <= s->indent) {
		if (begins && s->indent == SIZE_MAX)
			s->indent = indent;
		if (!begins || indent < s->indent)
			return end_list(s, at);
		if (at >= TOGETHER && !tell_items(s, at))
			return false;
	}
	s->line++;
	s->at = s->text.len;
	return true;
}

static bool add_item(struct splitter *s, char c)
{
	if (s->json)
		return add_json_item(s, c);
	ipsvc_buf_putc(&s->text, c);
	return c != '\n' || end_item_line(s);
}

static bool feed(struct splitter *s, char c)
{
	return s->listing ? add_item(s, c) : add(s, c);
}

/* The only document in the text is a List; what there is of its items is added. */
static bool begin_list(struct splitter *s, const char *items)
{
	char *rest = xstrdup(items);
	bool more = true;

	ipsvc_buf_reset(&s->head);
	ipsvc_buf_add(&s->head, s->text.data, (size_t)(items - s->text.data));
	s->kinded = strstr(s->head.data, s->json ? "\"kind\"" : "kind:");
	ipsvc_buf_reset(&s->text);
	s->listing = s->blank = true;
	s->indent = SIZE_MAX;
	s->at = 0;
	s->line = s->parts[0].line + count_lines(s->head.data);
	s->parts[0].line = s->line;
	s->depth = 1;
	s->quote = 0;
	s->escaped = false;
	for (const char *p = rest; *p && more; p++)
		more = feed(s, *p);
	free(rest);
	return more;
}

/* The document is large: if it is a List it is to be divided. */
static bool divide(struct splitter *s)
{
	const char *items;

	s->tried = true;
	if (!flush(s))
		return false;
	items = s->json ? find_json_items(s->text.data) :
			  find_yaml_items(s->text.data);
	return !items || begin_list(s, items);
}

static enum ipsvc_split_result split(struct splitter *s, FILE *in, size_t max)
{
	int c;

	while ((c = getc_unlocked(in)) != EOF) {
		if (!feed(s, (char)c))
			return IPSVC_SPLIT_STOPPED;
		if (!s->tried && s->text.len - s->parts[s->n].start > LIST_MAX &&
		    !divide(s))
			return IPSVC_SPLIT_STOPPED;
		if (s->text.len - s->parts[s->n].start > max)
			return flush(s) ? IPSVC_SPLIT_TOO_LARGE :
					  IPSVC_SPLIT_STOPPED;
	}
	if (ferror(in)) {
		int err = errno;
		bool more = flush(s);

		errno = err;
		return more ? IPSVC_SPLIT_FAILED : IPSVC_SPLIT_STOPPED;
	}
	if (s->listing && !end_list(s, s->text.len))
		return IPSVC_SPLIT_STOPPED;
	if (s->text.len > s->at && !end_line(s))
		return IPSVC_SPLIT_STOPPED;
	return complete_here(s) ? IPSVC_SPLIT_OK : IPSVC_SPLIT_STOPPED;
}

enum ipsvc_split_result ipsvc_split(FILE *in, size_t max, ipsvc_split_fn *each,
				    void *arg, int *line)
{
	struct splitter s = { .line = 1, .each = each, .arg = arg };
	enum ipsvc_split_result result;
	int err;

	ipsvc_buf_add(&s.text, "", 0);
	s.parts = ipsvc_grow(NULL, 0, &s.cap, sizeof(*s.parts));
	s.parts[0] = (struct part){ 0, 1 };
	result = split(&s, in, max);
	err = errno;
	*line = s.parts[s.n].line;
	ipsvc_buf_free(&s.text);
	free(s.parts);
	ipsvc_buf_free(&s.head);
	errno = err;
	return result;
}
