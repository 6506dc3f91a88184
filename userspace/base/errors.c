// SPDX-License-Identifier: GPL-2.0-or-later
#include "errors.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "memory.h"
#include "utf8.h"

/* More than any valid name has; a megabyte in a log helps nobody. */
#define QUOTE_MAX	1024

static const char *const type_words[] = {
	[IPSVC_ERR_REQUIRED] = "Required value",
	[IPSVC_ERR_DUPLICATE] = "Duplicate value",
	[IPSVC_ERR_INVALID] = "Invalid value",
	[IPSVC_ERR_UNSUPPORTED] = "Unsupported value",
	[IPSVC_ERR_FORBIDDEN] = "Forbidden",
	[IPSVC_ERR_TOO_LONG] = "Too long",
	[IPSVC_ERR_TOO_MANY] = "Too many",
	[IPSVC_ERR_INTERNAL] = "Internal error",
};

void ipsvc_errors_add(struct ipsvc_errors *errs, enum ipsvc_error_type type,
		      const char *path, const char *value,
		      const char *detail_fmt, ...)
{
	struct ipsvc_error *err;
	va_list ap;

	errs->items = ipsvc_grow(errs->items, errs->n, &errs->cap,
				 sizeof(*errs->items));
	err = &errs->items[errs->n++];
	*err = (struct ipsvc_error){
		.type = type,
		.path = xstrdup(path),
		.value = value ? xstrdup(value) : NULL,
	};
	if (!detail_fmt)
		return;
	va_start(ap, detail_fmt);
	err->detail = xvasprintf(detail_fmt, ap);
	va_end(ap);
}

void ipsvc_errors_warn(struct ipsvc_errors *errs, const char *fmt, ...)
{
	va_list ap;

	errs->warnings = xreallocarray(errs->warnings, errs->nwarnings + 1,
				       sizeof(*errs->warnings));
	va_start(ap, fmt);
	errs->warnings[errs->nwarnings++] = xvasprintf(fmt, ap);
	va_end(ap);
}

char *ipsvc_error_format(const struct ipsvc_error *err)
{
	struct ipsvc_buf buf = {0};

	if (err->type == IPSVC_ERR_DECODE)
		return xstrdup(err->detail ? err->detail : "");
	/* An error of the whole object has no path, as field.Error without one. */
	if (err->path && *err->path)
		ipsvc_buf_printf(&buf, "%s: ", err->path);
	ipsvc_buf_puts(&buf, type_words[err->type]);
	if (err->value)
		ipsvc_buf_printf(&buf, ": %s", err->value);
	if (err->detail && *err->detail)
		ipsvc_buf_printf(&buf, ": %s", err->detail);
	return ipsvc_buf_take(&buf);
}

void ipsvc_error_clear(struct ipsvc_error *err)
{
	free(err->path);
	free(err->value);
	free(err->detail);
	free(err->object);
	*err = (struct ipsvc_error){0};
}

void ipsvc_errors_free(struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < errs->n; i++)
		ipsvc_error_clear(&errs->items[i]);
	for (size_t i = 0; i < errs->nwarnings; i++)
		free(errs->warnings[i]);
	free(errs->items);
	free(errs->warnings);
	*errs = (struct ipsvc_errors){0};
}

/* ---- quoting ------------------------------------------------------------ */

/* Ranges above ASCII that Go does not print: controls, blanks, format characters. */
static const struct { uint32_t first, last; } unprintable[] = {
	{ 0x80, 0xa0 }, { 0xad, 0xad }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x206f }, { 0x3000, 0x3000 }, { 0xe000, 0xf8ff },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0x10ffff },
};

static bool printable(uint32_t rune)
{
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (rune >= unprintable[i].first && rune <= unprintable[i].last)
			return false;
	return true;
}

/* Adds the ASCII character @c, quoted. */
static void quote_ascii(struct ipsvc_buf *buf, unsigned char c)
{
	static const char controls[] = "\a\b\f\n\r\t\v\\\"";
	static const char letters[] = "abfnrtv\\\"";
	const char *at = c ? strchr(controls, c) : NULL;

	if (at)
		ipsvc_buf_printf(buf, "\\%c", letters[at - controls]);
	else if (c < 0x20 || c == 0x7f)
		ipsvc_buf_printf(buf, "\\x%02x", c);
	else
		ipsvc_buf_putc(buf, (char)c);
}

char *ipsvc_quote(const char *s)
{
	const char *limit = s + QUOTE_MAX;
	struct ipsvc_buf buf = {0};
	uint32_t rune;
	size_t len;

	ipsvc_buf_putc(&buf, '"');
	for (; *s && s < limit; s += len) {
		len = ipsvc_utf8_decode(s, SIZE_MAX, &rune);
		if (!len) {
			ipsvc_buf_printf(&buf, "\\x%02x", (unsigned char)*s);
			len = 1;
		} else if (len == 1) {
			quote_ascii(&buf, (unsigned char)*s);
		} else if (printable(rune)) {
			ipsvc_buf_add(&buf, s, len);
		} else {
			ipsvc_buf_printf(&buf, rune > 0xffff ? "\\U%08x" : "\\u%04x",
					 rune);
		}
	}
	ipsvc_buf_puts(&buf, *s ? "\"..." : "\"");
	return ipsvc_buf_take(&buf);
}

/* ---- errors about values ------------------------------------------------ */

void ipsvc_invalid_string(struct ipsvc_errors *errs, const char *path,
			  const char *value, const char *detail)
{
	char *quoted = ipsvc_quote(value);

	ipsvc_errors_add(errs, IPSVC_ERR_INVALID, path, quoted, "%s", detail);
	free(quoted);
}

void ipsvc_invalid_json(struct ipsvc_errors *errs, const char *path,
			const json_t *value, const char *detail)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) :
			     xstrdup("null");

	ipsvc_errors_add(errs, IPSVC_ERR_INVALID, path, text, "%s", detail);
	free(text);
}

void ipsvc_duplicate_string(struct ipsvc_errors *errs, const char *path,
			    const char *value)
{
	char *quoted = ipsvc_quote(value);

	ipsvc_errors_add(errs, IPSVC_ERR_DUPLICATE, path, quoted, NULL);
	free(quoted);
}
