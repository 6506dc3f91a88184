/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of JSON objects that may be absent, or of another type. */
#ifndef IPSVC_JSON_H
#define IPSVC_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* object.@field, "" when it is absent or no string. */
const char *ipsvc_json_text(const json_t *object, const char *field);
/* @otherwise when it is absent, empty or no string. */
const char *ipsvc_json_text_or(const json_t *object, const char *field,
			       const char *otherwise);
/* 0 when it is absent or no integer. */
json_int_t ipsvc_json_int(const json_t *object, const char *field);
/* A JSON string of any bytes: where they are no UTF-8, all beyond ASCII becomes "?". */
json_t *ipsvc_json_any_text(const char *text);
/* object.@outer.@field, or NULL. */
const json_t *ipsvc_json_member(const json_t *object, const char *outer,
				const char *field);
/* A copy of ipsvc_json_text(); the caller frees it. */
char *ipsvc_json_dup(const json_t *object, const char *field);
/* It is there, and not null. */
bool ipsvc_json_has(const json_t *object, const char *field);
/* Sets a string that is absent or empty. */
void ipsvc_json_default(json_t *object, const char *field, const char *value);
/* The keys of @object, sorted; the caller frees the array. */
const char **ipsvc_json_keys(const json_t *object, size_t *n);
/* object.@field, made when it is no object. */
json_t *ipsvc_json_sub(json_t *object, const char *field);

#endif
