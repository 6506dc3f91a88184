// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipsvc __complete -- WORD…: what the last word may become, a candidate a line.
 * For the shells' completion; all it knows it reads from the table of verbs,
 * the kernel and the store.
 */
#include "cli.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "base/memory.h"
#include "kube.h"
#include "store/store.h"

/* The command line so far, without its last word. */
struct line {
	const char *verb, *sub;		/* NULL: not there yet */
	const struct cli_option *pending;	/* an option without its value */
	size_t nargs;			/* after verb and sub-verb */
	const char *first_arg;
	const char *store, *ns;
	bool lost;			/* its network namespace is not to be had */
};

static void offer(const char *word, const char *prefix)
{
	if (!strncmp(word, prefix, strlen(prefix)))
		puts(word);
}

/* ---- the table ---------------------------------------------------------- */

/* The row that @line has come to; a verb of which no sub-verb was given: NULL. */
static const struct cli_verb *row_of(const struct line *line)
{
	size_t i;

	for (i = 0; line->verb && i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		if (!strcmp(v->verb, line->verb) &&
		    (line->sub ? v->sub && !strcmp(v->sub, line->sub) : !v->sub))
			return v;
	}
	return NULL;
}

static bool is_sub_verb(const char *verb, const char *word)
{
	size_t i;

	for (i = 0; i < cli_nverbs; i++)
		if (!strcmp(cli_verbs[i].verb, verb) && cli_verbs[i].sub &&
		    !strcmp(cli_verbs[i].sub, word))
			return true;
	return false;
}

static void offer_verbs(const char *verb, const char *prefix)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];
		const char *word = verb ? v->sub : v->verb;

		if (!v->summary || !word || !strcmp(word, last) ||
		    (verb && strcmp(v->verb, verb)))
			continue;
		offer(word, prefix);
		last = word;
	}
}

/* ---- options: "-f, --filename FILE" ------------------------------------- */

/* Length of the spelling at *@p, which moves on; 0 at the end of them. */
static size_t next_spelling(const char **p)
{
	size_t len;

	*p += strspn(*p, ", ");
	if (**p != '-')
		return 0;
	len = strcspn(*p, ", =[");
	return len;
}

static bool takes_value(const struct cli_option *o)
{
	const char *space = strrchr(o->option, ' ');

	return space && space[1] != '-';
}

static const struct cli_option *find_option(const struct cli_option *o,
					    const char *word)
{
	for (; o && o->option; o++) {
		const char *p = o->option;
		size_t len;

		for (; (len = next_spelling(&p)); p += len)
			if (strlen(word) == len && !strncmp(p, word, len))
				return o;
	}
	return NULL;
}

static void offer_options(const struct cli_option *o, const char *prefix)
{
	for (; o && o->option; o++) {
		const char *p = o->option;
		size_t len;

		for (; (len = next_spelling(&p)); p += len) {
			char *word = xstrndup(p, len);

			if (len > 2)
				offer(word, prefix);
			free(word);
		}
	}
}

/* ---- values ------------------------------------------------------------- */

static void offer_outputs(const struct cli_verb *v, const char *prefix)
{
	char *words = xstrdup(v && v->outputs ? v->outputs : ""), *p = words;
	const char *word;

	offer("text", prefix);
	while ((word = strsep(&p, " ")))
		if (*word)
			offer(word, prefix);
	free(words);
}

static void offer_netns(const char *prefix)
{
	DIR *dir = opendir("/run/netns");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			offer(entry->d_name, prefix);
	if (dir)
		closedir(dir);
}

static void offer_services(const char *prefix)
{
	struct ipsvc_state st = { 0 };
	struct ipsvc_nl *nl;
	size_t i;
	int err;

	nl = ipsvc_nl_open(&err);
	if (nl && !ipsvc_nl_services(nl, &st))
		for (i = 0; i < st.n; i++)
			offer(st.services[i].name, prefix);
	ipsvc_state_free(&st);
	ipsvc_nl_close(nl);
}

/* Those that are not stored can only be shown. */
static void offer_kinds(bool derived, const char *prefix)
{
	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++)
		if (derived || !(*k)->derived)
			offer((*k)->plural, prefix);
}

static void offer_objects(const struct line *line, const char *url,
			  const char *prefix)
{
	struct ipsvc_objects objs = { 0 };
	const struct ipsvc_kind *kind;
	struct ipsvc_store *store;
	char *message = NULL;
	size_t i;

	if (!line->nargs) {
		offer_kinds(!strcmp(line->verb, "get"), prefix);
		return;
	}
	kind = ipsvc_kind_from_word(line->first_arg);
	if (kind && kind->derived)
		kind = kind->derived->named_as;
	store = kind ? ipsvc_store_open(url, true, &message) : NULL;
	if (store && !ipsvc_store_list(store, kind, line->ns ? line->ns :
				       "default", &objs, NULL))
		for (i = 0; i < objs.n; i++)
			offer(objs.items[i].name, prefix);
	ipsvc_objects_free(&objs);
	if (store)
		ipsvc_store_close(store);
	free(message);
}

static void offer_value(const struct line *line, const char *prefix)
{
	const char *option = line->pending->option;

	if (strstr(option, "--output"))
		offer_outputs(row_of(line), prefix);
	else if (strstr(option, "--netns"))
		offer_netns(prefix);
}

/* ---- the line ----------------------------------------------------------- */

/* What the kernel is asked for is that of the namespace the command is for. */
static void enter_netns(struct line *line, const char *name)
{
	char *path = cli_netns_path(name);

	line->lost = cli_netns_enter(path) != 0;
	free(path);
}

static void read_value(struct line *line, const char *word)
{
	/* Between a long option and its value, bash may make it a word. */
	if (!strcmp(word, "="))
		return;
	if (strstr(line->pending->option, "--store"))
		line->store = word;
	else if (strstr(line->pending->option, "--netns"))
		enter_netns(line, word);
	else if (strstr(line->pending->option, "--namespace"))
		line->ns = word;
	line->pending = NULL;
}

/* "--store", or "--store=URL" with the value in the same word. */
static void read_option(struct line *line, const char *word)
{
	const struct cli_verb *row = row_of(line);
	const char *value = strchr(word, '=');
	char *name = xstrndup(word, strcspn(word, "="));

	/* The verb's meaning of a letter comes first. */
	line->pending = find_option(row ? row->options : NULL, name);
	if (!line->pending)
		line->pending = find_option(cli_common_options, name);
	if (line->pending && !takes_value(line->pending))
		line->pending = NULL;
	if (line->pending && value)
		read_value(line, value + 1);
	free(name);
}

static void read_word(struct line *line, const char *word)
{
	if (line->pending) {
		read_value(line, word);
	} else if (word[0] == '-') {
		read_option(line, word);
	} else if (!line->verb) {
		line->verb = word;
	} else if (!line->sub && !line->nargs && is_sub_verb(line->verb, word)) {
		line->sub = word;
	} else {
		if (!line->nargs++)
			line->first_arg = word;
	}
}

static void offer_word(const struct cli *cli, const struct line *line,
		       const char *prefix)
{
	const struct cli_verb *row = row_of(line);

	if (line->pending) {
		offer_value(line, prefix);
	} else if (prefix[0] == '-') {
		offer_options(row ? row->options : NULL, prefix);
		offer_options(cli_common_options, prefix);
	} else if (!line->verb) {
		offer_verbs(NULL, prefix);
	} else if (!line->sub && !line->nargs) {
		offer_verbs(line->verb, prefix);
	}
	if (line->pending || prefix[0] == '-' || !row)
		return;
	if (row->complete == CLI_COMPLETE_VERB)
		offer_verbs(line->nargs ? line->first_arg : NULL, prefix);
	else if (row->complete == CLI_COMPLETE_SERVICE && !line->nargs &&
		 !line->lost)
		offer_services(prefix);
	else if (row->complete == CLI_COMPLETE_OBJECT)
		offer_objects(line, line->store ? line->store : cli->store_url,
			      prefix);
}

int cmd_complete(struct cli *cli, int argc, char **argv)
{
	struct line line = { 0 };
	int i = argc > 1 && !strcmp(argv[1], "--") ? 2 : 1;

	if (i >= argc)
		return CLI_USAGE;
	for (; i < argc - 1; i++)
		read_word(&line, argv[i]);
	offer_word(cli, &line, argv[i]);
	return CLI_OK;
}
