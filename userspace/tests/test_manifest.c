// SPDX-License-Identifier: GPL-2.0-or-later
/* manifest/manifest.h: what texts are read as, and what is said of those that are not. */
#include "manifest_env.h"

/* ---- what is read -------------------------------------------------------- */

static void test_documents(void **unused)
{
	static const char text[] =
		"# a comment\n---\n" SERVICE("a") "---\n---\n# empty\n---\n"
		"apiVersion: v1\nkind: List\nitems:\n"
		"- apiVersion: v1\n  kind: Pod\n  metadata: {name: p, namespace: x}\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 1}]}}\n"
		"---\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"j\"}}\n";
	static const struct {
		const char *kind, *ns, *name;
		int line;
	} expected[] = {
		{ "Service", "ns1", "a", 3 },
		{ "Pod", "x", "p", 14 },
		{ "Service", "ns1", "b", 17 },
		{ "Pod", "ns1", "j", 19 },
	};
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};

	(void)unused;
	assert_true(ipsvc_manifest_read(text, strlen(text), "dir/f.yaml", "ns1",
					&objs, &errs));
	assert_int_equal(objs.n, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_string_equal(objs.items[i].kind->kind, expected[i].kind);
		assert_string_equal(objs.items[i].ns, expected[i].ns);
		assert_string_equal(objs.items[i].name, expected[i].name);
		assert_int_equal(objs.items[i].line, expected[i].line);
		assert_string_equal(objs.items[i].file, "dir/f.yaml");
		assert_string_equal(json_string_value(json_object_get(
			json_object_get(objs.items[i].doc, "metadata"),
			"namespace")), expected[i].ns);
	}
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

static void test_empty(void **unused)
{
	(void)unused;
	expect("", 0, 0, "");
	expect("---\n...\n", 8, 0, "");
	expect("# nothing\n", 10, 0, "");
	expect("\xef\xbb\xbf# with a byte order mark\n", 28, 0, "");
}

/*
 * A value as an annotation has it: what is no string is refused, and the refusal
 * tells what it was taken for.
 */
static void test_scalars(void **unused)
{
	static const struct {
		const char *yaml;
		const char *type;	/* NULL: a string, … */
		const char *string;	/* … this one */
	} cases[] = {
		{ "yes", "bool", NULL }, { "No", "bool", NULL },
		{ "on", "bool", NULL }, { "OFF", "bool", NULL },
		{ "y", "bool", NULL }, { "True", "bool", NULL },
		{ "'yes'", NULL, "yes" }, { "\"on\"", NULL, "on" },
		{ "yEs", NULL, "yEs" }, { "|\n      yes", NULL, "yes\n" },
		{ "!!str yes", NULL, "yes" }, { "! 12", NULL, "12" },
		{ "12", "number", NULL }, { "-1", "number", NULL },
		{ "0x1f", "number", NULL }, { "0o17", "number", NULL },
		{ "017", "number", NULL }, { "0b11", "number", NULL },
		{ "1_000", "number", NULL }, { "1.10", "number", NULL },
		{ "1e3", "number", NULL }, { ".5", "number", NULL },
		{ "18446744073709551615", "number", NULL },
		{ "08", "number", NULL }, { "!!int '7'", "number", NULL },
		{ "10.0.0.1", NULL, "10.0.0.1" }, { "1:30", NULL, "1:30" },
		{ "2024-01-01", NULL, "2024-01-01" }, { "0x", NULL, "0x" },
		{ "0xg", NULL, "0xg" }, { "1.2.3", NULL, "1.2.3" },
		{ "1e", NULL, "1e" }, { ".", NULL, "." },
		{ "+", NULL, "+" }, { "~", NULL, "" }, { "", NULL, "" },
		{ "null", NULL, "" }, { "'null'", NULL, "null" },
		{ "\"a\\u00e9\"", NULL, "a\303\251" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors errs = {0};
		char *text, *got, *expected;

		text = xasprintf("apiVersion: v1\nkind: Pod\nmetadata:\n"
				 "  name: p\n  annotations:\n    k: %s\n",
				 cases[i].yaml);
		ipsvc_manifest_read(text, strlen(text), NULL, "d", &objs, &errs);
		got = said(&errs);
		if (cases[i].type) {
			expected = xasprintf("6: json: cannot unmarshal %s into Go struct field ObjectMeta.metadata.annotations of type string\n",
					     cases[i].type);
			assert_string_equal(got, expected);
			free(expected);
		} else {
			assert_string_equal(got, "");
			assert_string_equal(json_string_value(json_object_get(
				json_object_get(json_object_get(
					objs.items[0].doc, "metadata"),
					"annotations"), "k")),
				cases[i].string);
		}
		free(got);
		free(text);
		ipsvc_objects_free(&objs);
		ipsvc_errors_free(&errs);
	}
}

#define JSON_POD(annotation) \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":\n{\"name\":\"j\"," \
	"\"annotations\":{\"a\":\"" annotation "\"}}}\n"

/* JSON writes two escapes where YAML has one. */
static void test_surrogates(void **unused)
{
	static const struct {
		const char *text, *want, *said;
	} cases[] = {
		{ JSON_POD("x\\ud83d\\ude00\\uDBFF\\uDFFFy"),
		  "x\xf0\x9f\x98\x80\xf4\x8f\xbf\xbfy", "" },
		{ JSON_POD("\\\\ud83d\\\\ude00"), "\\ud83d\\ude00", "" },
		{ JSON_POD("\\\\\\ud83d\\ude00"), "\\\xf0\x9f\x98\x80", "" },
		/* Only together, and only in what is JSON. */
		{ JSON_POD("\\ud83d"), NULL,
		  "2: not valid YAML: found invalid Unicode character escape code (while parsing a quoted scalar that began in line 2)\n" },
		{ JSON_POD("\\ude00\\ud83d"), NULL,
		  "2: not valid YAML: found invalid Unicode character escape code (while parsing a quoted scalar that began in line 2)\n" },
		{ "# a comment\n" JSON_POD("\\ud83d\\ude00"), NULL,
		  "3: not valid YAML: found invalid Unicode character escape code (while parsing a quoted scalar that began in line 3)\n" },
		{ "apiVersion: v1\nkind: Pod\nmetadata:\n  name: j\n"
		  "  annotations: {a: '\\ud83d\\ude00'}\n", "\\ud83d\\ude00", "" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors errs = {0};
		const char *got = NULL;
		char *text;

		ipsvc_manifest_read(cases[i].text, strlen(cases[i].text), NULL,
				    "d", &objs, &errs);
		text = said(&errs);
		assert_string_equal(text, cases[i].said);
		if (cases[i].want) {
			json_unpack(objs.items[0].doc, "{s{s{ss}}}", "metadata",
				    "annotations", "a", &got);
			assert_string_equal(got, cases[i].want);
		}
		free(text);
		ipsvc_objects_free(&objs);
		ipsvc_errors_free(&errs);
	}
}

static json_int_t port_of(const char *yaml)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	char *text = xasprintf("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
			       "spec: {ports: [{port: %s}]}\n", yaml);
	json_int_t port = -1;

	if (ipsvc_manifest_read(text, strlen(text), NULL, "d", &objs, &errs))
		json_unpack(objs.items[0].doc, "{s{s[{sI}]}}", "spec", "ports",
			    "port", &port);
	free(text);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return port;
}

static void test_numbers(void **unused)
{
	(void)unused;
	assert_int_equal(port_of("80"), 80);
	assert_int_equal(port_of("+80"), 80);
	assert_int_equal(port_of("80.0"), 80);
	assert_int_equal(port_of("8e1"), 80);
	assert_int_equal(port_of("0x50"), 80);
	assert_int_equal(port_of("0120"), 80);
	assert_int_equal(port_of("0o120"), 80);
	assert_int_equal(port_of("0b1010000"), 80);
	assert_int_equal(port_of("6_5_535"), 65535);
	assert_int_equal(port_of("80.5"), -1);
	assert_int_equal(port_of("'80'"), -1);
}

static void test_keys(void **unused)
{
	static const char text[] =
		"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n"
		"  annotations: {80: a, on: b, 1.5: c, 'on': d}\n";
	static const char good[] =
		"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n"
		"  annotations: {80: a, on: b, off: c}\n";
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	json_t *expected, *got;

	(void)unused;
	expect(text, strlen(text), 1, "");
	assert_true(ipsvc_manifest_read(good, strlen(good), NULL, NULL, &objs,
					&errs));
	expected = json_pack("{ss, ss, ss}", "80", "a", "true", "b", "false", "c");
	got = json_object_get(json_object_get(objs.items[0].doc, "metadata"),
			      "annotations");
	assert_true(json_equal(got, expected));
	assert_string_equal(objs.items[0].ns, "default");
	json_decref(expected);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

static void test_aliases(void **unused)
{
	static const char text[] =
		"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n"
		"  labels: &l {app: web, tier: front}\n"
		"  annotations: {<<: *l, tier: back, copy: &x same, again: *x}\n";
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	json_t *expected, *got;

	(void)unused;
	assert_true(ipsvc_manifest_read(text, strlen(text), NULL, "d", &objs,
					&errs));
	expected = json_pack("{ss, ss, ss, ss}", "tier", "back", "copy", "same",
			     "again", "same", "app", "web");
	got = json_object_get(json_object_get(objs.items[0].doc, "metadata"),
			      "annotations");
	assert_true(json_equal(got, expected));
	json_decref(expected);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

/* ---- what is refused ------------------------------------------------------ */

static const struct {
	const char *text, *said;
} refusals[] = {
	/* Not YAML. */
	{ "a: [1\nb: 2\n",
	  "2: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence that began in line 1)\n" },
	{ "a:\n\tb: 1\n",
	  "2: not valid YAML: found character that cannot start any token (while scanning for the next token that began in line 2)\n" },
	{ "a: b: c\n",
	  "1: not valid YAML: mapping values are not allowed in this context\n" },
	{ "hello\n",
	  "1: not an object: a manifest has apiVersion, kind and metadata\n" },
	{ "- a\n",
	  "1: not an object: a manifest has apiVersion, kind and metadata\n" },
	{ "x: .inf\n",
	  "1: infinity and not-a-number have no place in a manifest\n" },
	{ "x: \"a\\0b\"\n", "1: a string has a NUL character in it\n" },
	{ "x: !foo bar\n",
	  "1: tag \"!foo\" is not supported here; write the value without a tag\n" },
	{ "x: !!binary aGk=\n",
	  "1: tag \"tag:yaml.org,2002:binary\" is not supported here; write the value without a tag\n" },
	{ "x: !!int abc\n", "1: the value does not fit its tag\n" },
	{ "? [a]\n: b\n",
	  "1: a key must be a string, not a list or a mapping\n" },
	{ "~: b\n", "1: a key must be a string, not null\n" },
	{ "a: 1\nb: 2\n\na: 3\n",
	  "4: key \"a\" already set in map (first in line 1)\n" },
	{ "a: *nowhere\n", "1: alias \"nowhere\" has no anchor before it\n" },
	{ "a: &a [*a]\n", "1: anchor \"a\" contains itself\n" },
	{ "a: &a [*a\n", "1: anchor \"a\" contains itself\n" },
	{ "<<: 3\n", "1: << needs a mapping, or a list of mappings\n" },
	/* Not one of ours. */
	{ "kind: Service\n", "1: apiVersion not set\n" },
	{ "---\napiVersion: v1\n", "2: kind not set\n" },
	{ "{}\n", "1: apiVersion not set\n1: kind not set\n" },
	{ "apiVersion: 1\nkind: Pod\n", "1: apiVersion must be a string\n" },
	{ "apiVersion: v2\nkind: Service\n",
	  "1: no matches for kind \"Service\" in version \"v2\"; it is in \"v1\"\n" },
	{ "apiVersion: v1\nkind: List\nitems: 3\n", "3: items must be a list\n" },
	{ "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n",
	  "5: a List inside of a List\n" },
	{ "apiVersion: v1\nkind: List\nitems:\n- 3\n",
	  "4: not an object: a manifest has apiVersion, kind and metadata\n" },
	/* Wrong types, unknown fields. */
	{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n"
	  "  selectr: {a: b}\n  ports:\n  - port: '80'\n    potr: 1\n",
	  "5: strict decoding error: unknown field \"spec.selectr\"\n"
	  "7: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32\n"
	  "8: strict decoding error: unknown field \"spec.ports[0].potr\"\n" },
	{ "apiVersion: v1\nkind: Service\nmetadata: a\nspec: []\n",
	  "3: json: cannot unmarshal string into Go struct field Service.metadata of type v1.ObjectMeta\n"
	  "4: json: cannot unmarshal array into Go struct field Service.spec of type v1.ServiceSpec\n" },
	{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: {}, selector: [], type: {},\n"
	  "  publishNotReadyAddresses: 1, clusterIPs: [1]}\n",
	  "4: json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort\n"
	  "4: json: cannot unmarshal array into Go struct field ServiceSpec.spec.selector of type map[string]string\n"
	  "4: json: cannot unmarshal object into Go struct field ServiceSpec.spec.type of type v1.ServiceType\n"
	  "5: json: cannot unmarshal number into Go struct field ServiceSpec.spec.publishNotReadyAddresses of type bool\n"
	  "5: json: cannot unmarshal number into Go struct field ServiceSpec.spec.clusterIPs of type string\n" },
	{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [3, {targetPort: true, port: 99999999999}]}\n",
	  "4: json: cannot unmarshal number into Go struct field ServiceSpec.spec.ports of type v1.ServicePort\n"
	  "4: json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32\n"
	  "4: json: cannot unmarshal number 99999999999 into Go struct field ServicePort.spec.ports.port of type int32\n" },
	{ "apiVersion: v1\nkind: Pod\nmetadata: {name: a, lables: {}}\nspec: {unheardOf: 1}\nstatus:\n  conditions:\n"
	  "  - type: Ready\n    status: True\n",
	  "3: strict decoding error: unknown field \"metadata.lables\"\n"
	  "8: json: cannot unmarshal bool into Go struct field PodCondition.status.conditions.status of type v1.ConditionStatus\n" },
	/* Not valid; lines of the field, or of what is nearest. */
	{ "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n"
	  "    # the line of the key, not of the value\n    a//b: c\nspec:\n\n  type: ExternalName\n",
	  "5: metadata.labels: Invalid value: \"a//b\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')\n"
	  "8: spec.externalName: Required value\n" },
	{ "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n"
	  "  ports:\n  - port: 80\n  - name: b\n    port: 0\n    targetPort: 1\n",
	  "7: spec.ports[0].name: Required value\n"
	  "9: spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive\n" },
	{ SERVICE("a") "---\n" SERVICE("b") "---\n" CHANGED("a"),
	  "13: Service \"default/a\" is defined twice, first in line 1\n" },
	{ "apiVersion: v1\nkind: Service\nspec:\n  ports: [{port: 80}]\n",
	  "1: metadata.name: Required value: name or generateName is required\n" },
};

static void test_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(refusals); i++)
		expect(refusals[i].text, strlen(refusals[i].text), 0, refusals[i].said);
}

static void test_not_text(void **unused)
{
	static const struct {
		const char *text;
		size_t size;
		const char *said;
	} cases[] = {
		{ "\177ELF\2\1\1\0", 8, "1: not a text file: control character 0x7f\n" },
		{ "a: 1\nb: \0\n", 10, "2: not a text file: control character 0x00\n" },
		{ "a: 1\n\xff\xfe", 7, "2: not a text file: byte 0xff is not valid UTF-8\n" },
		{ "\xc3(", 2, "1: not a text file: byte 0xc3 is not valid UTF-8\n" },
		{ "\xe2\x82", 2, "1: not a text file: byte 0xe2 is not valid UTF-8\n" },
		{ "\xed\xa0\x80", 3, "1: not a text file: byte 0xed is not valid UTF-8\n" },
		{ "\xc0\x80", 2, "1: not a text file: byte 0xc0 is not valid UTF-8\n" },
		{ "a\x1b[2J", 5, "1: not a text file: control character 0x1b\n" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].text, cases[i].size, 0, cases[i].said);
}

/* What is told of a text is bounded, too, and so is the time it takes. */
static void test_many_errors(void **unused)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	struct ipsvc_buf buf = {0};

	(void)unused;
	ipsvc_buf_puts(&buf, "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n");
	for (int i = 0; i < 40000; i++)
		ipsvc_buf_printf(&buf, "  k%d: 1\n", i);
	assert_false(ipsvc_manifest_read(buf.data, buf.len, NULL, NULL, &objs,
					 &errs));
	assert_int_equal(errs.n, IPSVC_MANIFEST_ERRORS_MAX + 1);
	assert_int_equal(errs.items[99].line, 104);
	assert_string_equal(errs.items[100].detail, "and 39900 more errors");
	ipsvc_errors_free(&errs);
	ipsvc_buf_reset(&buf);
	for (int i = 0; i < 200; i++)
		ipsvc_buf_puts(&buf, "---\napiVersion: v1\nkind: Secret\n");
	assert_true(ipsvc_manifest_read(buf.data, buf.len, NULL, NULL, &objs,
					&errs));
	assert_int_equal(errs.nwarnings, IPSVC_MANIFEST_ERRORS_MAX + 1);
	assert_string_equal(errs.warnings[100], "and 100 more warnings");
	ipsvc_errors_free(&errs);
	ipsvc_buf_free(&buf);
}

/* ---- warnings ------------------------------------------------------------- */

static void test_warnings(void **unused)
{
	static const struct {
		const char *text, *said;
		size_t n;
	} cases[] = {
		{ "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n",
		  "warning: f.yaml:2: kind \"Deployment\" (apps/v1) is not handled by ipsvc and is ignored\n", 0 },
		{ "apiVersion: v1\nkind: ConfigMap\n---\n" SERVICE("a"),
		  "warning: f.yaml:2: kind \"ConfigMap\" (v1) is not handled by ipsvc and is ignored\n", 1 },
		{ "apiVersion: v1\nkind: \"Evil\\e[2J\"\n",
		  "warning: f.yaml:2: kind \"Evil\\x1b[2J\" (v1) is not handled by ipsvc and is ignored\n", 0 },
		{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n"
		  "  sessionAffinity: ClientIP\n  internalTrafficPolicy: Local\n"
		  "  ports:\n  - port: 1\n    protocol: SCTP\n",
		  "", 1 },
		{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n"
		  "  type: LoadBalancer\n  loadBalancerIP: 1.2.3.4\n"
		  "  loadBalancerSourceRanges: [1.2.3.0/24]\n  ports: [{port: 1}]\n",
		  "warning: f.yaml:5: spec.type: \"LoadBalancer\": giving it an address is not supported yet: until status.loadBalancer.ingress has one, the Service is served as of type NodePort\n"
		  "warning: f.yaml:6: spec.loadBalancerIP is not supported yet and is ignored\n", 1 },
		{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {loadBalancerIP: 1.2.3.4, ports: [{port: 1}]}\n",
		  "warning: f.yaml:4: spec.loadBalancerIP is not supported yet and is ignored\n", 1 },
		{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ExternalName, externalName: x.org}\n",
		  "", 1 },
		/* Headless: in Kubernetes' words, and in its order. */
		{ "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
		  "spec: {clusterIP: None, sessionAffinity: ClientIP, externalIPs: [1.2.3.4], externalName: x,\n"
		  "  trafficDistribution: PreferClose}\n",
		  "warning: f.yaml:4: spec.externalIPs is ignored for headless services\n"
		  "warning: f.yaml:4: spec.SessionAffinity is ignored for headless services\n"
		  "warning: f.yaml:4: spec.externalName is ignored when spec.type is not \"ExternalName\"\n"
		  "warning: f.yaml:5: spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"\n", 1 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].text, strlen(cases[i].text), cases[i].n,
		       cases[i].said);
}

/* ---- errors and their objects; files -------------------------------------- */

static void test_objects_of_errors(void **unused)
{
	static const char text[] =
		SERVICE("a") "---\n" SERVICE("B") "---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nstatus: {podIP: 127.0.0.1}\n";
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};

	(void)unused;
	assert_false(ipsvc_manifest_read(text, strlen(text), NULL, "d", &objs,
					 &errs));
	assert_int_equal(errs.n, 2);
	assert_string_equal(errs.items[0].object, "Service \"B\"");
	assert_int_equal(errs.items[0].line, 8);
	assert_string_equal(errs.items[1].object, "Pod \"c\"");
	assert_int_equal(errs.items[1].line, 14);
	assert_int_equal(objs.n, 0);
	ipsvc_errors_free(&errs);
}

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void expect_file(const char *path, bool written, size_t n,
			const char *expected)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool ok = written ?
		  ipsvc_manifest_read_written(path, "d", &objs, &errs) :
		  ipsvc_manifest_read_file(path, "d", &objs, &errs);
	char *got = said(&errs);

	assert_string_equal(got, expected);
	assert_int_equal(ok, !*expected);
	assert_int_equal(objs.n, n);
	free(got);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

static void test_files(void **unused)
{
	static const char mixed[] = SERVICE("a") "---\n" SERVICE("B");
	static const char twice[] = SERVICE("a") "---\n" CHANGED("a");
	static const char mixed_said[] =
		"8: metadata.name: Invalid value: \"B\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\n";
	char dir[] = "/tmp/ipsvc-test-XXXXXX", *path;
	size_t size = 10 * 1024 * 1024;
	char *large = xmalloc(size);

	(void)unused;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/f.yaml", dir);
	expect_file(path, false, 0,
		    "0: cannot be read: No such file or directory\n");
	expect_file(dir, false, 0, "0: cannot be read: Is a directory\n");
	write_file(path, SERVICE("a"), strlen(SERVICE("a")));
	expect_file(path, false, 1, "");
	write_file(path, mixed, strlen(mixed));
	expect_file(path, false, 0, mixed_said);
	/* It is for the store to refuse, which has the version before it. */
	expect_file(path, true, 2, "");
	write_file(path, twice, strlen(twice));
	expect_file(path, true, 1,
		    "8: Service \"d/a\" is defined twice, first in line 1\n");
	memset(large, '#', size);
	write_file(path, large, size);
	expect_file(path, false, 0, "1: a document larger than 4194304 bytes\n");
	free(large);
	unlink(path);
	rmdir(dir);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_surrogates),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_text),
		cmocka_unit_test(test_many_errors),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_objects_of_errors),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
