/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubectl's -l: which labels an object is to have. */
#ifndef IPSVC_CLI_SELECTOR_H
#define IPSVC_CLI_SELECTOR_H

#include <jansson.h>
#include <stdbool.h>

/* "k=v", "k==v", "k!=v", "k" and "!k", joined by ","; false when it is not that. */
bool selector_is_valid(const char *selector);
/* @labels is metadata.labels, or NULL; @selector is valid. */
bool selector_matches(const char *selector, const json_t *labels);

#endif
