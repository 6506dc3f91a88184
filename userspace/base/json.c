// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

const char *ipsvc_json_text(const json_t *object, const char *field)
{
	const char *s = json_string_value(json_object_get(object, field));

	return s ? s : "";
}

const char *ipsvc_json_text_or(const json_t *object, const char *field,
			       const char *otherwise)
{
	const char *text = ipsvc_json_text(object, field);

	return *text ? text : otherwise;
}

json_int_t ipsvc_json_int(const json_t *object, const char *field)
{
	return json_integer_value(json_object_get(object, field));
}

const json_t *ipsvc_json_member(const json_t *object, const char *outer,
				const char *field)
{
	return json_object_get(json_object_get(object, outer), field);
}

char *ipsvc_json_dup(const json_t *object, const char *field)
{
	return xstrdup(ipsvc_json_text(object, field));
}

bool ipsvc_json_has(const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	return value && !json_is_null(value);
}

void ipsvc_json_default(json_t *object, const char *field, const char *value)
{
	if (!*ipsvc_json_text(object, field))
		json_object_set_new(object, field, json_string(value));
}

json_t *ipsvc_json_sub(json_t *object, const char *field)
{
	json_t *sub = json_object_get(object, field);

	if (!json_is_object(sub)) {
		sub = json_object();
		json_object_set_new(object, field, sub);
	}
	return sub;
}

json_t *ipsvc_json_any_text(const char *text)
{
	json_t *value = json_string(text);
	char *ascii;

	if (value)
		return value;
	ascii = xstrdup(text);
	for (char *p = ascii; *p; p++)
		if (*p & 0x80)
			*p = '?';
	value = json_string(ascii);
	free(ascii);
	return value;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **ipsvc_json_keys(const json_t *object, size_t *n)
{
	const char **keys = xcalloc(json_object_size(object) + 1, sizeof(*keys));
	const char *key;
	json_t *value;

	*n = 0;
	json_object_foreach((json_t *)object, key, value)
		keys[(*n)++] = key;
	qsort(keys, *n, sizeof(*keys), by_text);
	return keys;
}
