/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory. There is no way to go on without it, so these never return NULL: they
 * say what failed on stderr and abort. Freed with free().
 */
#ifndef IPSVC_MEMORY_H
#define IPSVC_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

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

/* What the functions above do when there is none. */
void ipsvc_out_of_memory(void) __attribute__((noreturn));

#endif
