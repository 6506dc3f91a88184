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

/* A value of -f; false after kubectl's message. */
bool kube_files_add(struct kube_files *files, const char *path);
void kube_files_free(struct kube_files *files);

/*
 * Reads all of them. What is wrong is said, and what is good is in @objs all the
 * same. @ns is of objects that name no namespace; with @ns_given it must be that
 * of the others too. CLI_OK, or CLI_FAILED when anything was wrong.
 */
int kube_files_read(const struct kube_files *files, const char *ns, bool ns_given,
		    struct ipsvc_objects *objs);

#endif
