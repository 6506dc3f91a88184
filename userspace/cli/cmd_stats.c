// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipsvc stats: the kernel's counters, for everybody, and what services and endpoints
 * have; as they are, or what changes of them each second.
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/print/kservice.h"
#include "end.h"
#include "kernel_options.h"
#include "samples.h"

enum what {
	COUNTERS,
	SERVICES,
	ENDPOINTS,
};

struct stats {
	struct cli *cli;
	struct kernel_options kernel;
	bool all, differences;
	const char *count;
	enum what what;
	char *service;		/* the only one; or NULL */
};

const struct cli_option cmd_stats_options[] = {
	CLI_OPTION_BOOL(struct stats, all, 'a', "all",
			"those that are zero too (JSON has them always)"),
	CLI_OPTION_BOOL(struct stats, differences, 'd', "differences",
			"each second, how much has changed in it"),
	CLI_OPTION_STRING(struct stats, count, 'c', "count", "N",
			  "end after N seconds"),
	KERNEL_OPTIONS(struct stats, kernel),
	{ 0 },
};

/* ---- words -------------------------------------------------------------- */

static char *set_what(void *into, const struct cli_keyword *word,
		      const char *value)
{
	struct stats *s = into;

	(void)value;
	if (s->what != COUNTERS)
		return xstrdup("one of these is enough");
	s->what = word->arg;
	return NULL;
}

static char *set_service(void *into, const char *name)
{
	struct stats *s = into;

	if (s->what == COUNTERS)
		return xasprintf("'%s' is neither services nor endpoints", name);
	if (s->service)
		return xasprintf("'%s' is one more than can be asked for", name);
	s->service = cli_service_name(s->cli, name);
	return NULL;
}

const struct cli_keyword cmd_stats_words[] = {
	{ .word = "services", .value = "", .set = set_what, .arg = SERVICES,
	  .help = "flows and connections of services" },
	{ .word = "endpoints", .value = "", .set = set_what, .arg = ENDPOINTS,
	  .help = "flows and connections of endpoints" },
	{ 0 },
};

/* ---- samples ------------------------------------------------------------ */

static void add_counter(const char *name, uint64_t value, void *arg)
{
	struct sample sample = { .name = (char *)name, .total = value };

	samples_add(arg, &sample);
}

static bool is_meant(const struct stats *s, const struct ipsvc_kservice *svc)
{
	uint8_t family = kernel_family(&s->kernel);

	if (family && family != svc->family)
		return false;
	return s->service ? !strcmp(s->service, svc->name) :
			    cli_in_namespace(s->cli, svc->name);
}

static void add_endpoints(const struct ipsvc_kservice *svc,
			  struct samples *samples)
{
	for (size_t i = 0; i < svc->nendpoints; i++) {
		const struct ipsvc_endpoint *ep = &svc->endpoints[i];
		struct sample sample = {
			.name = svc->name, .family = svc->family,
			.addr = ep->addr, .port = ep->port,
			.total = ep->connections, .level = ep->flows,
		};

		samples_add(samples, &sample);
	}
}

static void add_service(const struct ipsvc_kservice *svc,
			struct samples *samples)
{
	struct sample sample = {
		.name = svc->name, .family = svc->family,
		.total = svc->connections, .level = svc->flows,
	};

	samples_add(samples, &sample);
}

static int read_services(const struct stats *s, struct samples *samples)
{
	struct ipsvc_state st;
	int err = ipsvc_nl_services(s->cli->nl, &st);

	for (size_t i = 0; !err && i < st.n; i++) {
		if (!is_meant(s, &st.services[i]))
			continue;
		if (s->what == SERVICES)
			add_service(&st.services[i], samples);
		else
			add_endpoints(&st.services[i], samples);
	}
	ipsvc_state_free(&st);
	return err;
}

static int read_samples(const struct stats *s, struct samples *samples)
{
	return s->what == COUNTERS ?
	       ipsvc_nl_stats(s->cli->nl, add_counter, samples) :
	       read_services(s, samples);
}

/* ---- output ------------------------------------------------------------- */

static const struct out_column counter_columns[] = {
	{ .header = "COUNTER", .key = "name" },
	{ .header = "VALUE", .key = "value" },
};

static const struct out_column object_columns[] = {
	{ .header = "SERVICE", .key = "service" },
	{ .header = "FAMILY", .key = "family" },
	{ .header = "FLOWS", .key = "flows" },
	{ .header = "CONNECTIONS", .key = "connections" },
};

static const struct out_column endpoint_columns[] = {
	{ .header = "SERVICE", .key = "service" },
	{ .header = "FAMILY", .key = "family" },
	{ .header = "ENDPOINT", .key = "endpoint" },
	{ .header = "FLOWS", .key = "flows" },
	{ .header = "CONNECTIONS", .key = "connections" },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct out *open_out(const struct stats *s)
{
	enum out_layout layout = s->differences ? OUT_LINES : OUT_TABLE;
	enum out_format format = cli_format(s->cli);

	switch (s->what) {
	case SERVICES:
		return out_open(stdout, format, layout, object_columns,
				N(object_columns));
	case ENDPOINTS:
		return out_open(stdout, format, layout, endpoint_columns,
				N(endpoint_columns));
	default:
		return out_open(stdout, format, layout, counter_columns,
				N(counter_columns));
	}
}

static void put_endpoint(struct out *out, const struct sample *sample)
{
	char *text = kservice_address(&sample->addr, sample->port);

	out_cell(out, text, json_pack("{s:o, s:i}", "address",
				      kservice_json_address(&sample->addr),
				      "port", sample->port));
	free(text);
}

/* "+3 connections" of differences, which are printed without headers. */
static void put_number(const struct stats *s, struct out *out, int64_t value,
		       const char *what)
{
	char *text = s->differences ?
		     xasprintf("%+" PRId64 "%s%s", value, *what ? " " : "", what) :
		     xasprintf("%" PRId64, value);

	out_cell(out, text, json_integer(value));
	free(text);
}

static void put_sample(const struct stats *s, struct out *out,
		       const struct sample *sample, uint64_t total, int64_t level)
{
	out_string(out, sample->name);
	if (s->what != COUNTERS)
		out_string(out, kservice_family(sample->family));
	if (s->what == ENDPOINTS)
		put_endpoint(out, sample);
	if (s->what != COUNTERS)
		put_number(s, out, level, "flows");
	put_number(s, out, (int64_t)total,
		   s->what == COUNTERS ? "" : "connections");
	out_row(out);
}

/* Objects are always shown, also with zero; of differences only what changed. */
static bool is_shown(const struct stats *s, uint64_t total, int64_t level)
{
	if (total || level || s->all)
		return true;
	return !s->differences && s->what != COUNTERS;
}

static size_t put_samples(const struct stats *s, struct out *out,
			  const struct samples *before,
			  const struct samples *now)
{
	size_t shown = 0;

	for (size_t i = 0; i < now->n; i++) {
		uint64_t total;
		int64_t level;

		samples_difference(before, now->items[i], &total, &level);
		if (!is_shown(s, total, level))
			continue;
		put_sample(s, out, now->items[i], total, level);
		shown++;
	}
	return shown;
}

/* ---- once, or each second ----------------------------------------------- */

static int show_once(const struct stats *s)
{
	struct samples none = { 0 }, now = { 0 };
	int err = read_samples(s, &now), code;
	struct out *out;
	size_t shown;

	if (err) {
		samples_free(&now);
		return cli_nl_failed(s->cli, err);
	}
	out = open_out(s);
	shown = put_samples(s, out, &none, &now);
	code = cli_out_close(out);
	samples_free(&now);
	if (!shown && cli_format(s->cli) != OUT_JSON)
		fputs(s->what == COUNTERS ? "All counters are zero\n" :
					    "Nothing found\n", stderr);
	return code;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Until @when; false when it is time to end. */
static bool wait_until(int end, uint64_t when)
{
	struct pollfd fd = { .fd = end, .events = POLLIN };
	uint64_t now = now_ms();

	return poll(&fd, 1, when > now ? (int)(when - now) : 0) <= 0;
}

/* An exit code; @before becomes what there is now. */
static int show_second(const struct stats *s, struct out *out,
		       struct samples *before)
{
	struct samples now = { 0 };
	int err = read_samples(s, &now);

	if (err) {
		samples_free(&now);
		return cli_nl_failed(s->cli, err);
	}
	put_samples(s, out, before, &now);
	samples_free(before);
	*before = now;
	return ferror(stdout) ? CLI_FAILED : CLI_OK;
}

static int show_differences(const struct stats *s, uint32_t count)
{
	struct samples before = { 0 };
	int err = read_samples(s, &before), code = CLI_OK, closed;
	uint64_t when = now_ms();
	struct out *out;
	int end;

	if (err) {
		samples_free(&before);
		return cli_nl_failed(s->cli, err);
	}
	end = cli_end_fd();
	out = open_out(s);
	/* Without a count, until it is stopped. */
	for (uint32_t n = 0; !code && (!count || n < count); n++) {
		when += 1000;
		if (!wait_until(end, when))
			break;
		code = show_second(s, out, &before);
	}
	closed = cli_out_close(out);
	samples_free(&before);
	close(end);
	return code ? code : closed;
}

/* False after a message. */
static bool parse(struct stats *s, int argc, char **argv, uint32_t *count)
{
	char *wrong;

	if (!cli_parse(s->cli, &argc, &argv, s))
		return false;
	wrong = cli_keywords_parse(cmd_stats_words, s, argv, argc, set_service);
	if (!wrong && s->count)
		wrong = cli_read_number(s->count, 1, UINT32_MAX, count);
	if (!wrong && s->count && !s->differences)
		wrong = xstrdup("--count is of --differences");
	if (wrong)
		cli_usage_error(s->cli, "%s", wrong);
	free(wrong);
	return !wrong;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
	struct stats s = { .cli = cli };
	int code = CLI_USAGE;
	uint32_t count = 0;

	if (parse(&s, argc, argv, &count) && cli_nl(cli, &code)) {
		/* A program wants the same keys at all times. */
		s.all |= !s.differences && cli_format(cli) == OUT_JSON;
		code = s.differences ? show_differences(&s, count) :
				       show_once(&s);
	}
	free(s.service);
	return code;
}
