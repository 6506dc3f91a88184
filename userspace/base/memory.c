// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ipsvc_out_of_memory(void)
{
	fputs("ipsvc: out of memory\n", stderr);
	abort();
}

void *xmalloc(size_t size)
{
	/* malloc(0) may be NULL, which is no failure; ask for a byte instead. */
	void *ptr = malloc(size ? size : 1);

	if (!ptr)
		ipsvc_out_of_memory();
	return ptr;
}

void *xcalloc(size_t n, size_t size)
{
	void *ptr = calloc(n ? n : 1, size ? size : 1);

	if (!ptr)
		ipsvc_out_of_memory();
	return ptr;
}

void *xrealloc(void *ptr, size_t size)
{
	void *moved = realloc(ptr, size ? size : 1);

	if (!moved)
		ipsvc_out_of_memory();
	return moved;
}

void *xreallocarray(void *ptr, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		ipsvc_out_of_memory();
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
		ipsvc_out_of_memory();
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
