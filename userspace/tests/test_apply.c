// SPDX-License-Identifier: GPL-2.0-or-later
/* api/apply.h: the three-way merge of kubectl apply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/apply.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/memory.h"

/* JSON with ' for ". */
static json_t *json(const char *text)
{
	char *copy = xstrdup(text);
	json_error_t error;
	json_t *value;

	for (char *p = copy; (p = strchr(p, '\''));)
		*p = '"';
	value = json_loads(copy, JSON_DECODE_ANY, &error);
	if (!value)
		fail_msg("%s in: %s", error.text, text);
	free(copy);
	return value;
}

/*
 * @first applied, then @set by others over the fields it has, then @second
 * applied: without metadata, that is @want.
 */
static void expect(const struct ipsvc_kind *kind, const char *first,
		   const char *set, const char *second, const char *want)
{
	json_t *before = json(first), *after = json(second), *others = json(set);
	json_t *wanted = json(want), *current, *got;

	current = ipsvc_apply(kind, NULL, before);
	json_object_update(current, others);
	got = ipsvc_apply(kind, current, after);
	json_object_del(got, "metadata");
	if (!json_equal(got, wanted))
		fail_msg("%s, then %s, then %s:\n%s\nis not\n%s", first, set,
			 second, json_dumps(got, JSON_SORT_KEYS), want);
	json_decref(before);
	json_decref(after);
	json_decref(others);
	json_decref(wanted);
	json_decref(current);
	json_decref(got);
}

static void test_fields(void **state)
{
	(void)state;
	/* What others have set stays, what is written counts. */
	expect(&ipsvc_service_kind, "{'spec':{'a':1,'c':3}}",
	       "{'spec':{'a':2,'b':5,'c':4}}", "{'spec':{'a':1}}",
	       "{'spec':{'a':1,'b':5}}");
	/* A field that was never written is not taken away. */
	expect(&ipsvc_service_kind, "{'spec':{}}", "{'spec':{'x':{'y':1}}}",
	       "{'spec':{'x':{'z':2}}}", "{'spec':{'x':{'y':1,'z':2}}}");
	/* All of an object goes only if it was written. */
	expect(&ipsvc_service_kind, "{'spec':{'selector':{'a':'1'}}}",
	       "{'spec':{'selector':{'a':'1','b':'2'}}}",
	       "{'spec':{'selector':{'c':'3'}}}",
	       "{'spec':{'selector':{'b':'2','c':'3'}}}");
	expect(&ipsvc_service_kind, "{'spec':{'selector':{'a':'1'}}}",
	       "{'spec':{'selector':{'a':'1','b':'2'}}}", "{'spec':{}}",
	       "{'spec':{}}");
	/* Written as null, it goes whoever has set it. */
	expect(&ipsvc_service_kind, "{'spec':{}}", "{'spec':{'a':1,'b':2}}",
	       "{'spec':{'a':null,'c':null}}", "{'spec':{'b':2}}");
	/* Another type is another value. */
	expect(&ipsvc_service_kind, "{'spec':{'a':{'b':1}}}", "{}",
	       "{'spec':{'a':'text'}}", "{'spec':{'a':'text'}}");
}

#define P(n, more)	"{'port':" #n more "}"
#define PORTS(list)	"{'spec':{'ports':[" list "]}}"

static void test_ports(void **state)
{
	(void)state;
	/* By number and protocol, which is TCP where none is written. */
	expect(&ipsvc_service_kind, PORTS(P(80,)),
	       PORTS(P(80, ",'protocol':'TCP','nodePort':30000")),
	       PORTS(P(80, ",'name':'http'")),
	       PORTS(P(80, ",'protocol':'TCP','nodePort':30000,'name':'http'")));
	expect(&ipsvc_service_kind,
	       PORTS(P(53, ",'name':'t'") "," P(53, ",'protocol':'UDP','name':'u'")),
	       PORTS(P(53, ",'name':'t','protocol':'TCP','nodePort':1") ","
		     P(53, ",'protocol':'UDP','name':'u','nodePort':2")),
	       PORTS(P(53, ",'protocol':'UDP','name':'u2'") "," P(53, ",'name':'t'")),
	       PORTS(P(53, ",'protocol':'UDP','name':'u2','nodePort':2") ","
		     P(53, ",'name':'t','protocol':'TCP','nodePort':1")));
	/* One that was written goes, one of others stays, in its place. */
	expect(&ipsvc_service_kind, PORTS(P(1,) "," P(2,)),
	       PORTS(P(7,) "," P(1,) "," P(8,) "," P(2,) "," P(9,)),
	       PORTS(P(2,) "," P(3,)),
	       PORTS(P(7,) "," P(8,) "," P(2,) "," P(3,) "," P(9,)));
	/* A field of one that was written goes. */
	expect(&ipsvc_service_kind, PORTS(P(1, ",'nodePort':5")), "{}",
	       PORTS(P(1,)), PORTS(P(1,)));
}

/* All other lists are one value. */
static void test_lists(void **state)
{
	(void)state;
	expect(&ipsvc_service_kind, "{'spec':{'externalIPs':['1']}}",
	       "{'spec':{'externalIPs':['1','2']}}",
	       "{'spec':{'externalIPs':['3']}}", "{'spec':{'externalIPs':['3']}}");
	expect(&ipsvc_pod_kind, "{'spec':{'ports':[{'port':1}]}}",
	       "{'spec':{'ports':[{'port':1},{'port':2}]}}",
	       "{'spec':{'ports':[{'port':1}]}}", "{'spec':{'ports':[{'port':1}]}}");
}

/* The text is that of kubectl, byte for byte. */
static void test_annotation(void **state)
{
	json_t *written = json("{'kind':'Service','apiVersion':'v1','spec':{'ports':[{'port':80}]},"
			       "'metadata':{'namespace':'default','name':'web'}}");
	json_t *first = ipsvc_apply(&ipsvc_service_kind, NULL, written), *again;
	json_t *meta = json_object_get(first, "metadata");

	(void)state;
	assert_true(ipsvc_apply_annotated(first));
	assert_false(ipsvc_apply_annotated(written));
	assert_string_equal(json_string_value(json_object_get(json_object_get(
				    meta, "annotations"), IPSVC_LAST_APPLIED)),
			    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"annotations\":{},\"name\":\"web\",\"namespace\":\"default\"},\"spec\":{\"ports\":[{\"port\":80}]}}\n");
	/* What has it already is not wrapped once more. */
	again = ipsvc_apply(&ipsvc_service_kind, first, written);
	assert_true(json_equal(again, first));
	json_decref(again);
	again = ipsvc_apply(&ipsvc_service_kind, NULL, first);
	assert_true(json_equal(again, first));
	json_decref(again);
	json_decref(first);
	json_decref(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_annotation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
