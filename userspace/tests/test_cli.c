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

/* What help shows is a command line of that verb. */
static void expect_example(const struct cli_verb *verb, const char *example)
{
	char buf[256], room[256] = "", *argv[MAX_WORDS];
	int argc = split(example, buf, argv) - 1, words;
	struct cli cli = { .output = "text" };
	struct cli_scope scope = {
		verb->options, room, cli_common_options, &cli,
	};
	char *wrong;

	assert_string_equal(argv[0], CLI_NAME);
	assert_ptr_equal(cli_find_verb(argc, argv + 1, &words), verb);
	argc -= words;
	wrong = cli_options_parse(&scope, false, &argc, argv + 1 + words);
	assert_null(wrong);
	assert_true(argc >= verb->min_args);
	assert_true(verb->max_args < 0 || argc <= verb->max_args);
	/* The only list there is, of apply and delete. */
	if (verb->options && verb->options[0].type == CLI_LIST)
		cli_words_free((void *)(room + verb->options[0].at));
}

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
		assert_true(!v->args || v->max_args || v->verb[0] == '_' ||
			    v->args[0] == '-');
		for (j = 0; v->options && v->options[j].name; j++) {
			const struct cli_option *o = &v->options[j];

			assert_non_null(o->help);
			assert_true(!o->value == (o->type == CLI_BOOL));
			/* What all verbs have means the same with each. */
			assert_null(cli_option_named(cli_common_options, o->name,
						     strlen(o->name)));
			assert_true(!o->letter ||
				    !cli_option_lettered(cli_common_options,
							 o->letter));
		}
		for (j = 0; v->examples && v->examples[j]; j++)
			expect_example(v, v->examples[j]);
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

struct values {
	bool watch;
	const char *version, *dry_run;
	struct cli_words names;
};

static const struct cli_option own[] = {
	CLI_OPTION_BOOL(struct values, watch, 'w', "watch", "wait"),
	/* A verb's own counts more than a common one. */
	CLI_OPTION_STRING(struct values, version, 'V', "version", "V", "which"),
	{ .name = "dry-run", .type = CLI_STRING,
	  .at = offsetof(struct values, dry_run), .value = "HOW",
	  .implied = "client", .help = "no" },
	{ .name = "filename", .letter = 'f', .type = CLI_LIST,
	  .at = offsetof(struct values, names), .value = "FILE", .help = "of" },
	{ 0 },
};

static const struct cli_verb verb_with_options = {
	.verb = "list", .outputs = "wide custom=", .options = own,
	.args = "A [B]", .max_args = -1,
};

static struct values got;
static struct cli cli;
static char line_buf[256];

/* Of all words; "a;b;" of the arguments that are left. */
static const char *joined(char **words, int n)
{
	static char left[64];

	left[0] = '\0';
	for (int i = 0; i < n; i++) {
		strcat(left, words[i]);
		strcat(left, ";");
	}
	return left;
}

/* Parses @line; @rest: what is left, or NULL for the message @wrong. */
static void expect_options(const char *line, const char *rest,
			   const char *wrong)
{
	char *argv[MAX_WORDS], **args = argv;
	int argc = split(line, line_buf, argv);
	bool ok;

	cli_words_free(&got.names);
	got = (struct values){0};
	cli = (struct cli){ .verb = &verb_with_options, .output = "text" };
	capture();
	ok = cli_parse(&cli, &argc, &args, &got);
	release();
	assert_true(ok == (rest != NULL));
	if (ok) {
		assert_string_equal(joined(args, argc), rest);
		assert_string_equal(printed, "");
	} else {
		assert_non_null(strstr(printed, wrong));
		assert_non_null(strstr(printed, "See 'ipsvc list --help'."));
	}
}

static void test_options(void **unused)
{
	(void)unused;
	expect_options("list a -w b", "a;b;", NULL);
	assert_true(got.watch);
	expect_options("list -n x --store /s a --run-dir=/r -o wide", "a;", NULL);
	assert_string_equal(cli.ns, "x");
	assert_string_equal(cli.store_url, "/s");
	assert_string_equal(cli.run_dir, "/r");
	assert_string_equal(cli.output, "wide");
	assert_null(cli.netns);
	expect_options("list --namespace=x", "", NULL);
	assert_string_equal(cli.ns, "x");
	expect_options("list -ocustom=A:.b", "", NULL);
	assert_string_equal(cli.output, "custom=A:.b");
	expect_options("list -w -- -w", "-w;", NULL);
	expect_options("list - -w", "-;", NULL);
	expect_options("list --version v2", "", NULL);
	assert_string_equal(got.version, "v2");
	expect_options("list -Vv2 --version=v3", "", NULL);
	assert_string_equal(got.version, "v3");

	/* A letter takes its value after '=' too, and all that follows. */
	expect_options("list -o=wide -w a", "a;", NULL);
	assert_string_equal(cli.output, "wide");
	expect_options("list -wo=custom=A:.b", "", NULL);
	assert_string_equal(cli.output, "custom=A:.b");
	assert_true(got.watch);
	expect_options("list -n=k=v", "", NULL);
	assert_string_equal(cli.ns, "k=v");
	expect_options("list -n =v", "", NULL);
	assert_string_equal(cli.ns, "=v");
	expect_options("list -n=", "", NULL);
	assert_string_equal(cli.ns, "=");
	expect_options("list --version==v", "", NULL);
	assert_string_equal(got.version, "=v");
}

/* As kubectl's: a bool with its value, several words in one, a value or none. */
static void test_option_values(void **unused)
{
	(void)unused;
	expect_options("list --watch=true", "", NULL);
	assert_true(got.watch);
	expect_options("list --watch --watch=false", "", NULL);
	assert_false(got.watch);
	expect_options("list -w=0 true", "true;", NULL);
	assert_false(got.watch);
	expect_options("list -w=T", "", NULL);
	assert_true(got.watch);
	expect_options("list --watch=3", NULL,
		       "'--watch' is true or false, not '3'");
	expect_options("list --dry-run server", "server;", NULL);
	assert_string_equal(got.dry_run, "client");
	expect_options("list --dry-run=server", "", NULL);
	assert_string_equal(got.dry_run, "server");
	expect_options("list -f a,b --filename=c -f d", "", NULL);
	assert_int_equal(got.names.n, 4);
	assert_string_equal(joined((char **)got.names.items, 4), "a;b;c;d;");
	cli_words_free(&got.names);
}

static void test_wrong_options(void **unused)
{
	(void)unused;
	expect_options("list -o json", NULL,
		       "unknown output format 'json' (text|wide|custom=)\n");
	expect_options("list -x", NULL, "unknown option '-x'");
	expect_options("list --watch -xw", NULL, "unknown option '-x'");
	expect_options("list --wacth", NULL, "did you mean '--watch'?");
	expect_options("list --wacth=3", NULL,
		       "unknown option '--wacth', did you mean '--watch'?");
	/* No beginnings, whatever may follow. */
	expect_options("list --w", NULL,
		       "unknown option '--w', did you mean '--watch'?");
	expect_options("list --vers v2", NULL,
		       "unknown option '--vers', did you mean '--version'?");
	expect_options("list --watc=3", NULL,
		       "unknown option '--watc', did you mean '--watch'?");
	expect_options("list --stor", NULL,
		       "unknown option '--stor', did you mean '--store'?");
	expect_options("list a --outp json", NULL,
		       "unknown option '--outp', did you mean '--output'?");
	expect_options("list -w -n", NULL, "option '-n' needs a value");
	expect_options("list --store", NULL, "option '--store' needs a value");
}

static void expect_args(int min, int max, const char *line, const char *wrong)
{
	struct cli_verb verb = {
		.verb = "v", .args = "A [B]", .min_args = min, .max_args = max,
	};
	char buf[64], *argv[MAX_WORDS], **args = argv;
	int argc = split(line, buf, argv);
	struct cli one = { .verb = &verb, .output = "text" };
	bool ok;

	capture();
	ok = cli_parse(&one, &argc, &args, NULL);
	release();
	assert_true(ok == !wrong);
	if (wrong)
		assert_non_null(strstr(printed, wrong));
}

static void test_args(void **unused)
{
	(void)unused;
	expect_args(0, -1, "v a b", NULL);
	expect_args(2, 2, "v a b", NULL);
	expect_args(3, 3, "v a b", "an argument is missing: A [B]");
	expect_args(0, 1, "v a b", "unexpected argument 'b'");
}

static void test_namespaces(void **unused)
{
	struct cli with = { .ns = "a" }, without = { 0 };
	char *name;

	(void)unused;
	assert_true(cli_in_namespace(&without, "b/web"));
	assert_true(cli_in_namespace(&with, "a/web:http"));
	assert_false(cli_in_namespace(&with, "ab/web"));
	assert_false(cli_in_namespace(&with, ""));
	name = cli_service_name(&with, "web:http");
	assert_string_equal(name, "a/web:http");
	free(name);
	name = cli_service_name(&with, "b/web");
	assert_string_equal(name, "b/web");
	free(name);
	name = cli_service_name(&without, "web");
	assert_string_equal(name, "default/web");
	free(name);
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
		for (j = 0; v->options && v->options[j].name; j++)
			assert_non_null(strstr(printed, v->options[j].name));
		for (j = 0; v->examples && v->examples[j]; j++)
			assert_non_null(strstr(printed, v->examples[j]));
	}
}

/* ---- completion --------------------------------------------------------- */

static void expect_candidates(const char *line, const char *expected)
{
	struct cli one = { .output = "text", .store_url = "/nowhere/store.db" };
	char buf[256], *argv[MAX_WORDS], *from = printed, *to = printed;
	int argc = split(line, buf, argv);

	capture();
	assert_int_equal(cmd_complete(&one, argc, argv), CLI_OK);
	release();
	/* Without what they are. */
	for (; *from; *to++ = *from++)
		if (*from == '\t')
			from += strcspn(from, "\n");
	*to = '\0';
	assert_string_equal(printed, expected);
}

static void test_complete(void **unused)
{
	(void)unused;
	expect_candidates("__complete -- se", "service\n");
	expect_candidates("__complete -- st", "status\nstats\n");
	expect_candidates("__complete -- zz", "");
	expect_candidates("__complete -- service ",
			  "list\nshow\nadd\nchange\ndelete\nflush\n");
	expect_candidates("__complete -- service sh", "show\n");
	/* Options in front, with their values, are no verbs. */
	expect_candidates("__complete -- -n get --netns=/n --store=/s flow ",
			  "list\ndelete\nflush\n");
	expect_candidates("__complete -- service list -o ", "text\nwide\njson\n");
	expect_candidates("__complete -- service list --output j", "json\n");
	expect_candidates("__complete -- stats --a", "--all\n");
	expect_candidates("__complete -- stats --ru", "--run-dir\n");
	expect_candidates("__complete -- stats --a", "--all\n");
	expect_candidates("__complete -- apply --dry-run=c", "--dry-run=client\n");
	expect_candidates("__complete -- apply --dry-run = s", "server\n");
	expect_candidates("__complete -- apply --dry-run ", "");
	expect_candidates("__complete -- expose --type N", "NodePort\n");
	expect_candidates("__complete -- get --output=w", "--output=wide\n");
	expect_candidates("__complete -- get -A=true p", "pods\n");
	expect_candidates("__complete -- get p", "pods\n");
	expect_candidates("__complete -- get e",
			  "endpoints\nendpointslices\n");
	expect_candidates("__complete -- delete n", "namespaces\nnodes\n");
	expect_candidates("__complete -- get -n kube-system s", "services\n");
	expect_candidates("__complete -- get -A p", "pods\n");
	expect_candidates("__complete -- get pods ", "");
	expect_candidates("__complete -- help mon", "monitor\n");
	expect_candidates("__complete -- help service l", "list\n");
	expect_candidates("__complete -- service list x ", "");
	/* Words and their values. */
	expect_candidates("__complete -- service add x affinity",
			  "affinity\naffinity-prefix\n");
	expect_candidates("__complete -- service add x protocol ",
			  "tcp\nudp\nsctp\n");
	expect_candidates("__complete -- service change x protocol tcp sch",
			  "scheduler\n");
	expect_candidates("__complete -- endpoint add x 10.0.0.1:80 lo",
			  "local\n");
	expect_candidates("__complete -- service add x cluster-ip ", "");
	expect_candidates("__complete -- stats -d end", "endpoints\n");
	expect_candidates("__complete -- service add x one-packet o",
			  "on\noff\none-packet\n");
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
	static const char *const spellings[] = { "--netns ", "--netns=",
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
	/* -n is another one. */
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
		cmocka_unit_test(test_option_values),
		cmocka_unit_test(test_wrong_options),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_netns),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
