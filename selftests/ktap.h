/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KTAP for the C tests in this directory, in the manner of kselftest_harness.h:
 *
 *	#include "ktap.h"
 *
 *	TEST(refuses_short_messages)
 *	{
 *		int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
 *
 *		ASSERT_GE(fd, 0);		// ends the test when it fails
 *		EXPECT_EQ(send(fd, "", 0, 0), -1);	// goes on, and fails the test at its end
 *		EXPECT_STREQ(strerror(errno), "Invalid argument");
 *		if (!supported())
 *			SKIP("this kernel has no %s", "something");
 *		DIAG("a line in the report: %d", fd);
 *	}
 *
 *	KTAP_MAIN()
 *
 * Every test runs in a process of its own, in the order of the file, and may crash without harm to the others;
 * after KTAP_TIMEOUT seconds (30; define it before including to change it) it is killed. Arguments of the program
 * are names of the tests to run. Exit status: 0 passed, 1 failed, 4 everything skipped.
 * EXPECT_ and ASSERT_: EQ NE LT LE GT GE for integers and pointers, STREQ STRNE, TRUE FALSE.
 */
#ifndef IPSVC_KTAP_H
#define IPSVC_KTAP_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KTAP_TIMEOUT
#define KTAP_TIMEOUT 30
#endif

#define KTAP_FAIL 1
#define KTAP_SKIP 4
#define KTAP_WHY 256

struct ktap_test {
	const char *name;
	void (*run)(void);
	struct ktap_test *next;
};

static struct ktap_test *ktap_first, **ktap_last = &ktap_first;
static char *ktap_why;	/* of a skip; shared with the process of the test */
static int ktap_failed;	/* in the process of the running test */

/* Diagnostics carry "# ", so that they are KTAP whatever they say. */
#define DIAG(fmt, ...) \
	printf("# %s:%d: " fmt "\n", strrchr("/" __FILE__, '/') + 1, __LINE__, ##__VA_ARGS__)

#define SKIP(fmt, ...) do {						\
	snprintf(ktap_why, KTAP_WHY, " " fmt, ##__VA_ARGS__);		\
	fflush(stdout);							\
	_exit(ktap_failed ? KTAP_FAIL : KTAP_SKIP);			\
} while (0)

#define TEST(test)							\
	static void test_##test(void);					\
	static struct ktap_test ktap_##test = { #test, test_##test, NULL }; \
	__attribute__((constructor)) static void ktap_add_##test(void)	\
	{								\
		*ktap_last = &ktap_##test;				\
		ktap_last = &ktap_##test.next;				\
	}								\
	static void test_##test(void)

static inline void ktap_end(void)
{
	fflush(stdout);
	_exit(KTAP_FAIL);
}

#define KTAP_CMP(a, op, b, end) do {					\
	__typeof__(a) ktap_a = (a);					\
	__typeof__(b) ktap_b = (b);					\
	if (!(ktap_a op ktap_b)) {					\
		DIAG("%s %s %s is false: %lld, %lld (errno %d)", #a, #op, #b, \
		     (long long)ktap_a, (long long)ktap_b, errno);	\
		ktap_failed = 1;					\
		end;							\
	}								\
} while (0)

#define KTAP_STR(a, same, b, end) do {					\
	const char *ktap_a = (a), *ktap_b = (b);			\
	if (!ktap_a || !ktap_b || (strcmp(ktap_a, ktap_b) == 0) != (same)) {	\
		DIAG("%s is \"%s\", %s is \"%s\"", #a, ktap_a ? ktap_a : "(null)", \
		     #b, ktap_b ? ktap_b : "(null)");			\
		ktap_failed = 1;					\
		end;							\
	}								\
} while (0)

#define EXPECT_EQ(a, b)		KTAP_CMP(a, ==, b, )
#define EXPECT_NE(a, b)		KTAP_CMP(a, !=, b, )
#define EXPECT_LT(a, b)		KTAP_CMP(a, <, b, )
#define EXPECT_LE(a, b)		KTAP_CMP(a, <=, b, )
#define EXPECT_GT(a, b)		KTAP_CMP(a, >, b, )
#define EXPECT_GE(a, b)		KTAP_CMP(a, >=, b, )
#define EXPECT_TRUE(a)		KTAP_CMP(!!(a), ==, 1, )
#define EXPECT_FALSE(a)		KTAP_CMP(!!(a), ==, 0, )
#define EXPECT_STREQ(a, b)	KTAP_STR(a, 1, b, )
#define EXPECT_STRNE(a, b)	KTAP_STR(a, 0, b, )
#define ASSERT_EQ(a, b)		KTAP_CMP(a, ==, b, ktap_end())
#define ASSERT_NE(a, b)		KTAP_CMP(a, !=, b, ktap_end())
#define ASSERT_LT(a, b)		KTAP_CMP(a, <, b, ktap_end())
#define ASSERT_LE(a, b)		KTAP_CMP(a, <=, b, ktap_end())
#define ASSERT_GT(a, b)		KTAP_CMP(a, >, b, ktap_end())
#define ASSERT_GE(a, b)		KTAP_CMP(a, >=, b, ktap_end())
#define ASSERT_TRUE(a)		KTAP_CMP(!!(a), ==, 1, ktap_end())
#define ASSERT_FALSE(a)		KTAP_CMP(!!(a), ==, 0, ktap_end())
#define ASSERT_STREQ(a, b)	KTAP_STR(a, 1, b, ktap_end())
#define ASSERT_STRNE(a, b)	KTAP_STR(a, 0, b, ktap_end())

/* Returns KTAP_FAIL, KTAP_SKIP or 0. */
static inline int ktap_run(const struct ktap_test *test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		/* A group of its own, so that what it started dies with it. */
		setpgid(0, 0);
		alarm(KTAP_TIMEOUT);
		test->run();
		fflush(stdout);
		_exit(ktap_failed);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		printf("# cannot run: %s\n", strerror(errno));
		return KTAP_FAIL;
	}
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status)) {
		printf("# %s%s\n", strsignal(WTERMSIG(status)),
		       WTERMSIG(status) == SIGALRM ? " (took too long)" : "");
		return KTAP_FAIL;
	}
	status = WEXITSTATUS(status);
	return status == 0 || status == KTAP_SKIP ? status : KTAP_FAIL;
}

static inline int ktap_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc < 2;
}

static inline int ktap_main(int argc, char **argv)
{
	int n = 0, count[5] = { 0 };

	ktap_why = mmap(NULL, KTAP_WHY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ktap_why == MAP_FAILED)
		return KTAP_FAIL;
	for (const struct ktap_test *t = ktap_first; t; t = t->next)
		n += ktap_wanted(t->name, argc, argv);
	printf("TAP version 13\n1..%d\n", n);
	n = 0;
	for (const struct ktap_test *t = ktap_first; t; t = t->next) {
		int result;

		if (!ktap_wanted(t->name, argc, argv))
			continue;
		result = ktap_run(t);
		count[result]++;
		printf("%sok %d %s%s%s\n", result == KTAP_FAIL ? "not " : "", ++n, t->name,
		       result == KTAP_SKIP ? " # SKIP" : "", result == KTAP_SKIP ? ktap_why : "");
	}
	printf("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0\n", count[0], count[KTAP_FAIL],
	       count[KTAP_SKIP]);
	if (count[KTAP_FAIL] || !n)
		return KTAP_FAIL;
	return count[0] ? 0 : KTAP_SKIP;
}

#define KTAP_MAIN() int main(int argc, char **argv) { return ktap_main(argc, argv); }

#endif
