// SPDX-License-Identifier: GPL-2.0-or-later
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn)) static void out_of_memory(void)
{
	fputs("ipsvc: out of memory\n", stderr);
	abort();
}

void *xmalloc(size_t size)
{
	/* malloc(0) may be NULL, which is no failure; ask for a byte instead. */
	void *ptr = malloc(size ? size : 1);

	if (!ptr)
		out_of_memory();
	return ptr;
}

void *xcalloc(size_t n, size_t size)
{
	void *ptr = calloc(n ? n : 1, size ? size : 1);

	if (!ptr)
		out_of_memory();
	return ptr;
}

void *xrealloc(void *ptr, size_t size)
{
	void *moved = realloc(ptr, size ? size : 1);

	if (!moved)
		out_of_memory();
	return moved;
}

void *xreallocarray(void *ptr, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return xrealloc(ptr, total);
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *out;

	if (vasprintf(&out, fmt, ap) < 0)
		out_of_memory();
	return out;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *out;

	va_start(ap, fmt);
	out = xvasprintf(fmt, ap);
	va_end(ap);
	return out;
}

void *ipsvc_grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 8;
	return xreallocarray(items, *cap, size);
}

/* Room for @more bytes and the terminating zero. */
static void buf_reserve(struct ipsvc_buf *buf, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(buf->len, more, &need) ||
	    __builtin_add_overflow(need, (size_t)1, &need))
		out_of_memory();
	if (need <= buf->cap)
		return;
	if (need < buf->cap * 2)
		need = buf->cap * 2;
	buf->cap = need < 64 ? 64 : need;
	buf->data = xrealloc(buf->data, buf->cap);
}

void ipsvc_buf_add(struct ipsvc_buf *buf, const void *data, size_t len)
{
	buf_reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void ipsvc_buf_puts(struct ipsvc_buf *buf, const char *s)
{
	ipsvc_buf_add(buf, s, strlen(s));
}

void ipsvc_buf_putc(struct ipsvc_buf *buf, char c)
{
	ipsvc_buf_add(buf, &c, 1);
}

void ipsvc_buf_vprintf(struct ipsvc_buf *buf, const char *fmt, va_list ap)
{
	char *text = xvasprintf(fmt, ap);

	ipsvc_buf_puts(buf, text);
	free(text);
}

void ipsvc_buf_printf(struct ipsvc_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ipsvc_buf_vprintf(buf, fmt, ap);
	va_end(ap);
}

void ipsvc_buf_reset(struct ipsvc_buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

char *ipsvc_buf_take(struct ipsvc_buf *buf)
{
	char *out = buf->data ? buf->data : xstrdup("");

	*buf = (struct ipsvc_buf){0};
	return out;
}

void ipsvc_buf_free(struct ipsvc_buf *buf)
{
	free(buf->data);
	*buf = (struct ipsvc_buf){0};
}
