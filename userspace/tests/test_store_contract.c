// SPDX-License-Identifier: GPL-2.0-or-later
/* What a backend of the store promises (store/ops.h). */
#include <poll.h>

#include "contract_env.h"

static enum ipsvc_store_result commit(const struct ipsvc_compare *compares,
				      size_t ncompares,
				      const struct ipsvc_put *puts, size_t nputs,
				      int64_t *revision)
{
	const struct ipsvc_commit c = { compares, ncompares, puts, nputs };

	return store->ops->commit(store, &c, revision);
}

/* Puts one record, whatever is there; the revision. */
static int64_t put(const char *key, const char *value)
{
	const struct ipsvc_put p = { key, value, 0 };
	int64_t revision = 0;

	assert_int_equal(commit(NULL, 0, &p, 1, &revision), IPSVC_STORE_OK);
	return revision;
}

static void assert_record(const char *key, const char *want, int64_t revision)
{
	enum ipsvc_store_result result;
	int64_t got_revision;
	char *got;

	result = store->ops->get(store, key, &got, &got_revision);
	assert_int_equal(result, want ? IPSVC_STORE_OK : IPSVC_STORE_NOT_FOUND);
	assert_int_equal(got_revision, revision);
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
	free(got);
}

static void test_get(void **state)
{
	struct ipsvc_store *first = store;
	int64_t revision;

	(void)state;
	assert_int_equal(ipsvc_store_revision(store), 0);
	assert_record("a", NULL, 0);
	revision = put("a", "one");
	assert_int_equal(revision, 1);
	assert_record("a", "one", 1);
	assert_int_equal(put("b", ""), 2);
	assert_record("a", "one", 1);
	assert_record("b", "", 2);
	assert_int_equal(put("a", "\xc3\xa9 two"), 3);
	/* Whoever it is sees it. */
	store = another();
	assert_record("a", "\xc3\xa9 two", 3);
	assert_int_equal(put("a", NULL), 4);
	ipsvc_store_close(store);
	store = first;
	assert_record("a", NULL, 0);
	/* What is not there can be deleted. */
	assert_int_equal(put("a", NULL), 5);
	assert_int_equal(ipsvc_store_revision(store), 5);
}

static size_t stop_after;

static bool note_key(const struct ipsvc_record *record, void *arg)
{
	struct ipsvc_buf *buf = arg;

	ipsvc_buf_printf(buf, "%s%s=%s@%d", buf->len ? " " : "", record->key,
			 record->value, (int)record->revision);
	return !stop_after || --stop_after;
}

static void assert_range(const char *from, const char *to, const char *want)
{
	struct ipsvc_buf buf = {0};
	int64_t revision = -1;
	char *got;

	assert_int_equal(store->ops->range(store, from, to, note_key, &buf,
					   &revision), IPSVC_STORE_OK);
	assert_int_equal(revision, 5);
	got = ipsvc_buf_take(&buf);
	assert_string_equal(got, want);
	free(got);
}

static void test_range(void **state)
{
	(void)state;
	put("b/2", "2");
	put("a", "a");
	put("b/10", "10");
	put("c", "c");
	put("b/1", "1");
	assert_range("b/", "b0", "b/1=1@5 b/10=10@3 b/2=2@1");
	assert_range("a", "b/2", "a=a@2 b/1=1@5 b/10=10@3");
	assert_range("", "", "");
	assert_range("b", "b", "");
	assert_range("d", "e", "");
	stop_after = 2;
	assert_range("a", "d", "a=a@2 b/1=1@5");
	stop_after = 0;
}

static void test_compare(void **state)
{
	const struct ipsvc_put puts[] = { { "a", "new", 0 }, { "x", "new", 0 } };
	const struct {
		struct ipsvc_compare compares[2];
		bool holds;
	} cases[] = {
		{ { { "a", 1, NULL }, { "b", 2, NULL } }, true },
		{ { { "a", 1, NULL }, { "b", 1, NULL } }, false },
		{ { { "a", 0, NULL }, { "b", 2, NULL } }, false },
		{ { { "a", 1, NULL }, { "c", 0, NULL } }, true },
		{ { { "a", 1, NULL }, { "c", 3, NULL } }, false },
		{ { { "a", 1, NULL }, { "c", 0, "d" } }, true },
		{ { { "a", 1, NULL }, { "b", 0, "c" } }, false },
		{ { { "a", 1, NULL }, { "0", 0, "a" } }, true },
		{ { { "a", 1, NULL }, { "0", 0, "aa" } }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t revision = 0;

		teardown(state);
		setup(state);
		put("a", "a");
		put("b", "b");
		assert_int_equal(commit(cases[i].compares, 2, puts, 2, &revision),
				 cases[i].holds ? IPSVC_STORE_OK :
						  IPSVC_STORE_CONFLICT);
		/* All of it in one revision, or nothing. */
		assert_int_equal(ipsvc_store_revision(store),
				 cases[i].holds ? 3 : 2);
		assert_record("a", cases[i].holds ? "new" : "a",
			      cases[i].holds ? 3 : 1);
		assert_record("x", cases[i].holds ? "new" : NULL,
			      cases[i].holds ? 3 : 0);
	}
}

/* A record that goes by itself, unless it is put again. */
static void test_lease(void **state)
{
	const struct ipsvc_put puts[] = {
		{ "a", "a", 100 }, { "b", "b", 100 }, { "c", "c", 0 },
	};
	const struct ipsvc_compare compare = { "a", 0, NULL };
	int64_t revision;

	(void)state;
	assert_int_equal(commit(NULL, 0, puts, 3, &revision), IPSVC_STORE_OK);
	backend->pass(90);
	assert_record("a", "a", 1);
	put("b", "b");
	backend->pass(20);
	assert_record("a", NULL, 0);
	assert_record("b", "b", 2);
	assert_record("c", "c", 1);
	stop_after = 0;
	/* It is none for a comparison either. */
	assert_int_equal(commit(&compare, 1, puts, 1, &revision),
			 IPSVC_STORE_OK);
	assert_record("a", "a", revision);
}

static void note_event(const struct ipsvc_record *record, bool deleted,
		       void *arg)
{
	ipsvc_buf_printf(arg, "%c%s=%s@%d ", deleted ? '-' : '+',
			 record->key + strlen(IPSVC_WATCHED), record->value,
			 (int)record->revision);
}

static void assert_history(int64_t from, const char *want)
{
	struct ipsvc_buf buf = {0};
	int64_t to = -1;
	char *got;

	assert_int_equal(store->ops->history(store, from, note_event, &buf, &to),
			 want ? IPSVC_STORE_OK : IPSVC_STORE_COMPACTED);
	assert_int_equal(to, want ? ipsvc_store_revision(store) : -1);
	got = ipsvc_buf_take(&buf);
	assert_string_equal(got, want ? want : "");
	free(got);
}

static void test_history(void **state)
{
	(void)state;
	put("objects/a", "1");
	put("elsewhere", "2");
	put("objects/b", "3");
	put("objects/a", NULL);
	put("objects/a", "5");
	put("objects/b", NULL);
	put("objects/c", NULL);
	assert_history(7, "");
	assert_history(5, "-b=3@6 ");
	assert_history(3, "-a=1@4 +a=5@5 -b=3@6 ");
	put("objects/d", "8");
	assert_history(5, "-b=3@6 +d=8@8 ");
	backend->compact();
	assert_history(7, NULL);
	assert_history(0, NULL);
	assert_history(8, "");
	/* Not of this store. */
	assert_history(9, NULL);
	put("objects/a", NULL);
	assert_history(8, "-a=5@9 ");
	assert_history(7, NULL);
}

static void test_wakes(void **state)
{
	struct ipsvc_store *writer = store;
	struct pollfd p = { .events = POLLIN };

	(void)state;
	store = another();
	p.fd = ipsvc_store_watch_fd(store);
	assert_true(p.fd >= 0);
	assert_int_equal(ipsvc_store_watch_fd(store), p.fd);
	ipsvc_store_watch_drain(store);
	ipsvc_store_close(store);
	store = another();
	p.fd = ipsvc_store_watch_fd(store);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(writer->ops->commit(writer, &(struct ipsvc_commit){
				.puts = &(struct ipsvc_put){ "a", "a", 0 },
				.nputs = 1,
			 }, &(int64_t){0}), IPSVC_STORE_OK);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_true(ipsvc_store_watch_clear(store));
	ipsvc_store_close(writer);
}

/* Each adds to the same number so often; none is lost. */
static void *count_up(void *arg)
{
	struct ipsvc_store *s = another();

	for (int i = 0; i < 25;) {
		struct ipsvc_compare c = { .key = "n" };
		int64_t revision;
		char *value, text[16];
		struct ipsvc_put p = { "n", text, 0 };
		enum ipsvc_store_result result;

		result = s->ops->get(s, "n", &value, &c.revision);
		snprintf(text, sizeof(text), "%d", value ? atoi(value) + 1 : 1);
		free(value);
		if (result != IPSVC_STORE_ERROR)
			result = s->ops->commit(s, &(struct ipsvc_commit){
						&c, 1, &p, 1 }, &revision);
		i += result == IPSVC_STORE_OK;
		if (result == IPSVC_STORE_ERROR) {
			*(int *)arg = 1;
			break;
		}
	}
	ipsvc_store_close(s);
	return NULL;
}

static void test_counter(void **state)
{
	(void)state;
	run_threads(count_up);
	assert_record("n", "100", 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_get),
		TEST(test_range),
		TEST(test_compare),
		TEST(test_lease),
		TEST(test_history),
		TEST(test_wakes),
		TEST(test_counter),
	};

	return run_on_backends(tests, COUNT(tests));
}
