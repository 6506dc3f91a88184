/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubectl apply: what a user wrote, merged with what is stored. What was written
 * is kept in an annotation, so that the next time what is no longer written is
 * told from what others have set.
 */
#ifndef IPSVC_APPLY_H
#define IPSVC_APPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "kind.h"

#define IPSVC_LAST_APPLIED	"kubectl.kubernetes.io/last-applied-configuration"

/*
 * The new version of @current (NULL: there is none), without defaults: what
 * @written has is as written, what the annotation of @current has and @written
 * has not is gone, and all else stays. Objects are merged field by field, the
 * lists of @kind->merge_lists element by element, other lists are one value
 * (k8s.io/apimachinery strategicpatch, CreateThreeWayMergePatch()). The caller
 * owns the result.
 */
json_t *ipsvc_apply(const struct ipsvc_kind *kind, const json_t *current,
		    const json_t *written);
/* Whether @doc has that annotation. */
bool ipsvc_apply_annotated(const json_t *doc);

#endif
