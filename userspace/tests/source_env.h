/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the manifests directory share: a directory and a store. */
#ifndef IPSVC_TESTS_SOURCE_ENV_H
#define IPSVC_TESTS_SOURCE_ENV_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "api/service/service.h"
#include "base/buf.h"
#include "base/memory.h"
#include "source/dir.h"
#include "store/store.h"

#define UNUSED		__attribute__((unused))

struct env {
	char *root, *dir;
	sd_event *event;
	struct ipsvc_store *store;
	struct source *source;
	int calls;
};

UNUSED static void changed(void *arg)
{
	struct env *env = arg;

	env->calls++;
}

/* A new source in place of the one there is; @grace is in milliseconds. */
UNUSED static void start(struct env *env, const char *dir, uint64_t grace,
		  bool prune_all)
{
	const struct source_options opts = {
		.dir = dir, .id = "host", .grace = grace * 1000, .prune_all = prune_all,
	};

	if (env->source)
		source_free(env->source);
	env->source = source_new(env->event, env->store, &opts, changed, env);
	assert_non_null(env->source);
}

UNUSED static int setup(void **state)
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
	start(env, env->dir, 0, true);
	*state = env;
	return 0;
}

UNUSED static int teardown(void **state)
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

UNUSED static void write_text(struct env *env, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", env->dir, name);
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	fputs(text, fp);
	fclose(fp);
	free(path);
}

UNUSED static void write_service(struct env *env, const char *file, const char *name,
			  const char *port)
{
	char *text = xasprintf("apiVersion: v1\nkind: Service\n"
			       "metadata: {name: %s}\n"
			       "spec:\n  ports:\n  - port: %s\n", name, port);

	write_text(env, file, text);
	free(text);
}

UNUSED static void remove_file(struct env *env, const char *name)
{
	char *path = xasprintf("%s/%s", env->dir, name);

	assert_int_equal(unlink(path), 0);
	free(path);
}

UNUSED static json_t *get(struct env *env, const char *name)
{
	struct ipsvc_objects objs = {0};
	json_t *doc = NULL;

	if (ipsvc_store_get(env->store, &ipsvc_service_kind, "default", name,
			    &objs) == IPSVC_STORE_OK)
		doc = json_incref(objs.items[0].doc);
	ipsvc_objects_free(&objs);
	return doc;
}

UNUSED static bool has(struct env *env, const char *name)
{
	json_t *doc = get(env, name);

	json_decref(doc);
	return doc;
}

UNUSED static json_int_t port_of(struct env *env, const char *name)
{
	json_t *doc = get(env, name);
	json_int_t port = json_integer_value(json_object_get(json_array_get(
		json_object_get(json_object_get(doc, "spec"), "ports"), 0),
		"port"));

	json_decref(doc);
	return port;
}

UNUSED static size_t errors(struct env *env)
{
	json_t *all = source_errors(env->source);
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

UNUSED static size_t warnings(struct env *env)
{
	json_t *all = source_warnings(env->source);
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

#define WITH_ENV(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
