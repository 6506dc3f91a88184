// SPDX-License-Identifier: GPL-2.0-or-later
#include "listing.h"

#include <stdio.h>
#include <stdlib.h>

int listing_run(struct cli *cli, int argc, char **argv,
		const struct listing_of *of)
{
	struct listing list = { .cli = cli };
	struct ipsvc_nl *nl;
	char *service;
	int err, code;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	list.out = out_open(stdout, cli_format(cli), OUT_TABLE, of->columns,
			    of->ncolumns);
	service = argc ? cli_service_name(cli, argv[0]) : NULL;
	err = of->ask(nl, service, &list);
	free(service);
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
