// SPDX-License-Identifier: GPL-2.0-or-later
/* The allocation rules, against a set of taken numbers and dice that are loaded. */
#include "cluster/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ipsvc_cidr cidr(const char *text)
{
	struct ipsvc_cidrs c;
	const char *why;

	assert_true(ipsvc_alloc_cidrs_parse(text, &c, &why));
	assert_int_equal(c.n, 1);
	return c.items[0];
}

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_true(ipsvc_ip_parse(text, &a, NULL));
	return a;
}

static void test_cidr(void **state)
{
	static const char no_cidr[] =
		"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{ "", no_cidr },
		{ "10.96.0.0", no_cidr },
		{ "10.96.0.0/", no_cidr },
		{ "10.96.0.0/12 ", no_cidr },
		{ "10.96.0.0/-1", no_cidr },
		{ "10.96.0.0/33", no_cidr },
		{ "10.96/12", no_cidr },
		{ "100.100.100.1000/12", no_cidr },
		{ "10.96.0.0/12,", no_cidr },
		{ ",10.96.0.0/12", no_cidr },
		{ "10.96.0.0/12, fd00::/112", no_cidr },
		{ "10.96.0.0/012",
		  "must not have leading 0s in IP or prefix length" },
		{ "::ffff:10.96.0.0/108",
		  "must not have an IPv4-mapped IPv6 address" },
		{ "0.0.0.0/0", "must have a prefix length between 8 and 30" },
		{ "10.96.0.0/31", "must have a prefix length between 8 and 30" },
		{ "10.97.0.0/12", "must not have bits set beyond the prefix length" },
		{ "fd00::1/112", "must not have bits set beyond the prefix length" },
		{ "fd00::/63",
		  "must have a prefix length between 64 and 126 with IPv6" },
		{ "fd00::/127",
		  "must have a prefix length between 64 and 126 with IPv6" },
		{ "10.96.0.0/12,10.112.0.0/12",
		  "must be of different IP families when there are two ranges" },
		{ "10.96.0.0/12,fd00::/112,fd01::/112",
		  "must not contain more than two ranges" },
	};
	struct ipsvc_cidrs c;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_false(ipsvc_alloc_cidrs_parse(wrong[i].text, &c, &why));
		assert_string_equal(why, wrong[i].why);
	}
}

static void test_families(void **state)
{
	struct in6_addr in4 = addr("10.1.2.3"), in6 = addr("fd01::1");
	struct ipsvc_families families;
	struct ipsvc_cidrs c;
	const char *why;

	(void)state;
	assert_true(ipsvc_alloc_cidrs_parse("fd00::/112,10.96.0.0/16", &c, &why));
	families = ipsvc_alloc_families(&c);
	assert_int_equal(families.n, 2);
	assert_string_equal(families.names[0], "IPv6");
	assert_string_equal(families.names[1], "IPv4");
	assert_ptr_equal(ipsvc_cidrs_like(&c, &in6), &c.items[0]);
	assert_ptr_equal(ipsvc_cidrs_like(&c, &in4), &c.items[1]);
	c.n = 1;
	assert_null(ipsvc_cidrs_like(&c, &in4));
}

/* The bands of Kubernetes' documentation and source. */
static void test_ip_bands(void **state)
{
	static const struct {
		const char *cidr, *dynamic, *last;
	} bands[] = {
		{ "10.96.0.0/12", "10.96.1.1", "10.111.255.254" },
		{ "10.96.0.0/16", "10.96.1.1", "10.96.255.254" },
		{ "10.96.0.0/20", "10.96.1.1", "10.96.15.254" },
		{ "10.96.0.0/21", "10.96.0.129", "10.96.7.254" },
		{ "10.96.0.0/24", "10.96.0.17", "10.96.0.254" },
		{ "10.96.0.0/27", "10.96.0.17", "10.96.0.30" },
		{ "10.96.0.0/28", "10.96.0.2", "10.96.0.14" },
		{ "10.96.0.0/30", "10.96.0.2", "10.96.0.2" },
		{ "fd00::/64", "fd00::101", "fd00::ffff:ffff:ffff:fffe" },
		{ "fd00::/112", "fd00::101", "fd00::ffff" },
		{ "fd00::/120", "fd00::11", "fd00::ff" },
		{ "fd00::/124", "fd00::2", "fd00::f" },
		{ "fd00::/126", "fd00::2", "fd00::3" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bands); i++) {
		struct ipsvc_cidr c = cidr(bands[i].cidr);
		struct ipsvc_alloc_range r = ipsvc_alloc_ip_range(&c);
		struct in6_addr dynamic = ipsvc_cidr_at(&c, r.dynamic);
		struct in6_addr last = ipsvc_cidr_at(&c, r.last);
		char text[INET6_ADDRSTRLEN];

		assert_int_equal(r.first, 2);
		assert_string_equal(ipsvc_ip_format(&dynamic, text),
				    bands[i].dynamic);
		assert_string_equal(ipsvc_ip_format(&last, text),
				    bands[i].last);
	}
}

static void test_port_bands(void **state)
{
	static const struct {
		int min, max, dynamic;
	} bands[] = {
		{ 30000, 32767, 30086 },
		{ 30000, 30000, 30000 },
		{ 30000, 30015, 30000 },
		{ 30000, 30016, 30016 },
		{ 30000, 30543, 30017 },
		{ 1, 65535, 129 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bands); i++) {
		struct ipsvc_alloc_range r;

		r = ipsvc_alloc_port_range(bands[i].min, bands[i].max);
		assert_int_equal(r.first, bands[i].min);
		assert_int_equal(r.dynamic, bands[i].dynamic);
		assert_int_equal(r.last, bands[i].max);
	}
}

static void assert_refusal(char *got, const char *want)
{
	if (want) {
		assert_non_null(got);
		assert_string_equal(got, want);
	} else {
		assert_null(got);
	}
	free(got);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *addr, *why;
	} ips[] = {
		{ "10.96.0.0", "the provided network does not match the current range" },
		{ "10.96.0.1", NULL },
		{ "10.111.255.254", NULL },
		{ "10.111.255.255", "the provided network does not match the current range" },
		{ "10.112.0.0", "the provided network does not match the current range" },
		{ "1.2.3.4", "the provided network does not match the current range" },
	};
	static const struct {
		int64_t port;
		bool fine;
	} ports[] = {
		{ 80, false }, { 29999, false }, { 30000, true },
		{ 32767, true }, { 32768, false }, { -1, false },
		{ INT64_MAX, false },
	};
	struct ipsvc_cidr c = cidr("10.96.0.0/12");

	(void)state;
	for (size_t i = 0; i < COUNT(ips); i++) {
		struct in6_addr a = addr(ips[i].addr);

		assert_refusal(ipsvc_alloc_ip_refusal(&c, &a),
			       ips[i].why);
	}
	for (size_t i = 0; i < COUNT(ports); i++)
		assert_refusal(ipsvc_alloc_port_refusal(30000, 32767,
							ports[i].port),
			       ports[i].fine ? NULL : "provided port is not in the valid range. The range of valid ports is 30000-32767");
}

/* ---- picking ------------------------------------------------------------ */

struct world {
	bool taken[64];
	uint64_t die;		/* what random() throws, modulo its bound */
	uint64_t bounds[2];	/* what it was asked for */
	int throws;
	bool broken;
};

static int next_free(void *arg, uint64_t from, uint64_t to, uint64_t *out)
{
	struct world *w = arg;

	if (w->broken)
		return -1;
	assert_true(from <= to && to < COUNT(w->taken));
	for (uint64_t n = from; n <= to; n++) {
		if (!w->taken[n]) {
			*out = n;
			return 1;
		}
	}
	return 0;
}

static uint64_t throw(void *arg, uint64_t bound)
{
	struct world *w = arg;

	assert_true(bound > 0 && w->throws < 2);
	w->bounds[w->throws++] = bound;
	return w->die % bound;
}

static int pick(struct world *w, const struct ipsvc_alloc_range *r,
		uint64_t *out)
{
	struct ipsvc_alloc_ops ops = { next_free, throw, w };

	w->throws = 0;
	return ipsvc_alloc_pick(r, &ops, out);
}

static void take(struct world *w, int from, int to)
{
	for (int i = from; i <= to; i++)
		w->taken[i] = true;
}

static void test_pick_order(void **state)
{
	const struct ipsvc_alloc_range r = { 2, 17, 30 };
	struct world w = { .die = 5 };
	uint64_t n;

	(void)state;
	assert_int_equal(pick(&w, &r, &n), 1);	/* the random start */
	assert_int_equal(n, 22);
	assert_int_equal(w.bounds[0], 14);
	take(&w, 22, 24);
	assert_int_equal(pick(&w, &r, &n), 1);	/* the next free one */
	assert_int_equal(n, 25);
	take(&w, 25, 30);
	assert_int_equal(pick(&w, &r, &n), 1);	/* around the end */
	assert_int_equal(n, 17);
	take(&w, 17, 20);
	assert_int_equal(pick(&w, &r, &n), 1);	/* the last of the band */
	assert_int_equal(n, 21);
	take(&w, 21, 21);
	assert_int_equal(pick(&w, &r, &n), 1);	/* the static band */
	assert_int_equal(w.bounds[1], 15);
	assert_int_equal(n, 7);
	take(&w, 7, 16);
	assert_int_equal(pick(&w, &r, &n), 1);	/* around its end */
	assert_int_equal(n, 2);
	take(&w, 2, 6);
	assert_int_equal(pick(&w, &r, &n), 0);	/* full */
	w.broken = true;
	assert_int_equal(pick(&w, &r, &n), -1);
}

static void test_pick_without_band(void **state)
{
	const struct ipsvc_alloc_range r = { 2, 2, 14 }, one = { 2, 2, 2 };
	struct world w = { .die = 0 };
	uint64_t n;

	(void)state;
	assert_int_equal(pick(&w, &r, &n), 1);
	assert_int_equal(n, 2);
	take(&w, 2, 14);
	assert_int_equal(pick(&w, &r, &n), 0);
	assert_int_equal(w.throws, 1);
	assert_int_equal(pick(&w, &one, &n), 0);
	w.taken[2] = false;
	assert_int_equal(pick(&w, &one, &n), 1);
	assert_int_equal(n, 2);
}

/* With real dice: each number once, those of the dynamic band first. */
static void test_pick_all(void **state)
{
	const struct ipsvc_alloc_range r = { 2, 17, 30 };
	struct world w = {0};
	struct ipsvc_alloc_ops ops = { next_free, ipsvc_alloc_random, &w };
	uint64_t n;

	(void)state;
	for (int i = 0; i < 29; i++) {
		assert_int_equal(ipsvc_alloc_pick(&r, &ops, &n), 1);
		assert_true(n >= r.first && n <= r.last && !w.taken[n]);
		assert_int_equal(n >= r.dynamic, i < 14);
		w.taken[n] = true;
	}
	assert_int_equal(ipsvc_alloc_pick(&r, &ops, &n), 0);
}

static void test_random(void **state)
{
	int seen[10] = {0};

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t n = ipsvc_alloc_random(NULL, COUNT(seen));

		assert_true(n < COUNT(seen));
		seen[n]++;
	}
	/* Ten standard deviations of 30. */
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_in_range(seen[i], 700, 1300);
	assert_int_equal(ipsvc_alloc_random(NULL, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cidr),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_ip_bands),
		cmocka_unit_test(test_port_bands),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_pick_order),
		cmocka_unit_test(test_pick_without_band),
		cmocka_unit_test(test_pick_all),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
