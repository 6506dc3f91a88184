// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipsvcd: from manifests and the store to the kernel's tables. What it leaves
 * behind when it ends, in whatever way, goes on working.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/progress.h"
#include "check.h"
#include "dns_feed.h"
#include "dns_records.h"
#include "dns_service.h"
#include "health.h"
#include "log.h"
#include "options.h"
#include "plan.h"
#include "privileges.h"
#include "source/dir.h"
#include "source/source.h"
#include "status.h"
#include "store/store.h"
#include "sync.h"

/* How often to look when the store cannot tell that it changed. */
#define POLL_PERIOD	(2 * PLAN_SEC)

/* How long ipsvc-dnsd may take to come, or to come back when ipsvcd was restarted. */
#define DNS_PATIENCE	(5 * PLAN_SEC)

/*
 * For a lock of the store, once for reading and once for writing until it is
 * free: well below what is left of WatchdogSec= when the event loop is late.
 */
#define STORE_PATIENCE_MS	2000

/* So long the kernel may not have what it is to have, as with kube-proxy. */
#define HEALTH_PATIENCE	(60 * PLAN_SEC)

struct daemon {
	struct options opts;
	sd_event *event;
	struct ipsvc_store *store;
	struct source *source;
	struct sync *sync;
	struct health *health;	/* NULL: it cannot be */
	struct dns_feed *dns;	/* NULL: it cannot be */
	struct ipsvc_source *dns_source;	/* NULL: nobody has read it yet */
	struct dns_records *dns_records;
	bool dns_settled;	/* who reads it has had the time to come */
	char *dns_message;	/* why there is no DNS Service; or NULL */
	sd_event_source *period;
	uint64_t interval;	/* of the above */
	uint64_t since;
	uint64_t healthy_at;	/* realtime, microseconds; 0: not yet */
	int64_t revision;	/* of the store, when it was read last */
	bool status_failed;
};

/* ---- what others see of us ---------------------------------------------- */

static void notify_status(const struct daemon *d, size_t errors)
{
	const struct sync_report *r = sync_last(d->sync);

	if (!r->ok)
		sd_notifyf(0, "STATUS=not synchronised: %s", r->message);
	else
		sd_notifyf(0, "STATUS=synchronised: %zu services, %zu endpoints, generation %u, %zu manifest errors",
			   r->services, r->endpoints, r->generation, errors);
}

/* Unless @text is NULL. */
static void add_warning(json_t *warnings, const char *text)
{
	if (text)
		json_array_append_new(warnings, json_pack("{s:o}", "message",
						ipsvc_json_any_text(text)));
}

static void publish(struct daemon *d)
{
	struct status st = {
		.node = d->opts.node, .device = d->opts.device,
		.cluster_cidr = d->opts.cluster_cidr,
		.store = d->opts.store, .manifests = d->opts.manifests,
		.since = d->since, .sync = sync_last(d->sync),
		.files = source_files(d->source),
		.errors = source_errors(d->source),
		.warnings = source_warnings(d->source),
	};
	json_t *doc;
	int err;

	add_warning(st.warnings, st.sync->rival);
	add_warning(st.warnings, st.sync->unrouted);
	add_warning(st.warnings, d->dns_message);
	doc = status_document(&st);
	err = status_write(d->opts.run_dir, doc);

	if (err && !d->status_failed)
		log_warning("%s/status.json: %s", d->opts.run_dir, strerror(-err));
	d->status_failed = err != 0;
	notify_status(d, json_array_size(st.errors));
	json_decref(doc);
	json_decref(st.errors);
	json_decref(st.warnings);
}

/* ---- what happens ------------------------------------------------------- */

/* What balancers are told: failures that pass soon are not worth a failover. */
static bool is_healthy(struct daemon *d)
{
	const struct sync_report *r = sync_last(d->sync);

	if (r->ok)
		d->healthy_at = r->time;
	return d->healthy_at && r->time - d->healthy_at < HEALTH_PATIENCE;
}

static void on_synced(void *arg)
{
	struct daemon *d = arg;
	int64_t revision = sync_last(d->sync)->revision;

	/* What the store refused it may take now that it changed. */
	if (revision != d->revision && source_has_refused(d->source))
		source_read(d->source);
	d->revision = revision;
	if (d->health)
		health_tell(d->health, is_healthy(d));
	publish(d);
}

static void on_service(void *arg, const struct ipsvc_cache *cache,
		       const struct ipsvc_cluster_service *s)
{
	bool served = s->svc && s->svc->health_port &&
		      ipsvc_nodeview_serves(s->svc);
	struct ipsvc_local_endpoints local = {0};
	struct daemon *d = arg;
	char *name = xasprintf("%s/%s", s->ns, s->name);

	if (served)
		local = ipsvc_local_endpoints(cache, s);
	health_set(d->health, name, served ? s->svc->health_port : 0, &local);
	free(name);
}

/*
 * Reads what changed, and only when somebody wants to know. A store that has moved on
 * is waited for: its commit comes next.
 */
static void on_commit(void *arg, int64_t revision, const json_t *refused)
{
	struct daemon *d = arg;

	if (!dns_feed_is_read(d->dns))
		return;
	if (!d->dns_source) {
		d->dns_source = ipsvc_source_of_store(d->store);
		d->dns_records = dns_records_new();
	}
	if (ipsvc_source_read(d->dns_source, dns_records_change,
			      d->dns_records) < 0 ||
	    ipsvc_source_revision(d->dns_source) != revision)
		return;
	dns_records_settle(d->dns_records, refused);
	dns_feed_publish(d->dns, dns_records_items(d->dns_records),
			 (uint32_t)revision);
}

/* The store tells of what that changes. */
static void apply_dns(void *arg)
{
	struct daemon *d = arg;
	enum dns_pod_state ready = d->dns && dns_feed_is_read(d->dns) ? DNS_POD_READY :
			       d->dns_settled ? DNS_POD_NOT_READY :
						DNS_POD_UNKNOWN;
	char *why = dns_service_apply(d->store, &d->opts.dns, d->opts.node,
				      ready);

	if (why && (!d->dns_message || strcmp(why, d->dns_message)))
		log_warning("%s", why);
	free(d->dns_message);
	d->dns_message = why;
}

/* The first one gets what there is with the next commit, also of nothing. */
static void on_dns_readers(void *arg)
{
	struct daemon *d = arg;

	d->dns_settled = true;
	apply_dns(d);
	if (d->sync)
		sync_soon(d->sync);
}

static int on_dns_settled(sd_event_source *source, uint64_t usec, void *arg)
{
	struct daemon *d = arg;

	(void)source;
	(void)usec;
	d->dns_settled = true;
	apply_dns(d);
	return 0;
}

static void on_source_read(void *arg)
{
	struct daemon *d = arg;

	if (d->sync)
		sync_soon(d->sync);
}

static int on_store(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct daemon *d = arg;

	(void)source;
	(void)fd;
	(void)revents;
	if (ipsvc_store_watch_clear(d->store))
		sync_soon(d->sync);
	return 0;
}

static void reload(struct daemon *d)
{
	source_read(d->source);
	sync_check_soon(d->sync);
}

static int on_period(sd_event_source *source, uint64_t usec, void *arg)
{
	struct daemon *d = arg;
	const struct sync_report *r = sync_last(d->sync);

	sd_event_source_set_time(source, usec + d->interval);
	source_read(d->source);
	apply_dns(d);
	if (d->interval == PLAN_PERIOD)
		sync_check_soon(d->sync);
	else if (ipsvc_store_revision(d->store) != r->revision)
		sync_soon(d->sync);
	return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si,
		     void *arg)
{
	struct daemon *d = arg;

	(void)source;
	if (si->ssi_signo == SIGHUP) {
		log_info("SIGHUP: reading everything again");
		reload(d);
		return 0;
	}
	log_info("ending; the kernel goes on with what it has");
	return sd_event_exit(d->event, 0);
}

/* ---- start and end ------------------------------------------------------ */

/* Long work goes on: neither the watchdog nor who waits for the start need worry. */
static void tell_progress(void)
{
	sd_notify(0, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=30000000");
}

/* The options that are the cluster's go into the store. */
static bool configure_store(struct daemon *d)
{
	struct ipsvc_cluster_config cfg;

	if (ipsvc_store_config(d->store, &cfg) != IPSVC_STORE_OK)
		goto failed;
	if (!options_config(&d->opts, &cfg))
		return true;
	if (ipsvc_store_set_config(d->store, &cfg) == IPSVC_STORE_OK)
		return true;
failed:
	log_error("%s: %s", d->opts.store, ipsvc_store_message(d->store));
	return false;
}

static bool open_store(struct daemon *d)
{
	char *message = NULL;

	d->store = ipsvc_store_open_checked(d->opts.store, &message);
	if (!d->store) {
		log_error("%s", message);
		free(message);
		return false;
	}
	if (!configure_store(d))
		return false;
	ipsvc_store_patience(d->store, STORE_PATIENCE_MS);
	return true;
}

static bool add_signals(struct daemon *d)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sd_event_add_signal(d->event, NULL, signals[i], on_signal,
					d) < 0)
			return false;
	return true;
}

/* What the manifests directory has to say. */
static void say_of_file(const char *file, int priority, const char *text)
{
	log_about(&(struct log_about){ .file = file }, priority, "%s", text);
}

static bool add_sources(struct daemon *d)
{
	const struct source_options source = {
		.dir = d->opts.manifests,
		.id = d->opts.source,
		.grace = (uint64_t)(d->opts.prune_after * (double)PLAN_SEC),
		.prune_all = d->opts.prune_all,
		.say = say_of_file,
	};
	const struct sync_config sync = {
		.device = d->opts.device,
		.node = d->opts.node,
		.cluster = d->opts.cluster,
		.cluster_link = d->opts.cluster_link,
		.view = d->opts.view,
	};
	int fd = ipsvc_store_watch_fd(d->store);

	if (fd < 0)
		log_warning("%s: cannot be watched; looking every %llu s instead",
			    d->opts.store,
			    (unsigned long long)(POLL_PERIOD / PLAN_SEC));
	else if (sd_event_add_io(d->event, NULL, fd, EPOLLIN, on_store, d) < 0)
		return false;
	d->interval = fd < 0 ? POLL_PERIOD : PLAN_PERIOD;
	if (sd_event_add_time_relative(d->event, &d->period, CLOCK_MONOTONIC,
				       d->interval, PLAN_SEC, on_period,
				       d) < 0)
		return false;
	sd_event_source_set_enabled(d->period, SD_EVENT_ON);
	d->source = source_new(d->event, d->store, &source, on_source_read, d);
	if (d->source)
		source_read(d->source);
	d->sync = sync_new(d->event, d->store, &sync, on_synced, d);
	if (d->sync && d->dns)
		sync_on_commit(d->sync, on_commit, d);
	d->health = health_new(d->event);
	if (d->sync && d->health)
		sync_on_service(d->sync, on_service, d);
	return d->source && d->sync;
}

/* Without it everything else goes on. */
static void add_dns(struct daemon *d)
{
	char *path = xasprintf("%s/dns.sock", d->opts.run_dir);

	d->dns = dns_feed_new(d->event, path, on_dns_readers, d);
	free(path);
	apply_dns(d);
	if (sd_event_add_time_relative(d->event, NULL, CLOCK_MONOTONIC,
				       DNS_PATIENCE, PLAN_SEC, on_dns_settled,
				       d) < 0)
		d->dns_settled = true;
}

static int run(struct daemon *d)
{
	add_dns(d);
	if (!add_signals(d) || !add_sources(d)) {
		log_error("cannot set up the event loop");
		return 1;
	}
	sync_now(d->sync);
	return program_loop(d->event);
}

static void clean_up(struct daemon *d)
{
	if (d->sync)
		sync_free(d->sync);
	if (d->source)
		source_free(d->source);
	health_free(d->health);
	if (d->dns)
		dns_feed_free(d->dns);
	dns_records_free(d->dns_records);
	ipsvc_source_free(d->dns_source);
	sd_event_source_unref(d->period);
	sd_event_unref(d->event);
	if (d->store)
		ipsvc_store_close(d->store);
	free(d->dns_message);
}

static int daemon_main(struct daemon *d)
{
	struct status_lock lock;
	int code = 1;

	if (!privileges_drop())
		return 1;
	if (!status_lock(d->opts.run_dir, &lock))
		return 1;
	d->since = (uint64_t)time(NULL) * PLAN_SEC;
	ipsvc_progress_tell(tell_progress);
	if (sd_event_default(&d->event) < 0)
		log_error("cannot make an event loop");
	else if (open_store(d))
		code = run(d);
	clean_up(d);
	status_unlock(&lock);
	return code;
}

int main(int argc, char **argv)
{
	struct daemon d = {0};
	int code;

	switch (options_parse(argc, argv, &d.opts)) {
	case OPTIONS_DONE:
		code = 0;
		break;
	case OPTIONS_WRONG:
		code = 2;
		break;
	default:
		log_init(d.opts.verbose);
		code = d.opts.check ? check_manifests(&d.opts) :
				      daemon_main(&d);
	}
	options_free(&d.opts);
	return code;
}
