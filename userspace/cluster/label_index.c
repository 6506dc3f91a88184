// SPDX-License-Identifier: GPL-2.0-or-later
#include "label_index.h"

#include <stdlib.h>

#include "base/memory.h"

static uint64_t hash_pair(const char *ns, const struct ipsvc_label *label)
{
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, ns);

	return ipsvc_hash_text(ipsvc_hash_text(hash, label->key), label->value);
}

static struct ipsvc_label_bucket *find(const struct ipsvc_map *index,
				       uint64_t hash)
{
	struct ipsvc_map_node *node = ipsvc_map_first(index, hash);

	return node ? IPSVC_CONTAINER(node, struct ipsvc_label_bucket, node) :
		      NULL;
}

static struct ipsvc_label_bucket *find_or_make(struct ipsvc_map *index,
					       uint64_t hash)
{
	struct ipsvc_label_bucket *bucket = find(index, hash);

	if (bucket)
		return bucket;
	bucket = xcalloc(1, sizeof(*bucket));
	ipsvc_list_init(&bucket->bearers);
	ipsvc_list_init(&bucket->seekers);
	ipsvc_map_add(index, &bucket->node, hash);
	return bucket;
}

static void free_if_empty(struct ipsvc_map *index,
			  struct ipsvc_label_bucket *bucket)
{
	if (bucket->nbearers || bucket->nseekers)
		return;
	ipsvc_map_remove(index, &bucket->node);
	free(bucket);
}

struct ipsvc_label_entry *ipsvc_label_index_add(struct ipsvc_map *index,
						const char *ns,
						const struct ipsvc_labels *labels,
						void *object)
{
	struct ipsvc_label_entry *entries = xcalloc(labels->n ? labels->n : 1,
						    sizeof(*entries));

	for (size_t i = 0; i < labels->n; i++) {
		struct ipsvc_label_entry *e = &entries[i];

		e->object = object;
		e->bucket = find_or_make(index,
					 hash_pair(ns, &labels->items[i]));
		ipsvc_list_add(&e->bucket->bearers, &e->link);
		e->bucket->nbearers++;
	}
	return entries;
}

void ipsvc_label_index_remove(struct ipsvc_map *index,
			      struct ipsvc_label_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ipsvc_list_remove(&entries[i].link);
		entries[i].bucket->nbearers--;
		free_if_empty(index, entries[i].bucket);
	}
	free(entries);
}

void ipsvc_label_index_seek(struct ipsvc_map *index, const char *ns,
			    const struct ipsvc_labels *selector,
			    struct ipsvc_label_entry *entry, void *object)
{
	uint64_t best = 0;
	size_t fewest = 0;

	*entry = (struct ipsvc_label_entry){ .object = object };
	for (size_t i = 0; i < selector->n; i++) {
		uint64_t hash = hash_pair(ns, &selector->items[i]);
		const struct ipsvc_label_bucket *bucket = find(index, hash);
		size_t n = bucket ? bucket->nseekers : 0;

		if (!i || n < fewest) {
			best = hash;
			fewest = n;
		}
	}
	if (!selector->n)
		return;
	entry->bucket = find_or_make(index, best);
	ipsvc_list_add(&entry->bucket->seekers, &entry->link);
	entry->bucket->nseekers++;
}

void ipsvc_label_index_unseek(struct ipsvc_map *index,
			      struct ipsvc_label_entry *entry)
{
	if (!entry->bucket)
		return;
	ipsvc_list_remove(&entry->link);
	entry->bucket->nseekers--;
	free_if_empty(index, entry->bucket);
	entry->bucket = NULL;
}

const struct ipsvc_label_bucket *
ipsvc_label_index_find(const struct ipsvc_map *index, const char *ns,
		       const struct ipsvc_labels *selector)
{
	const struct ipsvc_label_bucket *best = NULL;

	for (size_t i = 0; i < selector->n; i++) {
		const struct ipsvc_label_bucket *bucket =
			find(index, hash_pair(ns, &selector->items[i]));

		if (!bucket)
			return NULL;
		if (!best || bucket->nbearers < best->nbearers)
			best = bucket;
	}
	return best;
}
