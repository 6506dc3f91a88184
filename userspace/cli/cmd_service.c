// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc service: what the kernel has. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/ipsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/choice.h"
#include "base/buf.h"
#include "base/memory.h"
#include "cli/print/kservice.h"
#include "kernel_options.h"

/* As many addresses as kubectl shows in a list. */
#define ENDPOINTS_SHOWN	3

static const struct out_column columns[] = {
	{ .header = "NAME", .key = "name" },
	{ .header = "FAMILY", .key = "family", .wide = true },
	{ .header = "PROTOCOL", .key = "protocol" },
	{ .header = "FRONTENDS", .key = "frontends" },
	{ .header = "ENDPOINTS", .key = "endpoints" },
	{ .header = "FLOWS", .key = "flows" },
	{ .header = "CONNECTIONS", .key = "connections", .wide = true },
	{ .header = "SCHEDULER", .key = "scheduler", .wide = true },
	{ .header = "AFFINITY", .key = "affinity", .wide = true },
	{ .header = "SOURCE-RANGES", .key = "source_ranges", .wide = true },
};

static const struct out_column record[] = {
	{ .header = "Name", .key = "name" },
	{ .header = "Family", .key = "family" },
	{ .header = "Protocol", .key = "protocol" },
	{ .header = "Frontends", .key = "frontends" },
	{ .header = "Endpoints", .key = "endpoints" },
	{ .header = "Flows", .key = "flows" },
	{ .header = "Connections", .key = "connections" },
	{ .header = "Scheduler", .key = "scheduler" },
	{ .header = "Affinity", .key = "affinity" },
	{ .header = "Source ranges", .key = "source_ranges" },
};

struct options {
	struct kernel_options kernel;
};

const struct cli_option cmd_service_options[] = {
	KERNEL_OPTIONS(struct options, kernel),
	{ 0 },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* NULL: there is none. */
static char *hash_key_text(const uint8_t key[16])
{
	static const uint8_t none[16];
	struct ipsvc_buf buf = { 0 };

	if (!memcmp(key, none, sizeof(none)))
		return NULL;
	for (size_t i = 0; i < sizeof(none); i++)
		ipsvc_buf_printf(&buf, "%02x", key[i]);
	return ipsvc_buf_take(&buf);
}

/* As text with what else is asked for; the numbers are in JSON. */
static void put_scheduler(struct out *out, const struct ipsvc_koptions *options)
{
	bool one_packet = options->flags & IPSVC_SERVICE_F_ONE_PACKET;
	const char *word = ipsvc_scheduler_word(options->scheduler);
	char *key = hash_key_text(options->hash_key);
	char *text = xasprintf("%s%s", word ? word : "unknown",
			       one_packet ? ",one-packet" : "");

	out_cell(out, text, json_pack("{s:s, s:b, s:I, s:s?}", "name",
				      word ? word : "unknown", "one_packet",
				      (int)one_packet, "hash_table_size",
				      (json_int_t)options->hash_size,
				      "hash_key", key));
	free(text);
	free(key);
}

/* "600s,/24,shared": how long, of which network, and whether with other ports. */
static void put_affinity(struct out *out, const struct ipsvc_koptions *options,
			 uint8_t family)
{
	int bits = family == AF_INET6 ? 128 : 32;
	int prefix = options->affinity_prefix ? options->affinity_prefix : bits;
	bool shared = options->flags & IPSVC_SERVICE_F_SHARED_AFFINITY;
	struct ipsvc_buf text = { 0 };

	if (!options->affinity_timeout) {
		out_cell(out, "none", json_null());
		return;
	}
	ipsvc_buf_printf(&text, "%us", options->affinity_timeout);
	if (prefix < bits)
		ipsvc_buf_printf(&text, ",/%d", prefix);
	if (shared)
		ipsvc_buf_puts(&text, ",shared");
	out_cell(out, text.data, json_pack("{s:I, s:i, s:b}", "timeout",
					   (json_int_t)options->affinity_timeout,
					   "prefix", prefix, "shared",
					   (int)shared));
	ipsvc_buf_free(&text);
}

static void put_ranges(struct out *out, const struct ipsvc_kservice *svc)
{
	char *text = kservice_ranges(svc);

	out_cell(out, text, kservice_json_ranges(svc));
	free(text);
}

/* The row of a service; takes over the two texts. */
static void put_row(struct out *out, const struct ipsvc_kservice *svc,
		    char *frontends, char *endpoints)
{
	out_string(out, svc->name);
	out_string(out, kservice_family(svc->family));
	out_string(out, kservice_protocol(svc->protocol));
	out_cell(out, frontends, kservice_json_frontends(svc));
	out_cell(out, endpoints, kservice_json_endpoints(svc));
	out_uint(out, svc->flows);
	out_uint(out, svc->connections);
	put_scheduler(out, &svc->options);
	put_affinity(out, &svc->options, svc->family);
	put_ranges(out, svc);
	out_row(out);
	free(frontends);
	free(endpoints);
}

/* Whether it is one of those that are asked for. */
static bool is_meant(const struct cli *cli, const struct options *opts,
		     const struct ipsvc_kservice *svc)
{
	uint8_t family = kernel_family(&opts->kernel);

	return cli_in_namespace(cli, svc->name) &&
	       (!family || family == svc->family);
}

int cmd_service_list(struct cli *cli, int argc, char **argv)
{
	struct options opts = { 0 };
	struct ipsvc_state st;
	struct ipsvc_nl *nl;
	struct out *out;
	size_t i, n = 0;
	int err;

	if (!cli_parse(cli, &argc, &argv, &opts))
		return CLI_USAGE;
	nl = cli_nl(cli, &err);
	if (!nl)
		return err;
	err = ipsvc_nl_services(nl, &st);
	if (err)
		return cli_nl_failed(cli, err);
	out = out_open(stdout, cli_format(cli), OUT_TABLE, columns, N(columns));
	for (i = 0; i < st.n; i++)
		if (is_meant(cli, &opts, &st.services[i])) {
			put_row(out, &st.services[i],
				kservice_frontends(&st.services[i]),
				kservice_endpoints(&st.services[i],
						   ENDPOINTS_SHOWN));
			n++;
		}
	if (!n && cli_format(cli) != OUT_JSON)
		fputs("No services found\n", stderr);
	ipsvc_state_free(&st);
	return cli_out_close(out);
}

/* A frontend a line. */
static char *frontend_lines(const struct ipsvc_kservice *svc)
{
	struct ipsvc_buf buf = { 0 };
	size_t i;

	for (i = 0; i < svc->nfrontends; i++) {
		const struct ipsvc_frontend *fe = &svc->frontends[i];
		char *addr = kservice_address(&fe->addr, fe->port);

		ipsvc_buf_printf(&buf, "%s%s%s%s%s", buf.len ? "\n" : "", addr,
				 fe->flags & IPSVC_FRONTEND_F_MASQUERADE ?
				 "   masquerade" : "",
				 fe->flags & IPSVC_FRONTEND_F_LOCAL ?
				 "   local endpoints only" : "",
				 fe->flags & IPSVC_FRONTEND_F_RANGES ?
				 "   source ranges" : "");
		free(addr);
	}
	return buf.len ? ipsvc_buf_take(&buf) : xstrdup("<none>");
}

/* An endpoint a line, with its numbers. */
static char *endpoint_lines(const struct ipsvc_kservice *svc)
{
	struct ipsvc_buf buf = { 0 };
	size_t i;

	for (i = 0; i < svc->nendpoints; i++) {
		const struct ipsvc_endpoint *ep = &svc->endpoints[i];
		char *addr = kservice_address(&ep->addr, ep->port);

		ipsvc_buf_printf(&buf, "%s%-21s   flows %u, connections %" PRIu64
				 "%s%s", buf.len ? "\n" : "", addr, ep->flows,
				 ep->connections,
				 ep->flags & IPSVC_ENDPOINT_F_DRAIN ?
				 ", draining" : "",
				 ep->flags & IPSVC_ENDPOINT_F_LOCAL ?
				 ", local" : "");
		if (ep->weight != 1)
			ipsvc_buf_printf(&buf, ", weight %u", ep->weight);
		if (ep->flows_max)
			ipsvc_buf_printf(&buf, ", at most %u", ep->flows_max);
		free(addr);
	}
	return buf.len ? ipsvc_buf_take(&buf) : xstrdup("<none>");
}

/* That of IPv4 where both may be meant. */
static int find_service(struct ipsvc_nl *nl, const char *name, uint8_t family,
			struct ipsvc_state *st)
{
	int err = -ENOENT;

	if (family != AF_INET6)
		err = ipsvc_nl_service(nl, name, AF_INET, st);
	if (family != AF_INET && err == -ENOENT)
		err = ipsvc_nl_service(nl, name, AF_INET6, st);
	return err;
}

int cmd_service_show(struct cli *cli, int argc, char **argv)
{
	struct options opts = { 0 };
	struct ipsvc_state st;
	struct ipsvc_nl *nl;
	struct out *out;
	char *name;
	int err;

	if (!cli_parse(cli, &argc, &argv, &opts))
		return CLI_USAGE;
	nl = cli_nl(cli, &err);
	if (!nl)
		return err;
	name = cli_service_name(cli, argv[0]);
	err = find_service(nl, name, kernel_family(&opts.kernel), &st);
	free(name);
	if (err)
		return cli_nl_failed(cli, err);
	out = out_open(stdout, cli_format(cli), OUT_RECORD, record, N(record));
	if (st.n)
		put_row(out, st.services, frontend_lines(st.services),
			endpoint_lines(st.services));
	ipsvc_state_free(&st);
	return cli_out_close(out);
}
