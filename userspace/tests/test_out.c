// SPDX-License-Identifier: GPL-2.0-or-later
/* cli/print/out.h: text and JSON of one call; near misses of cli/verbs.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/print/out.h"

static const struct out_column columns[] = {
	{ .header = "NAME", .key = "name" },
	{ .header = "A", .key = "a" },
	{ .header = "NOTE", .key = "note", .wide = true },
	{ .key = "only_json" },
	{ .header = "FLOWS", .key = "flows" },
};

#define N (sizeof(columns) / sizeof(columns[0]))

static char *text;
static size_t size;
static FILE *fp;

static struct out *start(enum out_format format, enum out_layout layout)
{
	fp = open_memstream(&text, &size);
	return out_open(fp, format, layout, columns, N);
}

static void expect(struct out *out, const char *expected)
{
	assert_int_equal(out_close(out), 0);
	fclose(fp);
	assert_string_equal(text, expected);
	free(text);
}

static void row(struct out *out, const char *name, const char *a,
		const char *note, uint64_t flows)
{
	out_string(out, name);
	out_string(out, a);
	out_string(out, note);
	out_string(out, "hidden");
	out_uint(out, flows);
	out_row(out);
}

static void rows(struct out *out)
{
	row(out, "default/web", "x", "first", 7);
	row(out, "b", NULL, "", 12345678901ULL);
}

static void test_table(void **unused)
{
	struct out *out;

	(void)unused;
	/* A: 1 + 3 is less than 6, which is the narrowest. */
	out = start(OUT_TEXT, OUT_TABLE);
	rows(out);
	expect(out, "NAME          A        FLOWS\n"
		    "default/web   x        7\n"
		    "b             <none>   12345678901\n");
	out = start(OUT_TEXT, OUT_TABLE);
	row(out, "n", "x", "", 1);
	expect(out, "NAME   A     FLOWS\n"
		    "n      x     1\n");
	out = start(OUT_WIDE, OUT_TABLE);
	rows(out);
	expect(out, "NAME          A        NOTE    FLOWS\n"
		    "default/web   x        first   7\n"
		    "b             <none>           12345678901\n");
	out = start(OUT_TEXT, OUT_TABLE);
	out_no_headers(out);
	row(out, "b", "x", "", 1);
	expect(out, "b     x     1\n");
	out = start(OUT_TEXT, OUT_TABLE);
	expect(out, "");
}

static void test_json(void **unused)
{
	struct out *out;

	(void)unused;
	out = start(OUT_JSON, OUT_TABLE);
	rows(out);
	expect(out, "[\n  {\"name\": \"default/web\", \"a\": \"x\", \"note\": "
		    "\"first\", \"only_json\": \"hidden\", \"flows\": 7},\n"
		    "  {\"name\": \"b\", \"a\": null, \"note\": \"\", "
		    "\"only_json\": \"hidden\", \"flows\": 12345678901}\n]\n");
	out = start(OUT_JSON, OUT_TABLE);
	expect(out, "[]\n");
	out = start(OUT_JSON, OUT_RECORD);
	out_string(out, "n");
	out_cell(out, "two of them", json_pack("[i, i]", 1, 2));
	out_row(out);
	expect(out, "{\n  \"name\": \"n\",\n  \"a\": [\n    1,\n    2\n  ]\n}\n");
	out = start(OUT_JSON, OUT_LINES);
	out_string(out, "n");
	out_skip(out, 3);
	out_uint(out, 1);
	out_row(out);
	out_row(out);
	expect(out, "{\"name\": \"n\", \"flows\": 1}\n{}\n");
}

static void test_record_and_lines(void **unused)
{
	struct out *out;

	(void)unused;
	out = start(OUT_TEXT, OUT_RECORD);
	out_string(out, "n\nm");
	out_cell(out, "one\ntwo", json_null());
	out_row(out);
	expect(out, "NAME:    n\\x0am\n"
		    "A:       one\n"
		    "         two\n");
	out = start(OUT_TEXT, OUT_LINES);
	out_string(out, "n");
	out_skip(out, 3);
	out_uint(out, 1);
	out_row(out);
	/* Each line is there at once. */
	assert_string_equal(text, "n 1\n");
	out_string(out, "m");
	out_row(out);
	expect(out, "n 1\nm\n");
}

static void test_strange_bytes(void **unused)
{
	/* ESC, a C1 control, an overlong slash, a surrogate, a cut sequence */
	static const char strange[] = "\033[2J \xc2\x9b \xc0\xaf \xed\xa0\x80 "
				      "gr\xc3\xbc\xc3\x9f \xe2\x82";
	struct out *out;
	json_t *json;

	(void)unused;
	out = start(OUT_TEXT, OUT_LINES);
	out_string(out, strange);
	out_row(out);
	expect(out, "\\x1b[2J \\xc2\\x9b \\xc0\\xaf \\xed\\xa0\\x80 "
		    "gr\xc3\xbc\xc3\x9f \\xe2\\x82\n");
	json = out_json_string(strange);
	assert_string_equal(json_string_value(json),
			    "\033[2J \xc2\x9b \xef\xbf\xbd\xef\xbf\xbd "
			    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
			    "gr\xc3\xbc\xc3\x9f \xef\xbf\xbd\xef\xbf\xbd");
	json_decref(json);
	/* Columns are as wide as what is seen, not as its bytes. */
	out = start(OUT_TEXT, OUT_TABLE);
	row(out, "gr\xc3\xbc\xc3\x9f", "x", "", 1);
	row(out, "grusz", "y", "", 1);
	expect(out, "NAME    A     FLOWS\n"
		    "gr\xc3\xbc\xc3\x9f    x     1\n"
		    "grusz   y     1\n");
}

static void test_full_disk(void **unused)
{
	struct out *out;
	FILE *full = fopen("/dev/full", "w");

	(void)unused;
	assert_non_null(full);
	out = out_open(full, OUT_TEXT, OUT_TABLE, columns, N);
	rows(out);
	assert_int_equal(out_close(out), -1);
	fclose(full);
}

static void test_nearest(void **unused)
{
	static const char *const words[] = {
		"get", "expose", "apply", "delete", "status", "service", "flow",
		"stats", "monitor", NULL,
	};

	(void)unused;
	assert_string_equal(cli_nearest("servcie", words), "service");
	assert_string_equal(cli_nearest("sevrice", words), "service");
	assert_string_equal(cli_nearest("serv", words), "service");
	assert_string_equal(cli_nearest("statsu", words), "status");
	assert_string_equal(cli_nearest("aply", words), "apply");
	assert_string_equal(cli_nearest("mon", words), "monitor");
	assert_null(cli_nearest("kubernetes", words));
	assert_null(cli_nearest("x", words));
	assert_null(cli_nearest("a-word-that-is-longer-than-any-verb-there-is",
				words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_record_and_lines),
		cmocka_unit_test(test_strange_bytes),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
