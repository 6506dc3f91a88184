// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc flow: the flows the kernel keeps. */
#include "listing.h"

#include <linux/ipsvc.h>
#include <stdlib.h>

#include "cli/print/kservice.h"

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

static const char *state_word(uint8_t state)
{
	static const char *const words[] = {
		[IPSVC_FLOW_NEW] = "new",
		[IPSVC_FLOW_ESTABLISHED] = "established",
		[IPSVC_FLOW_CLOSING] = "closing",
		[IPSVC_FLOW_CLOSED] = "closed",
		[IPSVC_FLOW_UNCONFIRMED] = "unconfirmed",
		[IPSVC_FLOW_DIRECT] = "direct",
	};

	if (state >= sizeof(words) / sizeof(words[0]) || !words[state])
		return "unknown";
	return words[state];
}

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
	out_string(out, state_word(flow->state));
	listing_expires(out, flow->expires_ms);
	out_string(out, flow->service);
	out_row(out);
	list->n++;
}

static int ask(struct ipsvc_nl *nl, const char *service, struct listing *list)
{
	return ipsvc_nl_flows(nl, service, put_flow, list);
}

int cmd_flow_list(struct cli *cli, int argc, char **argv)
{
	static const struct listing_of of = {
		columns, sizeof(columns) / sizeof(columns[0]),
		"No flows found", ask,
	};

	return listing_run(cli, argc, argv, &of);
}
