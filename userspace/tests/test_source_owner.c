// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The manifests directory: files and objects that move, vanish and come back, and
 * what is deleted then.
 */
#include "source/dir.h"

#include "source_env.h"

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

#define NAMED(name, port)						\
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\n"	\
	"spec: {type: NodePort, ports: [{port: 80, nodePort: " port "}]}\n"

/*
 * It is deleted once the other file is mended, also when its own file was not
 * applied at the first attempt and has not changed since.
 */
static void what_was_kept_is_not_forgotten(void **state)
{
	struct env *env = *state;
	write_node_ports(env, "a.yaml", "k x");
	write_text(env, "z.yaml", NAMED("z", "30080"));
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	/* a wants what z gives away after it, and loses k. */
	write_text(env, "a.yaml", NAMED("x", "30080"));
	write_text(env, "z.yaml", NAMED("z", "30081"));
	write_text(env, "c.yaml", "kind: [");
	sleep(4);	/* until time stamps of files are trusted */
	source_read(env->source);
	assert_int_equal(errors(env), 1);
	assert_true(has(env, "k"));
	write_node_ports(env, "c.yaml", "c");
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_false(has(env, "k"));
	assert_int_equal(warnings(env), 0);
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
	start(env, aside, 0, true);
	source_read(env->source);
	assert_int_equal(errors(env), 0);
	assert_given(env, "x", x);
	free(env->dir);
	env->dir = aside;
	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_false(has(env, "x"));
}

/* The same path on two hosts that share the store, but not the directory. */
static void another_host_deletes_nothing_of_ours(void **state)
{
	struct env *env = *state;
	struct source *ours = env->source;
	const struct source_options opts = {
		.dir = env->dir, .id = "other", .prune_all = true,
	};

	write_service(env, "a.yaml", "a", "80");
	source_read(ours);
	/* What the other host sees in its place. */
	remove_file(env, "a.yaml");
	write_service(env, "b.yaml", "b", "80");
	env->source = source_new(env->event, env->store, &opts, changed, env);
	source_read(env->source);
	assert_true(has(env, "a") && has(env, "b"));
	write_service(env, "b.yaml", "a", "81");
	source_read(env->source);
	assert_int_equal(errors(env), 1);
	assert_int_equal(port_of(env, "a"), 80);
	remove_file(env, "b.yaml");
	source_read(env->source);
	assert_true(has(env, "a"));
	assert_false(has(env, "b"));
	source_read(ours);
	assert_false(has(env, "a"));
	source_free(ours);
}

/* Each file that comes or goes may be one of many. */
static void a_slow_redeployment_deletes_nothing(void **state)
{
	struct env *env = *state;
	char *x, *y;

	write_node_ports(env, "a.yaml", "x");
	write_node_ports(env, "b.yaml", "y");
	write_node_ports(env, "c.yaml", "z");
	start(env, env->dir, 2000, false);
	source_read(env->source);
	x = given(env, "x");
	y = given(env, "y");
	remove_file(env, "a.yaml");
	remove_file(env, "b.yaml");
	remove_file(env, "c.yaml");
	source_read(env->source);
	assert_int_equal(warnings(env), 3);
	usleep(1200000);
	write_node_ports(env, "a.yaml", "x");
	source_read(env->source);
	usleep(1200000);
	source_read(env->source);
	assert_int_equal(warnings(env), 2);
	write_node_ports(env, "b.yaml", "y");
	source_read(env->source);
	assert_int_equal(warnings(env), 1);
	assert_given(env, "x", x);
	assert_given(env, "y", y);
	assert_true(has(env, "z"));
	/* Its time ends without any event. */
	for (int i = 0; i < 500 && has(env, "z"); i++)
		sd_event_run(env->event, 10000);
	assert_false(has(env, "z"));
	assert_int_equal(warnings(env), 0);
	assert_true(has(env, "x") && has(env, "y"));
}

static void an_empty_directory_deletes_nothing_unless_told(void **state)
{
	struct env *env = *state;

	write_service(env, "a.yaml", "a", "80");
	start(env, env->dir, 0, false);
	source_read(env->source);
	remove_file(env, "a.yaml");
	source_read(env->source);
	assert_true(has(env, "a"));
	assert_int_equal(warnings(env), 1);
	/* So it is after a restart. */
	start(env, env->dir, 0, false);
	source_read(env->source);
	assert_true(has(env, "a"));
	start(env, env->dir, 0, true);
	source_read(env->source);
	assert_false(has(env, "a"));
	assert_int_equal(warnings(env), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ENV(a_renamed_file_keeps_what_its_objects_have),
		WITH_ENV(a_file_with_errors_keeps_what_left_the_others),
		WITH_ENV(what_was_kept_is_not_forgotten),
		WITH_ENV(an_object_that_moves_keeps_what_it_has),
		WITH_ENV(an_heir_that_is_refused_loses_nothing),
		WITH_ENV(objects_of_a_directory_that_is_gone_are_taken_over),
		WITH_ENV(another_host_deletes_nothing_of_ours),
		WITH_ENV(a_slow_redeployment_deletes_nothing),
		WITH_ENV(an_empty_directory_deletes_nothing_unless_told),
	};

	return cmocka_run_group_tests_name("source_owner", tests, NULL, NULL);
}
