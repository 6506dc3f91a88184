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
#include "kind.h"

enum ipsvc_field_type {
	IPSVC_FIELD_ANY,		/* not looked at */
	IPSVC_FIELD_STRING,
	IPSVC_FIELD_TIME,
	IPSVC_FIELD_BOOL,
	IPSVC_FIELD_INT32,
	IPSVC_FIELD_INT64,
	IPSVC_FIELD_INT_OR_STRING,
	IPSVC_FIELD_STRING_MAP,
	IPSVC_FIELD_STRING_LIST,
	IPSVC_FIELD_OBJECT,
	IPSVC_FIELD_OBJECT_LIST,
};

struct ipsvc_field {
	const char *name;
	enum ipsvc_field_type type;
	const char *go_type;	/* for messages; of an element, for lists */
	const struct ipsvc_schema *of;
	/*
	 * An empty value means something else than none, as of a field that is a
	 * pointer in Go, or has no "omitempty".
	 */
	bool keeps_empty;
};

struct ipsvc_schema {
	const char *go_name;
	bool complete;		/* names not listed are unknown */
	const struct ipsvc_field *fields;	/* up to a NULL name */
};

/*
 * Adds an IPSVC_ERR_DECODE error for each field of a wrong type and, when
 * @strict, for each unknown one where the table is complete (all of a Service,
 * the metadata and the container ports of a Pod). True when there were none. A
 * null is as good as an absent field.
 */
bool ipsvc_schema_check(const struct ipsvc_kind *kind, const json_t *doc,
			bool strict, struct ipsvc_errors *errs);

/*
 * What the API server would not store: a null field is an absent one, and goes;
 * so does a known one that is empty ("", 0, false, [], {}), unless that means
 * something (keeps_empty). A null in a list is an empty object, or "" in a list
 * or map of strings. @doc has passed the check; NULL: there is no table.
 */
void ipsvc_schema_drop_empty(const struct ipsvc_schema *schema, json_t *doc);

#endif
