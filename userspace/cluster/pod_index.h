/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pods by namespace and label, so that a selector is not held against each pod.
 */
#ifndef IPSVC_POD_INDEX_H
#define IPSVC_POD_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "api/pod/pod.h"
#include "base/ip.h"

struct ipsvc_indexed_pod {
	struct ipsvc_pod pod;
	struct in6_addr addr;
};

/* A pod has this label, in its namespace. */
struct ipsvc_pod_entry {
	uint64_t hash;		/* of namespace, key and value */
	size_t pod;
};

struct ipsvc_pod_index {
	struct ipsvc_indexed_pod *pods;
	size_t n;
	struct ipsvc_pod_entry *entries;	/* sorted by (hash, pod) */
	size_t nentries, cap;
};

/* Entries of one hash: a few pods more than those that have the pair. */
struct ipsvc_pod_range {
	size_t first, n;
};

/* For up to @max pods. */
void ipsvc_pod_index_init(struct ipsvc_pod_index *index, size_t max);
/* A Pod without an address can be no endpoint and is left out. */
void ipsvc_pod_index_add(struct ipsvc_pod_index *index, const json_t *doc);
/* After the last pod was added. */
void ipsvc_pod_index_sort(struct ipsvc_pod_index *index);
/* The shortest of the ranges of @selector's pairs; empty for an empty one. */
struct ipsvc_pod_range
ipsvc_pod_index_find(const struct ipsvc_pod_index *index, const char *ns,
		     const struct ipsvc_labels *selector);
const struct ipsvc_indexed_pod *
ipsvc_pod_range_at(const struct ipsvc_pod_index *index,
		   const struct ipsvc_pod_range *range, size_t i);
void ipsvc_pod_index_free(struct ipsvc_pod_index *index);

#endif
