/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables of fields are written with; for the schema.c of each kind. */
#ifndef IPSVC_SCHEMA_DEF_H
#define IPSVC_SCHEMA_DEF_H

#include "schema.h"

#define FIELD(field, type, go, sub, keeps) \
	{ field, IPSVC_FIELD_##type, go, sub, keeps }
#define STRING(field)		FIELD(field, STRING, "string", NULL, false)
#define STRING_OF(field, go)	FIELD(field, STRING, go, NULL, false)
#define TIME(field)		FIELD(field, TIME, "string", NULL, false)
#define BOOL(field)		FIELD(field, BOOL, "bool", NULL, false)
#define INT32(field)		FIELD(field, INT32, "int32", NULL, false)
#define INT64(field)		FIELD(field, INT64, "int64", NULL, false)
#define INT_OR_STRING(field)	FIELD(field, INT_OR_STRING, "int32", NULL, true)
#define STRING_MAP(field)	FIELD(field, STRING_MAP, "string", NULL, false)
#define STRING_LIST(field)	FIELD(field, STRING_LIST, "string", NULL, false)
#define STRING_LIST_OF(field, go) FIELD(field, STRING_LIST, go, NULL, false)
#define OBJECT(field, go, sub)	FIELD(field, OBJECT, go, &(sub), true)
#define OBJECT_LIST(field, go, sub) FIELD(field, OBJECT_LIST, go, &(sub), false)
#define ANY(field)		FIELD(field, ANY, NULL, NULL, true)
#define END			FIELD(NULL, ANY, NULL, NULL, false)

/* Those in which an empty value is one. */
#define KEPT_STRING(field)	FIELD(field, STRING, "string", NULL, true)
#define KEPT_STRING_OF(field, go) FIELD(field, STRING, go, NULL, true)
#define KEPT_BOOL(field)	FIELD(field, BOOL, "bool", NULL, true)
#define KEPT_INT32(field)	FIELD(field, INT32, "int32", NULL, true)
#define KEPT_INT64(field)	FIELD(field, INT64, "int64", NULL, true)
#define KEPT_OBJECT_LIST(field, go, sub) FIELD(field, OBJECT_LIST, go, &(sub), true)

/* Of all kinds (metadata.c). */
extern const struct ipsvc_schema ipsvc_object_meta_schema;
extern const struct ipsvc_schema ipsvc_object_reference_schema;
extern const struct ipsvc_schema ipsvc_condition_schema;	/* of a status */

#endif
