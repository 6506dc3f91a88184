// SPDX-License-Identifier: GPL-2.0-or-later
/* What every verb needs: messages, exit codes, the netlink socket. */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void message(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0)));

static void message(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs(CLI_NAME ": ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
}

int cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	const struct cli_verb *v = cli->verb;
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	fprintf(stderr, "See '" CLI_NAME " %s%s%s%s--help'.\n",
		v ? v->verb : "", v ? " " : "", v && v->sub ? v->sub : "",
		v && v->sub ? " " : "");
	return CLI_USAGE;
}

enum out_format cli_format(const struct cli *cli)
{
	if (!strcmp(cli->output, "json"))
		return OUT_JSON;
	return !strcmp(cli->output, "wide") ? OUT_WIDE : OUT_TEXT;
}

int cli_cannot_write(int err)
{
	static bool said;

	if (!said)
		fprintf(stderr, CLI_NAME ": cannot write%s%s\n",
			err ? ": " : "", err ? strerror(err) : "");
	said = true;
	return CLI_FAILED;
}

int cli_flush(void)
{
	if (fflush(stdout))
		return cli_cannot_write(errno);
	/* It failed earlier, and nobody kept the reason. */
	return ferror(stdout) ? cli_cannot_write(0) : CLI_OK;
}

int cli_out_close(struct out *out)
{
	errno = 0;
	return out_close(out) ? cli_cannot_write(errno) : CLI_OK;
}

int cli_exit_code(int err)
{
	switch (err) {
	case -ENODEV:
		return CLI_NO_INSTANCE;
	case -EPERM:
	case -EACCES:
		return CLI_NO_PERMISSION;
	default:
		return CLI_FAILED;
	}
}

struct ipsvc_nl *cli_nl(struct cli *cli, int *code)
{
	int err;

	if (cli->nl)
		return cli->nl;
	cli->nl = ipsvc_nl_open(&err);
	if (!cli->nl) {
		cli_error("%s", ipsvc_nl_strerror(err));
		*code = err == -ENOENT ? CLI_NO_MODULE : cli_exit_code(err);
	}
	return cli->nl;
}

int cli_nl_failed(struct cli *cli, int err)
{
	cli_error("%s", ipsvc_nl_message(cli->nl));
	return cli_exit_code(err);
}
