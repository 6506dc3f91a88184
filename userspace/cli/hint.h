/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `ipsvc status` says about this host: why it matters and what to do. */
#ifndef IPSVC_CLI_HINT_H
#define IPSVC_CLI_HINT_H

#include <jansson.h>

/*
 * Adds { "name", "message", "hint" } to the array @hints. @name is part of the
 * interface of `ipsvc status -o json`: stable, listed in ipsvc(8). Takes over
 * @message and @hint, which are in allocated memory.
 */
void hint_add(json_t *hints, const char *name, char *message, char *hint);

#endif
