/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash maps of structures that have a node in them. A map knows hashes only: who
 * looks something up compares the keys of what has the hash.
 */
#ifndef IPSVC_MAP_H
#define IPSVC_MAP_H

#include <stddef.h>
#include <stdint.h>

struct ipsvc_map_node {
	struct ipsvc_map_node *next;
	uint64_t hash;
};

/* Zero-initialise ({0}) before use. */
struct ipsvc_map {
	struct ipsvc_map_node **buckets;
	size_t nbuckets;		/* a power of two, or 0 */
	size_t n;
};

#define IPSVC_HASH_START	UINT64_C(0xcbf29ce484222325)

/* FNV-1a, going on from @hash. */
uint64_t ipsvc_hash(uint64_t hash, const void *data, size_t size);
/* With the terminating zero, so that two texts are not one longer one. */
uint64_t ipsvc_hash_text(uint64_t hash, const char *text);

void ipsvc_map_add(struct ipsvc_map *map, struct ipsvc_map_node *node,
		   uint64_t hash);
void ipsvc_map_remove(struct ipsvc_map *map, struct ipsvc_map_node *node);
/* The first of the nodes that have @hash, and the one after @node; or NULL. */
struct ipsvc_map_node *ipsvc_map_first(const struct ipsvc_map *map,
				       uint64_t hash);
struct ipsvc_map_node *ipsvc_map_next(const struct ipsvc_map_node *node);
/*
 * All nodes, in no order: @node NULL is where it begins, and ends. The node that
 * was returned may be removed once the one after it is known.
 */
struct ipsvc_map_node *ipsvc_map_walk(const struct ipsvc_map *map,
				      const struct ipsvc_map_node *node);
/* Frees what the map has allocated, not the nodes. */
void ipsvc_map_free(struct ipsvc_map *map);
/* The same, and frees the nodes, with each of which what is allocated begins. */
void ipsvc_map_free_all(struct ipsvc_map *map);

#define IPSVC_CONTAINER(node, type, member) \
	((type *)((char *)(node) - offsetof(type, member)))

#endif
