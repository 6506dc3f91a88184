// SPDX-License-Identifier: GPL-2.0-or-later
/* base/json_read.h: the same as jansson, whoever of the two reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_read.h"

static void expect_same(const char *text)
{
	json_error_t error;
	json_t *ours = ipsvc_json_read(text, &error);
	json_t *theirs = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL,
				    &error);

	if (!ours != !theirs || (ours && !json_equal(ours, theirs)))
		fail_msg("%s", text);
	json_decref(ours);
	json_decref(theirs);
}

static void texts(void **state)
{
	static const char *const all[] = {
		"{}", "[]", " [ ] ", "{\"a\":1}", "{\"a\": [1, -2, {\"b\": \"c\"}], \"d\": null}",
		"[true,false,null]", "[0,-0,10,999999999999999999,1000000000000000000,-999999999999999999]",
		"9223372036854775807", "1.5", "1e3", "-1E-2", "[01]", "+1", "-", "\"\"",
		"\"a\\\"b\\u00e9\\\\\"", "\"\xc3\xa9\"", "[\"a\",\"b\"]", "[1,]", "[,1]", "{\"a\"}",
		"{\"a\":}", "{\"a\":1,}", "{a:1}", "[1 2]", "[1", "{\"a\":1", "\"a", "\"a\nb\"", "tru",
		"truex", "nul", "", " ", "[1]x", "{\"a\":1,\"a\":2}", "[[[[1]]]]", "[\"\\u0000\"]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		expect_same(all[i]);
}

static void deep(void **state)
{
	char text[401];

	(void)state;
	for (int depth = 60; depth <= 200; depth += 4) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		text[2 * depth] = '\0';
		expect_same(text);
	}
}

/* A text that is right, with one byte that is not. */
static void mutations(void **state)
{
	static const char good[] = "{\"metadata\":{\"name\":\"a\",\"labels\":{\"b\":\"c\"}},\"n\":[1,22,-3,true,null]}";
	static const char bytes[] = "{}[],:\"\\ 0-.etn\x01";
	char text[sizeof(good)];

	(void)state;
	for (size_t i = 0; i < sizeof(good) - 1; i++)
		for (size_t j = 0; j < sizeof(bytes) - 1; j++) {
			memcpy(text, good, sizeof(good));
			text[i] = bytes[j];
			expect_same(text);
		}
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(text, good, sizeof(good));
		text[i] = '\0';
		expect_same(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(deep),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
