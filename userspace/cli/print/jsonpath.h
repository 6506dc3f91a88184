/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSONPath as kubectl has it (k8s.io/client-go/util/jsonpath): templates of text and
 * "{.spec.ports[*].port}", with [n], [a:b], [*], ['name'], .., ?(@.a=="b"), and
 * {range .items[*]}…{end}. What is not there is nothing.
 */
#ifndef IPSVC_CLI_JSONPATH_H
#define IPSVC_CLI_JSONPATH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Values that a path leads to; borrowed from the document. */
struct jsonpath_values {
	const json_t **items;
	size_t n, cap;
};

void jsonpath_values_free(struct jsonpath_values *values);

/*
 * Appends what @template makes of @doc to @out. False, with a reason in *@why that
 * the caller frees, when it is none.
 */
bool jsonpath_print(const char *template, const json_t *doc,
		    struct ipsvc_buf *out, char **why);
/*
 * The values of one path, which may be written without braces, or without the dot
 * in front, as kubectl takes it from a command line. False as above.
 */
bool jsonpath_find(const char *path, const json_t *doc,
		   struct jsonpath_values *out, char **why);
/* As jsonpath_print() writes it. */
void jsonpath_append(struct ipsvc_buf *out, const json_t *value);

#endif
