// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc-dnsd: answers for the names of Services. */
#include <libknot/dname.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/memory.h"
#include "base/time.h"
#include "control.h"
#include "daemon/log.h"
#include "feed_client.h"
#include "resolv.h"
#include "worker.h"

/* What readers may still have seen is looked at again after this. */
#define RECLAIM_US	UINT64_C(10000)

struct dnsd {
	struct options opts;
	struct server server;
	sd_event *event;
	sd_event_source *reclaim;
	struct resolv *resolv;
	struct feed_client *feed;
	struct control *control;
	time_t since;
};

/* ---- what others see of us ---------------------------------------------- */

static json_t *document(void *arg)
{
	struct dnsd *d = arg;
	const struct stats **stats = xcalloc(d->server.nworkers, sizeof(*stats));
	char since[IPSVC_TIME_SIZE], domain[KNOT_DNAME_TXT_MAXLEN + 1];
	json_t *doc;

	for (size_t i = 0; i < d->server.nworkers; i++)
		stats[i] = &d->server.workers[i].stats;
	doc = json_pack("{s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:o}",
		"version", IPSVC_VERSION,
		"since", ipsvc_time_format(d->since, since),
		"domain", knot_dname_to_str(domain, d->opts.zone.domain.wire,
					    sizeof(domain)),
		"connected", (int)feed_client_connected(d->feed),
		"synced", (int)d->server.zone.synced,
		"serial", (json_int_t)d->server.zone.serial,
		"services", (json_int_t)d->server.zone.services,
		"names", (json_int_t)d->server.zone.table.nodes,
		"queries", stats_document(stats, d->server.nworkers));
	free(stats);
	return doc;
}

static int on_reclaim(sd_event_source *source, uint64_t usec, void *arg)
{
	struct dnsd *d = arg;

	(void)usec;
	if (dns_reclaim(&d->server.epoch))
		return 0;
	sd_event_source_set_time_relative(source, RECLAIM_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void on_change(void *arg)
{
	struct dnsd *d = arg;

	sd_notifyf(0, "STATUS=%zu services, serial %u",
		   (size_t)d->server.zone.services,
		   (uint32_t)d->server.zone.serial);
	on_reclaim(d->reclaim, 0, d);
}

/* ---- start and end ------------------------------------------------------ */

static bool add_signals(struct dnsd *d)
{
	sigset_t set;

	/* Before threads start: none of them is to get these. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return sd_event_add_signal(d->event, NULL, SIGTERM, NULL, NULL) >= 0 &&
	       sd_event_add_signal(d->event, NULL, SIGINT, NULL, NULL) >= 0;
}

static bool make_server(struct dnsd *d)
{
	struct server *s = &d->server;

	s->opts = &d->opts;
	s->acl = d->opts.acl;
	dns_epoch_init(&s->epoch, d->opts.workers);
	if (!dns_zone_init(&s->zone, &d->opts.zone, &s->epoch)) {
		log_error("--domain: no names fit below it");
		return false;
	}
	s->responder = (struct dns_responder){
		.zone = &s->zone, .acl = &s->acl,
	};
	strcpy(s->responder.nsid, d->opts.nsid);
	if (getrandom(s->responder.cookie_secret,
		      sizeof(s->responder.cookie_secret), 0) < 0) {
		log_error("no random numbers");
		return false;
	}
	s->workers = aligned_alloc(64, d->opts.workers * sizeof(*s->workers));
	if (!s->workers)
		ipsvc_out_of_memory();
	memset(s->workers, 0, d->opts.workers * sizeof(*s->workers));
	s->nworkers = d->opts.workers;
	for (size_t i = 0; i < s->nworkers; i++)
		if (!worker_init(&s->workers[i], s, i))
			return false;
	return true;
}

static void stop_workers(struct server *s)
{
	for (size_t i = 0; i < s->nworkers; i++)
		worker_stop(&s->workers[i]);
}

static void free_server(struct server *s)
{
	if (!s->opts)
		return;
	for (size_t i = 0; i < s->nworkers; i++)
		worker_free(&s->workers[i]);
	free(s->workers);
	if (s->responder.zone)
		dns_zone_free(&s->zone);
	dns_epoch_free(&s->epoch);
}

static bool start(struct dnsd *d)
{
	if (sd_event_default(&d->event) < 0 || !add_signals(d) ||
	    sd_event_add_time_relative(d->event, &d->reclaim, CLOCK_MONOTONIC,
				       RECLAIM_US, 1000, on_reclaim, d) < 0) {
		log_error("cannot set up the event loop");
		return false;
	}
	if (!make_server(d))
		return false;
	d->resolv = resolv_new(d->event, &d->server);
	if (!d->resolv)
		return false;
	d->feed = feed_client_new(d->event, d->opts.feed, &d->server.zone,
				  on_change, d);
	d->control = d->feed ? control_new(d->event, d->opts.run_dir, document,
					   d) : NULL;
	if (!d->control)
		return false;
	for (size_t i = 0; i < d->server.nworkers; i++)
		if (!worker_start(&d->server.workers[i]))
			return false;
	return true;
}

static int run(struct dnsd *d)
{
	d->since = time(NULL);
	if (!start(d))
		return 1;
	return program_loop(d->event);
}

int main(int argc, char **argv)
{
	struct dnsd *d = xcalloc(1, sizeof(*d));
	int code = 1;

	switch (options_parse(argc, argv, &d->opts)) {
	case OPTIONS_DONE:
		code = 0;
		break;
	case OPTIONS_WRONG:
		code = 2;
		break;
	default:
		log_init(d->opts.verbose);
		code = run(d);
	}
	stop_workers(&d->server);
	if (d->resolv)
		resolv_free(d->resolv);
	free_server(&d->server);
	if (d->feed)
		feed_client_free(d->feed);
	if (d->control)
		control_free(d->control);
	sd_event_source_disable_unref(d->reclaim);
	sd_event_unref(d->event);
	options_free(&d->opts);
	free(d);
	return code;
}
