/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which flows, or clients with affinity, a verb is about: "web client 10.0.0.1". */
#ifndef IPSVC_CLI_FILTER_H
#define IPSVC_CLI_FILTER_H

#include "cli.h"

struct cli_filter {
	struct ipsvc_nl_filter f;
	char *service;		/* of f */
	bool any;		/* something was said */
};

extern const struct cli_keyword cli_flow_words[];
extern const struct cli_keyword cli_affinity_words[];

/*
 * Options and words of the verb that runs, which has cli_filter_options and the
 * words above. False after a message; @filter is to be freed either way.
 */
bool cli_filter_parse(struct cli *cli, int argc, char **argv,
		      struct cli_filter *filter);
void cli_filter_free(struct cli_filter *filter);

extern const struct cli_option cli_filter_options[];

#endif
