// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc explain: what the kernel would do with a packet, and why. */
#include "cli.h"

#include <linux/ipsvc.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/choice.h"
#include "base/buf.h"
#include "base/memory.h"
#include "cli/print/kservice.h"

static const struct out_column record[] = {
	{ .header = "Packet", .key = "packet" },
	{ .header = "Flow", .key = "flow" },
	{ .header = "Service", .key = "service" },
	{ .header = "Frontend", .key = "frontend" },
	{ .header = "Policy", .key = "policy" },
	{ .header = "Scheduler", .key = "scheduler" },
	{ .header = "Endpoints", .key = "endpoints" },
	{ .header = "Source", .key = "source" },
	{ .header = "Result", .key = "result" },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The n-th of some words, or "unknown". */
#define WORD(words, n) \
	((n) < N(words) && (words)[n] ? (words)[n] : "unknown")

/* ---- the question ---------------------------------------------------------- */

static const char *const protocols[] = { "tcp", "udp", "sctp" };
static const uint8_t numbers[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };

static bool read_protocol(const char *text, uint8_t *protocol)
{
	for (size_t i = 0; i < N(protocols); i++)
		if (!strcasecmp(text, protocols[i])) {
			*protocol = numbers[i];
			return true;
		}
	return false;
}

static bool read_mark(const char *text, uint32_t *mark)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	*mark = (uint32_t)value;
	return *text >= '0' && *text <= '9' && !*end && value <= UINT32_MAX;
}

/* The word behind @key. */
static bool read_clause(struct ipsvc_nl_packet *packet, const char *key,
			const char *value)
{
	if (!strcmp(key, "from"))
		return ipsvc_ip_parse_port(value, &packet->source,
					   &packet->source_port);
	if (!strcmp(key, "iif")) {
		packet->ifindex = if_nametoindex(value);
		return packet->ifindex;
	}
	return read_mark(value, &packet->mark);
}

static bool is_clause(const char *word)
{
	return !strcmp(word, "from") || !strcmp(word, "iif") ||
	       !strcmp(word, "mark");
}

static int read_packet(const struct cli *cli, int argc, char **argv,
		       struct ipsvc_nl_packet *packet)
{
	packet->protocol = IPPROTO_TCP;
	if (argc && read_protocol(*argv, &packet->protocol))
		argc--, argv++;
	if (!argc || !ipsvc_ip_parse_port(*argv, &packet->destination,
					  &packet->destination_port) ||
	    !packet->destination_port)
		return cli_usage_error(cli, "%s is not an address and a port, like 10.96.0.10:80 or [fd00::10]:80",
				       argc ? *argv : "nothing");
	for (argc--, argv++; argc; argc -= 2, argv += 2) {
		if (!is_clause(*argv))
			return cli_usage_error(cli, "unknown word %s: from, iif or mark can stand here",
					       *argv);
		if (argc < 2)
			return cli_usage_error(cli, "%s needs a value", *argv);
		if (!read_clause(packet, argv[0], argv[1]))
			return cli_usage_error(cli, strcmp(*argv, "iif") ?
					       "bad value of %s: %s" :
					       "%s: there is no link %s", argv[0],
					       argv[1]);
	}
	packet->family = ipsvc_ip_family(&packet->destination);
	if (!IN6_IS_ADDR_UNSPECIFIED(&packet->source) &&
	    packet->family != ipsvc_ip_family(&packet->source))
		return cli_usage_error(cli, "source and destination are of two families");
	return CLI_OK;
}

/* ---- the answer ------------------------------------------------------------ */

static json_t *json_place(const struct in6_addr *addr, uint16_t port)
{
	return json_pack("{s:o, s:i}", "address", kservice_json_address(addr),
			 "port", port);
}

static void put_packet(struct out *out, const struct ipsvc_nl_packet *packet,
		       const struct ipsvc_nl_explanation *to)
{
	char *from = kservice_address(&to->source, packet->source_port);
	char *dest = kservice_address(&packet->destination,
				      packet->destination_port);
	char name[IF_NAMESIZE] = "", *text;

	if (to->ifindex && !if_indextoname(to->ifindex, name))
		snprintf(name, sizeof(name), "%u", to->ifindex);
	text = xasprintf("%s from %s to %s, %s%s",
			 kservice_protocol(packet->protocol), from, dest,
			 *name ? "arriving by " : "sent by this host", name);
	out_cell(out, text,
		 json_pack("{s:s, s:o, s:o, s:s?, s:I}", "protocol",
			   kservice_protocol(packet->protocol), "from",
			   json_place(&to->source, packet->source_port), "to",
			   json_place(&packet->destination,
				      packet->destination_port), "link",
			   *name ? name : NULL, "mark",
			   (json_int_t)packet->mark));
	free(text);
	free(dest);
	free(from);
}

static const char *standing_text(uint8_t standing)
{
	static const char *const texts[] = {
		[IPSVC_STANDING_CHOSEN] = "chosen",
		[IPSVC_STANDING_REMEMBERED] = "chosen: the client had it last",
		[IPSVC_STANDING_CANDIDATE] = "candidate",
		[IPSVC_STANDING_FULL] = "full",
		[IPSVC_STANDING_DRAINING] = "draining",
		[IPSVC_STANDING_NOT_LOCAL] = "not on this node",
	};

	return WORD(texts, standing);
}

static const char *standing_word(uint8_t standing)
{
	static const char *const words[] = {
		[IPSVC_STANDING_CHOSEN] = "chosen",
		[IPSVC_STANDING_REMEMBERED] = "remembered",
		[IPSVC_STANDING_CANDIDATE] = "candidate",
		[IPSVC_STANDING_FULL] = "full",
		[IPSVC_STANDING_DRAINING] = "draining",
		[IPSVC_STANDING_NOT_LOCAL] = "not_local",
	};

	return WORD(words, standing);
}

static void put_endpoints(struct out *out,
			  const struct ipsvc_nl_explanation *to)
{
	const struct ipsvc_kservice *svc = &to->service;
	json_t *list = json_array();
	struct ipsvc_buf buf = { 0 };
	char *text;

	for (size_t i = 0; i < svc->nendpoints; i++) {
		const struct ipsvc_endpoint *ep = &svc->endpoints[i];
		char *addr = kservice_address(&ep->addr, ep->port);
		json_t *item = json_place(&ep->addr, ep->port);

		ipsvc_buf_printf(&buf, "%s%-21s   %s", i ? "\n" : "", addr,
				 standing_text(ep->standing));
		json_object_set_new(item, "standing",
				    json_string(standing_word(ep->standing)));
		json_array_append_new(list, item);
		free(addr);
	}
	if (to->omitted)
		ipsvc_buf_printf(&buf, "\nand %u more", to->omitted);
	text = buf.len ? ipsvc_buf_take(&buf) : xstrdup("<none>");
	out_cell(out, text, list);
	free(text);
}

static void put_service(struct out *out, const struct ipsvc_nl_explanation *to)
{
	const struct ipsvc_kservice *svc = &to->service;
	const char *scheduler = ipsvc_scheduler_word(svc->options.scheduler);
	const struct ipsvc_frontend *fe = svc->frontends;
	char *addr, *text;

	if (!svc->name) {
		out_skip(out, 5);
		return;
	}
	addr = kservice_address(&fe->addr, fe->port);
	text = xasprintf("%s   %s", addr, kservice_class(fe->class));
	out_string(out, svc->name);
	out_cell(out, text,
		 json_pack("{s:s, s:o, s:i}", "class", kservice_class(fe->class),
			   "address", kservice_json_address(&fe->addr), "port",
			   fe->port));
	out_cell(out, to->local ? "local endpoints only" : "all endpoints",
		 json_string(to->local ? "Local" : "Cluster"));
	out_string(out, scheduler ? scheduler : "unknown");
	put_endpoints(out, to);
	free(text);
	free(addr);
}

static const char *masquerade_text(uint8_t masquerade)
{
	static const char *const texts[] = {
		[IPSVC_MASQUERADE_NONE] = "the client's",
		[IPSVC_MASQUERADE_FRONTEND] = "masqueraded by the frontend",
		[IPSVC_MASQUERADE_HOST] = "of this host for the way to the endpoint",
		[IPSVC_MASQUERADE_HAIRPIN] = "masqueraded: the client is the endpoint",
		[IPSVC_MASQUERADE_OUTSIDE] = "masqueraded: the client is outside the cluster",
		[IPSVC_MASQUERADE_LINK] = "masqueraded: the endpoint is behind the client's link",
	};

	return WORD(texts, masquerade);
}

static const char *masquerade_word(uint8_t masquerade)
{
	static const char *const words[] = {
		[IPSVC_MASQUERADE_NONE] = "none",
		[IPSVC_MASQUERADE_FRONTEND] = "frontend",
		[IPSVC_MASQUERADE_HOST] = "host",
		[IPSVC_MASQUERADE_HAIRPIN] = "hairpin",
		[IPSVC_MASQUERADE_OUTSIDE] = "outside",
		[IPSVC_MASQUERADE_LINK] = "link",
	};

	return WORD(words, masquerade);
}

static void put_source(struct out *out, const struct ipsvc_nl_explanation *to)
{
	char text[INET6_ADDRSTRLEN], *line;

	if (to->action != IPSVC_ACTION_FORWARD || to->in_flow) {
		out_skip(out, 1);
		return;
	}
	line = xasprintf("%s, %s", ipsvc_ip_format(&to->seen_source, text),
			 masquerade_text(to->masquerade));
	out_cell(out, line,
		 json_pack("{s:o, s:s}", "address",
			   kservice_json_address(&to->seen_source), "masquerade",
			   masquerade_word(to->masquerade)));
	free(line);
}

static const char *action_word(uint8_t action)
{
	static const char *const words[] = {
		[IPSVC_ACTION_DROP] = "drop",
		[IPSVC_ACTION_REJECT] = "reject",
		[IPSVC_ACTION_RESET] = "reset",
		[IPSVC_ACTION_PASS] = "pass",
		[IPSVC_ACTION_UNREACHABLE] = "unreachable",
		[IPSVC_ACTION_FORWARD] = "forward",
	};

	return WORD(words, action);
}

static const char *about(const struct ipsvc_nl_explanation *to)
{
	if (to->direct)
		return ", to an endpoint: of no service, its ports are reserved";
	if (to->action == IPSVC_ACTION_PASS)
		return ", of no service";
	return to->in_flow ? ", as the flow says" : "";
}

static void put_result(struct out *out, const struct ipsvc_nl_explanation *to)
{
	const char *word = action_word(to->action);
	char *text = *to->reason ?
		     xasprintf("%s (%s)", word, to->reason) :
		     xasprintf("%s%s", word, about(to));

	out_cell(out, text, json_pack("{s:s, s:s?}", "action", word, "reason",
				      *to->reason ? to->reason : NULL));
	free(text);
}

/* But for the service, whose name is in the message. */
static void keep_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	struct ipsvc_nl_flow *to = arg;

	*to = *flow;
	to->service = NULL;
}

static void put_flow(struct out *out, const struct ipsvc_nl_explanation *to,
		     const struct ipsvc_nl_flow *flow)
{
	char *text;

	if (!to->in_flow) {
		out_skip(out, 1);
		return;
	}
	text = kservice_address(&flow->endpoint, flow->endpoint_port);
	out_cell(out, text, json_pack("{s:o}", "endpoint",
				      json_place(&flow->endpoint,
						 flow->endpoint_port)));
	free(text);
}

int cmd_explain(struct cli *cli, int argc, char **argv)
{
	struct ipsvc_nl_packet packet = { 0 };
	struct ipsvc_nl_explanation to;
	struct ipsvc_nl_flow flow;
	struct ipsvc_nl *nl;
	struct out *out;
	int err, code;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	/* In the network namespace: links are named. */
	code = read_packet(cli, argc, argv, &packet);
	if (code)
		return code;
	err = ipsvc_nl_explain(nl, &packet, &to, keep_flow, &flow);
	if (!err) {
		out = out_open(stdout, cli_format(cli), OUT_RECORD, record,
			       N(record));
		put_packet(out, &packet, &to);
		put_flow(out, &to, &flow);
		put_service(out, &to);
		put_source(out, &to);
		put_result(out, &to);
		out_row(out);
		code = cli_out_close(out);
	}
	ipsvc_kservice_clear(&to.service);
	return err ? cli_nl_failed(cli, err) : code;
}
