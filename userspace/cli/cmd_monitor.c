// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc monitor: changes of the kernel's services, as they happen. */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "cli/print/kservice.h"
#include "end.h"

static const struct out_column columns[] = {
	{ .header = "TIME", .key = "time" },
	{ .header = "", .key = "event" },
	{ .header = "", .key = "name" },
	{ .key = "family" },
	{ .header = "", .key = "protocol" },
	{ .header = "", .key = "frontends" },
	{ .header = "", .key = "endpoints" },
	{ .header = "", .key = "generation" },
};

struct monitor {
	struct cli *cli;
	struct out *out;
	bool timestamp;
};

const struct cli_option cmd_monitor_options[] = {
	CLI_OPTION_BOOL(struct monitor, timestamp, 't', "timestamp",
			"the time in front of each line"),
	{ 0 },
};

/* 2026-01-31T12:00:00.123456+0100, or an empty cell. */
static void put_time(const struct monitor *m)
{
	char text[64], seconds[32], zone[8];
	struct timespec now;
	struct tm tm;

	if (!m->timestamp) {
		out_skip(m->out, 1);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(text, sizeof(text), "%s.%06ld%s", seconds, now.tv_nsec / 1000,
		 zone);
	out_string(m->out, text);
}

static void put_service(struct out *out, const struct ipsvc_kservice *svc)
{
	char *frontends = kservice_frontends(svc);
	char *endpoints = kservice_endpoints(svc, 0);
	char *arrow = xasprintf("-> %s", endpoints);

	out_string(out, "service");
	out_string(out, svc->name);
	out_string(out, kservice_family(svc->family));
	out_string(out, kservice_protocol(svc->protocol));
	out_cell(out, frontends, kservice_json_frontends(svc));
	out_cell(out, arrow, kservice_json_endpoints(svc));
	free(frontends);
	free(endpoints);
	free(arrow);
}

static void put_commit(struct out *out, uint32_t generation)
{
	char *text = xasprintf("generation %u", generation);

	out_string(out, "commit");
	out_skip(out, 5);
	out_cell(out, text, json_integer(generation));
	free(text);
}

/*
 * The kernel's state is not printed: who reads too slowly would be overrun by
 * that again. In JSON, the generation says from where it goes on.
 */
static void put_overrun(const struct monitor *m)
{
	struct ipsvc_nl_instance instance;

	out_cell(m->out, "-- overrun, resynced --", json_string("overrun"));
	if (ipsvc_nl_instance(m->cli->nl, &instance))
		return;
	out_skip(m->out, 5);
	out_cell(m->out, "", json_integer(instance.generation));
}

static void put_event(const struct ipsvc_nl_event *ev, void *arg)
{
	struct monitor *m = arg;

	if (ev->service && !cli_in_namespace(m->cli, ev->service->name))
		return;
	put_time(m);
	switch (ev->type) {
	case IPSVC_EVENT_SERVICE:
		put_service(m->out, ev->service);
		break;
	case IPSVC_EVENT_SERVICE_DELETED:
		out_string(m->out, "deleted");
		out_string(m->out, ev->service->name);
		out_string(m->out, kservice_family(ev->service->family));
		break;
	case IPSVC_EVENT_COMMIT:
		put_commit(m->out, ev->generation);
		break;
	case IPSVC_EVENT_OVERRUN:
		put_overrun(m);
		break;
	}
	out_row(m->out);
}

static int follow(struct monitor *m, struct ipsvc_nl *listener)
{
	struct pollfd fds[] = {
		{ .fd = ipsvc_nl_fd(listener), .events = POLLIN },
		{ .fd = cli_end_fd(), .events = POLLIN },
	};
	int err;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			cli_error("poll: %s", strerror(errno));
			return CLI_FAILED;
		}
		if (fds[1].revents)
			return CLI_OK;
		err = ipsvc_nl_events(listener, put_event, m);
		if (err) {
			cli_error("%s", ipsvc_nl_message(listener));
			return cli_exit_code(err);
		}
		if (ferror(stdout))
			return CLI_FAILED;
	}
}

int cmd_monitor(struct cli *cli, int argc, char **argv)
{
	struct monitor m = { .cli = cli };
	struct ipsvc_nl_instance instance;
	struct ipsvc_nl *nl, *listener;
	int err, code, closed;

	if (!cli_parse(cli, &argc, &argv, &m))
		return CLI_USAGE;
	nl = cli_nl(cli, &code);
	if (!nl)
		return code;
	/* Without an instance there is nothing to wait for. */
	err = ipsvc_nl_instance(nl, &instance);
	if (err)
		return cli_nl_failed(cli, err);
	listener = ipsvc_nl_listen(&err);
	if (!listener) {
		cli_error("%s", ipsvc_nl_strerror(err));
		return cli_exit_code(err);
	}
	m.out = out_open(stdout, cli_format(cli), OUT_LINES, columns,
			 sizeof(columns) / sizeof(columns[0]));
	code = follow(&m, listener);
	closed = cli_out_close(m.out);
	ipsvc_nl_close(listener);
	return code ? code : closed;
}
