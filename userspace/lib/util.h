/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small helpers of the library and its users: allocation that aborts on
 * failure, and a growable string.
 */
#ifndef IPSVC_UTIL_H
#define IPSVC_UTIL_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory. There is no way to go on without it, so these never return NULL: they
 * say what failed on stderr and abort. Freed with free().
 */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *ptr, size_t size);
void *xreallocarray(void *ptr, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0)));

/*
 * Makes room for one more element of a vector: returns @items, moved if
 * *@cap had to grow. Use: v->items = ipsvc_grow(v->items, v->n, &v->cap,
 * sizeof(*v->items)); v->items[v->n++] = …
 */
void *ipsvc_grow(void *items, size_t n, size_t *cap, size_t size);

/* A string that grows. Zero-initialise ({0}) before use. */
struct ipsvc_buf {
	char *data;	/* NUL-terminated once something was added, else NULL */
	size_t len;	/* without the terminating zero */
	size_t cap;
};

void ipsvc_buf_add(struct ipsvc_buf *buf, const void *data, size_t len);
void ipsvc_buf_puts(struct ipsvc_buf *buf, const char *s);
void ipsvc_buf_putc(struct ipsvc_buf *buf, char c);
void ipsvc_buf_printf(struct ipsvc_buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void ipsvc_buf_vprintf(struct ipsvc_buf *buf, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/* Empties it but keeps the memory. */
void ipsvc_buf_reset(struct ipsvc_buf *buf);
/* Hands over the string ("" when nothing was added); the buffer is empty then. */
char *ipsvc_buf_take(struct ipsvc_buf *buf);
void ipsvc_buf_free(struct ipsvc_buf *buf);

#endif
