/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of labels: from JSON, and looked up. */
#ifndef IPSVC_LABELS_H
#define IPSVC_LABELS_H

#include "object.h"

/* From an object of strings (a null value is ""); @map may be NULL. */
void ipsvc_labels_decode(const json_t *map, struct ipsvc_labels *labels);
void ipsvc_labels_clear(struct ipsvc_labels *labels);
/* The value of @key, NULL when it is not there. */
const char *ipsvc_labels_get(const struct ipsvc_labels *labels,
			     const char *key);

#endif
