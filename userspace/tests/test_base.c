// SPDX-License-Identifier: GPL-2.0-or-later
/* base/: addresses and networks of both families, UTF-8, times. */
#include "base/ip.h"
#include "base/progress.h"
#include "base/time.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- addresses and networks ---------------------------------------------- */

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_true(ipsvc_ip_parse(text, &a, NULL));
	return a;
}

static void addresses(void **unused)
{
	static const char *const in_order[] = {
		"::1", "0.0.0.0", "9.255.255.255", "10.0.0.1", "10.0.0.128",
		"255.255.255.255", "fd00::1",
	};
	struct in6_addr a, b;
	char buf[INET6_ADDRSTRLEN];
	size_t i, j, n = sizeof(in_order) / sizeof(in_order[0]);

	(void)unused;
	for (i = 0; i < n; i++) {
		a = addr(in_order[i]);
		assert_string_equal(ipsvc_ip_format(&a, buf), in_order[i]);
		assert_int_equal(ipsvc_ip_family(&a),
				 strchr(in_order[i], ':') ? AF_INET6 : AF_INET);
		for (j = 0; j < n; j++) {
			int d;

			b = addr(in_order[j]);
			d = ipsvc_ip_cmp(&a, &b);
			assert_int_equal((d > 0) - (d < 0), (i > j) - (i < j));
		}
	}
	assert_false(ipsvc_ip_parse("10.0.0", &a, NULL));
	assert_false(ipsvc_ip_parse("10.0.0.256", &a, NULL));
	assert_false(ipsvc_ip_parse("10.0.0.1 ", &a, NULL));
	assert_false(ipsvc_ip_parse("", &a, NULL));
	assert_false(ipsvc_ip_parse("::ffff:10.0.0.1", &a, NULL));
	assert_string_equal(ipsvc_ip_format(&in6addr_any, buf), "");
	assert_int_equal(ipsvc_ip_family(&in6addr_any), AF_UNSPEC);
	a = addr("10.0.0.1");
	assert_int_equal(ipsvc_ip_to4(&a).s_addr, inet_addr("10.0.0.1"));
}

static struct ipsvc_cidr cidr(const char *text)
{
	char again[IPSVC_CIDR_SIZE];
	struct ipsvc_cidr c;
	const char *why;

	assert_true(ipsvc_cidr_parse(text, &c, &why));
	assert_null(why);
	assert_string_equal(ipsvc_cidr_format(&c, again), text);
	return c;
}

static void networks_that_are_none(void **state)
{
	static const char none[] = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
	static const char zeros[] = "must not have leading 0s in IP or prefix length";
	static const char mapped[] = "must not have an IPv4-mapped IPv6 address";
	static const char beyond[] = "must not have bits set beyond the prefix length";
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{ "", none }, { "/8", none }, { "10.0.0.0", none },
		{ "10.0.0.0/", none }, { "10.0.0.0/33", none },
		{ "10.0.0.0/8 ", none }, { "10.0.0.0/-1", none },
		{ "fd00::/129", none }, { "fd00::/1000", none },
		{ "10.0.0.0/08", zeros }, { "fd00::/008", zeros },
		{ "10.0.0.1/31", beyond }, { "fd00::1/127", beyond },
		{ "10.0.0.01/8", zeros }, { "x/8", none },
		{ "::ffff:10.0.0.0/95", mapped },
		{ "::ffff:10.0.0.0/104", mapped },
	};
	struct ipsvc_cidr c;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_false(ipsvc_cidr_parse(wrong[i].text, &c, &why));
		assert_string_equal(why, wrong[i].why);
	}
}

static void networks(void **state)
{
	static const struct {
		const char *cidr, *first, *last, *before, *after;
		uint64_t last_offset;
	} cases[] = {
		{ "10.96.0.0/12", "10.96.0.0", "10.111.255.255",
		  "10.95.255.255", "10.112.0.0", (1 << 20) - 1 },
		{ "10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.2",
		  "10.1.2.4", 0 },
		{ "0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::1", "fd00::1",
		  UINT32_MAX },
		{ "fd00:1::/112", "fd00:1::", "fd00:1::ffff", "fd00::ffff",
		  "fd00:1::1:0", 0xffff },
		{ "fd00:1::ff00/127", "fd00:1::ff00", "fd00:1::ff01",
		  "fd00:1::feff", "fd00:1::ff02", 1 },
		{ "fd00:1::/64", "fd00:1::", "fd00:1::ffff:ffff:ffff:ffff",
		  "fd00:0:ffff::", "fd00:1:0:1::", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_cidr c = cidr(cases[i].cidr);
		struct in6_addr first = addr(cases[i].first);
		struct in6_addr last = addr(cases[i].last), at;
		struct in6_addr before = addr(cases[i].before);
		struct in6_addr after = addr(cases[i].after);

		assert_true(ipsvc_cidr_contains(&c, &first));
		assert_true(ipsvc_cidr_contains(&c, &last));
		assert_false(ipsvc_cidr_contains(&c, &before));
		assert_false(ipsvc_cidr_contains(&c, &after));
		assert_int_equal(ipsvc_cidr_last(&c), cases[i].last_offset);
		assert_int_equal(ipsvc_cidr_offset(&c, &first), 0);
		assert_int_equal(ipsvc_cidr_offset(&c, &last),
				 cases[i].last_offset);
		at = ipsvc_cidr_at(&c, cases[i].last_offset);
		assert_int_equal(ipsvc_ip_cmp(&at, &last), 0);
	}
	/* Everything of one family is nothing of the other. */
	assert_false(ipsvc_cidr_contains(&(struct ipsvc_cidr){ in6addr_any, 0 },
					 &(struct in6_addr){ .s6_addr32 = {
						 0, 0, htonl(0xffff), 1 } }));
}

/* ---- UTF-8 --------------------------------------------------------------- */

static void utf8(void **state)
{
	static const struct {
		const char *text;
		size_t left, len;
		uint32_t rune;
	} cases[] = {
		{ "a", 1, 1, 'a' }, { "", SIZE_MAX, 1, 0 },
		{ "\xc2\x80", 2, 2, 0x80 }, { "\xdf\xbf", 2, 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 3, 0x800 },
		{ "\xef\xbf\xbd", 3, 3, 0xfffd },
		{ "\xf0\x90\x80\x80", 4, 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
		/* Cut short, by the bound or by the zero. */
		{ "\xc2\x80", 1, 0, 0 }, { "\xf0\x90\x80", SIZE_MAX, 0, 0 },
		/* Stray, overlong, surrogates, beyond the last. */
		{ "\x80", 1, 0, 0 }, { "\xc1\xbf", 2, 0, 0 },
		{ "\xe0\x9f\xbf", 3, 0, 0 }, { "\xed\xa0\x80", 3, 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 4, 0, 0 },
		{ "\xf4\x90\x80\x80", 4, 0, 0 },
		{ "\xf8\x90\x80\x80", 4, 0, 0 }, { "\xff", 1, 0, 0 },
	};
	uint32_t rune;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ipsvc_utf8_decode(cases[i].text, cases[i].left,
						   &rune), cases[i].len);
		if (cases[i].len)
			assert_int_equal(rune, cases[i].rune);
	}
}

/* ---- times -------------------------------------------------------------- */

#define NOW	INT64_C(1700000000)	/* 2023-11-14T22:13:20Z */

static void durations(void **state)
{
	/* The table of duration_test.go, and its edges. */
	static const struct {
		int64_t seconds;
		const char *want;
	} cases[] = {
		{ -2, "<invalid>" }, { -1, "0s" }, { 0, "0s" }, { 1, "1s" },
		{ 70, "70s" }, { 119, "119s" }, { 120, "2m" }, { 121, "2m1s" },
		{ 190, "3m10s" }, { 599, "9m59s" }, { 600, "10m" },
		{ 659, "10m" }, { 70 * 60, "70m" }, { 10799, "179m" },
		{ 10800, "3h" }, { 10860, "3h1m" }, { 28799, "7h59m" },
		{ 28800, "8h" }, { 47 * 3600 + 3599, "47h" }, { 172800, "2d" },
		{ 172800 + 3600, "2d1h" }, { 8 * 86400 - 1, "7d23h" },
		{ 8 * 86400, "8d" }, { 729 * 86400, "729d" },
		{ 730 * 86400, "2y" }, { 731 * 86400, "2y1d" },
		{ 8LL * 365 * 86400 - 1, "7y364d" },
		{ 8LL * 365 * 86400, "8y" }, { 20LL * 365 * 86400, "20y" },
	};
	char buf[IPSVC_TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(ipsvc_duration_format(cases[i].seconds, buf),
				    cases[i].want);
}

static void timestamps(void **state)
{
	char buf[IPSVC_TIME_SIZE];
	int64_t t;

	(void)state;
	assert_string_equal(ipsvc_time_format(NOW, buf), "2023-11-14T22:13:20Z");
	assert_true(ipsvc_time_parse("2023-11-14T22:13:20Z", &t));
	assert_int_equal(t, NOW);
	assert_true(ipsvc_time_parse("2023-11-14T22:13:20.5Z", &t));
	assert_int_equal(t, NOW);
	assert_true(ipsvc_time_parse("2023-11-15T00:13:20+02:00", &t));
	assert_int_equal(t, NOW);
	assert_true(ipsvc_time_parse("2023-11-14T20:43:20-01:30", &t));
	assert_int_equal(t, NOW);
	assert_false(ipsvc_time_parse("2023-11-14", &t));
	assert_false(ipsvc_time_parse("2023-11-14T22:13:20", &t));
	assert_false(ipsvc_time_parse("", &t));
	assert_false(ipsvc_time_parse("2023-11-14T22:13:20Zx", &t));
}

static int told;

static void tell(void)
{
	told++;
}

/* Often enough for a watchdog, and not for each step. */
static void test_progress(void **state)
{
	time_t start;

	(void)state;
	ipsvc_progress();
	assert_int_equal(told, 0);
	ipsvc_progress_tell(tell);
	start = time(NULL);
	for (int i = 0; i < 1200; i++) {
		ipsvc_progress();
		usleep(1000);
	}
	assert_in_range(told, 2, time(NULL) - start + 2);
	ipsvc_progress_tell(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(networks_that_are_none),
		cmocka_unit_test(networks),
		cmocka_unit_test(utf8),
		cmocka_unit_test(durations),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
