// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipsvc service add, change, delete, flush, ipsvc endpoint add, change, delete, and
 * ipsvc restore: changes of the kernel's services without any daemon.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "edit/batch.h"
#include "kernel_options.h"
#include "owner.h"

struct options {
	struct kernel_options kernel;
	bool force, flush;
};

#define FORCE_OPTION \
	CLI_OPTION_BOOL(struct options, force, 0, "force", \
			"though ipsvcd keeps the services and will undo it")

const struct cli_option cmd_edit_options[] = {
	KERNEL_OPTIONS(struct options, kernel),
	FORCE_OPTION,
	{ 0 },
};

const struct cli_option cmd_restore_options[] = {
	CLI_OPTION_BOOL(struct options, flush, 0, "flush",
			"in place of all services that there are"),
	FORCE_OPTION,
	{ 0 },
};

/* False after a message, where a daemon would undo what is done. */
static bool may_change(const struct cli *cli, const struct options *opts)
{
	char *owner = opts->force ? NULL : owner_of_table(cli->run_dir);

	if (owner)
		cli_error("the services of this network namespace are kept by %s, which will undo this: change the manifests or the store, stop it, or use --force",
			  owner);
	free(owner);
	return !owner;
}

/* The verb's own words in front of @argv. */
static char *parse_command(const struct cli *cli, const struct options *opts,
			   int argc, char **argv, struct edit_command *cmd)
{
	char **words = xcalloc((size_t)argc + 2, sizeof(*words)), *wrong;

	words[0] = (char *)cli->verb->verb;
	words[1] = (char *)cli->verb->sub;
	memcpy(words + 2, argv, (size_t)argc * sizeof(*words));
	wrong = edit_command_parse(cmd, cli->ns, kernel_family(&opts->kernel),
				   words, argc + 2);
	free(words);
	return wrong;
}

int cmd_edit(struct cli *cli, int argc, char **argv)
{
	struct options opts = { 0 };
	struct edit_batch batch = { 0 };
	struct edit_command cmd;
	int code = CLI_FAILED;
	char *wrong;

	if (!cli_parse(cli, &argc, &argv, &opts))
		return CLI_USAGE;
	wrong = parse_command(cli, &opts, argc, argv, &cmd);
	if (wrong) {
		code = cli_usage_error(cli, "%s", wrong);
	} else if (may_change(cli, &opts)) {
		edit_batch_add(&batch, &cmd, 0);
		code = edit_batch_commit(cli, &batch, NULL);
	}
	free(wrong);
	edit_command_free(&cmd);
	edit_batch_free(&batch);
	return code;
}

/* ---- restore ------------------------------------------------------------ */

static void add_flush(struct edit_batch *batch)
{
	struct edit_command cmd = { .verb = EDIT_FLUSH };

	edit_batch_add(batch, &cmd, 0);
}

/* False after a message. */
static bool read_file(const struct cli *cli, const char *name,
		      struct edit_batch *batch)
{
	bool is_stdin = !strcmp(name, "-");
	FILE *fp = is_stdin ? stdin : fopen(name, "re");
	unsigned int line;
	char *wrong;

	if (!fp) {
		cli_error("%s: %s", name, strerror(errno));
		return false;
	}
	wrong = edit_batch_read(batch, fp, cli->ns, &line);
	if (wrong)
		cli_error("%s:%u: %s", name, line, wrong);
	if (!is_stdin)
		fclose(fp);
	free(wrong);
	return !wrong;
}

int cmd_restore(struct cli *cli, int argc, char **argv)
{
	struct edit_batch batch = { .everything = true };
	struct options opts = { 0 };
	int code = CLI_FAILED;
	const char *name;

	if (!cli_parse(cli, &argc, &argv, &opts))
		return CLI_USAGE;
	name = argc ? argv[0] : "-";
	if (opts.flush)
		add_flush(&batch);
	if (read_file(cli, name, &batch) && may_change(cli, &opts))
		code = edit_batch_commit(cli, &batch, name);
	edit_batch_free(&batch);
	return code;
}
