// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolv.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "daemon/log.h"

#define LOOK_US		UINT64_C(2000000)

struct resolv {
	struct server *server;
	sd_event_source *timer;
	struct stat seen;	/* the file as it was read */
};

static bool has_changed(struct resolv *r)
{
	const struct stat old = r->seen;

	/* One that is about to be replaced may be missing. */
	if (stat(r->server->opts->forward, &r->seen) < 0) {
		r->seen = old;
		return false;
	}
	return old.st_ino != r->seen.st_ino || old.st_dev != r->seen.st_dev ||
	       old.st_size != r->seen.st_size ||
	       old.st_mtim.tv_sec != r->seen.st_mtim.tv_sec ||
	       old.st_mtim.tv_nsec != r->seen.st_mtim.tv_nsec;
}

/* Workers may still read what was there before. */
static bool load(struct resolv *r)
{
	struct dns_responder *responder = &r->server->responder;
	struct dns_routes *routes = xcalloc(1, sizeof(*routes));
	struct dns_routes *old = (struct dns_routes *)responder->routes;

	if (!options_routes(r->server->opts, routes)) {
		free(routes);
		return false;
	}
	responder->routes = routes;
	if (old) {
		dns_retire(&r->server->epoch, old->items);
		dns_retire(&r->server->epoch, old);
		dns_reclaim(&r->server->epoch);
	}
	return true;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct resolv *r = arg;

	(void)usec;
	if (has_changed(r) && load(r))
		log_info("%s was read again", r->server->opts->forward);
	sd_event_source_set_time_relative(source, LOOK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

struct resolv *resolv_new(sd_event *event, struct server *server)
{
	struct resolv *r = xcalloc(1, sizeof(*r));

	r->server = server;
	if (*server->opts->forward == '/') {
		has_changed(r);
		if (sd_event_add_time_relative(event, &r->timer, CLOCK_MONOTONIC,
					       LOOK_US, 0, on_timer, r) < 0) {
			log_error("cannot set up a timer");
			free(r);
			return NULL;
		}
	}
	if (load(r))
		return r;
	resolv_free(r);
	return NULL;
}

void resolv_free(struct resolv *r)
{
	struct dns_routes *routes = (struct dns_routes *)r->server->responder.routes;

	sd_event_source_disable_unref(r->timer);
	if (routes)
		dns_routes_free(routes);
	free(routes);
	free(r);
}
