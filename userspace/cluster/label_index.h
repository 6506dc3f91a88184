/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has, and who looks for, a label in a namespace: Pods by their labels, and
 * Services by one pair of their selectors. What is found by a pair is to be
 * compared in full.
 */
#ifndef IPSVC_LABEL_INDEX_H
#define IPSVC_LABEL_INDEX_H

#include "api/labels.h"
#include "base/list.h"
#include "base/map.h"

/* Of one pair, or of two that have the same hash. */
struct ipsvc_label_bucket {
	struct ipsvc_map_node node;
	struct ipsvc_list bearers, seekers;
	size_t nbearers, nseekers;
};

/* That an object has, or looks for, a pair. */
struct ipsvc_label_entry {
	struct ipsvc_list link;
	struct ipsvc_label_bucket *bucket;	/* NULL: it is in none */
	void *object;
};

/* The entries of all labels of a Pod, which the caller keeps for its removal. */
struct ipsvc_label_entry *ipsvc_label_index_add(struct ipsvc_map *index,
						const char *ns,
						const struct ipsvc_labels *labels,
						void *object);
/* Of an entry of @n, which are freed. */
void ipsvc_label_index_remove(struct ipsvc_map *index,
			      struct ipsvc_label_entry *entries, size_t n);
/* Under the pair of @selector that the fewest look for; none without a pair. */
void ipsvc_label_index_seek(struct ipsvc_map *index, const char *ns,
			    const struct ipsvc_labels *selector,
			    struct ipsvc_label_entry *entry, void *object);
void ipsvc_label_index_unseek(struct ipsvc_map *index,
			      struct ipsvc_label_entry *entry);
/* Of the pair of @selector that the fewest have; NULL: one has none. */
const struct ipsvc_label_bucket *
ipsvc_label_index_find(const struct ipsvc_map *index, const char *ns,
		       const struct ipsvc_labels *selector);

#endif
