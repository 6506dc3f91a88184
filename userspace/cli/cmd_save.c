// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc save: the kernel's services, as ipsvc restore takes them. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "edit/command.h"
#include "kernel_options.h"

struct options {
	struct kernel_options kernel;
};

const struct cli_option cmd_save_options[] = {
	KERNEL_OPTIONS(struct options, kernel),
	{ 0 },
};

/* Whether it is one of those that are asked for. */
static bool is_meant(const struct cli *cli, const struct ipsvc_kservice *svc,
		     uint8_t family, const char *name)
{
	return (!family || family == svc->family) &&
	       (name ? !strcmp(name, svc->name) :
		       cli_in_namespace(cli, svc->name));
}

static void print(const struct ipsvc_kservice *svc)
{
	struct ipsvc_buf buf = { 0 };

	edit_print_service(&buf, svc);
	edit_print_endpoints(&buf, svc);
	fwrite(buf.data, 1, buf.len, stdout);
	ipsvc_buf_free(&buf);
}

int cmd_save(struct cli *cli, int argc, char **argv)
{
	struct options opts = { 0 };
	struct ipsvc_state st;
	struct ipsvc_nl *nl;
	char *name;
	int err, code;

	if (!cli_parse(cli, &argc, &argv, &opts))
		return CLI_USAGE;
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	err = ipsvc_nl_services(nl, &st);
	if (err)
		return cli_nl_failed(cli, err);
	name = argc ? cli_service_name(cli, argv[0]) : NULL;
	for (size_t i = 0; i < st.n; i++)
		if (is_meant(cli, &st.services[i], kernel_family(&opts.kernel),
			     name))
			print(&st.services[i]);
	free(name);
	ipsvc_state_free(&st);
	return cli_flush();
}
