/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose an object is: a manifest of a source, which is a directory of manifests.
 * Several hosts may share a store, and paths are the same on many of them.
 */
#ifndef IPSVC_STORE_OWNER_H
#define IPSVC_STORE_OWNER_H

#include <stdbool.h>

#include "api/object.h"

struct ipsvc_owner {
	/*
	 * Which source. In the store "" is one that is not known: the store was
	 * written before it had sources, and who has the file may claim it.
	 */
	const char *source;
	const char *file;	/* NULL: the command line, not a manifest */
};

/* The source of the manifests of this host unless told otherwise; to be freed. */
char *ipsvc_owner_host(void);
/* Whether @obj is exactly @owner's. */
bool ipsvc_owner_has(const struct ipsvc_owner *owner,
		     const struct ipsvc_object *obj);
/* Whether it is, or may be claimed by @owner because its source is not known. */
bool ipsvc_owner_may_have(const struct ipsvc_owner *owner,
			  const struct ipsvc_object *obj);

#endif
