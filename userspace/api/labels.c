// SPDX-License-Identifier: GPL-2.0-or-later
#include "labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int label_cmp(const void *a, const void *b)
{
	const struct ipsvc_label *la = a, *lb = b;

	return strcmp(la->key, lb->key);
}

void ipsvc_labels_decode(const json_t *map, struct ipsvc_labels *labels)
{
	const char *key;
	json_t *value;

	*labels = (struct ipsvc_labels){ .present = json_is_object(map) };
	if (!labels->present || !json_object_size(map))
		return;
	labels->items = xcalloc(json_object_size(map), sizeof(*labels->items));
	json_object_foreach((json_t *)map, key, value) {
		const char *s = json_string_value(value);

		labels->items[labels->n++] = (struct ipsvc_label){
			.key = xstrdup(key),
			.value = xstrdup(s ? s : ""),
		};
	}
	qsort(labels->items, labels->n, sizeof(*labels->items), label_cmp);
}

void ipsvc_labels_clear(struct ipsvc_labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		free(labels->items[i].key);
		free(labels->items[i].value);
	}
	free(labels->items);
	*labels = (struct ipsvc_labels){0};
}

const char *ipsvc_labels_get(const struct ipsvc_labels *labels,
			     const char *key)
{
	struct ipsvc_label wanted = { .key = (char *)key };
	const struct ipsvc_label *found;

	if (!labels->n)
		return NULL;
	found = bsearch(&wanted, labels->items, labels->n,
			sizeof(*labels->items), label_cmp);
	return found ? found->value : NULL;
}

bool ipsvc_selector_matches(const struct ipsvc_labels *selector,
			    const struct ipsvc_labels *labels)
{
	for (size_t i = 0; i < selector->n; i++) {
		const char *value = ipsvc_labels_get(labels,
						     selector->items[i].key);

		if (!value || strcmp(value, selector->items[i].value))
			return false;
	}
	return selector->n > 0;
}
