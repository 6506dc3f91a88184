// SPDX-License-Identifier: GPL-2.0-or-later
#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* Room for @more bytes and the terminating zero. */
static void buf_reserve(struct ipsvc_buf *buf, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(buf->len, more, &need) ||
	    __builtin_add_overflow(need, (size_t)1, &need))
		ipsvc_out_of_memory();
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
