// SPDX-License-Identifier: GPL-2.0-or-later
#include "filter.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/memory.h"
#include "cli/print/kservice.h"
#include "kernel_options.h"

struct options {
	struct kernel_options kernel;
};

const struct cli_option cli_filter_options[] = {
	KERNEL_OPTIONS(struct options, kernel),
	{ 0 },
};

/* ---- words -------------------------------------------------------------- */

/* What is filled in: names are completed with the namespace of @cli. */
struct reader {
	const struct cli *cli;
	struct cli_filter *filter;
};

static char *take_service(struct reader *r, const char *name)
{
	if (r->filter->service)
		return xasprintf("'%s' is one more than can be asked for", name);
	r->filter->service = cli_service_name(r->cli, name);
	r->filter->f.service = r->filter->service;
	r->filter->any = true;
	return NULL;
}

static char *set_service(void *into, const struct cli_keyword *word,
			 const char *value)
{
	(void)word;
	return take_service(into, value);
}

static char *other(void *into, const char *word)
{
	return take_service(into, word);
}

static char *take_family(struct cli_filter *filter, uint8_t family)
{
	if (filter->f.family && filter->f.family != family)
		return xstrdup("it is of the other family");
	filter->f.family = family;
	filter->any = true;
	return NULL;
}

static char *set_family(void *into, const struct cli_keyword *word,
			const char *value)
{
	struct reader *r = into;
	uint8_t family;
	char *wrong = cli_read_family(value, &family);

	(void)word;
	return wrong ? wrong : take_family(r->filter, family);
}

static char *set_protocol(void *into, const struct cli_keyword *word,
			  const char *value)
{
	struct reader *r = into;

	(void)word;
	r->filter->any = true;
	return cli_read_protocol(value, &r->filter->f.protocol);
}

static char *set_state(void *into, const struct cli_keyword *word,
		       const char *value)
{
	struct reader *r = into;

	for (uint8_t state = 1; state <= IPSVC_FLOW_DIRECT; state++)
		if (!strcmp(value, kservice_flow_state(state))) {
			r->filter->f.state = state;
			r->filter->any = true;
			return NULL;
		}
	return xasprintf("'%s' is none of %s", value, word->values);
}

/* @word->arg is where the end is in the filter. */
static char *set_end(void *into, const struct cli_keyword *word,
		     const char *value)
{
	struct reader *r = into;
	struct ipsvc_nl_end *end = (void *)((char *)&r->filter->f + word->arg);
	char *wrong;
	uint32_t port;

	/* ":80" is a port alone. */
	if (value[0] == ':' && value[1] != ':') {
		wrong = cli_read_number(value + 1, 1, UINT16_MAX, &port);
		if (!wrong)
			end->port = (uint16_t)port;
		r->filter->any = true;
		return wrong;
	}
	wrong = cli_read_address(value, &end->addr, &end->port);
	return wrong ? wrong :
		       take_family(r->filter, ipsvc_ip_family(&end->addr));
}

/* An address without a port. */
static char *set_address(void *into, const struct cli_keyword *word,
			 const char *value)
{
	struct in6_addr addr;

	if (!ipsvc_ip_parse(value, &addr, NULL))
		return xasprintf("'%s' is no address", value);
	return set_end(into, word, value);
}

#define SERVICE_WORD \
	{ .word = "service", .value = "SERVICE", .set = set_service, \
	  .help = "of that service; the word may be left out" }

#define FAMILY_WORD \
	{ .word = "family", .value = "FAMILY", .values = "inet inet6", \
	  .set = set_family, .help = "of that family" }

#define END_WORD(w, h) \
	{ .word = #w, .value = "ADDRESS[:PORT]", .set = set_end, \
	  .arg = offsetof(struct ipsvc_nl_filter, w), .help = h }

const struct cli_keyword cli_flow_words[] = {
	SERVICE_WORD,
	FAMILY_WORD,
	{ .word = "protocol", .value = "PROTOCOL", .values = "tcp udp sctp",
	  .set = set_protocol, .help = "of that protocol" },
	{ .word = "state", .value = "STATE",
	  .values = "new established closing closed unconfirmed direct",
	  .set = set_state, .help = "in that state" },
	END_WORD(client, "of that client; \":PORT\" is a port alone"),
	END_WORD(frontend, "to that frontend"),
	END_WORD(endpoint, "to that endpoint"),
	END_WORD(masquerade, "which the endpoint sees come from there"),
	{ 0 },
};

const struct cli_keyword cli_affinity_words[] = {
	SERVICE_WORD,
	FAMILY_WORD,
	{ .word = "client", .value = "ADDRESS", .set = set_address,
	  .arg = offsetof(struct ipsvc_nl_filter, client),
	  .help = "of that client, or of those that begin so" },
	{ 0 },
};

/* ------------------------------------------------------------------------- */

bool cli_filter_parse(struct cli *cli, int argc, char **argv,
		      struct cli_filter *filter)
{
	struct reader r = { cli, filter };
	struct options opts = { 0 };
	char *wrong;

	*filter = (struct cli_filter){ 0 };
	if (!cli_parse(cli, &argc, &argv, &opts))
		return false;
	filter->f.family = kernel_family(&opts.kernel);
	filter->any = filter->f.family != AF_UNSPEC;
	wrong = cli_keywords_parse(cli->verb->words, &r, argv, argc, other);
	if (wrong)
		cli_usage_error(cli, "%s", wrong);
	free(wrong);
	return !wrong;
}

void cli_filter_free(struct cli_filter *filter)
{
	free(filter->service);
	*filter = (struct cli_filter){ 0 };
}
