// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc api-resources: the kinds there are. */
#include <stdlib.h>
#include <string.h>

#include "api/kind.h"
#include "base/buf.h"
#include "base/memory.h"
#include "cli.h"

static int by_plural(const void *a, const void *b)
{
	const struct ipsvc_kind *x = *(const struct ipsvc_kind *const *)a;
	const struct ipsvc_kind *y = *(const struct ipsvc_kind *const *)b;
	int d = strcmp(x->group, y->group);

	return d ? d : strcmp(x->plural, y->plural);
}

/* "ep,endpoint"; the caller frees it. */
static char *short_names(const struct ipsvc_kind *kind)
{
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; kind->short_names && kind->short_names[i]; i++)
		ipsvc_buf_printf(&buf, "%s%s", i ? "," : "",
				 kind->short_names[i]);
	return ipsvc_buf_take(&buf);
}

int cmd_api_resources(struct cli *cli, int argc, char **argv)
{
	static const struct out_column columns[] = {
		{ "NAME", "name", false }, { "SHORTNAMES", "shortNames", false },
		{ "APIVERSION", "apiVersion", false },
		{ "NAMESPACED", "namespaced", false }, { "KIND", "kind", false },
	};
	const struct ipsvc_kind **kinds;
	struct out *out;
	size_t n = 0;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	while (ipsvc_kinds[n])
		n++;
	kinds = xcalloc(n, sizeof(*kinds));
	memcpy(kinds, ipsvc_kinds, n * sizeof(*kinds));
	qsort(kinds, n, sizeof(*kinds), by_plural);
	out = out_open(stdout, cli_format(cli), OUT_TABLE, columns, 5);
	for (size_t i = 0; i < n; i++) {
		char *names = short_names(kinds[i]);
		char *version = ipsvc_kind_api_version(kinds[i]);

		out_string(out, kinds[i]->plural);
		out_string(out, names);
		out_string(out, version);
		out_string(out, kinds[i]->namespaced ? "true" : "false");
		out_string(out, kinds[i]->kind);
		out_row(out);
		free(names);
		free(version);
	}
	free(kinds);
	return cli_out_close(out);
}
