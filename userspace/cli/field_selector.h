/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubectl's --field-selector: the few fields that the API server selects by. */
#ifndef IPSVC_CLI_FIELD_SELECTOR_H
#define IPSVC_CLI_FIELD_SELECTOR_H

#include <jansson.h>
#include <stdbool.h>

#include "api/kind.h"

/*
 * "metadata.name=web,spec.type!=ClusterIP". NULL when objects of @kind can be
 * selected by it, else the API server's words, which the caller frees.
 */
char *field_selector_refusal(const char *selector, const struct ipsvc_kind *kind);
/* @selector is one of the kind of @doc. */
bool field_selector_matches(const char *selector, const json_t *doc);

#endif
