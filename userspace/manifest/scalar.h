/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a YAML scalar means, as sigs.k8s.io/yaml (go-yaml v2) has it: yes, no,
 * on, off, y and n are booleans, base 60 is not a number, a date is a string.
 */
#ifndef IPSVC_MANIFEST_SCALAR_H
#define IPSVC_MANIFEST_SCALAR_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The value of a scalar of @tag ("" for none; a core tag in its short form, as
 * "!!str"). @quoted scalars are strings unless the tag says otherwise. NULL with
 * a static sentence in *@problem when there is no such value.
 */
json_t *ipsvc_scalar_value(const char *text, const char *tag, bool quoted,
			   const char **problem);

/* A plain scalar that is a string without looking closer. */
bool ipsvc_scalar_is_text(const char *text);

#endif
