// SPDX-License-Identifier: GPL-2.0-or-later
#include "scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (*text == **words && !strcmp(text, *words))
			return true;
	return false;
}

static const char *const true_words[] = {
	"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
	NULL,
};

static const char *const false_words[] = {
	"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off",
	"OFF", NULL,
};

static const char *const null_words[] = { "", "~", "null", "Null", "NULL", NULL };

static const char *const infinite_words[] = {
	".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf",
	"+.INF", "-.inf", "-.Inf", "-.INF", NULL,
};

/* The digits of @text in @base, all of them; false on overflow as well. */
static bool parse_digits(const char *text, int base, uint64_t *value)
{
	char *end;

	/* strtoull would take blanks and signs. */
	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	/* In base 16 (and 2, in newer C libraries) it would skip a prefix, too. */
	return !errno && !*end && !memchr(text, 'x', end - text) &&
	       !memchr(text, 'X', end - text) &&
	       (base == 16 || !strpbrk(text, "bB"));
}

/* As Go's ParseInt(text, 0, 64): 10, 0x0a, 0o12, 012, 0b1010, with a sign. */
static json_t *parse_int(const char *text)
{
	bool negative = *text == '-';
	uint64_t value;
	int base = 10;

	if (*text == '-' || *text == '+')
		text++;
	if (text[0] == '0' && text[1]) {
		static const char letters[] = "xXoObB";
		static const int bases[] = { 16, 16, 8, 8, 2, 2 };
		const char *letter = strchr(letters, text[1]);

		base = letter ? bases[letter - letters] : 8;
		text += letter ? 2 : 1;
	}
	if (!parse_digits(text, base, &value))
		return NULL;
	if (negative && value <= (uint64_t)INT64_MAX + 1)
		return json_integer((json_int_t)(-value));
	if (!negative && value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_real(negative ? -(double)value : (double)value);
}

static const char *skip_digits(const char *p)
{
	while (isdigit((unsigned char)*p))
		p++;
	return p;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *text)
{
	const char *p = text + (*text == '-' || *text == '+'), *start = p;
	bool digits;

	p = skip_digits(p);
	digits = p > start;
	if (*p == '.') {
		start = ++p;
		p = skip_digits(p);
		digits = digits || p > start;
	}
	if (!digits)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		start = p;
		p = skip_digits(p);
		if (p == start)
			return false;
	}
	return !*p;
}

/* A float without a fraction is the same number to JSON as the integer. */
static json_t *number_from_double(double value)
{
	if (value > -9e15 && value < 9e15 &&
	    value == (double)(json_int_t)value)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *parse_float(const char *text)
{
	double value;

	if (!looks_like_float(text))
		return NULL;
	value = strtod(text, NULL);
	return isfinite(value) ? number_from_double(value) : NULL;
}

/* go-yaml takes 2024-01-31, and what starts so, for a date: to JSON, a string. */
static bool looks_like_date(const char *text)
{
	return strspn(text, "0123456789") == 4 && text[4] == '-';
}

/* 1_000 is a number; the underscores go. NULL when @text is no number. */
static json_t *parse_number(const char *text)
{
	json_t *value = NULL;
	char *plain, *to;

	if (!strchr("+-.0123456789", *text) || looks_like_date(text))
		return NULL;
	if (*text == '.')
		return parse_float(text);
	plain = to = xmalloc(strlen(text) + 1);
	for (; *text; text++)
		if (*text != '_')
			*to++ = *text;
	*to = '\0';
	value = parse_int(plain);
	if (!value)
		value = parse_float(plain);
	free(plain);
	return value;
}

bool ipsvc_scalar_is_text(const char *text)
{
	/* What else than a word, or the key that merges, begins so. */
	if (!*text || strchr("~.+-0123456789<", *text))
		return false;
	return !strchr("yYnNtTfFoO", *text) ||
	       (!is_one_of(text, null_words) && !is_one_of(text, true_words) &&
		!is_one_of(text, false_words));
}

static json_t *resolve(const char *text, const char **problem)
{
	json_t *value;

	if (ipsvc_scalar_is_text(text))
		return json_string(text);
	if (is_one_of(text, null_words))
		return json_null();
	if (is_one_of(text, true_words))
		return json_true();
	if (is_one_of(text, false_words))
		return json_false();
	if (is_one_of(text, infinite_words)) {
		*problem = "infinity and not-a-number have no place in a manifest";
		return NULL;
	}
	value = parse_number(text);
	return value ? value : json_string(text);
}

static bool tag_fits(const char *tag, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		return !strcmp(tag, "!!null");
	case JSON_TRUE:
	case JSON_FALSE:
		return !strcmp(tag, "!!bool");
	case JSON_INTEGER:
		return !strcmp(tag, "!!int") || !strcmp(tag, "!!float");
	case JSON_REAL:
		return !strcmp(tag, "!!float");
	default:
		return false;
	}
}

json_t *ipsvc_scalar_value(const char *text, const char *tag, bool quoted,
			   const char **problem)
{
	json_t *value;

	*problem = NULL;
	if (!strcmp(tag, "!!str") || (!*tag && quoted))
		return json_string(text);
	value = resolve(text, problem);
	if (value && *tag && !tag_fits(tag, value)) {
		*problem = "the value does not fit its tag";
		json_decref(value);
		return NULL;
	}
	return value;
}
