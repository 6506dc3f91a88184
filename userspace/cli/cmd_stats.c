// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc stats: the kernel's counters, for everybody. */
#include "cli.h"

#include <stdio.h>

static const struct out_column columns[] = {
	{ .header = "COUNTER", .key = "name" },
	{ .header = "VALUE", .key = "value" },
};

struct listing {
	struct out *out;
	bool all;
	size_t n;
};

const struct cli_option cmd_stats_options[] = {
	CLI_OPTION_BOOL(struct listing, all, 'a', "all",
			"those that are zero too (JSON has them always)"),
	{ 0 },
};

static void put_stat(const char *name, uint64_t value, void *arg)
{
	struct listing *list = arg;

	if (!value && !list->all)
		return;
	out_string(list->out, name);
	out_uint(list->out, value);
	out_row(list->out);
	list->n++;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
	struct listing list = { 0 };
	struct ipsvc_nl *nl;
	int err, code;

	if (!cli_parse(cli, &argc, &argv, &list))
		return CLI_USAGE;
	/* A program wants the same keys at all times. */
	if (cli_format(cli) == OUT_JSON)
		list.all = true;
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	list.out = out_open(stdout, cli_format(cli), OUT_TABLE, columns,
			    sizeof(columns) / sizeof(columns[0]));
	err = ipsvc_nl_stats(nl, put_stat, &list);
	code = cli_out_close(list.out);
	if (err)
		return cli_nl_failed(cli, err);
	if (!list.n && !list.all)
		fputs("All counters are zero\n", stderr);
	return code;
}
