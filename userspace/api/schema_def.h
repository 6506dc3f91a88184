/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables of fields are written with; for the schema.c of each kind. */
#ifndef IPSVC_SCHEMA_DEF_H
#define IPSVC_SCHEMA_DEF_H

#include "schema.h"

#define STRING(field)		{ field, IPSVC_FIELD_STRING, "string", NULL }
#define STRING_OF(field, go)	{ field, IPSVC_FIELD_STRING, go, NULL }
#define TIME(field)		{ field, IPSVC_FIELD_TIME, "string", NULL }
#define BOOL(field)		{ field, IPSVC_FIELD_BOOL, "bool", NULL }
#define INT32(field)		{ field, IPSVC_FIELD_INT32, "int32", NULL }
#define INT64(field)		{ field, IPSVC_FIELD_INT64, "int64", NULL }
#define INT_OR_STRING(field)	{ field, IPSVC_FIELD_INT_OR_STRING, "int32", NULL }
#define STRING_MAP(field)	{ field, IPSVC_FIELD_STRING_MAP, "string", NULL }
#define STRING_LIST(field)	{ field, IPSVC_FIELD_STRING_LIST, "string", NULL }
#define STRING_LIST_OF(field, go) { field, IPSVC_FIELD_STRING_LIST, go, NULL }
#define OBJECT(field, go, sub)	{ field, IPSVC_FIELD_OBJECT, go, &(sub) }
#define OBJECT_LIST(field, go, sub) { field, IPSVC_FIELD_OBJECT_LIST, go, &(sub) }
#define ANY(field)		{ field, IPSVC_FIELD_ANY, NULL, NULL }
#define END			{ NULL, IPSVC_FIELD_ANY, NULL, NULL }

/* Of all kinds (metadata.c). */
extern const struct ipsvc_schema ipsvc_object_meta_schema;

#endif
