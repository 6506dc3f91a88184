/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What manifests would be refused for, without applying them. */
#ifndef IPSVC_STORE_CHECK_H
#define IPSVC_STORE_CHECK_H

#include "store.h"

/* A manifest of the source; one that is gone has no objects. */
struct ipsvc_store_file {
	const char *file;
	struct ipsvc_objects objs;
	struct ipsvc_errors errs;	/* what it would be refused for */
};

/*
 * Applies @files in this order in memory: to what is stored (@store may be opened
 * for reading only, or NULL: nothing is), and each to what those before it made;
 * those that are refused once more after the others. What a refused one asked for
 * counts as had. @cfg (may be NULL) is the
 * configuration instead of the store's. IPSVC_STORE_ERROR, with a message that the
 * caller frees, when the store cannot be read or @cfg not be used.
 */
enum ipsvc_store_result
ipsvc_store_check(struct ipsvc_store *store,
		  const struct ipsvc_cluster_config *cfg, const char *source,
		  struct ipsvc_store_file *files, size_t n, char **message);

#endif
