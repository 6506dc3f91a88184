/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: a table says what they are called, how a value is read and where it
 * goes. Parsing, help and completion all read it.
 */
#ifndef IPSVC_CLI_OPTIONS_H
#define IPSVC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What completes a value or an argument. */
enum cli_complete {
	CLI_COMPLETE_NONE,
	CLI_COMPLETE_SERVICE,	/* a service of the kernel */
	CLI_COMPLETE_OBJECT,	/* a kind, then names of that kind in the store */
	CLI_COMPLETE_SERVICE_TYPE,	/* of create service */
	CLI_COMPLETE_FILE,
	CLI_COMPLETE_VERB,
	CLI_COMPLETE_NETNS,
	CLI_COMPLETE_OUTPUT,	/* the formats of the verb */
	CLI_COMPLETE_NAMESPACE,	/* one that has objects in the store */
};

enum cli_option_type {
	CLI_BOOL,	/* a bool: "--all", "--all=false" */
	CLI_STRING,	/* a const char *: the last one counts */
	CLI_LIST,	/* a struct cli_words: may repeat; commas separate, too */
};

/* An option; an array ends with one without a name. */
struct cli_option {
	const char *name;	/* "filename" */
	char letter;		/* 'f', or 0 */
	enum cli_option_type type;
	size_t at;		/* offset of the value in what is filled in */
	const char *value;	/* what help calls the value; NULL for CLI_BOOL */
	const char *implied;	/* the value where none follows "="; NULL: must */
	const char *words;	/* the values there are, a space between; or NULL */
	enum cli_complete complete;	/* of its values */
	const char *help;
};

/* Rows of such an array, for the member of a structure @s. */
#define CLI_OPTION_BOOL(s, member, l, n, h) \
	{ .name = n, .letter = l, .type = CLI_BOOL, \
	  .at = offsetof(s, member), .help = h }
#define CLI_OPTION_STRING(s, member, l, n, v, h) \
	{ .name = n, .letter = l, .type = CLI_STRING, \
	  .at = offsetof(s, member), .value = v, .help = h }

struct cli_words {
	const char **items;
	size_t n, cap;
};

void cli_words_free(struct cli_words *words);

/* Where a command line's options are looked for: own ones first. */
struct cli_scope {
	const struct cli_option *own;	/* or NULL */
	void *into;			/* what their values go into */
	const struct cli_option *common;
	void *common_into;
};

/*
 * Reads options as kubectl does: "--name=value", "--name value", "-n value",
 * "-nvalue", "-n=value", letters in a row, "--" ends them, a name counts only
 * whole, and a bool takes its value only after "=". What is no option stays, in
 * order, at the front of @argv, and *@argc is how many that are; with @leading
 * the first one ends the options, and the rest stays as it is. NULL, or what is
 * wrong; the caller frees it. The values point into @argv.
 */
char *cli_options_parse(const struct cli_scope *scope, bool leading, int *argc,
			char **argv);

/* By its name, or its letter; NULL when there is none. */
const struct cli_option *cli_option_named(const struct cli_option *options,
					  const char *name, size_t len);
const struct cli_option *cli_option_lettered(const struct cli_option *options,
					     char letter);
/* "-f, --filename FILE", as help has it; the caller frees it. */
char *cli_option_spelling(const struct cli_option *option);

#endif
