// SPDX-License-Identifier: GPL-2.0-or-later
/* What has changed between two times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/ip.h"
#include "cli/samples.h"

static struct samples before;

static struct sample sample(const char *name, uint8_t family, const char *addr,
			    uint16_t port)
{
	struct sample s = { .name = (char *)name, .family = family, .port = port };

	ipsvc_ip_parse(addr, &s.addr, NULL);
	return s;
}

static void expect(struct sample now, uint64_t total, uint32_t level,
		   uint64_t more, int64_t difference)
{
	uint64_t got;
	int64_t got_level;

	now.total = total;
	now.level = level;
	samples_difference(&before, &now, &got, &got_level);
	assert_int_equal(got, more);
	assert_true(got_level == difference);
}

static void test_difference(void **unused)
{
	struct sample web = sample("a/web", AF_INET, "10.0.0.1", 80);

	(void)unused;
	web.total = 100;
	web.level = 10;
	samples_add(&before, &web);
	expect(web, 100, 10, 0, 0);
	expect(web, 103, 4, 3, -6);
	/* Made anew meanwhile. */
	expect(web, 7, 1, 7, -9);
	/* Others are not it. */
	expect(sample("a/we", AF_INET, "10.0.0.1", 80), 5, 2, 5, 2);
	expect(sample("a/web", AF_INET6, "10.0.0.1", 80), 5, 2, 5, 2);
	expect(sample("a/web", AF_INET, "10.0.0.2", 80), 5, 2, 5, 2);
	expect(sample("a/web", AF_INET, "10.0.0.1", 81), 5, 2, 5, 2);
	samples_free(&before);
	expect(web, 5, 2, 5, 2);
}

static void test_many(void **unused)
{
	struct sample s = sample("a/web", AF_INET, "10.0.0.1", 0);

	(void)unused;
	for (unsigned int i = 1; i <= 1000; i++) {
		s.port = (uint16_t)i;
		s.total = i;
		samples_add(&before, &s);
	}
	assert_int_equal(before.n, 1000);
	for (unsigned int i = 1; i <= 1000; i++) {
		assert_int_equal(before.items[i - 1]->port, i);
		s.port = (uint16_t)i;
		expect(s, i + 1, 0, 1, 0);
	}
	samples_free(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
