/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of what the kernel tells of flows and of clients. */
#ifndef IPSVC_CLI_LISTING_H
#define IPSVC_CLI_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "cli.h"
#include "cli/print/out.h"

struct listing {
	const struct cli *cli;
	struct out *out;
	size_t n;		/* rows */
};

struct listing_of {
	const struct out_column *columns;
	size_t ncolumns;
	const char *nothing;	/* is said when there are no rows */
	/* Makes the rows. Negative errno. */
	int (*ask)(struct ipsvc_nl *nl, const struct ipsvc_nl_filter *filter,
		   struct listing *list);
};

/* A verb that lists; its arguments are the filter. */
int listing_run(struct cli *cli, int argc, char **argv,
		const struct listing_of *of);
/* A cell: "3s", rounded up, so that 0s is what has expired. */
void listing_expires(struct out *out, uint32_t ms);

#endif
