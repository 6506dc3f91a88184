// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands say, done to the kernel: read, changed, and put if nobody else did. */
#include <errno.h>
#include <stdlib.h>

#include "batch.h"
#include "edit.h"

/* How often it is begun anew where others change services at the same time. */
#define STALE_TRIES	20

/* What is being done. */
struct commit {
	struct cli *cli;
	const struct edit_batch *batch;
	const char *file;
	struct edit edit;
	struct ipsvc_state have, want;
	struct ipsvc_ops ops;
	uint32_t generation;
};

static int read_service(void *arg, const char *name, uint8_t family,
			struct ipsvc_state *out)
{
	int err = ipsvc_nl_service(arg, name, family, out);

	/* Without IPv6 there is none of it. */
	return err == -EAFNOSUPPORT ? -ENOENT : err;
}

/* "FILE:LINE: " in front, where there is a file. */
static int refuse(const struct commit *c, unsigned int line, const char *message)
{
	if (c->file && line)
		cli_error("%s:%u: %s", c->file, line, message);
	else if (c->file)
		cli_error("%s: %s", c->file, message);
	else
		cli_error("%s", message);
	return CLI_FAILED;
}

/* ---- what is wrong ------------------------------------------------------ */

/* A transaction does not say which frontend it was. */
static int explain_taken(const struct commit *c)
{
	struct ipsvc_state all = { 0 };
	unsigned int line = 0;
	char *text;
	int code;

	/* Where it fails, the services of the commands are left. */
	ipsvc_nl_services(c->cli->nl, &all);
	text = edit_find_taken(&c->edit, &c->want, &all, &line);
	code = refuse(c, line, text ? text :
			       "a frontend belongs to another service");
	free(text);
	ipsvc_state_free(&all);
	return code;
}

static int explain(struct commit *c, int err)
{
	const struct ipsvc_nl_place *place = ipsvc_nl_refused(c->cli->nl);
	const struct edit_service *svc = NULL;
	unsigned int line = 0;

	if (err == -EADDRINUSE)
		return explain_taken(c);
	if (place->service)
		svc = edit_find(&c->edit, place->service, place->family);
	if (svc)
		line = edit_line_of(&c->edit, svc, &place->addr, place->port);
	refuse(c, line, ipsvc_nl_message(c->cli->nl));
	return cli_exit_code(err);
}

/* ---- the change --------------------------------------------------------- */

static int read_all(struct commit *c)
{
	struct ipsvc_state all;
	int err = ipsvc_nl_services(c->cli->nl, &all);

	if (err)
		return err;
	c->generation = all.generation;
	edit_load(&c->edit, &all);
	return 0;
}

/* Of before anything was read. */
static int read_generation(struct commit *c)
{
	struct ipsvc_nl_instance instance;
	int err = ipsvc_nl_instance(c->cli->nl, &instance);

	c->generation = instance.generation;
	return err;
}

/* An exit code; CLI_OK: all can be done. */
static int apply(struct commit *c)
{
	const struct edit_batch *batch = c->batch;
	int err, code = CLI_OK;
	char *wrong;

	c->edit = (struct edit){ .read = read_service, .arg = c->cli->nl };
	err = batch->everything ? read_all(c) : read_generation(c);
	if (err)
		return cli_nl_failed(c->cli, err);
	for (size_t i = 0; i < batch->n && !code; i++) {
		wrong = edit_apply(&c->edit, &batch->items[i], batch->lines[i]);
		if (c->edit.err)
			code = cli_nl_failed(c->cli, c->edit.err);
		else if (wrong)
			code = refuse(c, batch->lines[i], wrong);
		free(wrong);
	}
	return code;
}

static void forget(struct commit *c)
{
	ipsvc_ops_free(&c->ops);
	ipsvc_state_free(&c->have);
	ipsvc_state_free(&c->want);
	edit_free(&c->edit);
}

/* -ESTALE: somebody else has changed something, nothing was said. */
static int attempt(struct commit *c, bool last)
{
	int err, code = apply(c);

	if (code)
		return code;
	edit_ops(&c->edit, &c->have, &c->want, &c->ops);
	err = c->ops.n ? ipsvc_nl_commit(c->cli->nl, &c->ops, c->generation,
					 NULL) : 0;
	if (err == -ESTALE && !last)
		return err;
	return err ? explain(c, err) : CLI_OK;
}

int edit_batch_commit(struct cli *cli, const struct edit_batch *batch,
		      const char *file)
{
	struct commit c = { .cli = cli, .batch = batch, .file = file };
	int code;

	if (!cli_nl(cli, &code))
		return code;
	for (int tries = 0; tries < STALE_TRIES; tries++) {
		code = attempt(&c, tries + 1 == STALE_TRIES);
		forget(&c);
		if (code != -ESTALE)
			break;
	}
	return code;
}
