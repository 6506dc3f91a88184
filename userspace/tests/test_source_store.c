// SPDX-License-Identifier: GPL-2.0-or-later
/* The store as a source: what is told, also when the history is not known any more. */
#include "source/source.h"
#include "store_env.h"

#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"
#define NODE	"{'type':'NodePort','ports':[{'port':80,'protocol':'TCP'}]}"

static struct ipsvc_source *source;
static struct ipsvc_buf heard;

static int env_source(void **state)
{
	if (env_open(state))
		return -1;
	source = ipsvc_source_of_store(store);
	return 0;
}

static int env_source_remove(void **state)
{
	ipsvc_source_free(source);
	return env_remove(state);
}

/* "+web" for a put, "-web" for a deletion, "-web?" for one without its document. */
static void hear(const struct ipsvc_change *change, void *arg)
{
	const struct ipsvc_object *obj = change->obj;

	assert_ptr_equal(arg, &heard);
	assert_ptr_equal(obj->kind, &ipsvc_service_kind);
	assert_string_equal(obj->ns, "default");
	assert_true(change->deleted || obj->doc);
	ipsvc_buf_printf(&heard, "%s%s%s%s", heard.len ? " " : "",
			 change->deleted ? "-" : "+", obj->name,
			 obj->doc ? "" : "?");
}

static void assert_heard(const char *want)
{
	int n = ipsvc_source_read(source, hear, &heard);
	char *text = ipsvc_buf_take(&heard);
	int words = *text ? 1 : 0;

	for (const char *p = text; *p; p++)
		words += *p == ' ';
	assert_int_equal(n, words);
	assert_string_equal(text, want);
	assert_int_equal(ipsvc_source_revision(source),
			 ipsvc_store_revision(store));
	free(text);
}

static void test_changes(void **state)
{
	(void)state;
	assert_int_equal(ipsvc_source_revision(source), -1);
	apply("b", PLAIN);
	apply("a", PLAIN);
	assert_heard("+a +b");
	assert_heard("");
	apply("b", NODE);
	apply("c", PLAIN);
	apply("a", NODE);
	assert_heard("+b +c +a");
	apply("a", NODE);	/* changes nothing */
	assert_heard("");
	delete("b");
	apply("d", PLAIN);
	apply("d", NODE);
	assert_heard("-b +d");
	/* Made and deleted in between: never heard of. */
	apply("e", PLAIN);
	delete("e");
	assert_heard("");
	/* Another object of the same name. */
	delete("a");
	apply("a", PLAIN);
	assert_heard("-a +a");
}

/* In the order in which it happened. */
static void test_one_revision(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool changed;

	(void)state;
	add_service(&objs, "a", PLAIN);
	add_service(&objs, "b", PLAIN);
	assert_int_equal(ipsvc_store_apply_file(store, OWNER("/m/a.yaml"), &objs,
						NULL, &changed, &errs),
			 IPSVC_STORE_OK);
	ipsvc_objects_free(&objs);
	assert_heard("+a +b");
	add_service(&objs, "c", PLAIN);
	assert_int_equal(ipsvc_store_apply_file(store, OWNER("/m/a.yaml"), &objs,
						NULL, &changed, &errs),
			 IPSVC_STORE_OK);
	ipsvc_objects_free(&objs);
	assert_heard("-a -b +c");
}

/* A deletion tells the object as it was last. */
static void hear_last(const struct ipsvc_change *change, void *arg)
{
	json_t **doc = arg;

	assert_true(change->deleted);
	assert_int_equal(change->revision, 2);
	*doc = json_incref(change->obj->doc);
}

static void test_tombstone(void **state)
{
	json_t *before, *last = NULL;

	(void)state;
	apply("web", NODE);
	assert_heard("+web");
	before = stored("web");
	delete("web");
	/* As it was, in the version of its deletion. */
	json_object_set_new(json_object_get(before, "metadata"),
			    "resourceVersion", json_string("2"));
	assert_int_equal(ipsvc_source_read(source, hear_last, &last), 1);
	assert_true(json_equal(before, last));
	json_decref(before);
	json_decref(last);
}

/* Forgets all deletions, as compaction does in time. */
static void forget_history(void)
{
	free(query("DELETE FROM tombstones"));
	free(query("UPDATE meta SET value = (SELECT value FROM meta WHERE "
		   "key = 'revision') WHERE key = 'compacted'"));
}

static void no_change(const struct ipsvc_change *change, void *arg)
{
	(void)change;
	(void)arg;
	fail();
}

static void test_compacted(void **state)
{
	int64_t revision;

	(void)state;
	apply("a", PLAIN);
	apply("b", PLAIN);
	apply("c", PLAIN);
	assert_heard("+a +b +c");
	apply("c", NODE);
	delete("b");
	delete("a");
	apply("a", PLAIN);
	apply("d", PLAIN);
	forget_history();
	assert_int_equal(ipsvc_store_changes(store, 3, no_change, NULL, &revision),
			 IPSVC_STORE_COMPACTED);
	/* The difference only. */
	assert_heard("+a +c +d -b?");
	assert_heard("");
	delete("c");
	assert_heard("-c");
	/* What was told before the last list is known as well. */
	delete("a");
	forget_history();
	assert_heard("-a?");
	/* Not of this store. */
	assert_int_equal(ipsvc_store_changes(store, 99, no_change, NULL, &revision),
			 IPSVC_STORE_COMPACTED);
}

/* So many deletions are known, and no more. */
static void test_bound(void **state)
{
	(void)state;
	apply("a", PLAIN);
	apply("b", PLAIN);
	apply("c", PLAIN);
	free(query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		   "WHERE i < 9999) INSERT INTO tombstones (revision, key, value) "
		   "SELECT 3, 'objects/Service/default/x', '{}' FROM n"));
	delete("a");
	assert_query("SELECT count(*) FROM tombstones", "10000");
	assert_query("SELECT value FROM meta WHERE key = 'compacted'", "0");
	/* Those of a revision are forgotten together. */
	delete("b");
	assert_query("SELECT count(*) FROM tombstones", "2");
	assert_query("SELECT value FROM meta WHERE key = 'compacted'", "3");
	assert_heard("+c");
}

static void test_fails(void **state)
{
	(void)state;
	apply("a", PLAIN);
	assert_heard("+a");
	apply("b", PLAIN);
	free(query("PRAGMA user_version = 99"));
	assert_int_equal(ipsvc_source_read(source, hear, &heard), -5);
	assert_non_null(strstr(ipsvc_source_message(source), "schema 99"));
	free(query("PRAGMA user_version = 4"));
	assert_heard("+b");
}

/* A list that fails half way is not the list that the next one completes. */
static void test_list_fails(void **state)
{
	(void)state;
	apply("a", PLAIN);
	apply("b", PLAIN);
	assert_heard("+a +b");
	forget_history();
	free(query("UPDATE meta SET value = value + 1 WHERE key = 'compacted'"));
	free(query("INSERT INTO records (key, value, revision) VALUES "
		   "('objects/Service/default/c', 'broken', 2)"));
	assert_int_equal(ipsvc_source_read(source, hear, &heard), -5);
	assert_int_equal(heard.len, 0);
	free(query("DELETE FROM records WHERE value = 'broken'"));
	delete("a");
	forget_history();
	assert_heard("-a?");
}

/* As after a backup was put back: what is there now is older than what was told. */
static void test_goes_back(void **state)
{
	(void)state;
	apply("a", PLAIN);
	apply("b", PLAIN);
	free(query("CREATE TABLE backup AS SELECT * FROM records"));
	apply("a", NODE);
	apply("c", PLAIN);
	assert_heard("+a +b +c");
	free(query("DELETE FROM records"));
	free(query("INSERT INTO records SELECT * FROM backup"));
	free(query("UPDATE meta SET value = 2 WHERE key = 'revision'"));
	assert_heard("+a +b -c?");
	assert_heard("");
	/* Once more to the revision that was told, and it is another one. */
	apply("a", NODE);
	assert_heard("+a");
}

/* What a later version stored is no reason to stop. */
static void test_unknown_kind(void **state)
{
	struct ipsvc_objects objs = {0};

	(void)state;
	apply("a", PLAIN);
	free(query("INSERT INTO records (key, value, revision) VALUES "
		   "('objects/Gadget/default/g', '{\"doc\": {}}', 1)"));
	assert_heard("+a");
	assert_int_equal(ipsvc_store_list(store, NULL, NULL, &objs, NULL),
			 IPSVC_STORE_OK);
	assert_int_equal(objs.n, 1);
	ipsvc_objects_free(&objs);
	apply("b", PLAIN);
	free(query("UPDATE records SET revision = 2 WHERE key LIKE '%Gadget%'"));
	assert_heard("+b");
	apply("c", PLAIN);
	free(query("INSERT INTO tombstones (revision, key, value) VALUES "
		   "(3, 'objects/Gadget/default/g', '{\"doc\": {}}')"));
	assert_heard("+c");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, env_source, \
						   env_source_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_changes),
		TEST(test_one_revision),
		TEST(test_tombstone),
		TEST(test_compacted),
		TEST(test_bound),
		TEST(test_fails),
		TEST(test_list_fails),
		TEST(test_goes_back),
		TEST(test_unknown_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
