// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl.h against the kernel module, in a network namespace of its own: run in a
 * guest by selftests/nl_lib.sh, skipped where there is no module or permission.
 */
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "kernel/nl_internal.h"
#include "kernel_env.h"

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

static void test_cluster(void **unused)
{
	struct ipsvc_cidrs cluster, none = { .n = 0 };
	struct ipsvc_nl_instance instance;
	uint32_t before = generation_now();
	const char *why;

	(void)unused;
	assert_true(ipsvc_cidrs_parse("10.244.0.0/16,fd00:244::/64", &cluster,
				      &why));
	assert_int_equal(ipsvc_nl_set_cluster(nl, &cluster, "cali+"), 0);
	assert_int_equal(ipsvc_nl_instance(nl, &instance), 0);
	assert_memory_equal(&instance.cluster, &cluster, sizeof(cluster));
	assert_string_equal(instance.cluster_link, "cali+");
	assert_int_equal(ipsvc_nl_set_cluster(nl, &none, NULL), 0);
	assert_int_equal(ipsvc_nl_instance(nl, &instance), 0);
	assert_memory_equal(&instance.cluster, &none, sizeof(none));
	assert_int_equal(instance.generation, before);
}

/* ---- changes ------------------------------------------------------------ */

static void test_put_and_delete(void **unused)
{
	struct ipsvc_state st = { 0 }, one;
	uint32_t before = generation_now(), generation = 0;

	(void)unused;
	add_vip(add(&st, "default/a"), 1, 80);
	add_endpoints(&st.services[0], 0, 3);
	ipsvc_kservice_add_frontend(&st.services[0], IPSVC_FRONTEND_NODE_PORT,
				    &in6addr_any, 30080,
				    IPSVC_FRONTEND_F_MASQUERADE);
	commit(&st);
	assert_int_equal(generation_now(), before + 1);
	/* What is there already is no change. */
	assert_int_equal(try_commit(&st, 0, &generation), 0);
	assert_int_equal(generation, before + 1);

	st.services[0].frontends[1].flags = IPSVC_FRONTEND_F_RANGES;
	add_ranges(&st.services[0]);
	commit(&st);
	st.services[0].nranges = 1;
	st.services[0].nendpoints = 0;
	commit(&st);
	st.services[0].nfrontends = 0;
	add_endpoints(&st.services[0], 5, 1);
	commit(&st);
	st.services[0].protocol = IPPROTO_UDP;
	commit(&st);
	assert_int_equal(generation_now(), before + 5);

	assert_int_equal(ipsvc_nl_service(nl, "default/a", AF_INET, &one), 0);
	assert_same(&st, &one);
	ipsvc_state_free(&one);
	assert_int_equal(ipsvc_nl_service(nl, "default/b", AF_INET, &one),
			 -ENOENT);
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
			ipsvc_state_add(st, name, AF_INET, random() % 8 ?
					IPPROTO_TCP : IPPROTO_UDP);
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
	/* One that a request and a dump have to cut. */
	add_endpoints(add(&st, "default/wide"), 0, 5000);
	commit(&st);
	/* Many messages, one change. */
	assert_int_equal(generation_now(), before + 1);
	assert_int_equal(ipsvc_nl_service(nl, "default/wide", AF_INET, &one), 0);
	assert_int_equal(one.services[0].nendpoints, 5000);
	ipsvc_state_free(&one);
	commit(&none);
	ipsvc_state_free(&st);
}

/* The most endpoints there may be, changed and changed back. */
static void test_widest(void **unused)
{
	struct ipsvc_state st = { 0 }, one;
	uint32_t before = generation_now();

	(void)unused;
	add_vip(add(&st, "default/a"), 1, 80);
	add_endpoints(add(&st, "default/wide"), 0, IPSVC_ENDPOINTS_MAX);
	add_vip(add(&st, "default/z"), 2, 80);
	commit(&st);
	st.services[1].endpoints[40000].port++;
	st.services[1].endpoints[50000].flags ^= IPSVC_ENDPOINT_F_DRAIN;
	st.services[1].nendpoints--;
	commit(&st);
	assert_int_equal(generation_now(), before + 2);
	assert_int_equal(ipsvc_nl_service(nl, "default/wide", AF_INET, &one), 0);
	assert_int_equal(one.services[0].nendpoints, IPSVC_ENDPOINTS_MAX - 1);
	ipsvc_state_free(&one);
	/* Two more than there may be. */
	add_endpoints(&st.services[1], IPSVC_ENDPOINTS_MAX, 2);
	ipsvc_state_sort(&st);
	assert_int_equal(try_commit(&st, 0, NULL), -E2BIG);
	assert_int_equal(generation_now(), before + 2);
	ipsvc_state_free(&st);
	commit(&st);
}

/* ---- refusals ----------------------------------------------------------- */

static void test_refused(void **unused)
{
	struct ipsvc_state st = { 0 }, bad = { 0 };
	struct in6_addr multicast = addr4(0xe0000001);
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

/* A name may be there in both families. */
static void test_family(void **unused)
{
	struct in6_addr six = { .s6_addr = { 0xfd, 0, [15] = 1 } };
	struct ipsvc_state st = { 0 };
	struct ipsvc_kservice *svc;

	(void)unused;
	add_vip(add(&st, "default/both"), 1, 80);
	svc = ipsvc_state_add(&st, "default/both", AF_INET6, IPPROTO_TCP);
	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &six, 80, 0);
	ipsvc_kservice_add_endpoint(svc, &six, 8080, 0);
	commit(&st);
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

/* ---- dumps -------------------------------------------------------------- */

/* All services of one version tell it by the port of all their endpoints. */
static void state_of(struct ipsvc_state *st, unsigned int version)
{
	char name[32];

	memset(st, 0, sizeof(*st));
	for (int i = 0; i < 200; i++) {
		struct ipsvc_kservice *svc;

		snprintf(name, sizeof(name), "ns/service-%03d", i);
		svc = add(st, name);
		for (uint32_t j = 0; j < 16; j++) {
			struct in6_addr a = addr4(0x0a000001 + j);

			ipsvc_kservice_add_endpoint(svc, &a,
						    (uint16_t)(version + 1), 0);
		}
	}
	ipsvc_state_sort(st);
}

static bool commit_version(struct ipsvc_nl *writer, unsigned int version)
{
	struct ipsvc_state from, to;
	struct ipsvc_ops ops = { 0 };
	int err;

	state_of(&from, version - 1);
	state_of(&to, version);
	ipsvc_diff(&from, &to, &ops);
	err = ipsvc_nl_commit(writer, &ops, 0, NULL);
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&from);
	ipsvc_state_free(&to);
	return !err;
}

/* A change every few milliseconds, until it is killed. */
static void restless_writer(void)
{
	struct ipsvc_nl *writer;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	writer = ipsvc_nl_open(&err);
	for (unsigned int version = 1; writer && version < 60000; version++) {
		if (!commit_version(writer, version))
			break;
		usleep((useconds_t)(random() % 20000));
	}
	_exit(1);
}

/* The whole of one version, and it is the one of that generation. */
static void assert_one_version(const struct ipsvc_state *st, uint32_t first)
{
	assert_int_equal(st->n, 200);
	for (size_t i = 0; i < st->n; i++) {
		const struct ipsvc_kservice *svc = &st->services[i];

		assert_int_equal(svc->nendpoints, 16);
		for (size_t j = 0; j < svc->nendpoints; j++)
			assert_int_equal(svc->endpoints[j].port,
					 st->generation - first + 1);
	}
}

static void test_dump_is_of_one_generation(void **unused)
{
	unsigned int whole = 0, overtaken = 0, tries;
	struct ipsvc_state st;
	uint32_t first, before;
	pid_t pid;

	(void)unused;
	state_of(&st, 0);
	commit(&st);
	ipsvc_state_free(&st);
	first = generation_now();
	pid = fork();
	if (!pid)
		restless_writer();
	for (tries = 0; tries < 2000 && (whole < 50 || overtaken < 20); tries++) {
		int err;

		before = generation_now();
		err = ipsvc_nl_services(nl, &st);
		/* What is given up after many tries is an error, and no answer. */
		assert_true(!err || err == -EINTR);
		if (!err)
			assert_one_version(&st, first);
		whole += !err;
		overtaken += generation_now() != before;
		ipsvc_state_free(&st);
	}
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	print_message("# %u dumps, %u whole, %u overtaken\n", tries, whole,
		      overtaken);
	assert_true(whole >= 50 && overtaken >= 20);
}

static int change_once(const struct nlmsghdr *nlh, void *arg)
{
	unsigned int *version = arg;

	(void)nlh;
	if (!*version) {
		struct ipsvc_nl *writer = ipsvc_nl_open(&(int){ 0 });

		assert_true(commit_version(writer, ++*version));
		ipsvc_nl_close(writer);
	}
	return 0;
}

/* The kernel itself says that a dump was overtaken. */
static void test_dump_interrupted(void **unused)
{
	unsigned int version = 0;
	struct ipsvc_state st;

	(void)unused;
	state_of(&st, 0);
	commit(&st);
	ipsvc_state_free(&st);
	for (int i = 0; i < 2; i++)
		/* The second time, nothing changes. */
		assert_int_equal(ipsvc_nl_call(nl, ipsvc_nl_message_new(
			nl->family, IPSVC_CMD_SERVICE_GET, NLM_F_DUMP),
			change_once, &version), i ? 0 : -EINTR);
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
	add_endpoints(add(&st, "wide"), 0, 5000);
	commit(&st);
	st.services[1].nendpoints = 2;
	commit(&st);
	ipsvc_state_free(&st);
	commit(&st);
	assert_int_equal(ipsvc_nl_events(listener, record, &events), 0);
	assert_string_equal(events.text.data, "+a/1/0 +wide/0/5000 . +wide/0/2 . "
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

/* A datagram to the service, from this node to a neighbour that is not there. */
static uint16_t make_flow(void)
{
	struct sockaddr_in vip = {
		.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(0x0a600001),
	}, own;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(own);

	assert_int_equal(system("ip link add dummy1 type dummy && "
				"ip link set dummy1 up && "
				"ip addr add 192.0.2.1/24 dev dummy1"), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&vip, sizeof(vip)), 0);
	assert_int_equal(send(fd, "?", 1, 0), 1);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	assert_int_equal(own.sin_addr.s_addr, htonl(0xc0000201));
	close(fd);
	return ntohs(own.sin_port);
}

static void assert_address(const struct in6_addr *addr, uint32_t host)
{
	assert_int_equal(ipsvc_ip_family(addr), AF_INET);
	assert_int_equal(ntohl(ipsvc_ip_to4(addr).s_addr), host);
}

static void check_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	assert_string_equal(flow->service, "ns/dns");
	assert_int_equal(flow->family, AF_INET);
	assert_int_equal(flow->protocol, IPPROTO_UDP);
	assert_int_equal(flow->state, IPSVC_FLOW_NEW);
	assert_address(&flow->client, 0xc0000201);
	assert_int_equal(flow->client_port, *(uint16_t *)arg);
	assert_address(&flow->frontend, 0x0a600001);
	assert_int_equal(flow->frontend_port, 53);
	assert_address(&flow->endpoint, 0xc0000202);
	assert_int_equal(flow->endpoint_port, 5353);
	/* This host's own sockets always get another port. */
	assert_address(&flow->masquerade, 0xc0000201);
	assert_true(flow->masquerade_port);
	assert_in_range(flow->expires_ms, 1, 600 * 1000);
	*(uint16_t *)arg = 0;	/* seen */
}

static void test_flow(void **unused)
{
	struct in6_addr endpoint = addr4(0xc0000202);
	struct ipsvc_state st = { 0 };
	struct ipsvc_kservice *svc;
	uint16_t port, seen;
	unsigned int n = 0;

	(void)unused;
	svc = ipsvc_state_add(&st, "ns/dns", AF_INET, IPPROTO_UDP);
	add_vip(svc, 1, 53);
	ipsvc_kservice_add_endpoint(svc, &endpoint, 5353, 0);
	add(&st, "ns/other");
	commit(&st);
	port = seen = make_flow();
	assert_int_equal(ipsvc_nl_flows(nl, &any_flow, check_flow, &seen), 0);
	assert_int_equal(seen, 0);
	seen = port;
	assert_int_equal(ipsvc_nl_flows(nl, &of_dns, check_flow, &seen), 0);
	assert_int_equal(seen, 0);
	assert_int_equal(ipsvc_nl_flows(nl, &of_other, count_flow, &n), 0);
	assert_int_equal(n, 0);
	ipsvc_state_free(&st);
}

static void test_stats_and_flows(void **unused)
{
	unsigned int n = 0;

	(void)unused;
	assert_int_equal(ipsvc_nl_stats(nl, count_stat, &n), 0);
	assert_true(n > 3);
	n = 0;
	assert_int_equal(ipsvc_nl_flows(nl, &any_flow, count_flow, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(ipsvc_nl_flows(nl, &of_none, count_flow, &n), -ENOENT);
	assert_non_null(strstr(ipsvc_nl_message(nl), "there is no service"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ensure_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_instance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cluster, setup, teardown),
		cmocka_unit_test_setup_teardown(test_put_and_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_at_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_widest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_family, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dump_is_of_one_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dump_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overrun, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stats_and_flows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flow, setup, teardown),
	};
	const char *why = why_skip();

	if (why)
		return skipped(why);
	return cmocka_run_group_tests_name("nl_kernel", tests, NULL, NULL);
}
