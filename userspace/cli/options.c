// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "cli.h"

void cli_words_free(struct cli_words *words)
{
	free(words->items);
	*words = (struct cli_words){0};
}

const struct cli_option *cli_option_named(const struct cli_option *options,
					  const char *name, size_t len)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == len &&
		    !strncmp(options->name, name, len))
			return options;
	return NULL;
}

const struct cli_option *cli_option_lettered(const struct cli_option *options,
					     char letter)
{
	for (; options && options->name; options++)
		if (options->letter == letter)
			return options;
	return NULL;
}

char *cli_option_spelling(const struct cli_option *o)
{
	struct ipsvc_buf buf = {0};

	if (o->letter)
		ipsvc_buf_printf(&buf, "-%c, ", o->letter);
	ipsvc_buf_printf(&buf, "--%s", o->name);
	if (o->implied)
		ipsvc_buf_printf(&buf, "[=%s]", o->value);
	else if (o->value)
		ipsvc_buf_printf(&buf, " %s", o->value);
	return ipsvc_buf_take(&buf);
}

/* ---- values ------------------------------------------------------------- */

/* As Go's strconv.ParseBool(), which kubectl reads them with. */
static bool parse_bool(const char *text, bool *value)
{
	static const char *const words[2][7] = {
		{ "0", "f", "F", "false", "FALSE", "False", NULL },
		{ "1", "t", "T", "true", "TRUE", "True", NULL },
	};

	for (int v = 0; v < 2; v++)
		for (const char *const *w = words[v]; *w; w++)
			if (!strcmp(text, *w)) {
				*value = v;
				return true;
			}
	return false;
}

static void add_words(struct cli_words *words, char *text)
{
	const char *word;

	while ((word = strsep(&text, ","))) {
		words->items = ipsvc_grow(words->items, words->n, &words->cap,
					  sizeof(*words->items));
		words->items[words->n++] = word;
	}
}

static char *set(const struct cli_option *o, void *into, char *text)
{
	void *at = (char *)into + o->at;

	switch (o->type) {
	case CLI_BOOL:
		if (!parse_bool(text, at))
			return xasprintf("'--%s' is true or false, not '%s'",
					 o->name, text);
		break;
	case CLI_STRING:
		*(const char **)at = text;
		break;
	case CLI_LIST:
		add_words(at, text);
		break;
	}
	return NULL;
}

/* ---- a command line ----------------------------------------------------- */

struct parse {
	const struct cli_scope *scope;
	char **argv;
	int argc, next;		/* argv[next] is the one after this word */
};

/* The option of @found, which is own or common, gets its value. */
static char *give(const struct parse *p, const struct cli_option *found,
		  bool own, char *text)
{
	return set(found, own ? p->scope->into : p->scope->common_into, text);
}

/* The value where none is written behind the option; NULL: there is none. */
static char *value_after(struct parse *p, const struct cli_option *o)
{
	static char yes[] = "true";

	if (o->type == CLI_BOOL)
		return yes;
	if (o->implied)
		return (char *)o->implied;
	return p->next < p->argc ? p->argv[p->next++] : NULL;
}

/* The long name of which @name is the beginning, or which is near; or NULL. */
static const char *meant(const struct cli_scope *scope, const char *name)
{
	const struct cli_option *both[] = { scope->own, scope->common };
	const char *names[64];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		for (const struct cli_option *o = both[i]; o && o->name; o++)
			if (n + 1 < sizeof(names) / sizeof(*names))
				names[n++] = o->name;
	names[n] = NULL;
	for (size_t i = 0; i < n; i++)
		if (!strncmp(names[i], name, strlen(name)))
			return names[i];
	return cli_nearest(name, names);
}

static char *unknown(const struct cli_scope *scope, const char *name, size_t len)
{
	char *word = xstrndup(name, len), *text;
	const char *nearest = meant(scope, word);

	text = xasprintf("unknown option '--%s'%s%s%s", word,
			 nearest ? ", did you mean '--" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
	free(word);
	return text;
}

static char *parse_name(struct parse *p, char *name)
{
	size_t len = strcspn(name, "=");
	const struct cli_option *own, *o;
	char *text;

	own = cli_option_named(p->scope->own, name, len);
	o = own ? own : cli_option_named(p->scope->common, name, len);
	if (!o)
		return unknown(p->scope, name, len);
	text = name[len] ? name + len + 1 : value_after(p, o);
	return text ? give(p, o, own, text) :
		      xasprintf("option '--%s' needs a value", o->name);
}

/* "-Al=app=web" and the like, without the dash. */
static char *parse_letters(struct parse *p, char *letters)
{
	for (; *letters; letters++) {
		const struct cli_option *own, *o;
		char *rest = letters + 1, *wrong;
		bool last;

		own = cli_option_lettered(p->scope->own, *letters);
		o = own ? own : cli_option_lettered(p->scope->common, *letters);
		if (!o)
			return xasprintf("unknown option '-%c'", *letters);
		last = *rest && (o->type != CLI_BOOL || *rest == '=');
		/* "-o=json" is "-ojson". */
		rest = !last ? value_after(p, o) :
		       rest + (rest[0] == '=' && rest[1]);
		if (!rest)
			return xasprintf("option '-%c' needs a value", *letters);
		wrong = give(p, o, own, rest);
		if (wrong || last || o->type != CLI_BOOL)
			return wrong;
	}
	return NULL;
}

char *cli_options_parse(const struct cli_scope *scope, bool leading, int *argc,
			char **argv)
{
	struct parse p = { .scope = scope, .argv = argv, .argc = *argc };
	char *wrong = NULL;
	int kept = 0;

	while (p.next < p.argc && !wrong) {
		char *word = argv[p.next++];

		if (!strcmp(word, "--"))
			break;
		if (!strncmp(word, "--", 2)) {
			wrong = parse_name(&p, word + 2);
		} else if (word[0] == '-' && word[1]) {
			wrong = parse_letters(&p, word + 1);
		} else {
			argv[kept++] = word;
			if (leading)
				break;
		}
	}
	while (p.next < p.argc)
		argv[kept++] = argv[p.next++];
	argv[kept] = NULL;
	*argc = kept;
	return wrong;
}
