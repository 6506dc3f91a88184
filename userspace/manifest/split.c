// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In YAML, "---" and "..." at the start of a line end a document wherever they
 * are, so lines are all there is to look at. JSON objects are counted by their
 * braces outside of strings.
 */
#include "split.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

#define BOM	"\xef\xbb\xbf"

struct splitter {
	struct ipsvc_buf text;	/* of the document so far */
	int first, line;	/* where it starts; where we are */
	size_t at;		/* where the current line starts in @text */
	bool marked;		/* "---" was seen */
	bool content;		/* more than markers, directives, comments */
	/* A document that starts with a brace. */
	bool json;
	size_t depth;
	char quote;		/* of the string we are in, or 0 */
	bool escaped;
	ipsvc_split_fn *each;
	void *arg;
};

/* What @len bytes from the start on are is told; the rest is the next document. */
static bool emit(struct splitter *s, size_t len)
{
	bool more = !len || s->each(s->arg, s->text.data, len, s->first);

	memmove(s->text.data, s->text.data + len, s->text.len - len + 1);
	s->text.len -= len;
	s->at = 0;
	s->first = s->line;
	s->marked = s->content = s->json = s->escaped = false;
	s->depth = 0;
	s->quote = 0;
	return more;
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
			more = emit(s, s->at);
		s->marked = true;
		s->content = !is_bare(s, s->text.data + s->at + 3);
	} else if (is_marker(line, "...")) {
		s->line++;
		return emit(s, s->text.len);
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
		return emit(s, s->text.len);
	return c != '\n' || end_line(s);
}

static enum ipsvc_split_result split(struct splitter *s, FILE *in, size_t max)
{
	int c;

	while ((c = getc_unlocked(in)) != EOF) {
		if (!add(s, (char)c))
			return IPSVC_SPLIT_STOPPED;
		if (s->text.len > max)
			return IPSVC_SPLIT_TOO_LARGE;
	}
	if (ferror(in))
		return IPSVC_SPLIT_FAILED;
	if (s->text.len > s->at && !end_line(s))
		return IPSVC_SPLIT_STOPPED;
	return emit(s, s->text.len) ? IPSVC_SPLIT_OK : IPSVC_SPLIT_STOPPED;
}

enum ipsvc_split_result ipsvc_split(FILE *in, size_t max, ipsvc_split_fn *each,
				    void *arg, int *line)
{
	struct splitter s = { .first = 1, .line = 1, .each = each, .arg = arg };
	enum ipsvc_split_result result;
	int err;

	ipsvc_buf_add(&s.text, "", 0);
	result = split(&s, in, max);
	err = errno;
	*line = s.first;
	ipsvc_buf_free(&s.text);
	errno = err;
	return result;
}
