/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -f of apply, delete and expose: files, directories and standard input. */
#ifndef IPSVC_CLI_KUBE_FILES_H
#define IPSVC_CLI_KUBE_FILES_H

#include <stdbool.h>

#include "api/object.h"
#include "cli.h"

struct kube_files {
	char **paths;
	size_t n, cap;
};

/* -f, its values in a struct cli_words of a structure @s. */
#define KUBE_OPTION_FILENAME(s, member, h) \
	{ .name = "filename", .letter = 'f', .type = CLI_LIST, \
	  .at = offsetof(s, member), .value = "FILE", \
	  .complete = CLI_COMPLETE_FILE, .help = h }

/* The values of -f; false after kubectl's message. */
bool kube_files_find(struct kube_files *files, const struct cli_words *names);
void kube_files_free(struct kube_files *files);

/*
 * Reads all of them. What is wrong is said, and what is good is in @objs all the
 * same. Objects that name no namespace are of that of -n; when that is given, it
 * must be that of the others too. CLI_OK, or CLI_FAILED when anything was wrong.
 */
int kube_files_read(const struct cli *cli, const struct kube_files *files,
		    struct ipsvc_objects *objs);

#endif
