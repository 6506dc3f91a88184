/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A string that grows. */
#ifndef IPSVC_BUF_H
#define IPSVC_BUF_H

#include <stdarg.h>
#include <stddef.h>

/* Zero-initialise ({0}) before use. */
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
