// SPDX-License-Identifier: GPL-2.0-or-later
/* JSONPath as kubectl has it, custom columns, and the order of --sort-by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "cli/field_selector.h"
#include "cli/print/columns.h"
#include "cli/print/jsonpath.h"
#include "api/service/service.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static json_t *parse(const char *text)
{
	char *copy = xstrdup(text);
	json_t *doc;

	for (char *p = copy; (p = strchr(p, '\''));)
		*p = '"';
	doc = json_loads(copy, 0, NULL);
	assert_non_null(doc);
	free(copy);
	return doc;
}

static const char list[] =
	"{'kind':'List','items':["
	"{'metadata':{'name':'a','labels':{'app.io/x':'1','tier':'web'}},'spec':{'ports':[{'name':'p','port':80},{'port':443}],'type':'ClusterIP'}},"
	"{'metadata':{'name':'b'},'spec':{'ports':[{'name':'q','port':53}],'type':'NodePort','ok':true}}]}";

static const struct {
	const char *template, *want;	/* "!…": refused so */
} templates[] = {
	{ "{.kind}", "List" },
	{ "kind={.kind}!", "kind=List!" },
	{ "{.items[*].metadata.name}", "a b" },
	{ "{.items[0].metadata.name}", "a" },
	{ "{.items[-1].metadata.name}", "b" },
	{ "{.items[-2].metadata.name}", "a" },
	{ "{.items[5].metadata.name}", "" },
	{ "{.items[0:1].metadata.name}", "a" },
	{ "{.items[1:].metadata.name}", "b" },
	{ "{.items[:-1].metadata.name}", "a" },
	{ "{.items[::2].metadata.name}", "a" },
	{ "{.items[1:2:9223372036854775807].metadata.name}", "b" },
	{ "{.items[9223372036854775807].metadata.name}", "" },
	{ "{.items[99999999999999999999].metadata.name}", "" },
	{ "{.items[-9223372036854775808].metadata.name}", "" },
	{ "{.items[0,1].metadata.name}", "a b" },
	{ "{.items[0].metadata['name']}", "a" },
	{ "{.items[0].metadata['name','labels']}",
	  "a {\"app.io/x\":\"1\",\"tier\":\"web\"}" },
	{ "{.items[0].metadata.labels.app\\.io/x}", "1" },
	{ "{.items[0].metadata.labels['app.io/x']}", "1" },
	{ "{..name}", "a p b q" },
	{ "{.items[*].spec.ports[*].port}", "80 443 53" },
	{ "{.items[0].spec.ports[0]}", "{\"name\":\"p\",\"port\":80}" },
	{ "{.items[1].spec.ok}", "true" },
	{ "{.nothing.at.all}", "" },
	{ "{.items[?(@.metadata.name=='b')].spec.type}", "NodePort" },
	{ "{.items[?(@.metadata.name!=\"b\")].spec.type}", "ClusterIP" },
	{ "{.items[?(@.spec.ok)].metadata.name}", "b" },
	{ "{.items[?(@.spec.ok==true)].metadata.name}", "b" },
	{ "{.items[*].spec.ports[?(@.port>79)].port}", "80 443" },
	{ "{.items[*].spec.ports[?(@.port<=80)].port}", "80 53" },
	{ "{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.type}{'\\n'}{end}",
	  "a\tClusterIP\nb\tNodePort\n" },
	{ "{range .items[*]}{range .spec.ports[*]}{.port},{end};{end}",
	  "80,443,;53,;" },
	{ "{range .nothing[*]}{.x}{end}.", "." },
	{ "{range .items[*]}{$.kind} {end}", "List List " },
	{ "{$.kind}", "List" },
	{ "{@.kind}", "List" },
	{ "{.kind", "!unclosed action" },
	{ "{range .items[*]}x", "!unexpected end of range" },
	{ "{end}", "!not in range, nothing to end" },
	{ "{.items[}", "!unterminated array" },
	{ "{.items[x]}", "!invalid array index x" },
	{ "{.items[?(@.a==b)]}", "!unrecognized identifier b" },
	{ "{.a b}", "!unrecognized character in action: U+0020 ' '" },
	{ "", "" },
};

static void test_templates(void **unused)
{
	json_t *doc = parse(list);

	(void)unused;
	for (size_t i = 0; i < COUNT(templates); i++) {
		struct ipsvc_buf buf = {0};
		char *why, *got;
		bool ok = jsonpath_print(templates[i].template, doc, &buf, &why);

		got = ok ? ipsvc_buf_take(&buf) : xasprintf("!%s", why);
		if (strcmp(got, templates[i].want))
			fail_msg("%s gives %s", templates[i].template, got);
		free(got);
		free(why);
		ipsvc_buf_free(&buf);
	}
	json_decref(doc);
}

static void assert_columns(const char *spec, bool no_headers, const char *want)
{
	json_t *doc = parse(list);
	char *text = NULL, *why = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	bool ok = columns_print(fp, spec, json_object_get(doc, "items"),
				no_headers, &why);

	fclose(fp);
	assert_string_equal(ok ? text : why, want);
	free(why);
	free(text);
	json_decref(doc);
}

static void test_columns(void **unused)
{
	(void)unused;
	assert_columns("NAME:.metadata.name,PORTS:.spec.ports[*].port,OK:{.spec.ok}", false,
		       "NAME   PORTS    OK\n"
		       "a      80,443   <none>\n"
		       "b      53       true\n");
	assert_columns("N:metadata.name,P:.spec.ports[0,1].port", true,
		       "a     80,443\nb     53\n");
	assert_columns("NAME", false, "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>");
	assert_columns("", false, "custom-columns format specified but no custom columns given");
}

static int order(const char *a, const char *b)
{
	json_t *x = parse(a), *y = parse(b);
	struct columns_key kx, ky;
	char *why;
	int d;

	assert_true(columns_key(".k", x, &kx, &why));
	assert_true(columns_key("{.k}", y, &ky, &why));
	d = columns_key_cmp(&kx, &ky);
	json_decref(x);
	json_decref(y);
	return d;
}

static void test_order(void **unused)
{
	(void)unused;
	assert_true(order("{'k':2}", "{'k':10}") < 0);
	assert_true(order("{'k':'web-2'}", "{'k':'web-10'}") < 0);
	assert_true(order("{'k':'web-02'}", "{'k':'web-2'}") == 0);
	assert_true(order("{'k':'b'}", "{'k':'a'}") > 0);
	assert_true(order("{}", "{'k':'a'}") < 0);
	assert_true(order("{}", "{}") == 0);
}

static void test_field_selector(void **unused)
{
	static const struct {
		const char *selector;
		bool matches;
	} cases[] = {
		{ "metadata.name=a", true }, { "metadata.name==a", true },
		{ "metadata.name!=a", false }, { "spec.type=ClusterIP", true },
		{ "spec.type!=ClusterIP,metadata.name=a", false },
		{ "spec.clusterIP=", true }, { "", true },
	};
	json_t *doc = parse(list);
	const json_t *item = json_array_get(json_object_get(doc, "items"), 0);
	char *why;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_null(field_selector_refusal(cases[i].selector,
						   &ipsvc_service_kind));
		assert_int_equal(field_selector_matches(cases[i].selector, item),
				 cases[i].matches);
	}
	why = field_selector_refusal("spec.x=1", &ipsvc_service_kind);
	assert_string_equal(why, "Unable to find \"/v1, Resource=services\" that match label selector \"\", field selector \"spec.x=1\": field label not supported: spec.x");
	free(why);
	why = field_selector_refusal("spec.type", &ipsvc_service_kind);
	assert_string_equal(why, "invalid selector: 'spec.type'; can't understand 'spec.type'");
	free(why);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_field_selector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
