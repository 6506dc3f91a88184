// SPDX-License-Identifier: GPL-2.0-or-later
#include "pod_index.h"

#include <stdlib.h>

#include "base/memory.h"

/* FNV-1a, of @s and its terminating zero. A clash costs a comparison only. */
static uint64_t hash_string(uint64_t hash, const char *s)
{
	do {
		hash ^= (unsigned char)*s;
		hash *= 0x100000001b3;
	} while (*s++);
	return hash;
}

static uint64_t hash_pair(const char *ns, const struct ipsvc_label *label)
{
	uint64_t hash = hash_string(0xcbf29ce484222325, ns);

	return hash_string(hash_string(hash, label->key), label->value);
}

void ipsvc_pod_index_init(struct ipsvc_pod_index *index, size_t max)
{
	*index = (struct ipsvc_pod_index){
		.pods = xcalloc(max, sizeof(*index->pods)),
	};
}

void ipsvc_pod_index_add(struct ipsvc_pod_index *index, const json_t *doc)
{
	struct ipsvc_indexed_pod *p = &index->pods[index->n];
	struct ipsvc_errors errs = {0};

	if (!ipsvc_pod_decode(doc, &p->pod, &errs) ||
	    !ipsvc_ip_parse(p->pod.serving_ip, &p->addr, NULL)) {
		ipsvc_pod_clear(&p->pod);
		ipsvc_errors_free(&errs);
		return;
	}
	for (size_t i = 0; i < p->pod.labels.n; i++) {
		index->entries = ipsvc_grow(index->entries, index->nentries,
					    &index->cap,
					    sizeof(*index->entries));
		index->entries[index->nentries++] = (struct ipsvc_pod_entry){
			.hash = hash_pair(p->pod.ns, &p->pod.labels.items[i]),
			.pod = index->n,
		};
	}
	index->n++;
}

static int entry_cmp(const void *pa, const void *pb)
{
	const struct ipsvc_pod_entry *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->pod > b->pod) - (a->pod < b->pod);
}

void ipsvc_pod_index_sort(struct ipsvc_pod_index *index)
{
	if (index->nentries)
		qsort(index->entries, index->nentries, sizeof(*index->entries),
		      entry_cmp);
}

/* The first entry whose hash is not below @hash (or, @after, is above it). */
static size_t bound(const struct ipsvc_pod_index *index, uint64_t hash,
		    bool after)
{
	size_t low = 0, high = index->nentries;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t at = index->entries[mid].hash;

		if (at < hash || (after && at == hash))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct ipsvc_pod_range
ipsvc_pod_index_find(const struct ipsvc_pod_index *index, const char *ns,
		     const struct ipsvc_labels *selector)
{
	struct ipsvc_pod_range best = {0};

	for (size_t i = 0; i < selector->n; i++) {
		uint64_t hash = hash_pair(ns, &selector->items[i]);
		size_t first = bound(index, hash, false);
		size_t n = bound(index, hash, true) - first;

		if (!i || n < best.n)
			best = (struct ipsvc_pod_range){ first, n };
	}
	return best;
}

const struct ipsvc_indexed_pod *
ipsvc_pod_range_at(const struct ipsvc_pod_index *index,
		   const struct ipsvc_pod_range *range, size_t i)
{
	return &index->pods[index->entries[range->first + i].pod];
}

void ipsvc_pod_index_free(struct ipsvc_pod_index *index)
{
	for (size_t i = 0; i < index->n; i++)
		ipsvc_pod_clear(&index->pods[i].pod);
	free(index->pods);
	free(index->entries);
	*index = (struct ipsvc_pod_index){0};
}
