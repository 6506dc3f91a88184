// SPDX-License-Identifier: GPL-2.0-or-later
/* The options common to all verbs, before the verb and after it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli.h"
#include "store/store.h"

const struct cli_option cli_common_options[] = {
	{ .name = "namespace", .letter = 'n', .type = CLI_STRING,
	  .at = offsetof(struct cli, ns), .value = "NS",
	  .complete = CLI_COMPLETE_NAMESPACE,
	  .help = "act on this namespace of Kubernetes (default)" },
	{ .name = "output", .letter = 'o', .type = CLI_STRING,
	  .at = offsetof(struct cli, output), .value = "FORMAT",
	  .complete = CLI_COMPLETE_OUTPUT,
	  .help = "text, json, or what else the verb offers" },
	{ .name = "netns", .type = CLI_STRING,
	  .at = offsetof(struct cli, netns), .value = "NAME",
	  .complete = CLI_COMPLETE_NETNS,
	  .help = "act in this network namespace, a name or a path" },
	{ .name = "store", .type = CLI_STRING,
	  .at = offsetof(struct cli, store_url), .value = "URL",
	  .complete = CLI_COMPLETE_FILE,
	  .help = "the store (IPSVC_STORE, else " IPSVC_STORE_DEFAULT_PATH ")" },
	{ .name = "run-dir", .type = CLI_STRING,
	  .at = offsetof(struct cli, run_dir), .value = "DIR",
	  .complete = CLI_COMPLETE_FILE,
	  .help = "of the daemon (IPSVC_RUN_DIR, else " CLI_DEFAULT_RUN_DIR ")" },
	CLI_OPTION_BOOL(struct cli, help, 'h', "help", "explain and exit"),
	CLI_OPTION_BOOL(struct cli, version, 'V', "version",
			"print the version and exit"),
	{ 0 },
};

/* ---- namespaces --------------------------------------------------------- */

const char *cli_namespace(const struct cli *cli)
{
	return cli->ns ? cli->ns : "default";
}

bool cli_in_namespace(const struct cli *cli, const char *name)
{
	size_t len = cli->ns ? strlen(cli->ns) : 0;

	return !cli->ns || (!strncmp(name, cli->ns, len) && name[len] == '/');
}

char *cli_service_name(const struct cli *cli, const char *name)
{
	if (name[0] == '/')
		return xstrdup(name + 1);
	return strchr(name, '/') ? xstrdup(name) :
				   xasprintf("%s/%s", cli_namespace(cli), name);
}

char *cli_service_word(const char *name)
{
	/* In a file, "#" would begin a comment. */
	bool plain = strchr(name, '/') && name[0] != '/' && name[0] != '#';

	return xasprintf("%s%s", plain ? "" : "/", name);
}

char *cli_netns_path(const char *name)
{
	return strchr(name, '/') ? xstrdup(name) :
				   xasprintf("/run/netns/%s", name);
}

int cli_netns_enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static void enter_netns(struct cli *cli)
{
	const char *name = cli->netns;
	char *path;
	int err;

	if (!name || name == cli->entered)
		return;
	path = cli_netns_path(name);
	err = cli_netns_enter(path);
	if (err) {
		cli_error("cannot enter network namespace '%s' (%s): %s", name,
			  path, strerror(-err));
		exit(cli_exit_code(err == -EPERM || err == -EACCES ? err : -EIO));
	}
	free(path);
	cli->entered = name;
}

/* ---- options ------------------------------------------------------------ */

bool cli_output_offered(const struct cli *cli)
{
	const char *p = cli->verb->outputs, *want = cli->output;

	if (!strcmp(want, "text"))
		return true;
	while (p && *p) {
		size_t len = strcspn(p, " ");

		if (p[len - 1] == '=' ? !strncmp(want, p, len) :
		    strlen(want) == len && !strncmp(want, p, len))
			return true;
		p += len;
		p += strspn(p, " ");
	}
	if (cli->verb->outputs) {
		char *list = cli_outputs(cli->verb);

		cli_usage_error(cli, "unknown output format '%s' (%s)", want,
				list);
		free(list);
	} else {
		cli_usage_error(cli, "there is no choice of output formats here");
	}
	return false;
}

static void explain(const struct cli *cli)
{
	if (cli->verb)
		cli_help_verb(stdout, cli->verb->verb, cli->verb->sub);
	else
		cli_help(stdout);
	exit(cli_flush());
}

/* False after a message. */
static bool parse(struct cli *cli, bool leading, int *argc, char **argv,
		  void *into)
{
	struct cli_scope scope = {
		.own = cli->verb ? cli->verb->options : NULL,
		.into = into,
		.common = cli_common_options,
		.common_into = cli,
	};
	char *wrong = cli_options_parse(&scope, leading, argc, argv);

	if (wrong) {
		cli_usage_error(cli, "%s", wrong);
		free(wrong);
		return false;
	}
	/* As with kubectl, -n "" is as good as none. */
	if (cli->ns && !*cli->ns)
		cli->ns = NULL;
	if (cli->help)
		explain(cli);
	if (cli->version) {
		printf(CLI_NAME " " IPSVC_VERSION "\n");
		exit(cli_flush());
	}
	enter_netns(cli);
	return !cli->verb || cli_output_offered(cli);
}

bool cli_parse_leading(struct cli *cli, int *argc, char ***argv)
{
	--*argc;
	++*argv;
	return parse(cli, true, argc, *argv, NULL);
}

bool cli_parse(struct cli *cli, int *argc, char ***argv, void *into)
{
	const struct cli_verb *verb = cli->verb;

	--*argc;
	++*argv;
	if (!parse(cli, false, argc, *argv, into))
		return false;
	if (*argc < verb->min_args)
		cli_usage_error(cli, "an argument is missing: %s", verb->args);
	else if (verb->max_args >= 0 && *argc > verb->max_args)
		cli_usage_error(cli, "unexpected argument '%s'",
				(*argv)[verb->max_args]);
	else
		return true;
	return false;
}
