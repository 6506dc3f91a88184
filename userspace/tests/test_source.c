// SPDX-License-Identifier: GPL-2.0-or-later
/* The manifests directory: what is in it, and what becomes of it in the store. */
#include "source/dir.h"
#include "source/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "api/service/service.h"
#include "base/buf.h"
#include "base/memory.h"
#include "store/store.h"

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

struct env {
	char *root, *dir;
	sd_event *event;
	struct ipsvc_store *store;
	struct source *source;
	int calls;
};

static void changed(void *arg)
{
	struct env *env = arg;

	env->calls++;
}

static int setup(void **state)
{
	struct env *env = xcalloc(1, sizeof(*env));
	char template[] = "/tmp/ipsvc-source-XXXXXX", *path, *message = NULL;

	assert_non_null(mkdtemp(template));
	env->root = xstrdup(template);
	env->dir = xasprintf("%s/m", env->root);
	assert_int_equal(mkdir(env->dir, 0700), 0);
	path = xasprintf("%s/store.db", env->root);
	env->store = ipsvc_store_open(path, false, &message);
	if (!env->store)
		fail_msg("%s", message);
	free(path);
	assert_true(sd_event_new(&env->event) >= 0);
	env->source = source_new(env->event, env->store, env->dir, changed, env);
	assert_non_null(env->source);
	*state = env;
	return 0;
}

static int teardown(void **state)
{
	struct env *env = *state;
	char *command = xasprintf("chmod -R u+rwx %s; rm -rf %s", env->root,
				  env->root);
	int err;

	source_free(env->source);
	sd_event_unref(env->event);
	ipsvc_store_close(env->store);
	err = system(command);
	free(command);
	free(env->dir);
	free(env->root);
	free(env);
	return err;
}

static void write_text(struct env *env, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", env->dir, name);
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	fputs(text, fp);
	fclose(fp);
	free(path);
}

static void write_service(struct env *env, const char *file, const char *name,
			  const char *port)
{
	char *text = xasprintf("apiVersion: v1\nkind: Service\n"
			       "metadata: {name: %s}\n"
			       "spec:\n  ports:\n  - port: %s\n", name, port);

	write_text(env, file, text);
	free(text);
}

static void remove_file(struct env *env, const char *name)
{
	char *path = xasprintf("%s/%s", env->dir, name);

	assert_int_equal(unlink(path), 0);
	free(path);
}

static json_t *get(struct env *env, const char *name)
{
	struct ipsvc_objects objs = {0};
	json_t *doc = NULL;

	if (ipsvc_store_get(env->store, &ipsvc_service_kind, "default", name,
			    &objs) == IPSVC_STORE_OK)
		doc = json_incref(objs.items[0].doc);
	ipsvc_objects_free(&objs);
	return doc;
}

static bool has(struct env *env, const char *name)
{
	json_t *doc = get(env, name);

	json_decref(doc);
	return doc;
}

static json_int_t port_of(struct env *env, const char *name)
{
	json_t *doc = get(env, name);
	json_int_t port = json_integer_value(json_object_get(json_array_get(
		json_object_get(json_object_get(doc, "spec"), "ports"), 0),
		"port"));

	json_decref(doc);
	return port;
}

static size_t errors(struct env *env)
{
	json_t *all = source_errors(env->source);
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

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

/* A file of NodePorts, one for each word of @names. */
static void write_node_ports(struct env *env, const char *file,
			     const char *names)
{
	struct ipsvc_buf buf = {0};
	char *words = xstrdup(names), *p = words, *name, *text;

	while ((name = strsep(&p, " ")))
		ipsvc_buf_printf(&buf, "---\napiVersion: v1\nkind: Service\n"
				 "metadata: {name: '%s'}\n"
				 "spec: {type: NodePort, ports: [{port: 80}]}\n",
				 name);
	text = ipsvc_buf_take(&buf);
	write_text(env, file, text);
	free(text);
	free(words);
}

/* What was allocated to @name, and who it is; the caller frees it. */
static char *given(struct env *env, const char *name)
{
	json_t *doc = get(env, name), *spec = json_object_get(doc, "spec");
	json_t *port = json_array_get(json_object_get(spec, "ports"), 0);
	char *text;

	assert_non_null(doc);
	text = xasprintf("%s %lld %s",
			 json_string_value(json_object_get(spec, "clusterIP")),
			 json_integer_value(json_object_get(port, "nodePort")),
			 json_string_value(json_object_get(json_object_get(
				doc, "metadata"), "uid")));
	json_decref(doc);
	return text;
}

static void assert_given(struct env *env, const char *name, char *want)
{
	char *got = given(env, name);

	assert_string_equal(got, want);
	free(got);
	free(want);
}

static void rename_file(struct env *env, const char *from, const char *to)
{
	char *a = xasprintf("%s/%s", env->dir, from);
	char *b = xasprintf("%s/%s", env->dir, to);

	assert_int_equal(rename(a, b), 0);
	free(a);
	free(b);
}

static void a_renamed_file_keeps_what_its_objects_have(void **state)
{
	struct env *env = *state;
	char *x, *y;

	write_node_ports(env, "m.yaml", "x y");
	source_read(env->source);
	for (int i = 0; i < 2; i++) {
		x = given(env, "x");
		y = given(env, "y");
		/* To a name before, and to one after. */
		rename_file(env, i ? "a.yaml" : "m.yaml", i ? "z.yaml" : "a.yaml");
		source_read(env->source);
		assert_int_equal(errors(env), 0);
		assert_given(env, "x", x);
		assert_given(env, "y", y);
	}
	/* Renamed and edited. */
	x = given(env, "x");
	rename_file(env, "z.yaml", "b.yaml");
	write_node_ports(env, "b.yaml", "x");
	source_read(env->source);
	assert_given(env, "x", x);
	assert_false(has(env, "y"));
}

static size_t warnings(struct env *env)
{
	json_t *all = source_warnings(env->source);
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

/* A file with errors may hold whatever left the other files. */
static void a_file_with_errors_keeps_what_left_the_others(void **state)
{
	struct env *env = *state;
	char *x, *y;

	write_node_ports(env, "a.yaml", "x");
	write_node_ports(env, "b.yaml", "y b");
	source_read(env->source);
	x = given(env, "x");
	y = given(env, "y");
	/* One file is renamed, the other loses an object; the third is broken. */
	remove_file(env, "a.yaml");
	write_node_ports(env, "b.yaml", "b");
	write_text(env, "c.yaml", "kind: [");
	for (int i = 0; i < 2; i++) {
		source_read(env->source);
		assert_true(has(env, "x") && has(env, "y") && has(env, "b"));
		assert_int_equal(errors(env), 1);
		assert_int_equal(warnings(env), 2);
	}
	write_node_ports(env, "c.yaml", "x");
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_int_equal(warnings(env), 0);
	assert_given(env, "x", x);
	assert_false(has(env, "y"));
	free(y);
}

static void an_object_that_moves_keeps_what_it_has(void **state)
{
	struct env *env = *state;
	char *x, *y;

	write_node_ports(env, "a.yaml", "a x");
	write_node_ports(env, "b.yaml", "b y");
	source_read(env->source);
	x = given(env, "x");
	y = given(env, "y");
	write_node_ports(env, "a.yaml", "a");
	write_node_ports(env, "b.yaml", "b y x");
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_given(env, "x", x);
	assert_given(env, "y", y);

	x = given(env, "x");
	write_node_ports(env, "a.yaml", "a x");
	write_node_ports(env, "b.yaml", "b y");
	source_read(env->source);
	assert_given(env, "x", x);

	/* Two files exchange what they have. */
	x = given(env, "x");
	y = given(env, "y");
	write_node_ports(env, "a.yaml", "a y");
	write_node_ports(env, "b.yaml", "b x");
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_given(env, "x", x);
	assert_given(env, "y", y);

	/* And each is that of the file which has it now. */
	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_true(has(env, "x") && !has(env, "y") && !has(env, "a"));
}

/* The new owner is refused: what moved stays as it was. */
static void an_heir_that_is_refused_loses_nothing(void **state)
{
	struct env *env = *state;
	char *x;

	write_node_ports(env, "a.yaml", "x");
	write_node_ports(env, "c.yaml", "c");
	source_read(env->source);
	x = given(env, "x");
	write_text(env, "a.yaml", "# empty\n");
	write_node_ports(env, "b.yaml", "x c");
	source_read(env->source);
	assert_int_equal(errors(env), 1);
	assert_given(env, "x", x);
	x = given(env, "x");
	write_node_ports(env, "b.yaml", "x");
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_given(env, "x", x);
}

/* Another directory, and the old one is no more. */
static void objects_of_a_directory_that_is_gone_are_taken_over(void **state)
{
	struct env *env = *state;
	char *aside = xasprintf("%s/aside", env->root), *x;

	write_node_ports(env, "a.yaml", "x");
	source_read(env->source);
	x = given(env, "x");
	assert_int_equal(rename(env->dir, aside), 0);
	source_free(env->source);
	env->source = source_new(env->event, env->store, aside, changed, env);
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_given(env, "x", x);
	free(env->dir);
	env->dir = aside;
	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_false(has(env, "x"));
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

	source_free(env->source);
	env->source = source_new(env->event, env->store, deep, changed, env);
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

#define WITH_ENV(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		WITH_ENV(a_renamed_file_keeps_what_its_objects_have),
		WITH_ENV(a_file_with_errors_keeps_what_left_the_others),
		WITH_ENV(an_object_that_moves_keeps_what_it_has),
		WITH_ENV(an_heir_that_is_refused_loses_nothing),
		WITH_ENV(objects_of_a_directory_that_is_gone_are_taken_over),
		WITH_ENV(a_locked_store_holds_up_nothing),
		WITH_ENV(changes_are_noticed),
		WITH_ENV(a_directory_that_appears_is_noticed),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
