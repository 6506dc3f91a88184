// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses of servers, as options have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ip.h"
#include "dns/address.h"

static const struct {
	const char *text, *want;	/* address ("" for ::) and port; NULL: refused */
} addresses[] = {
	{ "10.0.0.1", "10.0.0.1 10053" },
	{ "10.0.0.1:53", "10.0.0.1 53" },
	{ "fd00::1", "fd00::1 10053" },
	{ "[fd00::1]", "fd00::1 10053" },
	{ "[fd00::1]:53", "fd00::1 53" },
	{ "::", " 10053" },
	{ "[::]:53", " 53" },
	{ "", NULL }, { ":", NULL }, { ":53", NULL }, { "[", NULL },
	{ "[]", NULL }, { "[]:53", NULL }, { "[:", NULL }, { "x", NULL },
	{ "10.0.0.1:", NULL }, { "10.0.0.1:0", NULL },
	{ "10.0.0.1:65536", NULL }, { "10.0.0.1:+53", NULL },
	{ "10.0.0.1:5x", NULL }, { "10.0.0.1:53:53", NULL },
	{ "[10.0.0.1]:53", NULL }, { "[fd00::12", NULL },
	{ "[fd00::12:53", NULL }, { "[fd00::1]53", NULL },
	{ "fd00::1]:53", NULL }, { "[fd00::1]]:53", NULL },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		char ip[INET6_ADDRSTRLEN], text[64] = "";
		struct sockaddr_storage to;
		struct in6_addr addr;
		bool ok = dns_address_parse(addresses[i].text, 10053, &to);

		if (ok != !!addresses[i].want)
			fail_msg("'%s' is %s", addresses[i].text,
				 ok ? "taken" : "refused");
		if (!ok)
			continue;
		addr = dns_address_ip(&to);
		ipsvc_ip_format(&addr, ip);
		snprintf(text, sizeof(text), "%s %u", ip, dns_address_port(&to));
		assert_string_equal(text, addresses[i].want);
		assert_int_equal(dns_address_size(&to), strchr(ip, '.') ?
				 sizeof(struct sockaddr_in) :
				 sizeof(struct sockaddr_in6));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
