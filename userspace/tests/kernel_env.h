/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests of nl.h against the kernel module share: states, an instance in a
 * network namespace of its own for each test, and commits to it.
 */
#ifndef IPSVC_TESTS_KERNEL_ENV_H
#define IPSVC_TESTS_KERNEL_ENV_H

#include <arpa/inet.h>
#include <errno.h>
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

#include "kernel/nl.h"

#define CIDR "10.96.0.0/12"

static struct ipsvc_nl *nl;

/* ---- states ------------------------------------------------------------- */

static struct in6_addr addr4(uint32_t host)
{
	return ipsvc_ip_from4((struct in_addr){ htonl(host) });
}

static struct ipsvc_kservice *add(struct ipsvc_state *st, const char *name)
{
	return ipsvc_state_add(st, name, AF_INET, IPPROTO_TCP);
}

static void add_vip(struct ipsvc_kservice *svc, uint32_t n, uint16_t port)
{
	struct in6_addr a = addr4(0x0a600000 + n);

	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a, port, 0);
}

static void add_endpoints(struct ipsvc_kservice *svc, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++) {
		struct in6_addr a = addr4(0x0a000001 + i);

		ipsvc_kservice_add_endpoint(svc, &a, 8080, i % 7 ? 0 :
					    IPSVC_ENDPOINT_F_DRAIN);
	}
}

/* As many as there may be. */
static void add_ranges(struct ipsvc_kservice *svc)
{
	for (uint32_t i = 0; i < IPSVC_RANGES_MAX; i++)
		ipsvc_kservice_add_range(svc, &(struct ipsvc_cidr){
			.net = ipsvc_ip_from4((struct in_addr){
				htonl(0x0a000000 + (i << 8)) }),
			.prefix = 24 }, i & 1);
}

static void assert_same(const struct ipsvc_state *a, const struct ipsvc_state *b)
{
	struct ipsvc_ops ops = { 0 };

	ipsvc_diff(a, b, &ops);
	if (ops.n)
		fail_msg("%zu services differ, the first is %s", ops.n,
			 ipsvc_op_service(ops.items)->name);
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

/* NULL where the tests can run. */
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

/* The exit status of tests that cannot run, which in a test machine is a failure. */
static int skipped(const char *why)
{
	const char *vm = getenv("IPSVC_VM");

	printf("1..1\n%sok 1 - kernel # %s%s\n", vm ? "not " : "",
	       vm ? "" : "SKIP ", why);
	return vm != NULL;
}

/* Flows: all of them, and those of some services. */
static const struct ipsvc_nl_filter any_flow, of_dns = { .service = "ns/dns" },
	of_other = { .service = "ns/other" }, of_none = { .service = "none" };

#endif
