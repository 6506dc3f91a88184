// SPDX-License-Identifier: GPL-2.0-or-later
/* The manifests directory: what is in it, and what becomes of it in the store. */
#include "source/dir.h"
#include "source/scan.h"

#include <sqlite3.h>
#include <syslog.h>

#include "source_env.h"

/* ---- scanning ----------------------------------------------------------- */

static void names(void **state)
{
	(void)state;
	assert_true(scan_wants("a.yaml"));
	assert_true(scan_wants("a.b.yml"));
	assert_true(scan_wants("a.json"));
	assert_false(scan_wants(".yaml"));
	assert_false(scan_wants(".a.yaml"));
	assert_false(scan_wants("a.yaml~"));
	assert_false(scan_wants("a.yaml.swp"));
	assert_false(scan_wants("yaml"));
	assert_false(scan_wants("a.YAML"));
	assert_false(scan_wants(""));
}

static void paths(void **state)
{
	static const struct {
		const char *cwd, *path, *want;
	} cases[] = {
		{ "/w", "/etc/ipsvc", "/etc/ipsvc" },
		{ "/w", "/etc//ipsvc/", "/etc/ipsvc" },
		{ "/w", "m", "/w/m" },
		{ "/w", "./m/./", "/w/m" },
		{ "/", "m", "/m" },
		{ "/w", "/", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = scan_normal_path(cases[i].cwd, cases[i].path);

		assert_string_equal(got, cases[i].want);
		free(got);
	}
	assert_string_equal(scan_name_in("/m", "/m/a.yaml"), "a.yaml");
	assert_string_equal(scan_name_in("/", "/a.yaml"), "a.yaml");
	assert_null(scan_name_in("/m", "/m2/a.yaml"));
	assert_null(scan_name_in("/m", "/m/sub/a.yaml"));
	assert_null(scan_name_in("/m", "/m/"));
	assert_null(scan_name_in("/m", "/a.yaml"));
}

/* ---- with a directory and a store --------------------------------------- */

static void files_are_applied_changed_and_pruned(void **state)
{
	struct env *env = *state;
	int64_t revision;

	write_service(env, "a.yaml", "a", "80");
	write_service(env, "b.json.bak", "b", "80");
	source_read(env->source);
	assert_true(has(env, "a"));
	assert_false(has(env, "b"));
	assert_int_equal(source_files(env->source), 1);
	assert_int_equal(env->calls, 1);

	/* Nothing changed: nothing is written. */
	revision = ipsvc_store_revision(env->store);
	source_read(env->source);
	assert_int_equal(ipsvc_store_revision(env->store), revision);

	/* The same size, and possibly the same time stamp. */
	write_service(env, "a.yaml", "a", "81");
	source_read(env->source);
	assert_int_equal(port_of(env, "a"), 81);

	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_false(has(env, "a"));
	assert_int_equal(source_files(env->source), 0);
}

static void a_bad_file_changes_nothing_of_what_it_had(void **state)
{
	struct env *env = *state;
	json_t *all, *first;

	write_service(env, "a.yaml", "a", "80");
	source_read(env->source);
	write_service(env, "a.yaml", "a", "70000");
	write_service(env, "b.yaml", "b", "80");
	source_read(env->source);
	assert_int_equal(port_of(env, "a"), 80);
	assert_true(has(env, "b"));

	all = source_errors(env->source);
	first = json_array_get(all, 0);
	assert_int_equal(json_integer_value(json_object_get(first, "line")), 6);
	assert_string_equal(json_string_value(json_object_get(first, "path")),
			    "spec.ports[0].port");
	assert_non_null(json_object_get(first, "hint"));
	json_decref(all);

	write_service(env, "a.yaml", "a", "82");
	source_read(env->source);
	assert_int_equal(port_of(env, "a"), 82);
	assert_int_equal(errors(env), 0);
}

#define TYPED(type)							\
	"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n"	\
	"  type: " type "\n  ports:\n  - port: 80\n    nodePort: 30080\n"

/*
 * A file says what is, not what changes: what would be refused if it were new is
 * refused, the first time and the second, and the line of the field is told.
 */
static void a_type_changed_in_place_is_refused(void **state)
{
	struct env *env = *state;
	json_t *all, *first;

	write_text(env, "a.yaml", TYPED("NodePort"));
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	write_text(env, "a.yaml", TYPED("ClusterIP"));
	for (int i = 0; i < 2; i++) {
		source_read(env->source);
		assert_int_equal(errors(env), 1);
		assert_true(has(env, "a"));
	}
	all = source_errors(env->source);
	first = json_array_get(all, 0);
	assert_int_equal(json_integer_value(json_object_get(first, "line")), 8);
	json_decref(all);
	write_text(env, "a.yaml", TYPED("NodePort"));
	source_read(env->source);
	assert_int_equal(errors(env), 0);
}

static void an_empty_file_deletes_nothing(void **state)
{
	struct env *env = *state;

	write_service(env, "a.yaml", "a", "80");
	source_read(env->source);
	write_text(env, "a.yaml", "");
	source_read(env->source);
	assert_true(has(env, "a"));
	assert_int_equal(errors(env), 1);
	write_text(env, "a.yaml", "# nothing any more\n");
	source_read(env->source);
	assert_false(has(env, "a"));
	assert_int_equal(errors(env), 0);
}

static void what_is_no_file_is_told(void **state)
{
	struct env *env = *state;
	char *fifo = xasprintf("%s/f.yaml", env->dir);
	char *sub = xasprintf("%s/s.yaml", env->dir);
	char *link = xasprintf("%s/l.yaml", env->dir);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(symlink("nowhere", link), 0);
	source_read(env->source);	/* and does not hang */
	assert_int_equal(errors(env), 3);

	/* A link that becomes good is followed. */
	write_service(env, "nowhere", "a", "80");
	source_read(env->source);
	assert_int_equal(errors(env), 2);
	assert_true(has(env, "a"));
	free(fifo);
	free(sub);
	free(link);
}

static void a_directory_that_is_gone_deletes_nothing(void **state)
{
	struct env *env = *state;
	char *aside = xasprintf("%s/aside", env->root);
	json_t *warnings;

	write_service(env, "a.yaml", "a", "80");
	source_read(env->source);
	assert_int_equal(rename(env->dir, aside), 0);
	source_read(env->source);
	assert_true(has(env, "a"));
	warnings = source_warnings(env->source);
	assert_int_equal(json_array_size(warnings), 1);
	json_decref(warnings);

	assert_int_equal(rename(aside, env->dir), 0);
	source_read(env->source);
	assert_true(has(env, "a"));
	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_false(has(env, "a"));
	free(aside);
}

static void an_unreadable_directory_deletes_nothing(void **state)
{
	struct env *env = *state;

	write_service(env, "a.yaml", "a", "80");
	source_read(env->source);
	/* A plain file in its place fails for root as well. */
	remove_file(env, "a.yaml");
	assert_int_equal(rmdir(env->dir), 0);
	assert_int_equal(close(open(env->dir, O_CREAT | O_WRONLY, 0600)), 0);
	source_read(env->source);
	assert_true(has(env, "a"));
	assert_int_equal(errors(env), 1);
}

static void the_order_of_files_does_not_matter(void **state)
{
	struct env *env = *state;

	write_service(env, "b.yaml", "x", "80");
	source_read(env->source);
	/* a wants what b gives away after it. */
	write_service(env, "a.yaml", "x", "81");
	write_service(env, "b.yaml", "other", "82");
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_int_equal(port_of(env, "x"), 81);
	assert_int_equal(port_of(env, "other"), 82);
}

static void two_files_with_one_object(void **state)
{
	struct env *env = *state;

	write_service(env, "a.yaml", "x", "80");
	write_service(env, "b.yaml", "x", "81");
	source_read(env->source);
	assert_int_equal(port_of(env, "x"), 80);
	assert_int_equal(errors(env), 1);
	assert_true(source_has_refused(env->source));
	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_int_equal(port_of(env, "x"), 81);
	assert_false(source_has_refused(env->source));
}

/* Runs the event loop until @env->calls reaches @calls; no longer than 5 s. */
static void wait_calls(struct env *env, int calls)
{
	for (int i = 0; i < 500 && env->calls < calls; i++)
		sd_event_run(env->event, 10000);
	assert_true(env->calls >= calls);
}

static void changes_are_noticed(void **state)
{
	struct env *env = *state;

	source_read(env->source);
	write_service(env, "a.yaml", "a", "80");
	write_service(env, "b.yaml", "b", "80");
	wait_calls(env, 2);
	assert_true(has(env, "a") && has(env, "b"));
	assert_int_equal(env->calls, 2);	/* a burst is read once */
	remove_file(env, "a.yaml");
	wait_calls(env, 3);
	assert_false(has(env, "a"));
}

/* Somebody keeps the store locked: told at once, and done when it is free. */
static void a_locked_store_holds_up_nothing(void **state)
{
	struct env *env = *state;
	char *path = xasprintf("%s/store.db", env->root);
	time_t start = time(NULL);
	sqlite3 *db;
	json_t *all;

	ipsvc_store_patience(env->store, 100);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	for (char name[] = "a"; *name < 'u'; (*name)++) {
		char *file = xasprintf("s-%s.yaml", name);
		char *service = xasprintf("s-%s", name);

		write_service(env, file, service, "80");
		free(service);
		free(file);
	}
	source_read(env->source);
	assert_true(time(NULL) - start < 5);
	all = source_errors(env->source);
	assert_int_equal(json_array_size(all), 20);
	assert_non_null(strstr(json_string_value(json_object_get(
		json_array_get(all, 0), "message")), "is busy: another process"));
	assert_string_equal(json_string_value(json_object_get(
		json_array_get(all, 0), "hint")), "it is tried again by itself");
	json_decref(all);

	/* No change of the store comes with it. */
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	for (int i = 0; i < 500 && errors(env); i++)
		sd_event_run(env->event, 10000);
	assert_int_equal(errors(env), 0);
	assert_true(has(env, "s-a") && has(env, "s-t"));
	free(path);
}

static void a_directory_that_appears_is_noticed(void **state)
{
	struct env *env = *state;
	char *deep = xasprintf("%s/x/y", env->root), *up;

	start(env, deep, 0, true);
	source_read(env->source);
	up = xasprintf("%s/x", env->root);
	assert_int_equal(mkdir(up, 0700), 0);
	wait_calls(env, 2);
	assert_int_equal(mkdir(deep, 0700), 0);
	wait_calls(env, 3);
	free(env->dir);
	env->dir = deep;
	write_service(env, "a.yaml", "a", "80");
	wait_calls(env, 4);
	assert_true(has(env, "a"));
	free(up);
}

/* Runs the event loop for a second at most, until @name has @port. */
static void assert_soon(struct env *env, const char *name, int port)
{
	uint64_t start, now;

	sd_event_now(env->event, CLOCK_MONOTONIC, &start);
	do {
		sd_event_run(env->event, 10000);
		sd_event_now(env->event, CLOCK_MONOTONIC, &now);
	} while (port_of(env, name) != port && now < start + 1000000);
	assert_int_equal(port_of(env, name), port);
}

/* As `current` in a directory of releases. */
static void a_link_to_the_directory_is_followed(void **state)
{
	struct env *env = *state;
	char *link = xasprintf("%s/current", env->root);
	char *next = xasprintf("%s/next", env->root);
	char *other = xasprintf("%s/other", env->root), *first = env->dir;

	write_service(env, "a.yaml", "a", "80");
	assert_int_equal(mkdir(other, 0700), 0);
	env->dir = other;
	write_service(env, "a.yaml", "a", "81");
	assert_int_equal(symlink(first, link), 0);
	start(env, link, 0, true);
	source_read(env->source);
	assert_int_equal(port_of(env, "a"), 80);
	assert_int_equal(symlink(other, next), 0);
	assert_int_equal(rename(next, link), 0);
	assert_soon(env, "a", 81);
	/* And what is in the directory now is watched. */
	write_service(env, "a.yaml", "a", "82");
	assert_soon(env, "a", 82);
	free(first);
	free(link);
	free(next);
}

/* The file itself is elsewhere, maybe behind a link to its directory. */
static void what_a_link_leads_to_is_watched(void **state)
{
	struct env *env = *state;
	char *elsewhere = xasprintf("%s/v1", env->root);
	char *data = xasprintf("%s/data", env->root);
	char *target = xasprintf("%s/data/real", env->root);
	char *link = xasprintf("%s/a.yaml", env->dir), *dir = env->dir;

	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink("v1", data), 0);
	assert_int_equal(symlink(target, link), 0);
	env->dir = elsewhere;
	write_service(env, "real", "a", "80");
	source_read(env->source);
	assert_int_equal(port_of(env, "a"), 80);
	usleep(20000);
	write_service(env, "real", "a", "8081");
	assert_soon(env, "a", 8081);
	elsewhere = xasprintf("%s/v2", env->root);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	free(env->dir);
	env->dir = elsewhere;
	write_service(env, "real", "a", "82");
	assert_int_equal(unlink(data), 0);
	assert_int_equal(symlink("v2", data), 0);
	assert_soon(env, "a", 82);
	free(dir);
	free(data);
	free(target);
	free(link);
}

static char *said;
static int said_priority;

static void hear(const char *file, int priority, const char *text)
{
	free(said);
	said = xasprintf("%s|%s", file ? file : "", text);
	said_priority = priority;
}

/* Whoever listens is told what happens, and what is wrong once. */
static void test_says(void **state)
{
	struct env *env = *state;
	const struct source_options opts = {
		.dir = env->dir, .id = "host", .say = hear,
	};
	char *want = xasprintf("%s/a.yaml|%s/a.yaml: applied", env->dir,
			       env->dir);

	source_free(env->source);
	env->source = source_new(env->event, env->store, &opts, changed, env);
	write_service(env, "a.yaml", "web", "80");
	source_read(env->source);
	assert_string_equal(said, want);
	assert_int_equal(said_priority, LOG_INFO);
	write_service(env, "a.yaml", "web", "99999");
	source_read(env->source);
	assert_int_equal(said_priority, LOG_ERR);
	assert_non_null(strstr(said, "must be between 1 and 65535"));
	free(said);
	said = NULL;
	source_read(env->source);
	assert_null(said);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(paths),
		WITH_ENV(files_are_applied_changed_and_pruned),
		WITH_ENV(a_bad_file_changes_nothing_of_what_it_had),
		WITH_ENV(a_type_changed_in_place_is_refused),
		WITH_ENV(an_empty_file_deletes_nothing),
		WITH_ENV(what_is_no_file_is_told),
		WITH_ENV(a_directory_that_is_gone_deletes_nothing),
		WITH_ENV(an_unreadable_directory_deletes_nothing),
		WITH_ENV(the_order_of_files_does_not_matter),
		WITH_ENV(two_files_with_one_object),
		WITH_ENV(a_locked_store_holds_up_nothing),
		WITH_ENV(changes_are_noticed),
		WITH_ENV(a_directory_that_appears_is_noticed),
		WITH_ENV(a_link_to_the_directory_is_followed),
		WITH_ENV(what_a_link_leads_to_is_watched),
		WITH_ENV(test_says),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
