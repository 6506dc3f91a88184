// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc affinity: which endpoints clients come back to. */
#include "listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/json.h"
#include "cli/print/kservice.h"
#include "filter.h"

static const struct out_column columns[] = {
	{ .header = "SERVICE", .key = "service" },
	{ .key = "family" },
	{ .header = "CLIENT", .key = "client" },
	{ .header = "ENDPOINT", .key = "endpoint" },
	{ .header = "EXPIRES", .key = "expires_ms" },
};

static void put_affinity(const struct ipsvc_nl_affinity *affinity, void *arg)
{
	struct listing *list = arg;
	struct out *out = list->out;
	char text[INET6_ADDRSTRLEN], *endpoint;

	if (!cli_in_namespace(list->cli, affinity->service))
		return;
	out_string(out, affinity->service);
	out_string(out, kservice_family(affinity->family));
	out_string(out, ipsvc_ip_format(&affinity->client, text));
	endpoint = kservice_address(&affinity->endpoint, affinity->port);
	out_cell(out, endpoint, json_pack("{s:o, s:i}", "address",
		 kservice_json_address(&affinity->endpoint), "port",
		 affinity->port));
	free(endpoint);
	listing_expires(out, affinity->expires_ms);
	out_row(out);
	list->n++;
}

static int ask(struct ipsvc_nl *nl, const struct ipsvc_nl_filter *filter,
	       struct listing *list)
{
	return ipsvc_nl_affinities(nl, filter, put_affinity, list);
}

int cmd_affinity_list(struct cli *cli, int argc, char **argv)
{
	static const struct listing_of of = {
		columns, sizeof(columns) / sizeof(columns[0]),
		"No clients found", ask,
	};

	return listing_run(cli, argc, argv, &of);
}

static int flush(struct cli *cli, const struct cli_filter *filter)
{
	struct ipsvc_nl *nl;
	int err, code;

	if (!filter->service && cli->ns)
		return cli_usage_error(cli, "name a service, or leave -n out to forget all clients");
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	err = ipsvc_nl_affinity_flush(nl, &filter->f);
	return err ? cli_nl_failed(cli, err) : CLI_OK;
}

int cmd_affinity_flush(struct cli *cli, int argc, char **argv)
{
	struct cli_filter filter;
	int code = CLI_USAGE;

	if (cli_filter_parse(cli, argc, argv, &filter))
		code = flush(cli, &filter);
	cli_filter_free(&filter);
	return code;
}

/* ---- restore --------------------------------------------------------------- */

/* The strings are those of @item. */
static bool read_affinity(const json_t *item, struct ipsvc_nl_affinity *out)
{
	const json_t *endpoint = json_object_get(item, "endpoint");
	json_int_t port = ipsvc_json_int(endpoint, "port");
	json_int_t expires = ipsvc_json_int(item, "expires_ms");

	*out = (struct ipsvc_nl_affinity){
		.service = ipsvc_json_text(item, "service"),
		.port = (uint16_t)port,
		.expires_ms = (uint32_t)expires,
	};
	if (!*out->service || port < 1 || port > UINT16_MAX || expires < 1 ||
	    expires > UINT32_MAX ||
	    !ipsvc_ip_parse(ipsvc_json_text(item, "client"), &out->client,
			    NULL) ||
	    !ipsvc_ip_parse(ipsvc_json_text(endpoint, "address"),
			    &out->endpoint, NULL))
		return false;
	out->family = ipsvc_ip_family(&out->client);
	return true;
}

static int restore(struct cli *cli, struct ipsvc_nl *nl, const json_t *list)
{
	struct ipsvc_nl_affinity affinity;
	size_t i, gone = 0;
	json_t *item;
	int err;

	json_array_foreach(list, i, item) {
		if (!read_affinity(item, &affinity)) {
			cli_error("item %zu is not one that affinity list has printed",
				  i);
			return CLI_FAILED;
		}
		err = ipsvc_nl_affinity_put(nl, &affinity);
		gone += err == -ENOENT;
		if (err && err != -ENOENT)
			return cli_nl_failed(cli, err);
	}
	printf("%zu clients restored\n", json_array_size(list) - gone);
	if (gone)
		fprintf(stderr, "%zu clients of services or endpoints that are gone\n",
			gone);
	return CLI_OK;
}

int cmd_affinity_restore(struct cli *cli, int argc, char **argv)
{
	json_error_t error;
	struct ipsvc_nl *nl;
	json_t *list;
	int code;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	list = strcmp(argv[0], "-") ? json_load_file(argv[0], 0, &error) :
				      json_loadf(stdin, 0, &error);
	if (!json_is_array(list)) {
		cli_error("%s is not what affinity list -o json prints: %s",
			  argv[0], list ? "it is no array" : error.text);
		json_decref(list);
		return CLI_FAILED;
	}
	nl = cli_nl(cli, &code);
	if (nl)
		code = restore(cli, nl, list);
	json_decref(list);
	return code;
}
