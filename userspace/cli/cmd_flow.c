// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc flow: the flows the kernel keeps. */
#include "listing.h"

#include <stdlib.h>

#include "cli/print/kservice.h"
#include "filter.h"

static const struct out_column columns[] = {
	{ .key = "family" },
	{ .header = "PROTOCOL", .key = "protocol" },
	{ .header = "CLIENT", .key = "client" },
	{ .header = "FRONTEND", .key = "frontend" },
	{ .header = "ENDPOINT", .key = "endpoint" },
	{ .header = "MASQUERADE", .key = "masquerade", .wide = true },
	{ .header = "STATE", .key = "state" },
	{ .header = "EXPIRES", .key = "expires_ms" },
	{ .header = "SERVICE", .key = "service" },
};

static void put_address(struct out *out, const struct in6_addr *addr,
			uint16_t port)
{
	char *text;

	if (IN6_IS_ADDR_UNSPECIFIED(addr)) {
		out_string(out, NULL);
		return;
	}
	text = kservice_address(addr, port);
	out_cell(out, text, json_pack("{s:o, s:i}", "address",
				      kservice_json_address(addr),
				      "port", port));
	free(text);
}

static void put_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	struct listing *list = arg;
	struct out *out = list->out;

	/* One that is direct is of no service, and of no namespace. */
	if (!cli_in_namespace(list->cli, flow->service ? flow->service : ""))
		return;
	out_string(out, kservice_family(flow->family));
	out_string(out, kservice_protocol(flow->protocol));
	put_address(out, &flow->client, flow->client_port);
	put_address(out, &flow->frontend, flow->frontend_port);
	put_address(out, &flow->endpoint, flow->endpoint_port);
	put_address(out, &flow->masquerade, flow->masquerade_port);
	out_string(out, kservice_flow_state(flow->state));
	listing_expires(out, flow->expires_ms);
	out_string(out, flow->service);
	out_row(out);
	list->n++;
}

static int ask(struct ipsvc_nl *nl, const struct ipsvc_nl_filter *filter,
	       struct listing *list)
{
	return ipsvc_nl_flows(nl, filter, put_flow, list);
}

int cmd_flow_list(struct cli *cli, int argc, char **argv)
{
	static const struct listing_of of = {
		columns, sizeof(columns) / sizeof(columns[0]),
		"No flows found", ask,
	};

	return listing_run(cli, argc, argv, &of);
}

static int delete_flows(struct cli *cli, const struct cli_filter *filter)
{
	struct ipsvc_nl *nl;
	int err, code;

	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	err = ipsvc_nl_flow_delete(nl, &filter->f);
	return err ? cli_nl_failed(cli, err) : CLI_OK;
}

int cmd_flow_delete(struct cli *cli, int argc, char **argv)
{
	struct cli_filter filter;
	int code = CLI_USAGE;

	if (!cli_filter_parse(cli, argc, argv, &filter))
		;	/* said already */
	else if (!filter.any)
		code = cli_usage_error(cli, "say which flows; flow flush deletes all of them");
	else if (cli->ns && !filter.service)
		code = cli_usage_error(cli, "name a service, or leave -n out: flows of all namespaces are meant");
	else
		code = delete_flows(cli, &filter);
	cli_filter_free(&filter);
	return code;
}

int cmd_flow_flush(struct cli *cli, int argc, char **argv)
{
	struct cli_filter filter;
	int code = CLI_USAGE;

	if (cli_filter_parse(cli, argc, argv, &filter)) {
		if (cli->ns)
			code = cli_usage_error(cli, "leave -n out: flows of all namespaces are meant");
		else
			code = delete_flows(cli, &filter);
	}
	cli_filter_free(&filter);
	return code;
}
