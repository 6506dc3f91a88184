/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON text to values, fast: for what ipsvc has written itself. */
#ifndef IPSVC_JSON_READ_H
#define IPSVC_JSON_READ_H

#include <jansson.h>

/*
 * The value that all of @text is, as json_loads(text, JSON_DECODE_ANY |
 * JSON_ALLOW_NUL) has it; NULL, and *@error, when it is none. Strings are taken
 * for UTF-8 without a look.
 */
json_t *ipsvc_json_read(const char *text, json_error_t *error);

#endif
