// SPDX-License-Identifier: GPL-2.0-or-later
/* manifest/: how documents follow each other, and the bounds of each. */
#include "manifest_env.h"

#include <unistd.h>

/* ---- streams ------------------------------------------------------------- */

/* Where a document begins; not elsewhere. */
static void test_byte_order_mark(void **unused)
{
	static const char *const texts[] = {
		"\xef\xbb\xbf" SERVICE("a"), "\xef\xbb\xbf---\n" SERVICE("a"),
		"\xef\xbb\xbf# a comment\n---\n" SERVICE("a"),
		"\xef\xbb\xbf{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"j\"}}",
	};

	static const char between[] =
		SERVICE("a") "---\n\xef\xbb\xbf" SERVICE("b");

	(void)unused;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect(texts[i], strlen(texts[i]), 1, "");
	expect("\xef\xbb\xbf", 3, 0, "");
	expect(between, strlen(between), 2, "");
	expect("\xef\xbb\xbf" "a\n", 5, 0,
	       "1: not an object: a manifest has apiVersion, kind and metadata\n");
}

#define JSON(name) \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name \
	"\",\"annotations\":{\"a\":\"}{ \\\"\"}}}"

/* Documents that end in other ways than by "---", and lists of one kind. */
static void test_streams(void **unused)
{
	static const struct {
		const char *text;
		size_t n;
		const char *said;
	} cases[] = {
		{ JSON("a") "\n" JSON("b") "\n", 2, "" },
		{ JSON("a") JSON("b") " " JSON("c"), 3, "" },
		{ "\n" JSON("a") "\n---\n" SERVICE("b") "...\n" JSON("c"), 3, "" },
		{ JSON("a") "\n" JSON("B"), 0,
		  "2: metadata.name: Invalid value: \"B\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n" },
		{ JSON("a") "\n{\n", 0,
		  "3: not valid YAML: did not find expected node content (while parsing a flow node that began in line 3)\n" },
		{ "%YAML 1.1\n---\n" SERVICE("a") "...\n%YAML 1.1\n# b\n---\n" SERVICE("b"), 2, "" },
		{ "apiVersion: v1\nkind: ServiceList\nitems:\n"
		  "- metadata: {name: a}\n  spec: {ports: [{port: 80}]}\n"
		  "- metadata: {name: b}\n  spec: {ports: [{port: 80}]}\n", 2, "" },
		{ SERVICE("a") "---\n" SERVICE("a"), 1,
		  "warning: f.yaml:6: Service \"default/a\" is there twice, first in line 1\n" },
		{ "apiVersion: serving.knative.dev/v1\nkind: Service\n---\n" SERVICE("a"), 1,
		  "warning: f.yaml:2: kind \"Service\" (serving.knative.dev/v1) is not handled by ipsvc and is ignored\n" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].text, strlen(cases[i].text), cases[i].n,
		       cases[i].said);
}

/* ---- bounds -------------------------------------------------------------- */

static void test_size(void **unused)
{
	size_t size = 10 * 1024 * 1024;
	char *text = xmalloc(size);

	(void)unused;
	memset(text, '#', size);
	expect(text, IPSVC_MANIFEST_SIZE_MAX, 0, "");
	expect(text, size, 0, "1: a document larger than 4194304 bytes\n");
	/* Of a document, not of all of them. */
	for (size_t i = 1; i < size; i += 100000)
		memcpy(text + i, "\n---\n", 5);
	expect(text, size, 0, "");
	free(text);
}

static void test_depth(void **unused)
{
	struct ipsvc_buf buf = {0};

	(void)unused;
	for (int i = 0; i < 100000; i++)
		ipsvc_buf_putc(&buf, '[');
	expect(buf.data, buf.len, 0, "1: nested more than 64 deep\n");
	ipsvc_buf_reset(&buf);
	for (int i = 0; i < 100000; i++)
		ipsvc_buf_puts(&buf, "- ");
	expect(buf.data, buf.len, 0, "1: nested more than 64 deep\n");
	ipsvc_buf_reset(&buf);
	/* Each line is one deeper than the one before, by an alias. */
	ipsvc_buf_puts(&buf, "- &a0 []\n");
	for (int i = 1; i < 100; i++)
		ipsvc_buf_printf(&buf, "- &a%d [*a%d]\n", i, i - 1);
	expect(buf.data, buf.len, 0, "64: nested more than 64 deep\n");
	ipsvc_buf_free(&buf);
}

static void test_bombs(void **unused)
{
	struct ipsvc_buf buf = {0};

	(void)unused;
	/* Nine to the ninth. */
	ipsvc_buf_puts(&buf, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		ipsvc_buf_printf(&buf, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			ipsvc_buf_printf(&buf, "%s*a%d", j ? ", " : "", i - 1);
		ipsvc_buf_puts(&buf, "]\n");
	}
	expect(buf.data, buf.len, 0,
	       "6: more than 100000 values once aliases are expanded\n");
	ipsvc_buf_reset(&buf);
	ipsvc_buf_puts(&buf, "- &a ");
	for (int i = 0; i < 100000; i++)
		ipsvc_buf_putc(&buf, 'x');
	for (int i = 0; i < 100; i++)
		ipsvc_buf_puts(&buf, "\n- *a");
	expect(buf.data, buf.len, 0,
	       "42: more than 4194304 bytes once aliases are expanded\n");
	ipsvc_buf_reset(&buf);
	ipsvc_buf_puts(&buf, "- &a x\n");
	for (int i = 0; i < 1001; i++)
		ipsvc_buf_puts(&buf, "- *a\n");
	expect(buf.data, buf.len, 0, "1002: more than 1000 aliases\n");
	ipsvc_buf_free(&buf);
}

static void test_counts(void **unused)
{
	struct ipsvc_buf buf = {0};

	(void)unused;
	ipsvc_buf_puts(&buf, "[");
	for (int i = 0; i < 100001; i++)
		ipsvc_buf_puts(&buf, "1,\n");
	expect(buf.data, buf.len, 0,
	       "100000: more than 100000 values once aliases are expanded\n");
	ipsvc_buf_reset(&buf);
	for (int i = 0; i < 20000; i++)
		ipsvc_buf_puts(&buf, "---\n");
	ipsvc_buf_puts(&buf, "x: {\n");
	expect(buf.data, buf.len, 0,
	       "20002: not valid YAML: did not find expected node content (while parsing a flow node that began in line 20002)\n");
	ipsvc_buf_reset(&buf);
	for (int i = 0; i < 101; i++)
		ipsvc_buf_printf(&buf, "%%TAG !a%d! tag:x\n", i);
	expect(buf.data, buf.len, 0, "1: more than 100 %TAG directives\n");
	ipsvc_buf_free(&buf);
}

/* ---- Lists --------------------------------------------------------------- */

enum { ITEMS = 600 };

/* Of @n Services as kubectl writes them, in YAML or JSON; @bad has a bad port. */
static void write_list(struct ipsvc_buf *buf, bool json, bool first, int n,
		       int bad)
{
	const char *kind = json ? "\"kind\": \"List\"" : "kind: List\n";

	ipsvc_buf_printf(buf, json ? "{\n\"apiVersion\": \"v1\", %s%s\n\"items\": [\n" :
			 "apiVersion: v1\n%s%sitems:\n", first ? kind : "",
			 first && json ? "," : "");
	for (int i = 0; i < n; i++)
		ipsvc_buf_printf(buf, json ?
			"%s{\"apiVersion\": \"v1\", \"kind\": \"Service\",\n \"metadata\": {\"name\": \"s%d\", \"annotations\": {\"a\": \"]}[{\\\"%0700d\"}},\n \"spec\": {\"ports\": [{\"port\": %d, \"targetPort\": 80}]}}" :
			"%s- apiVersion: v1\n  kind: Service\n  metadata: {name: s%d, annotations: {a: '- x%0700d'}}\n  spec:\n    ports:\n    - {port: %d, targetPort: 80}\n",
			i && json ? ",\n" : "", i, 7, i == bad ? 70000 : 80);
	ipsvc_buf_printf(buf, json ? "\n]%s%s}\n" : "%s%s",
			 first ? "" : json ? ", " : "", first ? "" : kind);
	if (!json)
		ipsvc_buf_puts(buf, "---\n");
}

/* The bounds are those of an item; what follows the List is read as well. */
static void test_large_lists(void **unused)
{
	struct ipsvc_buf buf = {0};
	char wrong[256];

	(void)unused;
	for (int json = 0; json <= 1; json++)
		for (int first = 0; first <= 1; first++) {
			int line = json ? 4 + 3 * 500 + 2 : 3 + first + 6 * 500 + 5;

			ipsvc_buf_reset(&buf);
			write_list(&buf, json, first, ITEMS, -1);
			ipsvc_buf_puts(&buf, SERVICE("after"));
			expect(buf.data, buf.len, ITEMS + 1, "");
			ipsvc_buf_reset(&buf);
			write_list(&buf, json, first, ITEMS, 500);
			snprintf(wrong, sizeof(wrong), "%d: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive\n",
				 line);
			expect(buf.data, buf.len, 0, wrong);
		}
	ipsvc_buf_reset(&buf);
	write_list(&buf, false, false, 10 * ITEMS, -1);
	assert_true(buf.len > IPSVC_MANIFEST_SIZE_MAX);
	expect(buf.data, buf.len, 10 * ITEMS, "");
	/* Of a kind of its own, whose items need not say it. */
	ipsvc_buf_reset(&buf);
	ipsvc_buf_puts(&buf, "kind: ServiceList\napiVersion: v1\nitems:\n");
	for (int i = 0; i < ITEMS; i++)
		ipsvc_buf_printf(&buf, "  - metadata: {name: s%d}\n    spec: {ports: [{port: 80}]}\n",
				 i);
	expect(buf.data, buf.len, ITEMS, "");
	/* One item is too large. */
	ipsvc_buf_reset(&buf);
	ipsvc_buf_puts(&buf, "apiVersion: v1\nitems:\n- a: b\n- c: '");
	for (int i = 0; i < IPSVC_MANIFEST_SIZE_MAX; i++)
		ipsvc_buf_putc(&buf, 'x');
	expect(buf.data, buf.len, 0, "3: a document larger than 4194304 bytes\n");
	ipsvc_buf_free(&buf);
}

/* Commas alone take the time of any other text of their length. */
static void test_commas(void **unused)
{
	struct ipsvc_buf buf = {0};

	(void)unused;
	ipsvc_buf_puts(&buf, "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [");
	for (int i = 0; i < 3 * 1024 * 1024; i++)
		ipsvc_buf_puts(&buf, i % 64 ? "," : "\n");
	ipsvc_buf_puts(&buf, "]}");
	/* SIGALRM ends the process. */
	alarm(60);
	expect(buf.data, buf.len, 0, "");
	alarm(0);
	ipsvc_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_byte_order_mark),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_large_lists),
		cmocka_unit_test(test_commas),
	};

	return cmocka_run_group_tests_name("manifest_stream", tests, NULL, NULL);
}
