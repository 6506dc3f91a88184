// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl.h against the kernel module, in a network namespace of its own. Skipped
 * where the module is not loaded or there is no permission; run by
 *
 *	selftests/nl_lib.sh in a guest
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/ipsvc.h>

#include "nl.h"
#include "nl_internal.h"
#include "util.h"

#define CIDR "10.96.0.0/12"

static struct ipsvc_nl *nl;

/* ---- states ------------------------------------------------------------- */

static struct ipsvc_addr addr4(uint32_t host)
{
	struct ipsvc_addr a;

	memset(&a, 0, sizeof(a));
	a.family = AF_INET;
	a.ip4.s_addr = htonl(host);
	return a;
}

static struct ipsvc_kservice *add(struct ipsvc_state *st, const char *name)
{
	return ipsvc_state_add(st, name, IPPROTO_TCP);
}

static void add_vip(struct ipsvc_kservice *svc, uint32_t n, uint16_t port)
{
	struct ipsvc_addr a = addr4(0x0a600000 + n);

	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a, port);
}

static void add_endpoints(struct ipsvc_kservice *svc, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		struct ipsvc_addr a = addr4(0x0a000001 + i);

		ipsvc_kservice_add_endpoint(svc, &a, 8080, i % 7 ? 0 :
					    IPSVC_ENDPOINT_F_DRAIN);
	}
}

static void assert_same(const struct ipsvc_state *a, const struct ipsvc_state *b)
{
	struct ipsvc_ops ops = { 0 };

	ipsvc_diff(a, b, &ops);
	if (ops.n)
		fail_msg("%zu services differ, the first is %s", ops.n,
			 ops.items[0].svc->name);
	ipsvc_ops_free(&ops);
}

static void assert_kernel_has(const struct ipsvc_state *want)
{
	struct ipsvc_state have;

	assert_int_equal(ipsvc_nl_services(nl, &have), 0);
	assert_int_equal(have.n, want->n);
	assert_same(&have, want);
	ipsvc_state_free(&have);
}

static int try_commit(const struct ipsvc_state *want, uint32_t expect,
		      uint32_t *generation)
{
	struct ipsvc_ops ops = { 0 };
	struct ipsvc_state have;
	int err;

	assert_int_equal(ipsvc_nl_services(nl, &have), 0);
	ipsvc_diff(&have, want, &ops);
	err = ipsvc_nl_commit(nl, &ops, expect, generation);
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&have);
	return err;
}

/* Makes the kernel have @want, which is sorted here, and sees that it does. */
static void commit(struct ipsvc_state *want)
{
	int err;

	ipsvc_state_sort(want);
	err = try_commit(want, 0, NULL);
	if (err)
		fail_msg("commit: %d, %s", err, ipsvc_nl_message(nl));
	assert_kernel_has(want);
}

static uint32_t generation_now(void)
{
	struct ipsvc_nl_instance instance;

	assert_int_equal(ipsvc_nl_instance(nl, &instance), 0);
	return instance.generation;
}

/* ---- an instance for each test ------------------------------------------ */

static int setup(void **unused)
{
	char *message = NULL;
	int err;

	(void)unused;
	if (unshare(CLONE_NEWNET) ||
	    ipsvc_nl_ensure_device("ipsvc0", CIDR, &message)) {
		print_error("%s\n", message ? message : strerror(errno));
		return -1;
	}
	nl = ipsvc_nl_open(&err);
	return nl ? 0 : -1;
}

static int teardown(void **unused)
{
	(void)unused;
	ipsvc_nl_close(nl);
	nl = NULL;
	return 0;
}

/* ---- device ------------------------------------------------------------- */

static void test_ensure_device(void **unused)
{
	struct ipsvc_nl_instance instance;
	char *message = NULL;

	(void)unused;
	assert_int_equal(ipsvc_nl_instance(nl, &instance), 0);
	assert_string_equal(instance.ifname, "ipsvc0");
	assert_int_equal(instance.ifindex, if_nametoindex("ipsvc0"));
	assert_true(instance.services_max > 0);
	assert_true(instance.version[0]);
	/* Again, and with another name for the one that there is. */
	assert_int_equal(ipsvc_nl_ensure_device("ipsvc0", CIDR, &message), 0);
	assert_int_equal(ipsvc_nl_ensure_device("other", CIDR, &message), 0);
	assert_int_equal(if_nametoindex("other"), 0);
	assert_null(message);
}

static void test_no_instance(void **unused)
{
	struct ipsvc_nl_instance instance;
	char *message = NULL;
	struct ipsvc_nl *empty;
	int err;

	(void)unused;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	empty = ipsvc_nl_open(&err);
	assert_non_null(empty);
	assert_int_equal(ipsvc_nl_instance(empty, &instance), -ENODEV);
	assert_string_equal(ipsvc_nl_message(empty),
			    "no ipsvc instance in this network namespace "
			    "(ip link add ipsvc0 type ipsvc)");
	assert_int_equal(ipsvc_nl_ensure_device("lo", CIDR, &message), -EEXIST);
	assert_non_null(strstr(message, "there is a link lo already"));
	free(message);
	ipsvc_nl_close(empty);
}

/* ---- changes ------------------------------------------------------------ */

static void test_new_set_delete(void **unused)
{
	struct ipsvc_state st = { 0 }, one;
	struct ipsvc_addr none = { .family = AF_UNSPEC };
	uint32_t before = generation_now(), generation = 0;

	(void)unused;
	add_vip(add(&st, "default/a"), 1, 80);
	add_endpoints(&st.services[0], 0, 3);
	ipsvc_kservice_add_frontend(&st.services[0], IPSVC_FRONTEND_NODE_PORT,
				    &none, 30080);
	commit(&st);
	assert_int_equal(generation_now(), before + 1);
	/* What is there already is no change. */
	assert_int_equal(try_commit(&st, 0, &generation), 0);
	assert_int_equal(generation, before + 1);

	st.services[0].nendpoints = 0;
	commit(&st);
	st.services[0].nfrontends = 0;
	add_endpoints(&st.services[0], 5, 1);
	commit(&st);
	st.services[0].protocol = IPPROTO_UDP;
	commit(&st);
	assert_int_equal(generation_now(), before + 4);

	assert_int_equal(ipsvc_nl_service(nl, "default/a", &one), 0);
	assert_same(&st, &one);
	ipsvc_state_free(&one);
	assert_int_equal(ipsvc_nl_service(nl, "default/b", &one), -ENOENT);
	assert_non_null(strstr(ipsvc_nl_message(nl), "no service"));
	ipsvc_state_free(&st);
	commit(&st);
}

/* A mix in one transaction, addresses changing hands in every way. */
static void test_moves(void **unused)
{
	struct ipsvc_state st = { 0 };
	uint32_t before;

	(void)unused;
	add_vip(add(&st, "m"), 1, 80);
	add_vip(add(&st, "n"), 2, 80);
	add_vip(add(&st, "gone"), 3, 80);
	commit(&st);
	ipsvc_state_free(&st);
	before = generation_now();
	add_vip(add(&st, "m"), 2, 80);		/* from n */
	add_vip(add(&st, "n"), 1, 80);		/* from m */
	add_vip(add(&st, "new"), 3, 80);	/* from one that goes */
	commit(&st);
	ipsvc_state_free(&st);
	add_vip(add(&st, "a-first"), 2, 80);	/* from m, which goes on */
	add_vip(add(&st, "m"), 9, 80);
	add_vip(add(&st, "z-last"), 1, 80);	/* from n, which goes on */
	add(&st, "n");
	commit(&st);
	assert_int_equal(generation_now(), before + 2);
	ipsvc_state_free(&st);
}

/* Each address belongs to one service at most, as the kernel wants it. */
static void random_state(struct ipsvc_state *st)
{
	unsigned int i, n = (unsigned int)random() % 40;
	char name[32];

	memset(st, 0, sizeof(*st));
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "ns/svc-%u", i);
		if (random() % 3)
			ipsvc_state_add(st, name, random() % 8 ? IPPROTO_TCP :
					IPPROTO_UDP);
	}
	for (i = 0; st->n && i < 60; i++)
		if (random() % 2)
			add_vip(&st->services[(size_t)random() % st->n], i, 80);
	for (i = 0; i < st->n; i++)
		if (random() % 2)
			add_endpoints(&st->services[i],
				      (uint32_t)random() % 10,
				      (uint32_t)random() % 6);
	ipsvc_state_sort(st);
}

static void test_at_random(void **unused)
{
	struct ipsvc_state st;

	(void)unused;
	srandom(1);
	for (int i = 0; i < 300; i++) {
		random_state(&st);
		commit(&st);
		ipsvc_state_free(&st);
	}
}

static void test_large(void **unused)
{
	struct ipsvc_state st = { 0 }, none = { 0 }, one;
	uint32_t before = generation_now(), i;
	char name[64];

	(void)unused;
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "default/service-%u:http", i);
		add_vip(add(&st, name), i, 80);
		add_endpoints(&st.services[i], i, i % 20);
	}
	/* One that a dump has to cut. */
	add_endpoints(add(&st, "default/wide"), 0, IPSVC_ENDPOINTS_MAX);
	commit(&st);
	/* Many messages, one change. */
	assert_int_equal(generation_now(), before + 1);
	assert_int_equal(ipsvc_nl_service(nl, "default/wide", &one), 0);
	assert_int_equal(one.services[0].nendpoints, IPSVC_ENDPOINTS_MAX);
	ipsvc_state_free(&one);
	commit(&none);
	ipsvc_state_free(&st);
}

/* ---- refusals ----------------------------------------------------------- */

static void test_refused(void **unused)
{
	struct ipsvc_state st = { 0 }, bad = { 0 };
	struct ipsvc_addr multicast = addr4(0xe0000001);
	uint32_t before;

	(void)unused;
	add_vip(add(&st, "keep"), 1, 80);
	commit(&st);
	before = generation_now();
	/* In a transaction: one is to go, and one to come that cannot. */
	add_endpoints(add(&bad, "default/x"), 0, 2);
	ipsvc_kservice_add_endpoint(&bad.services[0], &multicast, 80, 0);
	ipsvc_state_sort(&bad);
	assert_int_equal(try_commit(&bad, 0, NULL), -EINVAL);
	assert_non_null(strstr(ipsvc_nl_message(nl), "(service default/x, "
						     "endpoint 224.0.0.1:80)"));
	assert_kernel_has(&st);
	assert_int_equal(generation_now(), before);
	/* The transaction is not left open. */
	ipsvc_state_free(&bad);
	commit(&bad);
	ipsvc_state_free(&st);
}

static void test_stale(void **unused)
{
	struct ipsvc_state st = { 0 };
	uint32_t generation = generation_now();

	(void)unused;
	add_vip(add(&st, "a"), 1, 80);
	ipsvc_state_sort(&st);
	/* 0 stands for "any", so there is none to expect before a change. */
	commit(&st);
	ipsvc_state_free(&st);
	generation = generation_now();
	assert_int_equal(try_commit(&st, generation + 1, NULL), -ESTALE);
	assert_non_null(strstr(ipsvc_nl_message(nl), "another writer"));
	assert_int_equal(try_commit(&st, generation, &generation), 0);
	assert_int_equal(generation, generation_now());
	assert_int_equal(try_commit(&st, generation + 1, NULL), -ESTALE);
}

static void begin_txn(struct ipsvc_nl *writer)
{
	struct nl_msg *msg = ipsvc_nl_message_new(writer->family,
						  IPSVC_CMD_TXN_BEGIN, 0);

	if (ipsvc_nl_call(writer, msg, NULL, NULL))
		abort();
}

/* Another process with a transaction open, for a while. */
static void busy_writer(int ready)
{
	int err;

	begin_txn(ipsvc_nl_open(&err));
	if (write(ready, "x", 1) == 1)
		usleep(300 * 1000);
	_exit(0);
}

static void test_busy(void **unused)
{
	struct ipsvc_state st = { 0 };
	struct ipsvc_nl *other;
	int err, fds[2];
	char c;

	(void)unused;
	other = ipsvc_nl_open(&err);
	assert_non_null(other);
	begin_txn(other);
	add_vip(add(&st, "a"), 1, 80);
	assert_int_equal(try_commit(&st, 0, NULL), -EBUSY);
	ipsvc_nl_close(other);
	/* Who waits for the other to end gets its turn. */
	assert_int_equal(pipe(fds), 0);
	if (!fork())
		busy_writer(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	commit(&st);
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
	ipsvc_state_free(&st);
}

/* ---- events ------------------------------------------------------------- */

struct events {
	struct ipsvc_buf text;
	unsigned int n, overruns;
	uint32_t generation;
};

static void record(const struct ipsvc_nl_event *ev, void *arg)
{
	struct events *events = arg;

	events->n++;
	switch (ev->type) {
	case IPSVC_EVENT_SERVICE:
		ipsvc_buf_printf(&events->text, "+%s/%zu/%zu ",
				 ev->service->name, ev->service->nfrontends,
				 ev->service->nendpoints);
		break;
	case IPSVC_EVENT_SERVICE_DELETED:
		ipsvc_buf_printf(&events->text, "-%s ", ev->service->name);
		break;
	case IPSVC_EVENT_COMMIT:
		events->generation = ev->generation;
		ipsvc_buf_printf(&events->text, ". ");
		break;
	case IPSVC_EVENT_OVERRUN:
		events->overruns++;
		break;
	}
}

static void test_events(void **unused)
{
	struct events events = { { 0 }, 0, 0, 0 };
	struct ipsvc_state st = { 0 };
	struct ipsvc_nl *listener;
	int err;

	(void)unused;
	listener = ipsvc_nl_listen(&err);
	assert_non_null(listener);
	assert_int_equal(ipsvc_nl_events(listener, record, &events), 0);
	assert_int_equal(events.n, 0);
	add_vip(add(&st, "a"), 1, 80);
	add_endpoints(add(&st, "wide"), 0, IPSVC_ENDPOINTS_MAX);
	commit(&st);
	st.services[1].nendpoints = 2;
	commit(&st);
	ipsvc_state_free(&st);
	commit(&st);
	assert_int_equal(ipsvc_nl_events(listener, record, &events), 0);
	assert_string_equal(events.text.data, "+a/1/0 +wide/0/1024 . +wide/0/2 . "
					      "-a -wide . ");
	assert_int_equal(events.generation, generation_now());
	ipsvc_buf_free(&events.text);
	ipsvc_nl_close(listener);
}

static void test_overrun(void **unused)
{
	struct events events = { { 0 }, 0, 0, 0 };
	struct ipsvc_state st = { 0 };
	struct ipsvc_nl *listener;
	int err, size = 8192;

	(void)unused;
	listener = ipsvc_nl_listen(&err);
	assert_non_null(listener);
	setsockopt(ipsvc_nl_fd(listener), SOL_SOCKET, SO_RCVBUF, &size,
		   sizeof(size));
	add(&st, "a");
	for (int i = 0; i < 200; i++) {
		st.services[0].nendpoints = 0;
		add_endpoints(&st.services[0], 0, (uint32_t)(i % 2 + 1));
		ipsvc_state_sort(&st);
		assert_int_equal(try_commit(&st, 0, NULL), 0);
	}
	assert_int_equal(ipsvc_nl_events(listener, record, &events), 0);
	/* Nothing that is older than the overrun is told after it. */
	assert_int_equal(events.overruns, 1);
	assert_int_equal(events.n, 1);
	/* It goes on afterwards. */
	st.services[0].nendpoints = 0;
	commit(&st);
	assert_int_equal(ipsvc_nl_events(listener, record, &events), 0);
	assert_string_equal(events.text.data, "+a/0/0 . ");
	assert_int_equal(events.generation, generation_now());
	ipsvc_buf_free(&events.text);
	ipsvc_state_free(&st);
	ipsvc_nl_close(listener);
}

/* ---- the rest ----------------------------------------------------------- */

static void count_stat(const char *name, uint64_t value, void *arg)
{
	(void)value;
	assert_true(*name);
	(*(unsigned int *)arg)++;
}

static void count_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	(void)flow;
	(*(unsigned int *)arg)++;
}

static void test_stats_and_flows(void **unused)
{
	unsigned int n = 0;

	(void)unused;
	assert_int_equal(ipsvc_nl_stats(nl, count_stat, &n), 0);
	assert_true(n > 3);
	n = 0;
	assert_int_equal(ipsvc_nl_flows(nl, NULL, count_flow, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(ipsvc_nl_flows(nl, "none", count_flow, &n), -ENOENT);
	assert_non_null(strstr(ipsvc_nl_message(nl), "there is no service"));
	assert_int_equal(n, 0);
}

static const char *why_skip(void)
{
	struct ipsvc_nl *probe;
	int err;

	probe = ipsvc_nl_open(&err);
	if (!probe)
		return ipsvc_nl_strerror(err);
	ipsvc_nl_close(probe);
	return unshare(CLONE_NEWNET) ? "no permission for a network namespace" :
				       NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ensure_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_instance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_set_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_at_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overrun, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stats_and_flows, setup, teardown),
	};
	const char *why = why_skip();

	if (why) {
		printf("1..1\nok 1 - kernel # SKIP %s\n", why);
		return 0;
	}
	return cmocka_run_group_tests_name("nl_kernel", tests, NULL, NULL);
}
