// SPDX-License-Identifier: GPL-2.0-or-later
/* Help, generated from the table of verbs. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void print_option(FILE *fp, const char *option, const char *help)
{
	/* Bytes are columns here: options are ASCII. */
	if (strlen(option) < 26)
		fprintf(fp, "  %-26s%s\n", option, help);
	else
		fprintf(fp, "  %s\n  %-26s%s\n", option, "", help);
}

static void print_options(FILE *fp, const struct cli_option *options)
{
	for (; options && options->name; options++) {
		char *spelling = cli_option_spelling(options);

		print_option(fp, spelling, options->help);
		free(spelling);
	}
}

/* "text|wide|json" of "wide json". */
char *cli_outputs(const struct cli_verb *v)
{
	char *list = xasprintf("text %s", v->outputs), *p = list;

	while ((p = strchr(p, ' ')))
		*p = '|';
	return list;
}

static void print_output_option(FILE *fp, const struct cli_verb *v)
{
	char *outputs = cli_outputs(v);

	print_option(fp, "-o, --output FORMAT", outputs);
	free(outputs);
}

static void print_words(FILE *fp, const struct cli_keyword *words)
{
	if (words)
		fprintf(fp, "\nWords:\n");
	for (; words && words->word; words++) {
		char *spelling = cli_keyword_spelling(words);

		print_option(fp, spelling, words->help);
		if (words->values)
			fprintf(fp, "  %-26s%s\n", "", words->values);
		free(spelling);
	}
}

static void print_usage(FILE *fp, const struct cli_verb *v)
{
	fprintf(fp, CLI_NAME " %s%s%s%s%s%s", v->verb, v->sub ? " " : "",
		v->sub ? v->sub : "", v->options ? " [OPTION]…" : "",
		v->args ? " " : "", v->args ? v->args : "");
}

void cli_help(FILE *fp)
{
	size_t i;

	fprintf(fp, "Usage: " CLI_NAME " [OPTION]… VERB [ARGUMENT]…\n\n"
		"Kubernetes Services in the Linux kernel.\n\nVerbs:\n");
	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];
		char words[64];

		if (!v->summary)
			continue;
		snprintf(words, sizeof(words), "%s%s%s", v->verb,
			 v->sub ? " " : "", v->sub ? v->sub : "");
		fprintf(fp, "  %-26s%s\n", words, v->summary);
	}
	fprintf(fp, "\nOptions, before the verb or after it:\n");
	print_options(fp, cli_common_options);
	fprintf(fp, "\nExit codes: 0 done, 1 failed, 2 usage, 3 the kernel module "
		"is not loaded, 4 no\ninstance in this network namespace, 5 "
		"permission denied, 6 the daemon is not\nrunning.\n\n"
		"See '" CLI_NAME " help VERB' and ipsvc(8).\n");
}

static void print_examples(FILE *fp, const char *const *examples)
{
	if (!examples)
		return;
	fprintf(fp, "\nExamples:\n");
	for (; *examples; examples++)
		fprintf(fp, "  %s\n", *examples);
}

void cli_help_verb(FILE *fp, const char *verb, const char *sub)
{
	const char *head = "Usage: ";
	size_t i;

	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		if (strcmp(v->verb, verb) ||
		    (sub && (!v->sub || strcmp(v->sub, sub))))
			continue;
		fputs(head, fp);
		print_usage(fp, v);
		fprintf(fp, "\n\t%s\n", v->summary ? v->summary : "internal");
		if (v->options || v->outputs)
			fprintf(fp, "\nOptions:\n");
		print_options(fp, v->options);
		if (v->outputs)
			print_output_option(fp, v);
		print_words(fp, v->words);
		print_examples(fp, v->examples);
		head = "\nUsage: ";
	}
	fprintf(fp, "\nOptions of all verbs: see '" CLI_NAME " --help'.\n");
}

int cmd_help(struct cli *cli, int argc, char **argv)
{
	const struct cli_verb *v;
	int words;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	if (!argc) {
		cli_help(stdout);
		return CLI_OK;
	}
	/* "help service" explains all of "service list" and "service show". */
	for (size_t i = 0; argc == 1 && i < cli_nverbs; i++) {
		if (!strcmp(cli_verbs[i].verb, argv[0])) {
			cli_help_verb(stdout, argv[0], NULL);
			return CLI_OK;
		}
	}
	v = cli_find_verb(argc, argv, &words);
	if (!v)
		return CLI_USAGE;
	if (words < argc)
		return cli_usage_error(cli, "too many words after '%s'",
				       argv[words - 1]);
	cli_help_verb(stdout, v->verb, v->sub);
	return CLI_OK;
}
