/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of the fields of objects: their types, and which names are known. One
 * walk over a document finds what the API server's decoder would refuse.
 */
#ifndef IPSVC_SCHEMA_H
#define IPSVC_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "base/errors.h"
#include "object.h"

/*
 * Adds an IPSVC_ERR_DECODE error for each field of a wrong type and, when
 * @strict, for each unknown one where the table is complete (all of a Service,
 * the metadata and the container ports of a Pod). True when there were none. A
 * null is as good as an absent field.
 */
bool ipsvc_schema_check(enum ipsvc_kind kind, const json_t *doc, bool strict,
			struct ipsvc_errors *errs);

#endif
