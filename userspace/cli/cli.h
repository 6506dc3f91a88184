/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of ipsvc(8): the table of verbs, options common to all of them, and
 * what every verb needs.
 */
#ifndef IPSVC_CLI_H
#define IPSVC_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/keywords.h"
#include "cli/options.h"
#include "cli/print/out.h"
#include "kernel/nl.h"

#define CLI_NAME		"ipsvc"
#define CLI_DEFAULT_RUN_DIR	"/run/ipsvc"

/* Exit codes; documented in --help and ipsvc(8). */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,		/* the message is on stderr */
	CLI_USAGE = 2,
	CLI_NO_MODULE = 3,
	CLI_NO_INSTANCE = 4,
	CLI_NO_PERMISSION = 5,
	CLI_NO_DAEMON = 6,
};

struct cli;

/*
 * A verb. One with sub-verbs has a row for each of them; a row without @sub runs
 * when no sub-verb is given. argv[0] of a handler is the last word of the verb;
 * it returns an exit code.
 */
struct cli_verb {
	const char *verb, *sub;
	int (*run)(struct cli *cli, int argc, char **argv);
	const char *args;			/* "SERVICE", "[NAME]…" or NULL */
	int min_args, max_args;			/* max_args < 0: any number */
	const char *summary;			/* one line, lower case */
	const struct cli_option *options;	/* of its own, or NULL */
	const char *outputs;			/* values of -o but text:
						 * "json wide"; a value ending
						 * in = takes any rest; NULL: no
						 * -o */
	enum cli_complete complete;		/* of its arguments */
	const struct cli_keyword *words;	/* that follow these, or NULL */
	const char *const *examples;		/* command lines, up to a NULL */
};

extern const struct cli_verb cli_verbs[];
extern const size_t cli_nverbs;
/* Those of all verbs; they are about struct cli. */
extern const struct cli_option cli_common_options[];

struct cli {
	const struct cli_verb *verb;	/* the one that runs */
	const char *output;		/* of -o; "text" when it was not given */
	const char *store_url;		/* --store, IPSVC_STORE or the default */
	const char *run_dir;		/* --run-dir, IPSVC_RUN_DIR or the default */
	const char *ns;			/* of Kubernetes; NULL: not given */
	const char *netns;		/* of the network; NULL: the caller's */
	const char *entered;		/* the one that was entered last */
	bool help, version;
	struct ipsvc_nl *nl;		/* of cli_nl() */
};

/*
 * The options in front of the verb: @argc and @argv are the rest afterwards.
 * False after a message. Help and version are printed, and end the process.
 */
bool cli_parse_leading(struct cli *cli, int *argc, char ***argv);
/*
 * The options of a handler, its verb's (into @into) and the common ones; @argc
 * and @argv, which begin with the verb, become its arguments, as many as the
 * verb takes. As above; false is CLI_USAGE.
 */
bool cli_parse(struct cli *cli, int *argc, char ***argv, void *into);

/* The namespace of Kubernetes that -n names, or "default". */
const char *cli_namespace(const struct cli *cli);
/* Whether the kernel's service @name, "namespace/…", is of that -n names. */
bool cli_in_namespace(const struct cli *cli, const char *name);
/*
 * "web" as "default/web", or of the namespace that -n names; "/web" is a service
 * that has no namespace. The caller frees it.
 */
char *cli_service_name(const struct cli *cli, const char *name);
/* What makes cli_service_name() return @name; the caller frees it. */
char *cli_service_word(const char *name);

/* Where the network namespace of --netns is; the caller frees it. */
char *cli_netns_path(const char *name);
/* Without a message; 0 or a negative errno. */
int cli_netns_enter(const char *path);

/* Whether the verb has cli->output; with a message if not. */
bool cli_output_offered(const struct cli *cli);

/* "ipsvc: <text>\n" on stderr. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same with a line on where help is; returns CLI_USAGE. */
int cli_usage_error(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* -o as the format of out_open(). */
enum out_format cli_format(const struct cli *cli);
/*
 * What was printed so far goes out. When it cannot, now or before, that is said
 * once in the life of the process; CLI_OK or CLI_FAILED.
 */
int cli_flush(void);
/*
 * Says why stdout cannot be written (errno, or 0: nobody knows), once: what fails
 * to be written fails again and again. CLI_FAILED.
 */
int cli_cannot_write(int err);
/* out_close(), with a message and CLI_FAILED when writing failed. */
int cli_out_close(struct out *out);

/*
 * The netlink socket, opened at the first call. On failure says why, sets
 * *@code to the exit code, and returns NULL.
 */
struct ipsvc_nl *cli_nl(struct cli *cli, int *code);
/* Says why a call on cli->nl failed with @err, and returns the exit code. */
int cli_nl_failed(struct cli *cli, int err);
/* The exit code of a negative errno of nl.h. */
int cli_exit_code(int err);

/*
 * The verb argv[0] (and argv[1]) names; *@words is how many words that took.
 * NULL after a message, with what may have been meant.
 */
const struct cli_verb *cli_find_verb(int argc, char **argv, int *words);
void cli_help(FILE *fp);
/* All values of the verb's -o, as "text|wide|json"; the caller frees it. */
char *cli_outputs(const struct cli_verb *v);
/* Of all rows of one verb, or of the row @sub alone. */
void cli_help_verb(FILE *fp, const char *verb, const char *sub);
/* The word of @words (NULL-terminated) nearest to @word, or NULL if none is near. */
const char *cli_nearest(const char *word, const char *const *words);

/*
 * The handlers, one file a verb, cmd_<verb>.c, and beside them the help of the
 * options they take.
 */
int cmd_get(struct cli *cli, int argc, char **argv);
int cmd_describe(struct cli *cli, int argc, char **argv);
int cmd_expose(struct cli *cli, int argc, char **argv);
int cmd_apply(struct cli *cli, int argc, char **argv);
int cmd_delete(struct cli *cli, int argc, char **argv);
int cmd_create_service(struct cli *cli, int argc, char **argv);
int cmd_replace(struct cli *cli, int argc, char **argv);
int cmd_label(struct cli *cli, int argc, char **argv);
int cmd_annotate(struct cli *cli, int argc, char **argv);
int cmd_patch(struct cli *cli, int argc, char **argv);
int cmd_wait(struct cli *cli, int argc, char **argv);
int cmd_diff(struct cli *cli, int argc, char **argv);
int cmd_version(struct cli *cli, int argc, char **argv);
int cmd_api_resources(struct cli *cli, int argc, char **argv);
int cmd_status(struct cli *cli, int argc, char **argv);
int cmd_edit(struct cli *cli, int argc, char **argv);
int cmd_save(struct cli *cli, int argc, char **argv);
int cmd_restore(struct cli *cli, int argc, char **argv);
int cmd_service_list(struct cli *cli, int argc, char **argv);
int cmd_service_show(struct cli *cli, int argc, char **argv);
int cmd_flow_list(struct cli *cli, int argc, char **argv);
int cmd_flow_delete(struct cli *cli, int argc, char **argv);
int cmd_flow_flush(struct cli *cli, int argc, char **argv);
int cmd_affinity_list(struct cli *cli, int argc, char **argv);
int cmd_affinity_flush(struct cli *cli, int argc, char **argv);
int cmd_affinity_restore(struct cli *cli, int argc, char **argv);
int cmd_explain(struct cli *cli, int argc, char **argv);
int cmd_stats(struct cli *cli, int argc, char **argv);
int cmd_monitor(struct cli *cli, int argc, char **argv);
int cmd_dns_config(struct cli *cli, int argc, char **argv);
int cmd_dns_query(struct cli *cli, int argc, char **argv);
int cmd_dns_stats(struct cli *cli, int argc, char **argv);
int cmd_help(struct cli *cli, int argc, char **argv);
int cmd_complete(struct cli *cli, int argc, char **argv);

extern const struct cli_option cmd_get_options[];
extern const struct cli_option cmd_describe_options[];
extern const struct cli_option cmd_expose_options[];
extern const struct cli_option cmd_apply_options[];
extern const struct cli_option cmd_delete_options[];
extern const struct cli_option cmd_create_options[];
extern const struct cli_option cmd_replace_options[];
extern const struct cli_option cmd_label_options[];	/* of annotate, too */
extern const struct cli_option cmd_patch_options[];
extern const struct cli_option cmd_wait_options[];
extern const struct cli_option cmd_diff_options[];
extern const struct cli_option cmd_version_options[];
extern const struct cli_option cmd_service_options[];
extern const struct cli_option cmd_edit_options[];	/* of service and endpoint */
extern const struct cli_option cmd_save_options[];
extern const struct cli_option cmd_restore_options[];
extern const struct cli_option cmd_stats_options[];
extern const struct cli_keyword cmd_stats_words[];
extern const struct cli_option cmd_monitor_options[];
extern const struct cli_option cmd_dns_config_options[];
extern const struct cli_option cmd_dns_query_options[];

#endif
