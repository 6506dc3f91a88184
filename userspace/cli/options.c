// SPDX-License-Identifier: GPL-2.0-or-later
/* Options: those common to all verbs, before the verb and after it. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/store.h"

const struct cli_option cli_common_options[] = {
	{ "-n, --netns NAME", "act in this network namespace, a name or a path" },
	{ "-o, --output FORMAT", "text, json, or what else the verb offers" },
	{ "--store URL", "the store (IPSVC_STORE, else "
		IPSVC_STORE_DEFAULT_PATH ")" },
	{ "--run-dir DIR", "of the daemon (IPSVC_RUN_DIR, else "
		CLI_DEFAULT_RUN_DIR ")" },
	{ "-h, --help", "explain and exit" },
	{ "-V, --version", "print the version and exit" },
	{ NULL, NULL },
};

/* Long options of no letter; beyond what verbs use for theirs. */
enum {
	OPT_NETNS = 0x10000,
	OPT_OUTPUT,
	OPT_STORE,
	OPT_RUN_DIR,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option common_longs[] = {
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	char letter;
	const char *in_shorts;
	int opt;
} common_shorts[] = {
	{ 'n', "n:", OPT_NETNS },
	{ 'o', "o:", OPT_OUTPUT },
	{ 'h', "h", OPT_HELP },
	{ 'V', "V", OPT_VERSION },
};

#define NCOMMON_SHORTS (sizeof(common_shorts) / sizeof(common_shorts[0]))

/* What getopt_long() is given: the verb's options and the common ones. */
struct merged {
	char shorts[128];
	struct option longs[64];
	const char *own_shorts;
	const struct option *own_longs;
};

static const struct option *find_long(const struct option *longs,
				      const char *name)
{
	for (; longs && longs->name; longs++)
		if (!strcmp(longs->name, name))
			return longs;
	return NULL;
}

static void merge(struct merged *m, const char *shorts,
		  const struct option *longs)
{
	size_t n = 0, i;

	/* ':' makes getopt tell a missing value from an unknown option. */
	snprintf(m->shorts, sizeof(m->shorts), "%s:%s",
		 shorts[0] == '+' ? "+" : "", shorts + (shorts[0] == '+'));
	m->own_shorts = shorts;
	m->own_longs = longs;
	for (i = 0; i < NCOMMON_SHORTS; i++)
		if (!strchr(shorts, common_shorts[i].letter))
			strncat(m->shorts, common_shorts[i].in_shorts,
				sizeof(m->shorts) - strlen(m->shorts) - 1);
	memset(m->longs, 0, sizeof(m->longs));
	for (i = 0; longs && longs[i].name; i++)
		m->longs[n++] = longs[i];
	for (i = 0; common_longs[i].name; i++)
		if (!find_long(longs, common_longs[i].name))
			m->longs[n++] = common_longs[i];
}

/* Whether @c of getopt is what the verb asked for by it. */
static bool is_own(const struct merged *m, int c)
{
	const struct option *o;

	for (o = m->own_longs; o && o->name; o++)
		if (o->val == c)
			return true;
	return strchr(m->own_shorts, c);
}

/* The common option that @c of getopt stands for, or 0. */
static int common_option(const struct merged *m, int c)
{
	size_t i;

	if (c >= OPT_NETNS && c <= OPT_VERSION)
		return c;
	for (i = 0; i < NCOMMON_SHORTS; i++)
		if (c == common_shorts[i].letter && !is_own(m, c))
			return common_shorts[i].opt;
	return 0;
}

/* kubectl's -n is another one than that before the verb. */
static void hint_at_namespaces(const struct cli *cli, const char *name)
{
	if (!cli->verb)
		fprintf(stderr, "A namespace of Kubernetes goes after the verb: '"
			CLI_NAME " get -n %s …'.\n", name);
}

char *cli_netns_path(const char *name)
{
	return strchr(name, '/') ? xstrdup(name) :
				   xasprintf("/run/netns/%s", name);
}

int cli_netns_enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static bool enter_netns(struct cli *cli, const char *name)
{
	char *path = cli_netns_path(name);
	int err = cli_netns_enter(path);

	if (err) {
		cli_error("cannot enter network namespace '%s' (%s): %s", name,
			  path, strerror(-err));
		hint_at_namespaces(cli, name);
		exit(cli_exit_code(err == -EPERM || err == -EACCES ? err : -EIO));
	}
	free(path);
	cli->netns = name;
	return true;
}

bool cli_output_offered(const struct cli *cli)
{
	const char *p = cli->verb->outputs, *want = cli->output;

	if (!strcmp(want, "text"))
		return true;
	while (p && *p) {
		size_t len = strcspn(p, " ");

		if (p[len - 1] == '=' ? !strncmp(want, p, len) :
		    strlen(want) == len && !strncmp(want, p, len))
			return true;
		p += len;
		p += strspn(p, " ");
	}
	if (cli->verb->outputs) {
		char *list = cli_outputs(cli->verb);

		cli_usage_error(cli, "unknown output format '%s' (%s)", want,
				list);
		free(list);
	} else {
		cli_usage_error(cli, "there is no choice of output formats here");
	}
	return false;
}

/* False after a message. */
static bool handle_common(struct cli *cli, int opt)
{
	switch (opt) {
	case OPT_NETNS:
		return enter_netns(cli, optarg);
	case OPT_OUTPUT:
		cli->output = optarg;
		return !cli->verb || cli_output_offered(cli);
	case OPT_STORE:
		cli->store_url = optarg;
		return true;
	case OPT_RUN_DIR:
		cli->run_dir = optarg;
		return true;
	case OPT_HELP:
		if (cli->verb)
			cli_help_verb(stdout, cli->verb->verb, cli->verb->sub);
		else
			cli_help(stdout);
		exit(cli_flush());
	default:
		printf(CLI_NAME " " IPSVC_VERSION "\n");
		exit(cli_flush());
	}
}

/* The long option of which @name is the beginning, the first one; or NULL. */
static const char *begun(const struct merged *m, const char *name)
{
	for (size_t i = 0; m->longs[i].name; i++)
		if (!strncmp(m->longs[i].name, name, strlen(name)))
			return m->longs[i].name;
	return NULL;
}

static void complain_unknown(const struct cli *cli, const struct merged *m,
			     const char *name)
{
	const char *names[64], *nearest = begun(m, name);
	size_t i;

	for (i = 0; m->longs[i].name; i++)
		names[i] = m->longs[i].name;
	names[i] = NULL;
	if (!nearest)
		nearest = cli_nearest(name, names);
	cli_usage_error(cli, "unknown option '--%s'%s%s%s", name,
			nearest ? ", did you mean '--" : "",
			nearest ? nearest : "", nearest ? "'?" : "");
}

static void complain(const struct cli *cli, const struct merged *m,
		     const char *word, int c)
{
	bool is_long = word && !strncmp(word, "--", 2);
	char *name;

	/* In a row of letters, it is still the word before them. */
	if (is_long && c == '?' && optopt && !strchr(word, '='))
		is_long = false;
	if (!is_long) {
		cli_usage_error(cli, c == ':' ? "option '-%c' needs a value" :
					  "unknown option '-%c'", optopt);
		return;
	}
	name = xstrndup(word + 2, strcspn(word + 2, "="));
	if (!find_long(m->longs, name))
		complain_unknown(cli, m, name);
	else
		cli_usage_error(cli, c == ':' ? "option '--%s' needs a value" :
					  "option '--%s' takes no value", name);
	free(name);
}

/* What was begun with "--" counts only whole, as with kubectl. */
static bool is_whole(const struct option *o, const char *word)
{
	return strcspn(word + 2, "=") == strlen(o->name);
}

int cli_getopt(struct cli *cli, int argc, char **argv, const char *shorts,
	       const struct option *longs)
{
	static struct merged merged;
	int c, opt, index;
	char *word;

	if (!optind)
		merge(&merged, shorts, longs);
	opterr = 0;
	for (;;) {
		index = -1;
		c = getopt_long(argc, argv, merged.shorts, merged.longs,
				&index);
		/* The last one, unless that is the value of the one before. */
		word = optind ? argv[optind - 1] : NULL;
		if (c != -1 && c != '?' && c != ':' && optarg == word)
			word = argv[optind - 2];
		if (c == '?' || c == ':' ||
		    (index >= 0 && !is_whole(&merged.longs[index], word))) {
			complain(cli, &merged, word, c);
			return '?';
		}
		/* "-o=json" is "-ojson", as with kubectl. */
		if (index < 0 && optarg && optarg != argv[optind - 1] &&
		    optarg[0] == '=' && optarg[1])
			optarg++;
		opt = c == -1 ? 0 : common_option(&merged, c);
		if (!opt)
			return c;
		if (!handle_common(cli, opt))
			return '?';
	}
}

bool cli_check_args(struct cli *cli, int argc, char **argv, int min, int max)
{
	int n = argc - optind;

	if (n < min) {
		cli_usage_error(cli, "an argument is missing: %s",
				cli->verb->args);
		return false;
	}
	if (max >= 0 && n > max) {
		cli_usage_error(cli, "unexpected argument '%s'",
				argv[optind + max]);
		return false;
	}
	return true;
}
