// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is nearly all there is (strings without escapes, integers) is read here,
 * without a function call for each byte as in jansson; at anything else jansson
 * begins anew.
 */
#include "json_read.h"

#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX	64
#define DIGITS_MAX	18	/* fit, whatever they are */

static json_t *read_value(const char **at, int depth);

static const char *skip(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/* The text between two quotes, *@at behind the second; NULL at an escape. */
static const char *read_text(const char **at, size_t *len)
{
	const char *start, *p = *at;

	if (*p++ != '"')
		return NULL;
	for (start = p; *p != '"'; p++)
		if (*p == '\\' || (unsigned char)*p < 0x20)
			return NULL;
	*len = (size_t)(p - start);
	*at = p + 1;
	return start;
}

static json_t *read_string(const char **at)
{
	size_t len;
	const char *text = read_text(at, &len);

	return text ? json_stringn_nocheck(text, len) : NULL;
}

static json_t *read_integer(const char **at)
{
	const char *p = *at, *start;
	bool negative = *p == '-';
	json_int_t value = 0;

	p += negative;
	for (start = p; *p >= '0' && *p <= '9'; p++)
		if (p - start < DIGITS_MAX)
			value = value * 10 + (*p - '0');
	if (p == start || p - start > DIGITS_MAX || (*start == '0' && p > start + 1) ||
	    *p == '.' || *p == 'e' || *p == 'E')
		return NULL;
	*at = p;
	return json_integer(negative ? -value : value);
}

static json_t *read_word(const char **at)
{
	static const struct {
		const char *text;
		size_t len;
		json_t *(*value)(void);
	} words[] = {
		{ "true", 4, json_true }, { "false", 5, json_false },
		{ "null", 4, json_null },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncmp(*at, words[i].text, words[i].len)) {
			*at += words[i].len;
			return words[i].value();
		}
	return NULL;
}

/* After a member: true when another follows, *@p where it begins. */
static bool another(const char **p, char end, bool *ok)
{
	*p = skip(*p);
	if (**p == ',') {
		*p = skip(*p + 1);
		return true;
	}
	*ok = **p == end;
	*p += *ok;
	return false;
}

static bool read_member(json_t *object, const char **at, int depth)
{
	const char *key, *p = *at;
	json_t *value;
	size_t len;

	key = read_text(&p, &len);
	p = key ? skip(p) : p;
	if (!key || *p != ':')
		return false;
	p = skip(p + 1);
	value = read_value(&p, depth + 1);
	*at = p;
	return value && !json_object_setn_new_nocheck(object, key, len, value);
}

static bool read_item(json_t *array, const char **at, int depth)
{
	json_t *value = read_value(at, depth + 1);

	return value && !json_array_append_new(array, value);
}

static json_t *read_collection(const char **at, int depth)
{
	bool object = **at == '{', ok = true;
	json_t *all = object ? json_object() : json_array();
	const char end = object ? '}' : ']', *p = skip(*at + 1);

	if (*p == end) {
		*at = p + 1;
		return all;
	}
	do {
		ok = object ? read_member(all, &p, depth) :
			      read_item(all, &p, depth);
	} while (ok && another(&p, end, &ok));
	*at = p;
	if (ok)
		return all;
	json_decref(all);
	return NULL;
}

static json_t *read_value(const char **at, int depth)
{
	if (depth > DEPTH_MAX)
		return NULL;
	switch (**at) {
	case '{':
	case '[':
		return read_collection(at, depth);
	case '"':
		return read_string(at);
	case 't':
	case 'f':
	case 'n':
		return read_word(at);
	default:
		return read_integer(at);
	}
}

json_t *ipsvc_json_read(const char *text, json_error_t *error)
{
	const char *at = skip(text);
	json_t *value = read_value(&at, 0);

	if (value && !*skip(at))
		return value;
	json_decref(value);
	return json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}
