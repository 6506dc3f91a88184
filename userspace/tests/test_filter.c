// SPDX-License-Identifier: GPL-2.0-or-later
/* Which flows and clients a command line asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/ipsvc.h>

#include "base/ip.h"
#include "cli/filter.h"

#define MAX_WORDS 32

static struct cli_filter got;

/* Parses the words behind "flow list"; what is said goes to stderr of the test. */
static bool parse(const struct cli_keyword *table, const char *line)
{
	struct cli_verb verb = {
		.verb = "flow", .sub = "list", .args = "[WORD]", .max_args = -1,
		.options = cli_filter_options, .words = table,
	};
	struct cli cli = { .verb = &verb, .output = "text", .ns = "prod" };
	char buf[512], *argv[MAX_WORDS], *at = buf, *word;
	int argc = 0;

	cli_filter_free(&got);
	snprintf(buf, sizeof(buf), "list %s", line);
	while ((word = strsep(&at, " ")) && argc < MAX_WORDS - 1)
		if (*word)
			argv[argc++] = word;
	argv[argc] = NULL;
	return cli_filter_parse(&cli, argc, argv, &got);
}

static void expect_end(const struct ipsvc_nl_end *end, const char *addr,
		       uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	assert_string_equal(ipsvc_ip_format(&end->addr, text), addr);
	assert_int_equal(end->port, port);
}

static void test_nothing(void **unused)
{
	(void)unused;
	assert_true(parse(cli_flow_words, ""));
	assert_false(got.any);
	assert_null(got.f.service);
	assert_int_equal(got.f.family, AF_UNSPEC);
}

static void test_all_words(void **unused)
{
	(void)unused;
	assert_true(parse(cli_flow_words, "web family inet protocol UDP state closing client 10.0.0.1:40000 frontend 10.0.0.2 endpoint :80 masquerade 10.0.0.3:5"));
	assert_true(got.any);
	assert_string_equal(got.f.service, "prod/web");
	assert_int_equal(got.f.family, AF_INET);
	assert_int_equal(got.f.protocol, IPPROTO_UDP);
	assert_int_equal(got.f.state, IPSVC_FLOW_CLOSING);
	expect_end(&got.f.client, "10.0.0.1", 40000);
	expect_end(&got.f.frontend, "10.0.0.2", 0);
	expect_end(&got.f.endpoint, "", 80);
	expect_end(&got.f.masquerade, "10.0.0.3", 5);
	/* A service that is called like a word, and no service. */
	assert_true(parse(cli_flow_words, "service client"));
	assert_string_equal(got.f.service, "prod/client");
	assert_true(parse(cli_flow_words, "/alone"));
	assert_string_equal(got.f.service, "alone");
}

static void test_families(void **unused)
{
	(void)unused;
	assert_true(parse(cli_flow_words, "client fd00::1"));
	assert_int_equal(got.f.family, AF_INET6);
	expect_end(&got.f.client, "fd00::1", 0);
	assert_true(parse(cli_flow_words, "-6 client [fd00::1]:80"));
	expect_end(&got.f.client, "fd00::1", 80);
	assert_true(parse(cli_flow_words, "-4"));
	assert_true(got.any);
	assert_int_equal(got.f.family, AF_INET);
	assert_true(parse(cli_flow_words, "-4 -6"));
	assert_int_equal(got.f.family, AF_UNSPEC);
	assert_false(parse(cli_flow_words, "-4 client fd00::1"));
	assert_false(parse(cli_flow_words, "client fd00::1 endpoint 10.0.0.1"));
	assert_false(parse(cli_flow_words, "family inet6 endpoint 10.0.0.1"));
}

static void test_wrong(void **unused)
{
	(void)unused;
	assert_false(parse(cli_flow_words, "a b"));
	assert_false(parse(cli_flow_words, "a service b"));
	assert_false(parse(cli_flow_words, "client"));
	assert_false(parse(cli_flow_words, "client 10.0.0"));
	assert_false(parse(cli_flow_words, "client 10.0.0.1:0"));
	assert_false(parse(cli_flow_words, "client :65536"));
	assert_false(parse(cli_flow_words, "state open"));
	assert_false(parse(cli_flow_words, "protocol icmp"));
	assert_false(parse(cli_flow_words, "family 4"));
}

static void test_affinity(void **unused)
{
	(void)unused;
	assert_true(parse(cli_affinity_words, "web client 10.0.0.1"));
	assert_string_equal(got.f.service, "prod/web");
	expect_end(&got.f.client, "10.0.0.1", 0);
	assert_false(parse(cli_affinity_words, "client 10.0.0.1:80"));
	assert_false(parse(cli_affinity_words, "web state new"));
	cli_filter_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_all_words),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_affinity),
	};

	/* Messages are checked by what is refused. */
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
