// SPDX-License-Identifier: GPL-2.0-or-later
/* kernel/state.h and kernel/diff.h: cases by hand, and random states against a slow model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/ipsvc.h>

#include "base/buf.h"
#include "kernel/diff.h"
#include "kernel/state.h"

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_true(ipsvc_ip_parse(text, &a, NULL));
	return a;
}

static void add_frontend(struct ipsvc_kservice *svc, const char *text,
			 uint16_t port)
{
	struct in6_addr a = addr(text);

	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a, port, 0);
}

static struct ipsvc_kservice *add(struct ipsvc_state *st, const char *name,
				  uint8_t protocol)
{
	return ipsvc_state_add(st, name, AF_INET, protocol);
}

static void add_endpoint(struct ipsvc_kservice *svc, const char *text,
			 uint16_t port, uint32_t flags)
{
	struct in6_addr a = addr(text);

	ipsvc_kservice_add_endpoint(svc, &a, port, flags);
}

/* ---- state -------------------------------------------------------------- */

static void test_sort(void **unused)
{
	struct ipsvc_state st = { 0 };
	struct ipsvc_kservice *svc;

	(void)unused;
	add(&st, "b/b", IPPROTO_UDP);
	ipsvc_state_add(&st, "a/a:http", AF_INET6, IPPROTO_TCP);
	svc = add(&st, "a/a:http", IPPROTO_TCP);
	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_NODE_PORT, &in6addr_any,
				    30080, IPSVC_FRONTEND_F_MASQUERADE);
	add_frontend(svc, "10.96.0.2", 80);
	add_frontend(svc, "10.96.0.1", 443);
	add_frontend(svc, "10.96.0.1", 80);
	add_endpoint(svc, "10.0.0.2", 80, 0);
	add_endpoint(svc, "10.0.0.1", 81, 0);
	add_endpoint(svc, "10.0.0.2", 80, IPSVC_ENDPOINT_F_DRAIN);
	add_endpoint(svc, "10.0.0.1", 80, IPSVC_ENDPOINT_F_DRAIN);
	add_endpoint(svc, "10.0.0.1", 80, 0);
	add_endpoint(svc, "10.0.0.1", 80, 0);
	ipsvc_state_sort(&st);

	assert_int_equal(st.n, 3);
	svc = &st.services[0];
	assert_string_equal(svc->name, "a/a:http");
	assert_int_equal(svc->family, AF_INET);
	assert_int_equal(st.services[1].family, AF_INET6);
	assert_int_equal(svc->nfrontends, 4);
	assert_int_equal(svc->frontends[0].port, 80);
	assert_int_equal(svc->frontends[1].port, 443);
	assert_int_equal(ipsvc_ip_to4(&svc->frontends[2].addr).s_addr, inet_addr("10.96.0.2"));
	assert_int_equal(svc->frontends[3].class, IPSVC_FRONTEND_NODE_PORT);
	assert_int_equal(svc->frontends[3].flags, IPSVC_FRONTEND_F_MASQUERADE);
	/* Duplicates are gone, and the ones that get new flows stayed. */
	assert_int_equal(svc->nendpoints, 3);
	assert_int_equal(svc->endpoints[0].port, 80);
	assert_int_equal(svc->endpoints[0].flags, 0);
	assert_int_equal(svc->endpoints[1].port, 81);
	assert_int_equal(svc->endpoints[2].flags, 0);
	ipsvc_state_free(&st);
	assert_int_equal(st.n, 0);
}

/* ---- diff, by hand ------------------------------------------------------ */

/* Deleted, changed, new. */
static char letter(const struct ipsvc_op *op)
{
	return !op->want ? 'D' : op->have ? 'C' : 'N';
}

static void expect_ops(const struct ipsvc_state *have,
		       const struct ipsvc_state *want, const char *expected)
{
	struct ipsvc_ops ops = { 0 };
	struct ipsvc_buf buf = { 0 };
	char *got;
	size_t i;

	ipsvc_diff(have, want, &ops);
	for (i = 0; i < ops.n; i++)
		ipsvc_buf_printf(&buf, "%s%c:%s%s", i ? " " : "",
				 letter(&ops.items[i]),
				 ipsvc_op_service(&ops.items[i])->name,
				 ipsvc_op_service(&ops.items[i])->family ==
				 AF_INET6 ? "/6" : "");
	got = ipsvc_buf_take(&buf);
	assert_string_equal(got, expected);
	free(got);
	ipsvc_ops_free(&ops);
}

/* A service of one endpoint, which the caller makes another one in one of both. */
static struct ipsvc_kservice *add_to_both(struct ipsvc_state *a,
					  struct ipsvc_state *b,
					  const char *name)
{
	struct ipsvc_kservice *svc = add(b, name, IPPROTO_TCP);

	add_endpoint(add(a, name, IPPROTO_TCP), "10.0.0.1", 80, 0);
	add_endpoint(svc, "10.0.0.1", 80, 0);
	return svc;
}

static void test_choice(void **unused)
{
	struct ipsvc_state a = { 0 }, b = { 0 };

	(void)unused;
	add_to_both(&a, &b, "keep");
	add_to_both(&a, &b, "max")->endpoints[0].flows_max = 5;
	add_to_both(&a, &b, "scheduler")->options.scheduler = IPSVC_SCHEDULER_RR;
	add_to_both(&a, &b, "flags")->options.flags = IPSVC_SERVICE_F_ONE_PACKET;
	add_to_both(&a, &b, "key")->options.hash_key[15] = 1;
	add_to_both(&a, &b, "prefix")->options.affinity_prefix = 1;
	add_to_both(&a, &b, "timeout")->options.affinity_timeout = 1;
	add_to_both(&a, &b, "size")->options.hash_size = 251;
	add_to_both(&a, &b, "weight")->endpoints[0].weight = 0;
	ipsvc_state_sort(&a);
	ipsvc_state_sort(&b);
	expect_ops(&a, &b, "C:flags C:key C:max C:prefix C:scheduler C:size C:timeout C:weight");
	ipsvc_state_free(&a);
	ipsvc_state_free(&b);
}

static void test_by_hand(void **unused)
{
	struct ipsvc_state none = { 0 }, a = { 0 }, b = { 0 };
	struct ipsvc_kservice *svc;

	(void)unused;
	/*
	 * keep: the same; drop: gone; eps, fes, masq: changed; proto: TCP to UDP;
	 * two: both families, one of which changes
	 */
	add_endpoint(add(&a, "keep", IPPROTO_TCP), "10.0.0.1", 80, 0);
	add_endpoint(add(&b, "keep", IPPROTO_TCP), "10.0.0.1", 80, 0);
	add(&a, "drop", IPPROTO_TCP);
	add_endpoint(add(&a, "eps", IPPROTO_TCP), "10.0.0.1", 80, 0);
	add_endpoint(add(&b, "eps", IPPROTO_TCP), "10.0.0.1", 80,
		     IPSVC_ENDPOINT_F_DRAIN);
	add_frontend(add(&a, "fes", IPPROTO_TCP), "10.96.0.1", 80);
	add(&b, "fes", IPPROTO_TCP);
	add(&a, "proto", IPPROTO_TCP);
	add(&b, "proto", IPPROTO_UDP);
	add(&b, "add", IPPROTO_UDP);
	add_frontend(add(&a, "masq", IPPROTO_TCP), "10.96.0.2", 80);
	svc = add(&b, "masq", IPPROTO_TCP);
	add_frontend(svc, "10.96.0.2", 80);
	svc->frontends[0].flags = IPSVC_FRONTEND_F_MASQUERADE;
	add(&a, "two", IPPROTO_TCP);
	ipsvc_state_add(&a, "two", AF_INET6, IPPROTO_TCP);
	add(&b, "two", IPPROTO_TCP);
	add_endpoint(ipsvc_state_add(&b, "two", AF_INET6, IPPROTO_TCP), "fd00::1", 80, 0);
	ipsvc_state_sort(&a);
	ipsvc_state_sort(&b);
	/* What is read back is not compared. */
	svc = &b.services[3];
	assert_string_equal(svc->name, "keep");
	svc->connections = 5;
	svc->endpoints[0].flows = 7;

	expect_ops(&a, &b, "D:drop N:add C:eps C:fes C:masq C:proto C:two/6");
	expect_ops(&a, &a, "");
	expect_ops(&none, &none, "");
	expect_ops(&none, &b, "N:add N:eps N:fes N:keep N:masq N:proto N:two N:two/6");
	expect_ops(&b, &none, "D:add D:eps D:fes D:keep D:masq D:proto D:two D:two/6");
	ipsvc_state_free(&a);
	ipsvc_state_free(&b);
}

/* ---- diff, at random ---------------------------------------------------- */

static unsigned int rnd(unsigned int below)
{
	return (unsigned int)random() % below;
}

static struct in6_addr addr4(uint32_t host)
{
	return ipsvc_ip_from4((struct in_addr){ htonl(host) });
}

/* Few names, addresses and ports, so that states have much in common. */
static void random_service(struct ipsvc_state *st, const char *name)
{
	struct ipsvc_kservice *svc = ipsvc_state_add(st, name, AF_INET, rnd(8) ?
						     IPPROTO_TCP : IPPROTO_UDP);
	struct in6_addr a;
	unsigned int i, n = rnd(4);

	for (i = 0; i < n; i++) {
		a = addr4(0x0a600000 + rnd(2));
		ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a,
					    (uint16_t)(80 + i), rnd(2));
	}
	n = rnd(5);
	for (i = 0; i < n; i++) {
		a = addr4(0x0a000000 + rnd(4));
		ipsvc_kservice_add_endpoint(svc, &a, 8080, rnd(4) ? 0 :
					    IPSVC_ENDPOINT_F_DRAIN);
	}
}

static void random_state(struct ipsvc_state *st)
{
	unsigned int i, n = rnd(12), density = 1 + rnd(4);
	char name[16];

	memset(st, 0, sizeof(*st));
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "ns/svc%u", i);
		if (rnd(density) == 0)
			random_service(st, name);
	}
	ipsvc_state_sort(st);
}

static struct ipsvc_kservice *find(struct ipsvc_state *st, const char *name)
{
	for (size_t i = 0; i < st->n; i++)
		if (!strcmp(st->services[i].name, name))
			return &st->services[i];
	return NULL;
}

static void copy_service(struct ipsvc_state *st,
			 const struct ipsvc_kservice *from)
{
	struct ipsvc_kservice *to = ipsvc_state_add(st, from->name, from->family,
						    from->protocol);

	for (size_t i = 0; i < from->nfrontends; i++)
		ipsvc_kservice_add_frontend(to, from->frontends[i].class,
					    &from->frontends[i].addr,
					    from->frontends[i].port,
					    from->frontends[i].flags);
	for (size_t i = 0; i < from->nendpoints; i++)
		ipsvc_kservice_add_endpoint(to, &from->endpoints[i].addr,
					    from->endpoints[i].port,
					    from->endpoints[i].flags);
}

/* As the kernel does, refusals included. */
static void apply(struct ipsvc_state *st, const struct ipsvc_ops *ops)
{
	size_t i;

	for (i = 0; i < ops->n; i++) {
		const struct ipsvc_op *op = &ops->items[i];
		struct ipsvc_kservice *svc =
			find(st, ipsvc_op_service(op)->name);

		/* Removals come first. */
		assert_true(!i || op->want || !op[-1].want);
		assert_int_equal(!!svc, !!op->have);
		if (svc) {
			ipsvc_kservice_clear(svc);
			*svc = st->services[--st->n];
		}
		if (op->want)
			copy_service(st, op->want);
	}
	ipsvc_state_sort(st);
}

static char *print_state(const struct ipsvc_state *st)
{
	struct ipsvc_buf buf = { 0 };
	size_t i, j;

	for (i = 0; i < st->n; i++) {
		const struct ipsvc_kservice *svc = &st->services[i];

		ipsvc_buf_printf(&buf, "%s %u", svc->name, svc->protocol);
		for (j = 0; j < svc->nfrontends; j++)
			ipsvc_buf_printf(&buf, " f%u/%x/%u/%u",
					 svc->frontends[j].class,
					 svc->frontends[j].addr.s6_addr32[3],
					 svc->frontends[j].port,
					 svc->frontends[j].flags);
		for (j = 0; j < svc->nendpoints; j++)
			ipsvc_buf_printf(&buf, " e%x/%u/%u",
					 svc->endpoints[j].addr.s6_addr32[3],
					 svc->endpoints[j].port,
					 svc->endpoints[j].flags);
		ipsvc_buf_putc(&buf, '\n');
	}
	return ipsvc_buf_take(&buf);
}

/* How many services differ: no diff can do with fewer of them in its ops. */
static size_t count_changed(struct ipsvc_state *a, struct ipsvc_state *b)
{
	size_t i, n = 0;

	for (i = 0; i < a->n; i++) {
		struct ipsvc_kservice *other = find(b, a->services[i].name);
		struct ipsvc_state one = { &a->services[i], 1, 0, 0 };
		struct ipsvc_state two = { other, other ? 1 : 0, 0, 0 };
		char *x = print_state(&one), *y = print_state(&two);

		n += !!strcmp(x, y);
		free(x);
		free(y);
	}
	for (i = 0; i < b->n; i++)
		n += !find(a, b->services[i].name);
	return n;
}

static void check_pair(struct ipsvc_state *a, struct ipsvc_state *b)
{
	struct ipsvc_state patched = { 0 };
	struct ipsvc_ops ops = { 0 };
	char *got, *expected;

	for (size_t i = 0; i < a->n; i++)
		copy_service(&patched, &a->services[i]);
	ipsvc_diff(a, b, &ops);
	assert_int_equal(ops.n, count_changed(a, b));
	apply(&patched, &ops);
	got = print_state(&patched);
	expected = print_state(b);
	assert_string_equal(got, expected);
	free(got);
	free(expected);
	ipsvc_ops_free(&ops);

	ipsvc_diff(&patched, b, &ops);
	assert_int_equal(ops.n, 0);
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&patched);
}

static void test_at_random(void **unused)
{
	struct ipsvc_state a, b;
	int i;

	(void)unused;
	srandom(1);
	for (i = 0; i < 3000; i++) {
		random_state(&a);
		random_state(&b);
		check_pair(&a, &b);
		ipsvc_state_free(&a);
		ipsvc_state_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_at_random),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
