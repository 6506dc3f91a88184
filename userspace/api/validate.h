/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Defaulting and validation of objects, in Kubernetes' rules and words
 * (pkg/apis/core/v1/defaults.go, pkg/apis/core/validation of v1.36).
 */
#ifndef IPSVC_VALIDATE_H
#define IPSVC_VALIDATE_H

#include "base/errors.h"
#include "object.h"

/* Fills in the defaults in obj->doc. Needs a doc that decodes. */
void ipsvc_object_default(struct ipsvc_object *obj);

/* All errors of a defaulted object; true when there are none. */
bool ipsvc_object_validate(const struct ipsvc_object *obj,
			   const struct ipsvc_families *families,
			   struct ipsvc_errors *errs);

/*
 * Those of them that are told alone, of the new version of @old (NULL: there is
 * none). What the object asks for is allocated between these and the others.
 */
bool ipsvc_object_validate_first(const struct ipsvc_object *old,
				 const struct ipsvc_object *obj,
				 const struct ipsvc_families *families,
				 struct ipsvc_errors *errs);

/*
 * Adds the warnings of a valid object: Kubernetes' own (deprecated, without
 * effect) and one for each field that ipsvc does not act on yet. Each begins
 * with its field. ipsvc_manifest_read() has called it for what it returns.
 */
void ipsvc_object_warnings(const struct ipsvc_object *obj,
			   struct ipsvc_errors *errs);

/*
 * All errors of the new version of @old: what may not change, and those of
 * ipsvc_object_validate(); true when there are none.
 */
bool ipsvc_object_validate_update(const struct ipsvc_object *old,
				  const struct ipsvc_object *new_obj,
				  const struct ipsvc_families *families,
				  struct ipsvc_errors *errs);

/*
 * "The Service "web" is invalid: …" as kubectl prints it, one error or a list;
 * the caller frees it.
 */
char *ipsvc_invalid_message(const struct ipsvc_object *obj,
			    const struct ipsvc_errors *errs);

#endif
