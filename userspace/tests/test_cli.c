// SPDX-License-Identifier: GPL-2.0-or-later
/* The frame of ipsvc: the table of verbs, options, help, completion. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

#define MAX_WORDS 16

/* ---- what is printed ---------------------------------------------------- */

static FILE *captured;
static int saved_out, saved_err;
static char printed[16384];

static void capture(void)
{
	fflush(stdout);
	fflush(stderr);
	captured = tmpfile();
	assert_non_null(captured);
	saved_out = dup(1);
	saved_err = dup(2);
	dup2(fileno(captured), 1);
	dup2(fileno(captured), 2);
}

static const char *release(void)
{
	size_t n;

	fflush(stdout);
	fflush(stderr);
	dup2(saved_out, 1);
	dup2(saved_err, 2);
	close(saved_out);
	close(saved_err);
	rewind(captured);
	n = fread(printed, 1, sizeof(printed) - 1, captured);
	printed[n] = '\0';
	fclose(captured);
	return printed;
}

/* Splits @line at spaces; a trailing space gives an empty last word. */
static int split(const char *line, char *buf, char **argv)
{
	int argc = 0;
	char *word;

	strcpy(buf, line);
	while ((word = strsep(&buf, " ")) && argc < MAX_WORDS - 1)
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

/* ---- table -------------------------------------------------------------- */

static void test_table(void **unused)
{
	size_t i, j;

	(void)unused;
	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		assert_non_null(v->verb);
		assert_non_null(v->run);
		assert_true(v->summary || v->verb[0] == '_');
		/* Rows of one verb are together: help and completion rely on it. */
		for (j = 0; j < i; j++) {
			if (strcmp(cli_verbs[j].verb, v->verb))
				continue;
			assert_string_equal(cli_verbs[i - 1].verb, v->verb);
			assert_false(v->sub && cli_verbs[j].sub &&
				     !strcmp(cli_verbs[j].sub, v->sub));
		}
		for (j = 0; v->options && v->options[j].option; j++) {
			assert_int_equal(v->options[j].option[0], '-');
			assert_non_null(v->options[j].help);
		}
	}
}

static void expect_verb(const char *line, const char *verb, const char *sub,
			int words_taken, const char *message)
{
	char buf[256], *argv[MAX_WORDS];
	int argc = split(line, buf, argv), words = 0;
	const struct cli_verb *v;

	capture();
	v = cli_find_verb(argc, argv, &words);
	release();
	if (message) {
		assert_null(v);
		assert_non_null(strstr(printed, message));
		return;
	}
	assert_string_equal(printed, "");
	assert_non_null(v);
	assert_string_equal(v->verb, verb);
	assert_true(!sub == !v->sub);
	if (sub)
		assert_string_equal(v->sub, sub);
	assert_int_equal(words, words_taken);
}

static void test_find_verb(void **unused)
{
	(void)unused;
	expect_verb("get services", "get", NULL, 1, NULL);
	expect_verb("service list", "service", "list", 2, NULL);
	expect_verb("service show x", "service", "show", 2, NULL);
	expect_verb("servcie list", NULL, NULL, 0, "did you mean 'service'?");
	expect_verb("service lsit", NULL, NULL, 0,
		    "unknown command 'service lsit', did you mean 'list'?");
	expect_verb("service", NULL, NULL, 0, "'service' needs one more word");
	expect_verb("qqqqqq", NULL, NULL, 0, "unknown verb 'qqqqqq'\n");
}

/* ---- options ------------------------------------------------------------ */

static const struct option longs[] = {
	{ "watch", no_argument, NULL, 'w' },
	{ "version", required_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Of the option that came last. */
static char value[64];

/* The letters cli_getopt() returns for @line, and the arguments it leaves. */
static void expect_options(struct cli *cli, const char *line,
			   const char *letters, const char *rest)
{
	char buf[256], *argv[MAX_WORDS], got[64] = "", left[64] = "";
	int argc = split(line, buf, argv), c;
	size_t n = 0;

	cli->output = "text";
	optind = 0;
	capture();
	while ((c = cli_getopt(cli, argc, argv, "n:w", longs)) != -1) {
		got[n++] = (char)c;
		snprintf(value, sizeof(value), "%s", optarg ? optarg : "");
		if (c == '?')
			break;
	}
	release();
	for (; c == -1 && optind < argc; optind++) {
		strcat(left, argv[optind]);
		strcat(left, ";");
	}
	assert_string_equal(got, letters);
	assert_string_equal(left, rest);
	if (c == -1)
		assert_string_equal(printed, "");
}

static void test_options(void **unused)
{
	static const struct cli_verb verb = {
		.verb = "list", .outputs = "wide custom=",
	};
	struct cli cli = { .verb = &verb };

	(void)unused;
	expect_options(&cli, "list a -w b", "w", "a;b;");
	/* The verb's -n is its own, the common ones are not seen by it. */
	expect_options(&cli, "list -n x --store /s a --run-dir=/r -o wide", "n",
		       "a;");
	assert_string_equal(cli.store_url, "/s");
	assert_string_equal(cli.run_dir, "/r");
	assert_string_equal(cli.output, "wide");
	assert_null(cli.netns);
	expect_options(&cli, "list -ocustom=A:.b", "", "");
	assert_string_equal(cli.output, "custom=A:.b");
	expect_options(&cli, "list -w -- -w", "w", "-w;");
	/* So is its --version. */
	expect_options(&cli, "list --version v2", "V", "");
	expect_options(&cli, "list --version=v2", "V", "");

	/* A letter takes its value after '=' too, and all that follows. */
	expect_options(&cli, "list -o=wide -w a", "w", "a;");
	assert_string_equal(cli.output, "wide");
	expect_options(&cli, "list -wo=custom=A:.b", "w", "");
	assert_string_equal(cli.output, "custom=A:.b");
	expect_options(&cli, "list -n=k=v", "n", "");
	assert_string_equal(value, "k=v");
	expect_options(&cli, "list -n =v", "n", "");
	assert_string_equal(value, "=v");
	expect_options(&cli, "list -n=", "n", "");
	assert_string_equal(value, "=");
	expect_options(&cli, "list --version==v", "V", "");
	assert_string_equal(value, "=v");

	expect_options(&cli, "list -o json", "?", "");
	assert_non_null(strstr(printed, "unknown output format 'json' "
			       "(text|wide|custom=)\n"
			       "See 'ipsvc list --help'."));
	expect_options(&cli, "list -x", "?", "");
	assert_non_null(strstr(printed, "unknown option '-x'"));
	expect_options(&cli, "list --wacth", "?", "");
	assert_non_null(strstr(printed, "did you mean '--watch'?"));
	expect_options(&cli, "list --watch=3", "?", "");
	assert_non_null(strstr(printed, "'--watch' takes no value"));
	expect_options(&cli, "list --wacth=3", "?", "");
	assert_non_null(strstr(printed, "unknown option '--wacth', did you mean '--watch'?"));
	/* No beginnings, whatever may follow. */
	expect_options(&cli, "list --w", "?", "");
	assert_non_null(strstr(printed, "unknown option '--w', did you mean '--watch'?"));
	expect_options(&cli, "list --vers v2", "?", "");
	assert_non_null(strstr(printed, "unknown option '--vers', did you mean '--version'?"));
	expect_options(&cli, "list --vers=v2", "?", "");
	assert_non_null(strstr(printed, "unknown option '--vers', did you mean '--version'?"));
	expect_options(&cli, "list --watc=3", "?", "");
	assert_non_null(strstr(printed, "unknown option '--watc', did you mean '--watch'?"));
	expect_options(&cli, "list --stor", "?", "");
	assert_non_null(strstr(printed, "unknown option '--stor', did you mean '--store'?"));
	expect_options(&cli, "list a --outp json", "?", "");
	assert_non_null(strstr(printed, "unknown option '--outp', did you mean '--output'?"));
	expect_options(&cli, "list --watch -xw", "w?", "");
	assert_non_null(strstr(printed, "unknown option '-x'"));
	expect_options(&cli, "list -w -n", "w?", "");
	assert_non_null(strstr(printed, "'-n' needs a value"));
	expect_options(&cli, "list --store", "?", "");
	assert_non_null(strstr(printed, "'--store' needs a value"));
}

static void test_args(void **unused)
{
	static const struct cli_verb verb = { .verb = "v", .args = "A [B]" };
	struct cli cli = { .verb = &verb, .output = "text" };
	char *argv[] = { (char[]) { "v" }, (char[]) { "a" }, (char[]) { "b" },
			 NULL };

	(void)unused;
	optind = 1;
	capture();
	assert_true(cli_check_args(&cli, 3, argv, 0, -1));
	assert_true(cli_check_args(&cli, 3, argv, 2, 2));
	assert_false(cli_check_args(&cli, 3, argv, 3, 3));
	assert_false(cli_check_args(&cli, 3, argv, 0, 1));
	release();
	assert_non_null(strstr(printed, "an argument is missing: A [B]"));
	assert_non_null(strstr(printed, "unexpected argument 'b'"));
}

/* ---- help --------------------------------------------------------------- */

static void test_help(void **unused)
{
	size_t i, j;

	(void)unused;
	capture();
	cli_help(stdout);
	release();
	for (i = 0; i < cli_nverbs; i++)
		if (cli_verbs[i].summary)
			assert_non_null(strstr(printed, cli_verbs[i].summary));
	assert_null(strstr(printed, "__complete"));
	assert_non_null(strstr(printed, "6 the daemon is not"));
	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		capture();
		cli_help_verb(stdout, v->verb, v->sub);
		release();
		assert_memory_equal(printed, "Usage: ipsvc ", 13);
		for (j = 0; v->options && v->options[j].option; j++)
			assert_non_null(strstr(printed, v->options[j].option));
	}
}

/* ---- completion --------------------------------------------------------- */

static void expect_candidates(const char *line, const char *expected)
{
	struct cli cli = { .output = "text", .store_url = "/nowhere/store.db" };
	char buf[256], *argv[MAX_WORDS];
	int argc = split(line, buf, argv);

	capture();
	assert_int_equal(cmd_complete(&cli, argc, argv), CLI_OK);
	release();
	assert_string_equal(printed, expected);
}

static void test_complete(void **unused)
{
	(void)unused;
	expect_candidates("__complete -- se", "service\n");
	expect_candidates("__complete -- st", "status\nstats\n");
	expect_candidates("__complete -- zz", "");
	expect_candidates("__complete -- service ", "list\nshow\n");
	expect_candidates("__complete -- service sh", "show\n");
	/* Options in front, with their values, are no verbs. */
	expect_candidates("__complete -- -n get --store=/s flow ", "list\n");
	expect_candidates("__complete -- service list -o ", "text\nwide\njson\n");
	expect_candidates("__complete -- service list --output j", "json\n");
	expect_candidates("__complete -- stats --a", "--all\n");
	expect_candidates("__complete -- stats --ru", "--run-dir\n");
	expect_candidates("__complete -- get p", "pods\n");
	expect_candidates("__complete -- get e", "endpoints\n");
	expect_candidates("__complete -- delete e", "");
	expect_candidates("__complete -- get -n kube-system s", "services\n");
	expect_candidates("__complete -- get -A p", "pods\n");
	expect_candidates("__complete -- get pods ", "");
	expect_candidates("__complete -- help mon", "monitor\n");
	expect_candidates("__complete -- help service l", "list\n");
	expect_candidates("__complete -- service list x ", "");
}

/* A new network namespace; false where there is no permission for one. */
static bool new_netns(void)
{
	return !unshare(CLONE_NEWNET) ||
	       !unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static ino_t netns_now(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

/* In a process of its own, which does not come back from where it goes. */
static void complete_in_netns(void)
{
	static const char *const spellings[] = { "-n ", "--netns ", "--netns=",
						 "--netns = " };
	char line[256];
	ino_t wanted;
	int fd;

	if (!new_netns())
		_exit(77);
	wanted = netns_now();
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		assert_int_equal(unshare(CLONE_NEWNET), 0);
		assert_true(netns_now() != wanted);
		snprintf(line, sizeof(line),
			 "__complete -- %s/proc/self/fd/%d service show ",
			 spellings[i], fd);
		expect_candidates(line, "");
		assert_int_equal(netns_now(), wanted);
	}
	/* After a verb of kubectl, the letter is another option. */
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	snprintf(line, sizeof(line), "__complete -- get -n /proc/self/fd/%d p",
		 fd);
	expect_candidates(line, "pods\n");
	assert_true(netns_now() != wanted);
	_exit(0);
}

static void test_complete_netns(void **unused)
{
	int status;
	pid_t pid;

	(void)unused;
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		complete_in_netns();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_find_verb),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_netns),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
