// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc(8): Kubernetes Services in the kernel, from the command line. */
#include "cli.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"

static const char *env_or(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static int run(struct cli *cli, int argc, char **argv)
{
	int words;

	if (!cli_parse_leading(cli, &argc, &argv))
		return CLI_USAGE;
	if (!argc) {
		cli_help(stderr);
		return CLI_USAGE;
	}
	cli->verb = cli_find_verb(argc, argv, &words);
	if (!cli->verb)
		return CLI_USAGE;
	if (!cli_output_offered(cli))
		return CLI_USAGE;
	return cli->verb->run(cli, argc - words + 1, argv + words - 1);
}

int main(int argc, char **argv)
{
	struct cli cli = {
		.output = "text",
		.store_url = env_or("IPSVC_STORE", IPSVC_STORE_DEFAULT_PATH),
		.run_dir = env_or("IPSVC_RUN_DIR", CLI_DEFAULT_RUN_DIR),
	};
	int code;

	setlocale(LC_CTYPE, "");
	code = run(&cli, argc, argv);
	ipsvc_nl_close(cli.nl);
	return cli_flush() == CLI_OK || code ? code : CLI_FAILED;
}
