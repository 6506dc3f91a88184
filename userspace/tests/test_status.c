// SPDX-License-Identifier: GPL-2.0-or-later
/* The locks of ipsvcd's run directory. */
#include "daemon/status.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/memory.h"

static char dir[] = "/tmp/ipsvc-status-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(dir);
}

static int teardown(void **state)
{
	char *command = xasprintf("rm -r %s", dir);
	int err = system(command);

	(void)state;
	free(command);
	return err;
}

/* What another user may open, with @how locked; the descriptor. */
static int lock_as_another(int how)
{
	char *path = xasprintf("%s/ipsvcd.lock", dir);
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, how | LOCK_NB), 0);
	free(path);
	return fd;
}

/* As `ipsvc status` finds out. */
static bool seems_to_run(void)
{
	char *path = xasprintf("%s/ipsvcd.lock", dir);
	int fd = open(path, O_RDONLY);
	bool runs;

	assert_true(fd >= 0);
	runs = flock(fd, LOCK_SH | LOCK_NB) < 0;
	close(fd);
	free(path);
	return runs;
}

static void one_daemon_a_directory(void **state)
{
	struct status_lock first, second;

	(void)state;
	assert_true(status_lock(dir, &first));
	assert_true(seems_to_run());
	assert_false(status_lock(dir, &second));
	assert_true(seems_to_run());
	status_unlock(&first);
	assert_false(seems_to_run());
	assert_true(status_lock(dir, &second));
	status_unlock(&second);
}

static void other_users_keep_no_daemon_from_starting(void **state)
{
	static const int how[] = { LOCK_SH, LOCK_EX };
	struct status_lock lock;

	(void)state;
	assert_true(status_lock(dir, &lock));
	status_unlock(&lock);
	for (int i = 0; i < 2; i++) {
		int fd = lock_as_another(how[i]);

		assert_true(status_lock(dir, &lock));
		assert_true(seems_to_run());
		status_unlock(&lock);
		assert_false(seems_to_run());
		close(fd);
	}
}

/* What others can open they can lock. */
static void only_the_lock_that_is_shown_can_be_opened(void **state)
{
	char *shown = xasprintf("%s/ipsvcd.lock", dir);
	char *exclusive = xasprintf("%s/exclusive.lock", dir);
	struct status_lock lock;
	struct stat st;

	(void)state;
	umask(0);
	assert_true(status_lock(dir, &lock));
	assert_int_equal(stat(shown, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(stat(exclusive, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	status_unlock(&lock);
	free(shown);
	free(exclusive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_daemon_a_directory),
		cmocka_unit_test(other_users_keep_no_daemon_from_starting),
		cmocka_unit_test(only_the_lock_that_is_shown_can_be_opened),
	};

	return cmocka_run_group_tests_name("status", tests, setup, teardown);
}
