// SPDX-License-Identifier: GPL-2.0-or-later
#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "cluster/cache.h"
#include "cluster/nodeview.h"
#include "kernel/diff.h"
#include "kernel/ktable.h"
#include "kernel/nl.h"
#include "kernel/rivals.h"
#include "link_watch.h"
#include "log.h"
#include "plan.h"
#include "refusals.h"
#include "source/source.h"

/* Changes that are named in the log, of one attempt. */
#define LOGGED_MAX	20

struct sync {
	sd_event *event;
	struct ipsvc_store *store;
	struct ipsvc_source *source;
	struct ipsvc_cache *cache;
	char *device;
	char *cidr;			/* of the device that is there; NULL: is it? */
	char *unrouted;			/* as in the report */
	struct ipsvc_cidrs cluster;
	char *cluster_link;		/* or NULL */
	struct ipsvc_nodeview_config view;
	void (*done)(void *arg);
	void *arg;
	void (*committed)(void *arg, int64_t revision, const json_t *refused);
	void *committed_arg;
	void (*changed)(void *arg, const struct ipsvc_cache *cache,
			const struct ipsvc_cluster_service *service);
	void *changed_arg;
	sd_event_source *timer;
	struct link_watch *links;
	struct ipsvc_nl *nl, *listener;
	sd_event_source *listener_io;
	uint32_t generation;		/* that we know of, of the kernel */
	bool known;			/* what it has is what we have */
	struct ipsvc_ktable want, have;
	json_t *pending;		/* Services in which they may differ */
	uint64_t attempted;		/* the last time, monotonic */
	struct refusals refusals;
	unsigned int failures;		/* in a row */
	bool foreign;			/* somebody else changed the tables */
	unsigned int repairs;		/* that were needed, without a long pause */
	uint64_t repaired;		/* the last of them, monotonic */
	struct sync_report report;
};

/* One attempt: what it read and what came of it. */
struct attempt {
	struct ipsvc_ops ops;
	bool *done;			/* of each: the kernel has it */
	unsigned int commits;		/* that were asked for */
	bool more;			/* there was no time for all of them */
	struct ipsvc_errors notes;	/* warnings only: what was left out */
	struct sync_report report;
};

/* ---- time ---------------------------------------------------------------- */

static uint64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * PLAN_SEC + (uint64_t)t.tv_nsec / 1000;
}

static void schedule(struct sync *s, uint64_t delay)
{
	uint64_t now, due;
	int enabled;

	sd_event_now(s->event, CLOCK_MONOTONIC, &now);
	/* What is due earlier stays. */
	if (sd_event_source_get_enabled(s->timer, &enabled) > 0 &&
	    sd_event_source_get_time(s->timer, &due) >= 0 && due <= now + delay)
		return;
	sd_event_source_set_time(s->timer, now + delay);
	sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

/* ---- the kernel's side -------------------------------------------------- */

static void close_kernel(struct sync *s)
{
	s->listener_io = sd_event_source_disable_unref(s->listener_io);
	if (s->listener)
		ipsvc_nl_close(s->listener);
	if (s->nl)
		ipsvc_nl_close(s->nl);
	s->listener = s->nl = NULL;
}

/* Nothing that is known of the kernel is taken for granted any more. */
static void doubt(struct sync *s)
{
	s->known = false;
	free(s->cidr);
	s->cidr = NULL;
}

/* Once a repair does not last. */
static char *describe_rival(const struct sync *s)
{
	char *who = rivals_of(ipsvc_nl_fd(s->listener)), *text;

	text = xasprintf("another process keeps changing the kernel's tables (%s); stop it, or give it another network namespace",
			 who ? who : "it is not known which");
	free(who);
	return text;
}

static void on_foreign_change(struct sync *s, uint32_t generation)
{
	uint64_t delay;

	if (clock_us(CLOCK_MONOTONIC) - s->repaired > PLAN_RIVAL_CALM)
		s->repairs = 0;
	delay = plan_repair(s->repairs);
	log_about(NULL, s->repairs < PLAN_RIVAL_REPAIRS ? LOG_WARNING : LOG_DEBUG,
		  "somebody else changed the kernel's tables (generation %u): checking them in %.2f s",
		  generation, (double)delay / PLAN_SEC);
	s->generation = generation;
	s->known = false;
	s->foreign = true;
	schedule(s, delay);
}

static void on_kernel_event(const struct ipsvc_nl_event *ev, void *arg)
{
	struct sync *s = arg;

	if (ev->type == IPSVC_EVENT_OVERRUN) {
		log_info("lost events of the kernel: reading its tables again");
		s->known = false;
		sync_soon(s);
	} else if (ev->type == IPSVC_EVENT_COMMIT &&
		   plan_is_foreign(s->generation, ev->generation)) {
		on_foreign_change(s, ev->generation);
	}
}

static int on_listener(sd_event_source *source, int fd, uint32_t revents,
		       void *arg)
{
	struct sync *s = arg;
	int err = ipsvc_nl_events(s->listener, on_kernel_event, s);

	(void)source;
	(void)fd;
	(void)revents;
	if (err) {
		log_warning("cannot read the kernel's events: %s",
			    ipsvc_nl_message(s->listener));
		close_kernel(s);
		doubt(s);
		sync_soon(s);
	}
	return 0;
}

static int kernel_failed(struct attempt *a, int err, const char *message)
{
	a->report.message = xstrdup(message);
	a->report.hint = plan_hint(err, a->ops.n);
	return err;
}

static int open_kernel(struct sync *s, struct attempt *a)
{
	int err = 0;

	if (!s->nl)
		s->nl = ipsvc_nl_open(&err);
	if (!s->nl)
		return kernel_failed(a, err, ipsvc_nl_strerror(err));
	if (!s->listener)
		s->listener = ipsvc_nl_listen(&err);
	if (!s->listener)
		return kernel_failed(a, err, ipsvc_nl_strerror(err));
	if (!s->listener_io)
		err = sd_event_add_io(s->event, &s->listener_io,
				      ipsvc_nl_fd(s->listener), EPOLLIN,
				      on_listener, s);
	return err < 0 ? kernel_failed(a, err, strerror(-err)) : 0;
}

static int ensure_device(struct sync *s, struct attempt *a, const char *cidr)
{
	char *message = NULL;
	int err;

	if (s->cidr && !strcmp(s->cidr, cidr))
		return 0;
	err = ipsvc_nl_ensure_device(s->device, cidr, &message);
	if (err) {
		kernel_failed(a, err, message);
		free(message);
		return err;
	}
	free(s->cidr);
	s->cidr = xstrdup(cidr);
	if (message && (!s->unrouted || strcmp(message, s->unrouted)))
		log_warning("%s", message);
	free(s->unrouted);
	s->unrouted = message;
	return 0;
}

/* ---- one attempt -------------------------------------------------------- */

/* What changed there, and what the kernel is to have of it. */
static int read_source(struct sync *s, struct attempt *a)
{
	struct ipsvc_cluster_service service;

	if (ipsvc_source_read(s->source, ipsvc_cache_change, s->cache) < 0) {
		a->report.message = xstrdup(ipsvc_source_message(s->source));
		return -EIO;
	}
	while (ipsvc_cache_next(s->cache, &service)) {
		char *name = xasprintf("%s/%s", service.ns, service.name);
		struct ipsvc_state ports = {0};

		ipsvc_nodeview(s->cache, &s->view, &service, &ports,
			       &a->notes);
		ipsvc_ktable_set(&s->want, name, &ports);
		if (s->changed)
			s->changed(s->changed_arg, s->cache, &service);
		json_object_set_new(s->pending, name, json_true());
		free(name);
	}
	a->report.revision = ipsvc_source_revision(s->source);
	a->report.services = s->want.nports;
	a->report.endpoints = s->want.nendpoints;
	return 0;
}

static int read_config(struct sync *s, struct attempt *a,
		       struct ipsvc_cluster_config *cfg)
{
	if (ipsvc_store_config(s->store, cfg) == IPSVC_STORE_OK)
		return 0;
	a->report.message = xstrdup(ipsvc_store_message(s->store));
	return -EIO;
}

static int read_kernel(struct sync *s, struct attempt *a)
{
	struct ipsvc_state have = {0};
	int err = ipsvc_nl_set_cluster(s->nl, &s->cluster, s->cluster_link);

	if (!err)
		err = ipsvc_nl_services(s->nl, &have);
	if (err)
		return kernel_failed(a, err, ipsvc_nl_message(s->nl));
	s->generation = have.generation;
	s->known = true;
	ipsvc_ktable_free(&s->have);
	ipsvc_ktable_add_all(&s->have, &have);
	ipsvc_ktable_names(&s->have, s->pending);
	ipsvc_ktable_names(&s->want, s->pending);
	return 0;
}

/* What is to be done for the Services that are pending; the others are not. */
static void plan(struct sync *s, struct attempt *a)
{
	const char *service;
	json_t *value;
	void *next;

	json_object_foreach_safe(s->pending, next, service, value) {
		size_t before = a->ops.n;

		ipsvc_ktable_diff(&s->have, &s->want, service, &a->ops);
		if (a->ops.n == before)
			json_object_del(s->pending, service);
	}
	ipsvc_ops_sort(&a->ops);
}

static void log_change(const struct ipsvc_op *op)
{
	const char *name = ipsvc_op_service(op)->name;
	const char *slash = strchr(name, '/');
	char *ns = xstrndup(name, slash ? (size_t)(slash - name) : 0);
	/* "default/web:http" is a port of default/web. */
	char *svc = xstrndup(name, strcspn(name, ":"));
	const struct log_about about = { .ns = ns, .service = svc };

	if (!op->want)
		log_about(&about, LOG_INFO, "%s: removed", name);
	else
		log_about(&about, LOG_INFO, "%s: %s, %zu endpoints", name,
			  op->have ? "changed" : "added", op->want->nendpoints);
	free(ns);
	free(svc);
}

/* Commits @n changes from @first on; 0, or a negative errno. */
static int commit_some(struct sync *s, struct attempt *a, size_t first, size_t n)
{
	const struct ipsvc_ops some = { .items = &a->ops.items[first], .n = n };
	int err;

	a->commits++;
	err = ipsvc_nl_commit(s->nl, &some, s->generation, &s->generation);
	if (!err) {
		a->report.changes += n;
		memset(&a->done[first], true, n);
	}
	return err;
}

/*
 * The kernel refused @n changes from @first on as a whole: what is wrong with one
 * service is no reason to keep the others from working. Halving finds one of N
 * with about log N commits. Returns 0 or the errno that ends the attempt.
 */
static int split(struct sync *s, struct attempt *a, size_t first, size_t n)
{
	const size_t parts[] = { n / 2, n - n / 2 };
	int err = 0;

	if (n == 1) {
		refusals_add(&s->refusals, &a->ops.items[first],
			     ipsvc_nl_message(s->nl),
			     clock_us(CLOCK_MONOTONIC));
		return 0;
	}
	for (int i = 0; i < 2 && !err; first += parts[i++]) {
		if (a->commits >= PLAN_COMMITS_MAX) {
			a->more = true;
			return 0;
		}
		err = commit_some(s, a, first, parts[i]);
		if (plan_commit_singly(err))
			err = split(s, a, first, parts[i]);
	}
	return err;
}

/* The whole was refused with @err. Returns how the attempt ends. */
static int commit_parts(struct sync *s, struct attempt *a, int err)
{
	int ended = split(s, a, 0, a->ops.n);

	/* Our own commits are no reason to ask again. */
	s->refusals.generation = s->generation;
	if (ended)
		return ended;
	return a->more || s->refusals.by_service ? err : 0;
}

static int commit(struct sync *s, struct attempt *a)
{
	bool skipped = refusals_take_out(&s->refusals, &a->ops);
	int err;

	a->done = xcalloc(a->ops.n + 1, sizeof(*a->done));
	err = a->ops.n ? commit_some(s, a, 0, a->ops.n) : 0;
	if (plan_commit_singly(err)) {
		refusals_explain(&s->refusals, err, ipsvc_nl_message(s->nl));
		err = commit_parts(s, a, err);
	} else if (!err && skipped) {
		err = s->refusals.err;
	}
	if (plan_commit_singly(err)) {
		kernel_failed(a, err, s->refusals.message);
		a->report.refused = refusals_list(&s->refusals);
	} else if (err) {
		kernel_failed(a, err, ipsvc_nl_message(s->nl));
	}
	a->report.generation = s->generation;
	return err;
}

static int attempt(struct sync *s, struct attempt *a)
{
	struct ipsvc_cluster_config cfg;
	int err;

	err = read_source(s, a);
	if (!err)
		err = read_config(s, a, &cfg);
	/* Creating the device loads the module where the kernel may. */
	if (!err)
		err = ensure_device(s, a, cfg.service_cidr);
	if (!err)
		err = open_kernel(s, a);
	if (!err && !s->known)
		err = read_kernel(s, a);
	if (err)
		return err;
	a->report.generation = s->generation;
	refusals_expire(&s->refusals, s->generation, clock_us(CLOCK_MONOTONIC));
	plan(s, a);
	return a->ops.n ? commit(s, a) : 0;
}

/* ---- attempts in a row -------------------------------------------------- */

static void log_success(const struct sync *s, const struct attempt *a,
			bool news)
{
	const struct sync_report *r = &s->report;

	for (size_t i = 0; i < a->ops.n && i < LOGGED_MAX; i++)
		log_change(&a->ops.items[i]);
	if (a->ops.n > LOGGED_MAX)
		log_info("and %zu changes more", a->ops.n - LOGGED_MAX);
	for (size_t i = 0; i < a->notes.nwarnings && (news || r->changes); i++)
		log_warning("%s", a->notes.warnings[i]);
	log_about(NULL, news || r->changes ? LOG_INFO : LOG_DEBUG,
		  "synchronised: %zu changes (%zu services, %zu endpoints, generation %u, %.1f ms)",
		  r->changes, r->services, r->endpoints, r->generation,
		  (double)r->duration / PLAN_MS);
}

static void log_failure(const struct sync *s, bool news)
{
	const struct sync_report *r = &s->report;
	size_t i;
	json_t *p;

	log_about(NULL, news ? LOG_ERR : LOG_DEBUG, "not synchronised: %s%s%s",
		  r->message, r->hint ? "; " : "", r->hint ? r->hint : "");
	json_array_foreach(r->refused, i, p)
		log_about(NULL, news ? LOG_ERR : LOG_DEBUG, "%s: refused: %s",
			  json_string_value(json_object_get(p, "service")),
			  json_string_value(json_object_get(p, "message")));
}

/* Counts repairs of what somebody else changed, and says who that is. */
static void judge_repair(struct sync *s, struct attempt *a)
{
	if (s->foreign && a->report.changes) {
		s->repairs++;
		s->repaired = clock_us(CLOCK_MONOTONIC);
	}
	s->foreign = false;
	if (s->repairs < PLAN_RIVAL_REPAIRS || !s->listener ||
	    clock_us(CLOCK_MONOTONIC) - s->repaired > PLAN_RIVAL_CALM)
		return;
	a->report.rival = describe_rival(s);
	if (!s->report.rival)
		log_error("%s", a->report.rival);
}

/* The report of @a becomes the last one; true when it says something new. */
static bool take_report(struct sync *s, struct attempt *a)
{
	struct sync_report *old = &s->report, *new_report = &a->report;
	bool news = !old->time || old->ok != new_report->ok;

	if (!news && !new_report->ok)
		news = strcmp(old->message, new_report->message) != 0 ||
		       !(old->refused == new_report->refused ||
			 json_equal(old->refused, new_report->refused));
	free(old->message);
	free(old->rival);
	json_decref(old->refused);
	*old = *new_report;
	return news;
}

static void apply_done(struct sync *s, struct attempt *a)
{
	size_t n = 0;

	for (size_t i = 0; a->done && i < a->ops.n; i++)
		if (a->done[i])
			a->ops.items[n++] = a->ops.items[i];
	if (n)
		ipsvc_ktable_apply(&s->have, a->ops.items, n);
}

static void plan_next(struct sync *s, struct attempt *a, int err)
{
	if (!err) {
		s->failures = 0;
		json_object_clear(s->pending);
		return;
	}
	a->report.retry_in = a->more ? PLAN_COALESCE :
			     plan_retry(err, ++s->failures);
	schedule(s, a->report.retry_in);
	if (a->report.refused || err == -EBUSY)
		return;
	/* Who knows what happened to the module. */
	if (err != -ESTALE) {
		close_kernel(s);
		doubt(s);
	}
	s->known = false;
}

static void finish(struct sync *s, struct attempt *a, int err)
{
	bool news;

	a->report.ok = !err;
	a->report.unrouted = s->unrouted;
	judge_repair(s, a);
	plan_next(s, a, err);
	news = take_report(s, a);
	if (s->committed && (!err || s->report.refused) && !a->more)
		s->committed(s->committed_arg, s->report.revision,
			     s->report.refused);
	if (!err)
		log_success(s, a, news);
	else if (a->report.retry_in >= PLAN_COALESCE * 2)
		log_failure(s, news);
	apply_done(s, a);
	ipsvc_ops_free(&a->ops);
	free(a->done);
	ipsvc_errors_free(&a->notes);
}

void sync_now(struct sync *s)
{
	struct attempt a = {0};
	uint64_t start = clock_us(CLOCK_MONOTONIC);
	int err;

	sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	err = attempt(s, &a);
	s->attempted = clock_us(CLOCK_MONOTONIC);
	a.report.duration = s->attempted - start;
	a.report.time = clock_us(CLOCK_REALTIME);
	finish(s, &a, err);
	s->done(s->arg);
}

void sync_on_commit(struct sync *s,
		    void (*committed)(void *arg, int64_t revision,
				      const json_t *refused),
		    void *arg)
{
	s->committed = committed;
	s->committed_arg = arg;
}

void sync_on_service(struct sync *s,
		     void (*changed)(void *arg, const struct ipsvc_cache *cache,
				     const struct ipsvc_cluster_service *service),
		     void *arg)
{
	s->changed = changed;
	s->changed_arg = arg;
}

void sync_soon(struct sync *s)
{
	schedule(s, plan_soon(s->attempted, clock_us(CLOCK_MONOTONIC)));
}

void sync_check_soon(struct sync *s)
{
	doubt(s);
	sync_soon(s);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	sync_now(arg);
	return 0;
}

static void on_link(void *arg)
{
	struct sync *s = arg;

	log_warning("%s was removed or taken down: checking it", s->device);
	sync_check_soon(s);
}

struct sync *sync_new(sd_event *event, struct ipsvc_store *store,
		      const struct sync_config *cfg,
		      void (*done)(void *arg), void *arg)
{
	struct sync *s = xcalloc(1, sizeof(*s));

	s->event = event;
	s->store = store;
	s->source = ipsvc_source_of_store(store);
	s->cache = ipsvc_cache_new();
	ipsvc_cache_set_node(s->cache, cfg->node);
	s->pending = json_object();
	s->device = xstrdup(cfg->device);
	s->cluster = cfg->cluster;
	s->cluster_link = cfg->cluster_link ? xstrdup(cfg->cluster_link) : NULL;
	s->view = cfg->view;
	s->done = done;
	s->arg = arg;
	if (sd_event_add_time(event, &s->timer, CLOCK_MONOTONIC, 0, PLAN_MS,
			      on_timer, s) < 0) {
		log_error("cannot set up a timer");
		return sync_free(s);
	}
	sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	s->links = link_watch_new(event, s->device, on_link, s);
	if (!s->links)
		log_warning("no link events: a device that is removed is noticed later");
	return s;
}

struct sync *sync_free(struct sync *s)
{
	close_kernel(s);
	if (s->links)
		link_watch_free(s->links);
	sd_event_source_disable_unref(s->timer);
	refusals_free(&s->refusals);
	free(s->report.message);
	free(s->report.rival);
	json_decref(s->report.refused);
	ipsvc_ktable_free(&s->want);
	ipsvc_ktable_free(&s->have);
	json_decref(s->pending);
	ipsvc_cache_free(s->cache);
	ipsvc_source_free(s->source);
	free(s->cidr);
	free(s->unrouted);
	free(s->device);
	free(s->cluster_link);
	free(s);
	return NULL;
}

const struct sync_report *sync_last(const struct sync *s)
{
	return &s->report;
}
