// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* Length of "\uXXXX". */
#define ESCAPE	6

/* The number at "\uXXXX", or -1 when something else is at @s. */
static long escape_at(const char *s, const char *end)
{
	long value = 0;

	if (end - s < ESCAPE || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (int i = 2; i < ESCAPE; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, s[i] | 0x20);

		if (!digit)
			return -1;
		value = value << 4 | (digit - digits);
	}
	return value;
}

/* What the pair at @s stands for, or -1. */
static long pair_at(const char *s, const char *end)
{
	long high = escape_at(s, end), low;

	if (high < 0xd800 || high > 0xdbff)
		return -1;
	low = escape_at(s + ESCAPE, end);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* In JSON a backslash is always that of an escape, and in a string. */
static bool is_json(const char *text, size_t size)
{
	json_t *doc = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL,
				 NULL);

	json_decref(doc);
	return doc;
}

char *ipsvc_json_join_surrogates(const char *text, size_t *size)
{
	const char *end = text + *size, *from = text, *s = text;
	struct ipsvc_buf out = {0};

	while ((s = memchr(s, '\\', (size_t)(end - s)))) {
		long c = pair_at(s, end);

		if (c < 0) {
			s += end - s < 2 ? 1 : 2;	/* "\\ud83d" is none */
			continue;
		}
		/* Few texts come here, and only these are read twice. */
		if (from == text && !is_json(text, *size))
			return NULL;
		ipsvc_buf_add(&out, from, (size_t)(s - from));
		ipsvc_buf_printf(&out, "\\U%08lx", (unsigned long)c);
		from = s += 2 * ESCAPE;
	}
	if (from == text)
		return NULL;
	ipsvc_buf_add(&out, from, (size_t)(end - from));
	*size = out.len;
	return ipsvc_buf_take(&out);
}
