/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of a file, and what is done with all of them at once. */
#ifndef IPSVC_CLI_BATCH_H
#define IPSVC_CLI_BATCH_H

#include <stdio.h>

#include "command.h"

struct edit_batch {
	struct edit_command *items;
	unsigned int *lines;		/* where they are in the file */
	size_t n, cap, cap_lines;
	bool everything;		/* all services are to be read */
};

/* Takes over *@cmd. */
void edit_batch_add(struct edit_batch *batch, struct edit_command *cmd,
		    unsigned int line);
/*
 * A command a line; words are separated by white space, one that begins with "#"
 * begins a comment, and "\" at the end of a line joins the next one to it. NULL, or
 * what is wrong with *@line, which the caller frees.
 */
char *edit_batch_read(struct edit_batch *batch, FILE *fp, const char *ns,
		      unsigned int *line);
void edit_batch_free(struct edit_batch *batch);

/*
 * Does all of it, or nothing: @file is where it is from, or NULL. Says what is
 * wrong; returns the exit code.
 */
int edit_batch_commit(struct cli *cli, const struct edit_batch *batch,
		      const char *file);

#endif
