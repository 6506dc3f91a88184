// SPDX-License-Identifier: GPL-2.0-or-later
/* api/kind.h: that the table holds together; kinds of other groups and scopes. */
#include "api/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/endpoints/endpoints.h"
#include "api/endpointslice/endpointslice.h"
#include "api/metadata.h"
#include "api/pod/pod.h"
#include "api/schema_def.h"
#include "api/service/service.h"
#include "api/table.h"

/* ---- the table ----------------------------------------------------------- */

static void descriptors(void **state)
{
	(void)state;
	for (const struct ipsvc_kind *const *p = ipsvc_kinds; *p; p++) {
		const struct ipsvc_kind *k = *p;

		assert_ptr_equal(ipsvc_kind_by_name(k->kind), k);
		assert_ptr_equal(ipsvc_kind_from_word(k->plural), k);
		assert_ptr_equal(ipsvc_kind_from_word(k->singular), k);
		for (const char *const *s = k->short_names; *s; s++)
			assert_ptr_equal(ipsvc_kind_from_word(*s), k);
		assert_in_range(k->table->ncolumns, 1, IPSVC_CELLS_MAX);
		assert_non_null(k->table->row);
		assert_non_null(k->schema);
		assert_non_null(k->name_rule);
		assert_non_null(k->set_defaults);
		assert_non_null(k->validate);
	}
}

static void words(void **state)
{
	(void)state;
	assert_ptr_equal(ipsvc_kind_from_word("SVC"), &ipsvc_service_kind);
	assert_ptr_equal(ipsvc_kind_from_word("Pods"), &ipsvc_pod_kind);
	assert_ptr_equal(ipsvc_kind_from_word("ep"), &ipsvc_endpoints_kind);
	assert_null(ipsvc_kind_from_word("servic"));
	assert_null(ipsvc_kind_from_word(""));
	assert_ptr_equal(ipsvc_kind_from_manifest("v1", "Pod"), &ipsvc_pod_kind);
	assert_null(ipsvc_kind_from_manifest("v2", "Pod"));
	assert_null(ipsvc_kind_from_manifest("apps/v1", "Pod"));
	assert_null(ipsvc_kind_from_manifest("v1", "pod"));
	assert_ptr_equal(ipsvc_kind_from_manifest("discovery.k8s.io/v1",
						  "EndpointSlice"),
			 &ipsvc_endpointslice_kind);
	assert_null(ipsvc_kind_from_manifest("v1", "EndpointSlice"));
	assert_ptr_equal(ipsvc_kind_from_word("endpointslice.discovery.k8s.io"),
			 &ipsvc_endpointslice_kind);
	assert_null(ipsvc_kind_from_word("endpointslice.discovery"));
	assert_null(ipsvc_kind_from_word("pods."));
	assert_true(ipsvc_kind_cmp(&ipsvc_service_kind, &ipsvc_pod_kind) < 0);
	assert_true(ipsvc_kind_cmp(&ipsvc_pod_kind, &ipsvc_service_kind) > 0);
	assert_int_equal(ipsvc_kind_cmp(&ipsvc_pod_kind, &ipsvc_pod_kind), 0);
}

static void versions(void **state)
{
	static const struct ipsvc_kind slice = {
		.group = "discovery.k8s.io", .version = "v1",
	};

	(void)state;
	assert_true(ipsvc_kind_has_version(&slice, "discovery.k8s.io/v1"));
	assert_false(ipsvc_kind_has_version(&slice, "discovery.k8s.io/v1beta1"));
	assert_false(ipsvc_kind_has_version(&slice, "discovery.k8s.io"));
	assert_false(ipsvc_kind_has_version(&slice, "v1"));
	assert_false(ipsvc_kind_has_version(&slice, "discovery.k8s.iox/v1"));
}

/* ---- metadata ------------------------------------------------------------ */

static void assert_metadata(const char *ns, bool namespaced, const char *want)
{
	json_t *meta = json_pack("{s:s, s:s*}", "name", "a", "namespace", ns);
	struct ipsvc_errors errs = {0};
	char *got = NULL;

	ipsvc_metadata_validate(meta, namespaced, ipsvc_check_dns1123_label,
				&errs);
	assert_int_equal(errs.n, want ? 1 : 0);
	if (want) {
		got = ipsvc_error_format(&errs.items[0]);
		assert_string_equal(got, want);
	}
	free(got);
	ipsvc_errors_free(&errs);
	json_decref(meta);
}

static void scopes(void **state)
{
	(void)state;
	assert_metadata("default", true, NULL);
	assert_metadata(NULL, true, "metadata.namespace: Required value");
	assert_metadata(NULL, false, NULL);
	assert_metadata("default", false,
			"metadata.namespace: Forbidden: not allowed on this type");
}

/* ---- nulls and empty fields --------------------------------------------------------------- */

static const struct ipsvc_schema part = {
	"Part", false, (const struct ipsvc_field[]){
		STRING_LIST("strings"), END,
	},
};

static const struct ipsvc_schema whole = {
	"Whole", false, (const struct ipsvc_field[]){
		STRING_MAP("map"), STRING_LIST("strings"),
		OBJECT("part", "Part", part),
		OBJECT_LIST("parts", "Part", part), INT32("n"), BOOL("b"),
		STRING("s"), KEPT_INT32("kept_n"), KEPT_BOOL("kept_b"),
		KEPT_STRING("kept_s"), END,
	},
};

static void nothing(void **state)
{
	static const struct {
		const char *doc, *want;
	} cases[] = {
		{ "{\"a\":null,\"b\":{\"c\":null,\"d\":1}}", "{\"b\":{\"d\":1}}" },
		{ "{\"map\":{\"k\":null,\"l\":\"v\"},\"x\":{\"k\":null}}",
		  "{\"map\":{\"k\":\"\",\"l\":\"v\"},\"x\":{}}" },
		{ "{\"strings\":[null,\"s\"],\"x\":[null,[null]]}",
		  "{\"strings\":[\"\",\"s\"],\"x\":[{},[{}]]}" },
		{ "{\"part\":{\"strings\":[null],\"a\":null}}",
		  "{\"part\":{\"strings\":[\"\"]}}" },
		{ "{\"parts\":[null,{\"strings\":[null],\"a\":null}]}",
		  "{\"parts\":[{},{\"strings\":[\"\"]}]}" },
		{ "{\"map\":null,\"strings\":null,\"part\":null}", "{}" },
		{ "{\"map\":{},\"strings\":[],\"parts\":[],\"n\":0,\"b\":false,\"s\":\"\"}",
		  "{}" },
		{ "{\"part\":{},\"kept_n\":0,\"kept_b\":false,\"kept_s\":\"\"}",
		  "{\"part\":{},\"kept_n\":0,\"kept_b\":false,\"kept_s\":\"\"}" },
		{ "{\"x\":{},\"y\":\"\"}", "{\"x\":{},\"y\":\"\"}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *doc = json_loads(cases[i].doc, 0, NULL);
		char *got;

		ipsvc_schema_drop_empty(&whole, doc);
		got = json_dumps(doc, JSON_COMPACT);
		assert_string_equal(got, cases[i].want);
		free(got);
		json_decref(doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors),
		cmocka_unit_test(words),
		cmocka_unit_test(versions),
		cmocka_unit_test(scopes),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests_name("kind", tests, NULL, NULL);
}
