// SPDX-License-Identifier: GPL-2.0-or-later
#include "listing.h"

#include <stdio.h>

#include "filter.h"

int listing_run(struct cli *cli, int argc, char **argv,
		const struct listing_of *of)
{
	struct listing list = { .cli = cli };
	struct cli_filter filter;
	struct ipsvc_nl *nl = NULL;
	int err, code = CLI_USAGE;

	if (cli_filter_parse(cli, argc, argv, &filter))
		nl = cli_nl(cli, &code);
	if (!nl) {
		cli_filter_free(&filter);
		return code;
	}
	list.out = out_open(stdout, cli_format(cli), OUT_TABLE, of->columns,
			    of->ncolumns);
	err = of->ask(nl, &filter.f, &list);
	cli_filter_free(&filter);
	code = cli_out_close(list.out);
	if (err)
		return cli_nl_failed(cli, err);
	if (!list.n && cli_format(cli) != OUT_JSON)
		fprintf(stderr, "%s\n", of->nothing);
	return code;
}

void listing_expires(struct out *out, uint32_t ms)
{
	char text[24];

	snprintf(text, sizeof(text), "%us", ms / 1000 + (ms % 1000 > 0));
	out_cell(out, text, json_integer(ms));
}
