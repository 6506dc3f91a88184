/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metadata of objects of all kinds. */
#ifndef IPSVC_METADATA_H
#define IPSVC_METADATA_H

#include <jansson.h>
#include <stdbool.h>

#include "base/errors.h"
#include "labels.h"
#include "names.h"

/* @name_rule: what names of the kind may look like. */
void ipsvc_metadata_validate(const json_t *meta, bool namespaced,
			     ipsvc_name_rule *name_rule,
			     struct ipsvc_errors *errs);
/* The rule for finalizers, beside the one for qualified names. */
ipsvc_name_rule ipsvc_check_finalizer;
/* Keys and values of labels, all at @path. */
void ipsvc_validate_labels(const struct ipsvc_labels *labels, const char *path,
			   struct ipsvc_errors *errs);
/* What may not change from one document to the other. */
void ipsvc_metadata_validate_update(const json_t *old_doc, const json_t *new_doc,
				    struct ipsvc_errors *errs);

/*
 * Completes @doc, the new version of @old (NULL: there is none), with what the
 * store sets, and takes out what is the store's to set. A @statement cannot set any
 * of it.
 */
void ipsvc_metadata_inherit(const json_t *old, json_t *doc, bool statement);
/* Sets @key of @to to @from's value where @to has none, or an empty list. */
void ipsvc_inherit_key(const json_t *from, json_t *to, const char *key);

#endif
