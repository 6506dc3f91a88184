/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The patches that the API server takes: JSON (RFC 6902), merge (RFC 7386), strategic. */
#ifndef IPSVC_PATCH_H
#define IPSVC_PATCH_H

#include <jansson.h>

#include "kind.h"

/*
 * Each returns a new document, or NULL with a reason in *@why that the caller
 * frees, when @patch is none or does not fit @doc.
 */
json_t *ipsvc_patch_json(const json_t *doc, const json_t *patch, char **why);
json_t *ipsvc_patch_merge(const json_t *doc, const json_t *patch, char **why);
/*
 * Lists of the kind that have a key are merged by its first field, as Kubernetes'
 * patchMergeKey, unless "$patch" says "replace" or "delete"; all others are
 * replaced.
 */
json_t *ipsvc_patch_strategic(const struct ipsvc_kind *kind, const json_t *doc,
			      const json_t *patch, char **why);

#endif
