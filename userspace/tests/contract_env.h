/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests that run on each backend of the store: SQLite, and one as etcd is. */
#ifndef IPSVC_TESTS_CONTRACT_ENV_H
#define IPSVC_TESTS_CONTRACT_ENV_H

#include <pthread.h>

#include "store_memory.h"
#include "store_env.h"

#define THREADS	4

struct backend {
	const char *name;
	const struct ipsvc_store_ops *ops;
	void (*reset)(void);
	/* Forgets the history. */
	void (*compact)(void);
	/* Lets @seconds pass. */
	void (*pass)(int seconds);
};

static const struct backend *backend;

/* ---- the backends ------------------------------------------------------- */

static void sqlite_reset(void)
{
}

static void sqlite_compact(void)
{
	free(query("DELETE FROM tombstones"));
	free(query("UPDATE meta SET value = (SELECT value FROM meta WHERE "
		   "key = 'revision') WHERE key = 'compacted'"));
}

static void sqlite_pass(int seconds)
{
	char *sql = xasprintf("UPDATE records SET expires = expires - %d",
			      seconds);

	free(query(sql));
	free(sql);
}

static void memory_compact_all(void)
{
	memory_compact(memory.revision);
}

static void memory_pass(int seconds)
{
	memory.skew += seconds;
}

static const struct backend backends[] = {
	{ "sqlite", &ipsvc_store_sqlite_ops, sqlite_reset, sqlite_compact,
	  sqlite_pass },
	{ "memory", &memory_ops, memory_reset, memory_compact_all, memory_pass },
};

UNUSED static struct ipsvc_store *another(void)
{
	char *message;
	struct ipsvc_store *s = ipsvc_store_open_ops(backend->ops, env_path,
						     IPSVC_STORE_WRITE,
						     &message);

	if (!s)
		abort();
	return s;
}

UNUSED static int setup(void **state)
{
	if (env_new(state))
		return -1;
	backend->reset();
	store = another();
	return 0;
}

UNUSED static int teardown(void **state)
{
	int err = env_remove(state);

	backend->reset();
	return err;
}

/* Runs @f so often at once; none may set its argument. */
UNUSED static void run_threads(void *(*f)(void *))
{
	pthread_t threads[THREADS];
	int failed[THREADS] = {0};

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, f, &failed[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(failed[i], 0);
}

/* Runs @tests on each backend; how many failed. */
static int run_on_backends(const struct CMUnitTest *tests, size_t n)
{
	int failed = 0;

	for (size_t i = 0; i < COUNT(backends); i++) {
		backend = &backends[i];
		print_message("# %s\n", backend->name);
		failed += _cmocka_run_group_tests(backend->name, tests, n, NULL,
						  NULL);
	}
	return failed;
}

#endif
