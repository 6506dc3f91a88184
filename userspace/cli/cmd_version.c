// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc version: of this program, and of the module. */
#include "cli.h"

struct version {
	bool client;
};

const struct cli_option cmd_version_options[] = {
	CLI_OPTION_BOOL(struct version, client, 0, "client",
			"of this program only"),
	{ 0 },
};

int cmd_version(struct cli *cli, int argc, char **argv)
{
	struct ipsvc_nl_instance instance;
	struct version v = { false };
	struct ipsvc_nl *nl;
	int code = CLI_OK, err;

	if (!cli_parse(cli, &argc, &argv, &v))
		return CLI_USAGE;
	puts("Client Version: " IPSVC_VERSION);
	if (v.client)
		return cli_flush();
	fflush(stdout);
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	err = ipsvc_nl_instance(nl, &instance);
	if (err)
		return cli_nl_failed(cli, err);
	printf("Server Version: %s\n", instance.version);
	return cli_flush();
}
