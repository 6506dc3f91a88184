// SPDX-License-Identifier: GPL-2.0-or-later
/* What deleted objects had is kept for them, and not for ever. */
#include "store_env.h"

#define ANY	"{'type':'NodePort','ports':[{'name':'a','port':80,'protocol':'TCP'},{'name':'b','port':81,'protocol':'TCP'}]}"
#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"

/* What the Service has; the caller frees it. */
static char *given(const char *name)
{
	char *ip = string_field(name, "spec.clusterIP");
	char *text = xasprintf("%s %d %d", ip, node_port(name, 0),
			       node_port(name, 1));

	free(ip);
	return text;
}

static void assert_given(const char *name, const char *want)
{
	char *got = given(name);

	assert_string_equal(got, want);
	free(got);
}

static void test_made_again(void **state)
{
	char *web, *uid, *other;

	(void)state;
	apply("web", ANY);
	web = given("web");
	uid = string_field("web", "metadata.uid");
	delete("web");
	/* Nobody is given it in the meantime. */
	for (char name[] = "s-a"; name[2] < 'u'; name[2]++)
		apply(name, ANY);
	assert_int_equal(apply("web", ANY), IPSVC_WROTE_CREATED);
	assert_given("web", web);
	/* But it is another object. */
	other = string_field("web", "metadata.uid");
	assert_string_not_equal(uid, other);
	assert_query("SELECT count(*) FROM kept", "0");
	assert_consistent();
	free(web);
	free(uid);
	free(other);
}

/* What is kept fills in what the new one lacks, and no more. */
static void test_made_again_otherwise(void **state)
{
	char *ip, *now;
	int b;

	(void)state;
	apply("web", ANY);
	ip = string_field("web", "spec.clusterIP");
	b = node_port("web", 1);
	delete("web");
	apply("web", "{'type':'NodePort','ports':[{'name':'b','port':9,'protocol':'TCP'},{'name':'a','port':10,'protocol':'TCP','nodePort':30001}]}");
	now = string_field("web", "spec.clusterIP");
	assert_string_equal(now, ip);
	assert_int_equal(node_port("web", 0), b);
	assert_int_equal(node_port("web", 1), 30001);
	delete("web");
	apply("web", "{'type':'ClusterIP','clusterIP':'None'}");
	assert_field("web", "spec.clusterIP", "'None'");
	delete("web");
	/* A headless one has nothing to keep. */
	apply("web", PLAIN);
	free(now);
	now = string_field("web", "spec.clusterIP");
	assert_string_not_equal(now, "None");
	assert_consistent();
	free(ip);
	free(now);
}

/* Who names it has it, and the old owner gets something else. */
static void test_named_by_another(void **state)
{
	char *ip, *spec, *now;

	(void)state;
	apply("web", ANY);
	ip = string_field("web", "spec.clusterIP");
	delete("web");
	spec = xasprintf("{'type':'ClusterIP','clusterIP':'%s','clusterIPs':['%s'],'ports':[{'port':80,'protocol':'TCP'}]}",
			 ip, ip);
	apply("other", spec);
	apply("web", ANY);
	now = string_field("web", "spec.clusterIP");
	assert_string_not_equal(now, ip);
	assert_consistent();
	free(ip);
	free(spec);
	free(now);
}

static void test_a_full_range_keeps_nothing(void **state)
{
	(void)state;
	set_config("10.96.0.0/24", 30000, 30001);
	apply("web", ANY);
	delete("web");
	apply("other", ANY);
	delete("other");
	set_config("10.97.0.0/24", 30002, 30003);
	assert_query("SELECT count(*) FROM kept", "0");
	apply("other", ANY);
	assert_consistent();
}

static void test_time_passes(void **state)
{
	char *web, *now;

	(void)state;
	apply("web", ANY);
	web = given("web");
	delete("web");
	assert_query("SELECT min(expires) - unixepoch() BETWEEN 3000 AND 3600 "
		     "AND max(expires) = min(expires) FROM kept", "1");
	free(query("UPDATE records SET expires = unixepoch() "
		   "WHERE expires IS NOT NULL"));
	apply("web", ANY);
	now = given("web");
	assert_string_not_equal(now, web);
	assert_query("SELECT count(*) FROM kept", "0");
	assert_consistent();
	free(web);
	free(now);
}

/* A file whose object is renamed may name what the object of the old name had. */
static void test_within_a_file(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	char *named;
	bool changed;
	int a;

	(void)state;
	apply("web", ANY);
	a = node_port("web", 0);
	delete("web");
	named = xasprintf("{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':%d}]}",
			  a);
	add_service(&objs, "web", ANY);
	add_service(&objs, "zeta", named);
	assert_int_equal(ipsvc_store_apply_file(store, OWNER("/m/a.yaml"), &objs, NULL,
						&changed, &errs),
			 IPSVC_STORE_OK);
	assert_int_equal(node_port("zeta", 0), a);
	assert_int_not_equal(node_port("web", 0), a);
	assert_consistent();
	ipsvc_objects_free(&objs);
	free(named);
}

#define WITH_STORE(f)	cmocka_unit_test_setup_teardown(f, env_open, env_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_made_again),
		WITH_STORE(test_made_again_otherwise),
		WITH_STORE(test_named_by_another),
		WITH_STORE(test_a_full_range_keeps_nothing),
		WITH_STORE(test_time_passes),
		WITH_STORE(test_within_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
