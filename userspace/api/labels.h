/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of labels: from JSON, looked up, selected. */
#ifndef IPSVC_LABELS_H
#define IPSVC_LABELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct ipsvc_label {
	char *key, *value;
};

struct ipsvc_labels {
	struct ipsvc_label *items;	/* sorted by key */
	size_t n;
	bool present;			/* absent and empty differ */
};

/* From an object of strings (a null value is ""); @map may be NULL. */
void ipsvc_labels_decode(const json_t *map, struct ipsvc_labels *labels);
void ipsvc_labels_clear(struct ipsvc_labels *labels);
/* The value of @key, NULL when it is not there. */
const char *ipsvc_labels_get(const struct ipsvc_labels *labels,
			     const char *key);
/* Equality-based selector: all pairs match. An absent or empty one matches nothing. */
bool ipsvc_selector_matches(const struct ipsvc_labels *selector,
			    const struct ipsvc_labels *labels);

#endif
