// SPDX-License-Identifier: GPL-2.0-or-later
/* From the store to the kernel, with a kernel made of paper. */
#include "daemon/sync.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "api/service/service.h"
#include "api/validate.h"
#include "base/memory.h"
#include "daemon/plan.h"
#include "kernel/nl.h"

/* ---- the kernel --------------------------------------------------------- */

/* Takes the place of nl.c: all of nl.h that the daemon uses. */
struct ipsvc_nl {
	int unused;
};

static struct {
	bool loaded;
	const char *unrouted;
	struct ipsvc_state state;
	struct ipsvc_cidrs cluster;
	const char *full_at;	/* a service it has no room for; "": any */
	int stale;		/* so many commits come too late */
	size_t commits, ops;	/* that were asked for */
	struct ipsvc_nl_event event;
	int pipe[2];
} kernel;

static struct ipsvc_nl the_nl, the_listener;
/* Where the clients of the cluster are. */
static const struct ipsvc_cidrs unknown;

static const struct sync_config plain = { .device = "ipsvc7", .node = "here" };

struct ipsvc_nl *ipsvc_nl_open(int *err)
{
	*err = kernel.loaded ? 0 : -ENOENT;
	return kernel.loaded ? &the_nl : NULL;
}

struct ipsvc_nl *ipsvc_nl_listen(int *err)
{
	*err = 0;
	return &the_listener;
}

void ipsvc_nl_close(struct ipsvc_nl *nl)
{
	(void)nl;
}

const char *ipsvc_nl_message(const struct ipsvc_nl *nl)
{
	(void)nl;
	return "the kernel said no";
}

const char *ipsvc_nl_strerror(int err)
{
	return err == -ENOENT ? "not loaded" : "?";
}

int ipsvc_nl_fd(const struct ipsvc_nl *nl)
{
	(void)nl;
	return kernel.pipe[0];
}

int ipsvc_nl_events(struct ipsvc_nl *nl,
		    void (*cb)(const struct ipsvc_nl_event *ev, void *arg),
		    void *arg)
{
	char c;

	(void)nl;
	assert_int_equal(read(kernel.pipe[0], &c, 1), 1);
	cb(&kernel.event, arg);
	return 0;
}

int ipsvc_nl_ensure_device(const char *ifname, const char *cidrs, char **message)
{
	assert_string_equal(ifname, "ipsvc7");
	assert_string_equal(cidrs, "10.96.0.0/12");
	*message = kernel.unrouted ? xstrdup(kernel.unrouted) : NULL;
	if (kernel.loaded)
		return 0;
	*message = xstrdup("not loaded");
	return -ENOENT;
}

int ipsvc_nl_set_cluster(struct ipsvc_nl *nl, const struct ipsvc_cidrs *cluster,
			 const char *link)
{
	(void)link;
	(void)nl;
	kernel.cluster = *cluster;
	return 0;
}

static void copy(struct ipsvc_state *to, const struct ipsvc_kservice *from)
{
	struct ipsvc_kservice *svc = ipsvc_state_add(to, from->name,
						     from->family,
						     from->protocol);

	for (size_t i = 0; i < from->nfrontends; i++)
		ipsvc_kservice_add_frontend(svc, from->frontends[i].class,
					    &from->frontends[i].addr,
					    from->frontends[i].port,
					    from->frontends[i].flags);
	for (size_t i = 0; i < from->nendpoints; i++)
		ipsvc_kservice_add_endpoint(svc, &from->endpoints[i].addr,
					    from->endpoints[i].port,
					    from->endpoints[i].flags);
}

int ipsvc_nl_services(struct ipsvc_nl *nl, struct ipsvc_state *out)
{
	(void)nl;
	for (size_t i = 0; i < kernel.state.n; i++)
		copy(out, &kernel.state.services[i]);
	ipsvc_state_sort(out);
	out->generation = kernel.state.generation;
	return 0;
}

static bool concerned(const struct ipsvc_ops *ops, const char *name)
{
	for (size_t i = 0; i < ops->n; i++)
		if (strcmp(ipsvc_op_service(&ops->items[i])->name, name) == 0)
			return true;
	return false;
}

int ipsvc_nl_commit(struct ipsvc_nl *nl, const struct ipsvc_ops *ops,
		    uint32_t expect, uint32_t *generation)
{
	struct ipsvc_state next = {0};

	(void)nl;
	kernel.commits++;
	kernel.ops += ops->n;
	if (kernel.stale && kernel.stale--)
		return -ESTALE;
	assert_true(!expect || expect == kernel.state.generation);
	if (kernel.full_at && (!*kernel.full_at || concerned(ops, kernel.full_at)))
		return -ENOSPC;
	for (size_t i = 0; i < kernel.state.n; i++)
		if (!concerned(ops, kernel.state.services[i].name))
			copy(&next, &kernel.state.services[i]);
	for (size_t i = 0; i < ops->n; i++)
		if (ops->items[i].want)
			copy(&next, ops->items[i].want);
	ipsvc_state_sort(&next);
	next.generation = kernel.state.generation + 1;
	ipsvc_state_free(&kernel.state);
	kernel.state = next;
	*generation = next.generation;
	return 0;
}

static void somebody_else(enum ipsvc_nl_event_type type)
{
	kernel.event = (struct ipsvc_nl_event){
		.type = type, .generation = kernel.state.generation,
	};
	assert_int_equal(write(kernel.pipe[1], "", 1), 1);
}

/* ---- the rest of the world ---------------------------------------------- */

struct env {
	char *root;
	sd_event *event;
	struct ipsvc_store *store;
	struct sync *sync;
	int done;
};

static void done(void *arg)
{
	struct env *env = arg;

	env->done++;
}

static int setup(void **state)
{
	struct env *env = xcalloc(1, sizeof(*env));
	char template[] = "/tmp/ipsvc-sync-XXXXXX", *path, *message = NULL;

	memset(&kernel, 0, sizeof(kernel));
	kernel.loaded = true;
	kernel.state.generation = 41;
	assert_int_equal(pipe(kernel.pipe), 0);
	assert_non_null(mkdtemp(template));
	env->root = xstrdup(template);
	path = xasprintf("%s/store.db", env->root);
	env->store = ipsvc_store_open(path, false, &message);
	assert_non_null(env->store);
	free(path);
	assert_true(sd_event_new(&env->event) >= 0);
	env->sync = sync_new(env->event, env->store, &plain, done,
			     env);
	assert_non_null(env->sync);
	*state = env;
	return 0;
}

static int teardown(void **state)
{
	struct env *env = *state;
	char *command = xasprintf("rm -rf %s", env->root);
	int err;

	sync_free(env->sync);
	sd_event_unref(env->event);
	ipsvc_store_close(env->store);
	ipsvc_state_free(&kernel.state);
	close(kernel.pipe[0]);
	close(kernel.pipe[1]);
	err = system(command);
	free(command);
	free(env->root);
	free(env);
	return err;
}

static void apply(struct env *env, const char *name, int port)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	struct ipsvc_object *obj;

	obj = ipsvc_objects_add(&objs, &ipsvc_service_kind,
		json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:[{s:i}]}}",
			  "apiVersion", "v1", "kind", "Service", "metadata",
			  "name", name, "namespace", "default", "spec", "ports",
			  "port", port), NULL, 0);
	ipsvc_object_default(obj);
	assert_int_equal(ipsvc_store_write(env->store, obj, IPSVC_WRITE_CHANGE,
					   false, &outcome, &errs),
			 IPSVC_STORE_OK);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

/* Runs the event loop until @env->done reaches @n; no longer than 5 s. */
static void wait_done(struct env *env, int n)
{
	for (int i = 0; i < 500 && env->done < n; i++)
		sd_event_run(env->event, 10000);
	assert_true(env->done >= n);
}

static const struct ipsvc_kservice *find(const char *name)
{
	for (size_t i = 0; i < kernel.state.n; i++)
		if (strcmp(kernel.state.services[i].name, name) == 0)
			return &kernel.state.services[i];
	return NULL;
}

/* ---- tests -------------------------------------------------------------- */

static void only_differences_are_sent(void **state)
{
	struct env *env = *state;

	apply(env, "a", 80);
	apply(env, "b", 80);
	sync_now(env->sync);
	assert_true(sync_last(env->sync)->ok);
	assert_int_equal(sync_last(env->sync)->changes, 2);
	assert_int_equal(sync_last(env->sync)->generation, 42);
	assert_non_null(find("default/a"));

	/* As after a restart: nothing differs, nothing is sent. */
	sync_free(env->sync);
	env->sync = sync_new(env->event, env->store, &plain, done,
			     env);
	sync_now(env->sync);
	assert_int_equal(sync_last(env->sync)->changes, 0);
	assert_int_equal(kernel.commits, 1);

	apply(env, "b", 81);
	sync_now(env->sync);
	assert_int_equal(kernel.ops, 3);
	assert_int_equal(find("default/b")->frontends[0].port, 81);
}

static void calls_close_together_become_one(void **state)
{
	struct env *env = *state;

	for (int i = 0; i < 10; i++)
		sync_soon(env->sync);
	wait_done(env, 1);
	for (int i = 0; i < 5; i++)
		sd_event_run(env->event, 5000);
	assert_int_equal(env->done, 1);
}

static void a_module_that_is_loaded_later(void **state)
{
	struct env *env = *state;
	const struct sync_report *r = sync_last(env->sync);

	kernel.loaded = false;
	apply(env, "a", 80);
	sync_now(env->sync);
	assert_false(r->ok);
	assert_string_equal(r->message, "not loaded");
	assert_non_null(r->hint);
	assert_true(r->retry_in > 0);
	kernel.loaded = true;
	wait_done(env, 2);	/* by itself */
	assert_true(r->ok);
	assert_non_null(find("default/a"));
}

/* It is said as long as it is so, and keeps nothing back. */
static void a_range_without_a_route(void **state)
{
	struct env *env = *state;
	const struct sync_report *r = sync_last(env->sync);

	kernel.unrouted = "no route";
	apply(env, "a", 80);
	sync_now(env->sync);
	assert_true(r->ok);
	assert_string_equal(r->unrouted, "no route");
	assert_non_null(find("default/a"));
	sync_now(env->sync);
	assert_string_equal(r->unrouted, "no route");
	kernel.unrouted = NULL;
	sync_check_soon(env->sync);
	wait_done(env, 3);
	assert_null(r->unrouted);
}

static void a_lost_race_is_repeated(void **state)
{
	struct env *env = *state;

	apply(env, "a", 80);
	kernel.stale = 3;
	sync_now(env->sync);
	assert_false(sync_last(env->sync)->ok);
	wait_done(env, 4);
	assert_true(sync_last(env->sync)->ok);
	assert_non_null(find("default/a"));
}

static void what_others_change_is_repaired(void **state)
{
	struct env *env = *state;

	apply(env, "a", 80);
	sync_now(env->sync);

	/* Our own commit comes back as an event, and means nothing. */
	somebody_else(IPSVC_EVENT_COMMIT);
	for (int i = 0; i < 5; i++)
		sd_event_run(env->event, 5000);
	assert_int_equal(env->done, 1);

	ipsvc_state_free(&kernel.state);
	kernel.state = (struct ipsvc_state){ .generation = 43 };
	copy(&kernel.state, &(struct ipsvc_kservice){
		.name = (char *)"default/foreign", .family = AF_INET,
		.protocol = IPPROTO_TCP });
	somebody_else(IPSVC_EVENT_COMMIT);
	wait_done(env, 2);
	assert_non_null(find("default/a"));
	assert_null(find("default/foreign"));

	/* A generation that is not newer, but events were lost. */
	ipsvc_state_free(&kernel.state);
	kernel.state = (struct ipsvc_state){ .generation = 1 };
	somebody_else(IPSVC_EVENT_OVERRUN);
	wait_done(env, 3);
	assert_non_null(find("default/a"));
}

/* Takes our service away, again and again. */
static void who_undoes_our_work_is_not_fought(void **state)
{
	struct env *env = *state;
	uint64_t start, now;
	int seen = 0;

	apply(env, "a", 80);
	sync_now(env->sync);
	sd_event_now(env->event, CLOCK_MONOTONIC, &start);
	do {
		if (env->done > seen) {
			seen = env->done;
			kernel.state.generation++;
			ipsvc_kservice_clear(&kernel.state.services[0]);
			kernel.state.n = 0;
			somebody_else(IPSVC_EVENT_COMMIT);
		}
		sd_event_run(env->event, 5000);
		sd_event_now(env->event, CLOCK_MONOTONIC, &now);
	} while (now < start + 1500000 ||
		 (env->done < 4 && now < start + 30000000));
	/* 3 at once, then after 250 and 500 ms. */
	assert_true(env->done >= 4 && env->done <= 7);
	assert_non_null(sync_last(env->sync)->rival);
	/* What is asked for is done at once all the same. */
	apply(env, "b", 80);
	sync_soon(env->sync);
	wait_done(env, env->done + 1);
	assert_non_null(find("default/b"));
}

static void one_bad_service_does_not_keep_the_others_back(void **state)
{
	struct env *env = *state;
	const struct sync_report *r = sync_last(env->sync);

	for (int i = 0; i < 5; i++) {
		char name[] = { 'a' + (char)i, '\0' };

		apply(env, name, 80);
	}
	kernel.full_at = "default/c";
	sync_now(env->sync);
	assert_false(r->ok);
	assert_int_equal(r->changes, 4);
	assert_int_equal(json_array_size(r->refused), 1);
	assert_string_equal(json_string_value(json_object_get(
		json_array_get(r->refused, 0), "service")), "default/c");
	assert_non_null(find("default/e"));
	assert_null(find("default/c"));

	/* Asked for again when the kernel's tables changed, and not before. */
	kernel.full_at = NULL;
	kernel.commits = 0;
	wait_done(env, 2);
	assert_false(r->ok);
	assert_int_equal(json_array_size(r->refused), 1);
	assert_int_equal(kernel.commits, 0);
	kernel.state.generation++;
	somebody_else(IPSVC_EVENT_COMMIT);
	wait_done(env, 3);
	assert_true(r->ok);
	assert_non_null(find("default/c"));
}

/* Of many, it is found by halving; and a change of it is asked for at once. */
static void a_refused_service_is_found_by_halving(void **state)
{
	struct env *env = *state;
	const struct sync_report *r = sync_last(env->sync);
	char name[16];

	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "s-%02d", i);
		apply(env, name, 80);
	}
	kernel.full_at = "default/s-37";
	sync_now(env->sync);
	assert_int_equal(r->changes, 63);
	assert_true(kernel.commits <= 1 + 2 * 6);
	/* Another change goes through without it. */
	kernel.commits = 0;
	apply(env, "other", 80);
	sync_now(env->sync);
	assert_int_equal(kernel.commits, 1);
	assert_non_null(find("default/other"));
	assert_int_equal(json_array_size(r->refused), 1);
	kernel.full_at = NULL;
	apply(env, "s-37", 81);
	sync_now(env->sync);
	assert_true(r->ok);
	assert_non_null(find("default/s-37"));
}

/* However many are refused, other events have their turn in between. */
static void many_refusals_do_not_block_the_loop(void **state)
{
	struct env *env = *state;
	const struct sync_report *r = sync_last(env->sync);
	char name[16];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "s-%03d", i);
		apply(env, name, 80);
	}
	kernel.full_at = "";
	sync_now(env->sync);
	assert_true(kernel.commits <= PLAN_COMMITS_MAX);
	for (int i = 2; i < 10 && json_array_size(r->refused) < 300; i++)
		wait_done(env, i);
	assert_int_equal(json_array_size(r->refused), 300);
	assert_true(kernel.commits < 3 * 300);
	kernel.commits = 0;
	sync_now(env->sync);
	assert_int_equal(kernel.commits, 0);
}

static void the_cluster_is_known_or_not(void **state)
{
	struct env *env = *state;
	struct sync_config cfg = plain;
	struct ipsvc_cidrs cluster;
	const char *why;

	assert_true(ipsvc_cidrs_parse("10.244.0.0/16,fd00:244::/64", &cluster,
				      &why));
	kernel.cluster = cluster;
	sync_now(env->sync);
	/* What an ipsvcd of before was told does not stay. */
	assert_memory_equal(&kernel.cluster, &unknown, sizeof(unknown));

	sync_free(env->sync);
	cfg.cluster = cluster;
	env->sync = sync_new(env->event, env->store, &cfg, done,
			     env);
	sync_now(env->sync);
	assert_memory_equal(&kernel.cluster, &cluster, sizeof(cluster));
	assert_int_equal(kernel.commits, 0);
}

#define WITH_ENV(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ENV(only_differences_are_sent),
		WITH_ENV(calls_close_together_become_one),
		WITH_ENV(a_module_that_is_loaded_later),
		WITH_ENV(a_range_without_a_route),
		WITH_ENV(a_lost_race_is_repeated),
		WITH_ENV(what_others_change_is_repaired),
		WITH_ENV(who_undoes_our_work_is_not_fought),
		WITH_ENV(the_cluster_is_known_or_not),
		WITH_ENV(one_bad_service_does_not_keep_the_others_back),
		WITH_ENV(a_refused_service_is_found_by_halving),
		WITH_ENV(many_refusals_do_not_block_the_loop),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
