/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON has and YAML 1.1, which it is read as, has not. */
#ifndef IPSVC_MANIFEST_JSON_H
#define IPSVC_MANIFEST_JSON_H

#include <stddef.h>

/*
 * JSON writes what lies above U+FFFF as two escapes, "\ud83d\ude00"; YAML as
 * one, "\U0001f600". Where @text is JSON and has such a pair, returns it with
 * the one for the two, its lines unchanged, and *@size adjusted; else NULL. The
 * caller frees it.
 */
char *ipsvc_json_join_surrogates(const char *text, size_t *size);

#endif
