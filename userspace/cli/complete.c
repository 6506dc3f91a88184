// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipsvc __complete -- WORD…: what the last word may become, a candidate a line,
 * with what it is behind a tab where that is known. For the shells' completion;
 * all it knows it reads from the table of verbs, the kernel and the store.
 */
#include "cli.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/namespace/namespace.h"
#include "api/object.h"
#include "base/memory.h"
#include "kube.h"
#include "store/store.h"

/* The command line so far, without its last word. */
struct line {
	const char *verb, *sub;		/* NULL: not there yet */
	const struct cli_option *pending;	/* an option without its value */
	const struct cli_option *optional;	/* one whose value needs a "=" */
	size_t nargs;			/* after verb and sub-verb */
	const char *first_arg, *last_arg;
	const char *store, *ns;
	bool lost;			/* its network namespace is not to be had */
};

/* Candidates begin with it: "--dry-run=", where that and the value are one word. */
static const char *front = "";

/* @what it is may be NULL. */
static void offer_with(const char *word, const char *what, const char *prefix)
{
	if (!strncmp(word, prefix, strlen(prefix)))
		printf("%s%s%s%s\n", front, word, what ? "\t" : "",
		       what ? what : "");
}

static void offer(const char *word, const char *prefix)
{
	offer_with(word, NULL, prefix);
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
		/* A verb of several rows has a summary for each of these. */
		offer_with(word, !verb && v->sub ? NULL : v->summary, prefix);
		last = word;
	}
}

/* ---- options ------------------------------------------------------------ */

/* Of @word, "-f" or "--filename" with or without "=" and a value. */
static const struct cli_option *find_option(const struct cli_option *options,
					    const char *word)
{
	if (word[1] == '-')
		return cli_option_named(options, word + 2,
					strcspn(word + 2, "="));
	return word[1] && (!word[2] || word[2] == '=') ?
	       cli_option_lettered(options, word[1]) : NULL;
}

/* The verb's meaning of a letter comes first. */
static const struct cli_option *option_of(const struct line *line,
					  const char *word)
{
	const struct cli_verb *row = row_of(line);
	const struct cli_option *o = find_option(row ? row->options : NULL,
						 word);

	return o ? o : find_option(cli_common_options, word);
}

static void offer_options(const struct cli_option *o, const char *prefix)
{
	for (; o && o->name; o++) {
		char *word = xasprintf("--%s", o->name);

		offer_with(word, o->help, prefix);
		free(word);
	}
}

/* ---- values ------------------------------------------------------------- */

/* Each of @list, which may be NULL. */
static void offer_words(const char *list, const char *prefix)
{
	char *words = xstrdup(list ? list : ""), *p = words;
	const char *word;

	while ((word = strsep(&p, " ")))
		if (*word)
			offer(word, prefix);
	free(words);
}

static void offer_outputs(const struct cli_verb *v, const char *prefix)
{
	offer("text", prefix);
	offer_words(v ? v->outputs : NULL, prefix);
}

/* Of a row with words behind its arguments: those, or a value of the last one. */
static void offer_keywords(const struct line *line, const struct cli_verb *row,
			   const char *prefix)
{
	const struct cli_keyword *k, *last;

	last = line->nargs ? cli_keyword_named(row->words, line->last_arg) :
			     NULL;
	if (last && last->value && *last->value) {
		offer_words(last->values, prefix);
		return;
	}
	if (last && !last->value)
		offer_words("on off", prefix);
	for (k = row->words; k->word; k++)
		offer_with(k->word, k->help, prefix);
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

static void offer_service(const char *name, const char *prefix)
{
	char *word = cli_service_word(name);

	offer(word, prefix);
	free(word);
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
			offer_service(st.services[i].name, prefix);
	ipsvc_state_free(&st);
	ipsvc_nl_close(nl);
}

static void offer_kinds(const char *prefix)
{
	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++)
		offer((*k)->plural, prefix);
}

/* Of @kind, in @ns; none where the store cannot be read. */
static void offer_names(const char *url, const struct ipsvc_kind *kind,
			const char *ns, const char *prefix)
{
	struct ipsvc_objects objs = {0};
	char *message = NULL;
	struct ipsvc_store *store = ipsvc_store_open(url, true, &message);

	if (store)
		kube_list(store, kind, ns, NULL, &objs);
	ipsvc_store_close(store);
	free(message);
	for (size_t i = 0; i < objs.n; i++)
		offer(objs.items[i].name, prefix);
	ipsvc_objects_free(&objs);
}

static void offer_objects(const struct line *line, const char *url,
			  const char *prefix)
{
	const struct ipsvc_kind *kind;

	if (!line->nargs) {
		offer_kinds(prefix);
		return;
	}
	kind = ipsvc_kind_from_word(line->first_arg);
	if (kind)
		offer_names(url, kind, line->ns ? line->ns : "default", prefix);
}

static void offer_value(const struct line *line, const struct cli_option *o,
			const char *url, const char *prefix)
{
	offer_words(o->words, prefix);
	if (o->complete == CLI_COMPLETE_OUTPUT)
		offer_outputs(row_of(line), prefix);
	else if (o->complete == CLI_COMPLETE_NETNS)
		offer_netns(prefix);
	else if (o->complete == CLI_COMPLETE_NAMESPACE)
		offer_names(url, &ipsvc_namespace_kind, NULL, prefix);
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
	const char *name = line->pending->name;

	/* Between a long option and its value, bash may make it a word. */
	if (!strcmp(word, "="))
		return;
	if (!strcmp(name, "store"))
		line->store = word;
	else if (!strcmp(name, "netns"))
		enter_netns(line, word);
	else if (!strcmp(name, "namespace"))
		line->ns = word;
	line->pending = NULL;
}

/* "--store", or "--store=URL" with the value in the same word. */
static void read_option(struct line *line, const char *word)
{
	const char *value = strchr(word, '=');

	line->pending = option_of(line, word);
	if (!line->pending)
		return;
	if (value) {
		read_value(line, value + 1);
	} else if (line->pending->type == CLI_BOOL || line->pending->implied) {
		line->optional = line->pending;
		line->pending = NULL;
	}
}

static void read_word(struct line *line, const char *word)
{
	const struct cli_option *optional = line->optional;

	line->optional = NULL;
	if (optional && !strcmp(word, "=")) {
		line->pending = optional;
	} else if (line->pending) {
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
		line->last_arg = word;
	}
}

/* Values for "--dry-run=cl". */
static void offer_after_equals(const struct line *line, const char *url,
			       const char *word)
{
	const char *value = strchr(word, '=') + 1;
	const struct cli_option *o = option_of(line, word);
	char *name = xstrndup(word, (size_t)(value - word));

	front = name;
	if (o)
		offer_value(line, o, url, value);
	front = "";
	free(name);
}

static void offer_arguments(const struct line *line, const struct cli_verb *row,
			    const char *url, const char *prefix)
{
	if (row->complete == CLI_COMPLETE_VERB)
		offer_verbs(line->nargs ? line->first_arg : NULL, prefix);
	else if (row->words && (line->nargs || !row->complete))
		offer_keywords(line, row, prefix);
	else if (row->complete == CLI_COMPLETE_SERVICE && !line->nargs &&
		 !line->lost)
		offer_services(prefix);
	else if (row->complete == CLI_COMPLETE_SERVICE_TYPE && !line->nargs)
		offer_words("clusterip externalname loadbalancer nodeport",
			    prefix);
	else if (row->complete == CLI_COMPLETE_OBJECT)
		offer_objects(line, url, prefix);
}

static void offer_word(const struct cli *cli, const struct line *line,
		       const char *prefix)
{
	const char *url = line->store ? line->store : cli->store_url;
	const struct cli_verb *row = row_of(line);

	if (line->pending) {
		offer_value(line, line->pending, url, prefix);
		return;
	}
	if (prefix[0] == '-' && strchr(prefix, '=')) {
		offer_after_equals(line, url, prefix);
		return;
	}
	if (prefix[0] == '-') {
		offer_options(row ? row->options : NULL, prefix);
		offer_options(cli_common_options, prefix);
		return;
	}
	if (!line->verb)
		offer_verbs(NULL, prefix);
	else if (!line->sub && !line->nargs)
		offer_verbs(line->verb, prefix);
	if (row)
		offer_arguments(line, row, url, prefix);
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
