// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define WHITE " \t\r\n\v\f"

void edit_batch_add(struct edit_batch *batch, struct edit_command *cmd,
		    unsigned int line)
{
	batch->items = ipsvc_grow(batch->items, batch->n, &batch->cap,
				  sizeof(*batch->items));
	batch->lines = ipsvc_grow(batch->lines, batch->n, &batch->cap_lines,
				  sizeof(*batch->lines));
	batch->items[batch->n] = *cmd;
	batch->lines[batch->n++] = line;
	batch->everything |= cmd->verb == EDIT_FLUSH;
	memset(cmd, 0, sizeof(*cmd));
}

void edit_batch_free(struct edit_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		edit_command_free(&batch->items[i]);
	free(batch->items);
	free(batch->lines);
	*batch = (struct edit_batch){ 0 };
}

/* ---- a file ------------------------------------------------------------- */

/* Words of a line, or of several that are joined; they point into @text. */
struct words {
	char *text;
	size_t len;
	char **items;
	size_t n, cap;
};

/* One more line; whether another is to be joined to it. */
static bool join_line(struct words *w, const char *line, size_t len)
{
	bool more;

	while (len && strchr("\r\n", line[len - 1]))
		len--;
	more = len && line[len - 1] == '\\';
	w->text = xrealloc(w->text, w->len + len + 1);
	memcpy(w->text + w->len, line, len);
	w->len += len;
	w->text[w->len] = '\0';
	if (more)
		w->text[w->len - 1] = ' ';
	return more;
}

static void split(struct words *w)
{
	char *save, *word = strtok_r(w->text, WHITE, &save);

	w->n = 0;
	for (; word && word[0] != '#'; word = strtok_r(NULL, WHITE, &save)) {
		w->items = ipsvc_grow(w->items, w->n, &w->cap,
				      sizeof(*w->items));
		w->items[w->n++] = word;
	}
}

static char *read_command(struct edit_batch *batch, struct words *w,
			  const char *ns, unsigned int line)
{
	struct edit_command cmd;
	char *wrong;

	split(w);
	w->len = 0;
	if (!w->n)
		return NULL;
	wrong = edit_command_parse(&cmd, ns, AF_UNSPEC, w->items, (int)w->n);
	if (!wrong)
		edit_batch_add(batch, &cmd, line);
	edit_command_free(&cmd);
	return wrong;
}

char *edit_batch_read(struct edit_batch *batch, FILE *fp, const char *ns,
		      unsigned int *line)
{
	char *text = NULL, *wrong = NULL;
	struct words w = { 0 };
	size_t size = 0, first = 0;
	ssize_t len;

	*line = 0;
	errno = 0;
	while (!wrong && (len = getline(&text, &size, fp)) >= 0) {
		++*line;
		if (!w.len)
			first = *line;
		if (memchr(text, '\0', (size_t)len))
			wrong = xstrdup("this is no text");
		else if (!join_line(&w, text, (size_t)len))
			wrong = read_command(batch, &w, ns, (unsigned int)first);
	}
	if (!wrong && w.len)
		wrong = read_command(batch, &w, ns, (unsigned int)first);
	if (!wrong && ferror(fp))
		wrong = xstrdup(strerror(errno));
	free(text);
	free(w.text);
	free(w.items);
	return wrong;
}
