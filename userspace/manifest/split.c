// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In YAML, "---" and "..." at the start of a line end a document wherever they
 * are, so lines are all there is to look at. JSON objects are counted by their
 * braces outside of strings.
 */
#include "split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

/* So many bytes of documents are told together. */
#define TOGETHER	65536

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
	s->marked = s->content = s->json = s->escaped = false;
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

static enum ipsvc_split_result split(struct splitter *s, FILE *in, size_t max)
{
	int c;

	while ((c = getc_unlocked(in)) != EOF) {
		if (!add(s, (char)c))
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
	errno = err;
	return result;
}
