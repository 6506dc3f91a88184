/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSVC_UTF8_H
#define IPSVC_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Length of the UTF-8 sequence at @s, which has @left bytes (SIZE_MAX: a zero
 * ends it), and in *@rune its code point; 0 when there is none. Overlong forms,
 * surrogates and what lies above U+10FFFF are none.
 */
size_t ipsvc_utf8_decode(const char *s, size_t left, uint32_t *rune);

#endif
