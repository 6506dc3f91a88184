// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * manifest/plain.h: what is read without libyaml is what libyaml reads. A comment
 * that is not ASCII has the same text read by libyaml.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/memory.h"
#include "manifest/plain.h"
#include "manifest/yaml.h"

#define NOT_PLAIN	"# \xc3\xa9\n"

static size_t plain_texts;

/* Lines of all there is below @value, which @lines is that of. */
static void compare_lines(const struct ipsvc_lines *a,
			  const struct ipsvc_lines *b, const json_t *value,
			  const char *path, const char *text)
{
	const char *key;
	json_t *item;
	size_t i;

	if (ipsvc_lines_first(ipsvc_lines_find(a, path)) !=
	    ipsvc_lines_first(ipsvc_lines_find(b, path)))
		fail_msg("%s: another line for %s", text, path);
	json_object_foreach((json_t *)value, key, item) {
		char *below = xasprintf("%s%s%s", path, *path ? "." : "", key);

		compare_lines(a, b, item, below, text);
		free(below);
	}
	json_array_foreach(value, i, item) {
		char *below = xasprintf("%s[%zu]", path, i);

		compare_lines(a, b, item, below, text);
		free(below);
	}
}

static void check(const char *text)
{
	char *other = xasprintf("%s%s", NOT_PLAIN, text);
	struct ipsvc_yaml ours, theirs;
	struct ipsvc_errors errs = {0}, their_errs = {0};
	struct ipsvc_plain plain;
	bool ok, fine;

	plain_texts += ipsvc_plain_read(text, strlen(text), &plain);
	ipsvc_plain_free(&plain);
	assert_false(ipsvc_plain_read(other, strlen(other), &plain));
	ipsvc_plain_free(&plain);
	ok = ipsvc_yaml_read(text, strlen(text), 2, &ours, &errs);
	fine = ipsvc_yaml_read(other, strlen(other), 1, &theirs, &their_errs);
	if (ok != fine || ours.n != theirs.n)
		fail_msg("%s: %d documents, not %d", text,
			 ok ? (int)ours.n : -1, fine ? (int)theirs.n : -1);
	for (size_t i = 0; i < ours.n; i++) {
		if (!json_equal(ours.docs[i].root, theirs.docs[i].root))
			fail_msg("%s: another value", text);
		compare_lines(ours.docs[i].lines, theirs.docs[i].lines,
			      ours.docs[i].root, "", text);
	}
	if (!ok) {
		assert_string_equal(errs.items[0].detail,
				    their_errs.items[0].detail);
		assert_int_equal(errs.items[0].line, their_errs.items[0].line);
	}
	ipsvc_yaml_free(&ours);
	ipsvc_yaml_free(&theirs);
	ipsvc_errors_free(&errs);
	ipsvc_errors_free(&their_errs);
	free(other);
}

static void texts(void **state)
{
	static const char *const all[] = {
		"", "a: b\n", "a: b", "---\na: b\n---\nc: d\n", "---\n---\n", "# x\n\na: b # c\n",
		"a:\n  b: 1\n  c:\n  - d\n  - e: f\n    g: h\n  i: \"j k\"\nl: 'm'\n",
		"a:\n- b\n- c\nd: e\n", "a:\n    - b: 1\n      c: 2\n    - d: 3\n", "a:\nb:\n  c:\n",
		"a: b\n c: d\n", "a: b\n  c\n", "a: b: c\n", "a: 'b''c'\n", "a: \"b\\n\"\n", "a: b:\n",
		"- a\n- b\n", "a:\n  - b\n c: d\n", "a:\n- - b\n", "a:\n-\n", "a: [1, 2]\n", "a: {b: c}\n",
		"a: |\n  b\n", "a: >\n  b\n", "a: &b c\nd: *b\n", "a: !!str 1\n", "a: 1\na: 2\n", "80: a\nyes: b\n1.5: c\n",
		"a: 1\nb: 1.5\nc: true\nd: no\ne: null\nf: 2024-01-01\ng: 0x10\nh: 1_000\n", "a: b \nc:  d\n",
		"a:b: c\n", "a:\tb\n", "\ta: b\n", "a: b\r\n", "--- a\n", "--- # c\na: b\n", "...\na: b\n",
		"a: b\n...\n", "%YAML 1.1\n---\na: b\n", "? a\n: b\n", "a: http://b/c?d=e#f\n", "a: b, c ]}\n",
		"a:\n  b: c\n   d: e\n", "a:\n   b: c\n  d: e\n", "a: -1\n", "a: - b\n", "a:  \n  b: c\n",
		"a:\n- b: c\n- d\n- e: f\n  g:\n  - h\n  i: j\nk: l\n", "a:\n- b:\n    c: d\n  e: f\n",
		"a:\n- b: c\n  - d\n", "a:\n\n  b: c\n\n# d\n  e: f\n", "<<: a\n", "a: .inf\n", "a: x#y\n",
		"a: \"b\" c\n", "a: \"b\" # c\n", "a: 'b\n", "a/b.c_d-e: f\n", "-a: b\n", "--- \na: b\n", " a: b\n c: d\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		check(all[i]);
}

/* Lines of pieces at random: most are no YAML, and many are. */
static void random_texts(void **state)
{
	static const char *const pieces[] = {
		"a: b", "c:", "- d", "- e: f", "- g:", "h: \"i\"", "j: 'k'", "l: 1", "# m", "", "---",
		"name: o p", "- ", "-", "q", "r: s: t", "a.b/c: yes", "u: [v]", "'w': x", "type: z ",
	};
	unsigned int seed = 36;

	(void)state;
	plain_texts = 0;
	for (int i = 0; i < 20000; i++) {
		struct ipsvc_buf buf = {0};
		unsigned int n;

		seed = seed * 1103515245 + 12345;
		for (n = 1 + (seed >> 16) % 6; n; n--) {
			unsigned int indent, piece;

			seed = seed * 1103515245 + 12345;
			indent = (seed >> 16) % 4 * 2 * ((seed >> 24) % 2);
			piece = (seed >> 18) % (sizeof(pieces) / sizeof(*pieces));
			ipsvc_buf_printf(&buf, "%*s%s\n", (int)indent, "",
					 pieces[piece]);
		}
		check(buf.data);
		ipsvc_buf_free(&buf);
	}
	assert_true(plain_texts > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(random_texts),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
