// SPDX-License-Identifier: GPL-2.0-or-later
#include "map.h"

#include <stdlib.h>

#include "memory.h"

#define FNV_PRIME	UINT64_C(0x100000001b3)
#define BUCKETS_MIN	16

uint64_t ipsvc_hash(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

uint64_t ipsvc_hash_text(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	} while (*text++);
	return hash;
}

static struct ipsvc_map_node **bucket(const struct ipsvc_map *map,
				      uint64_t hash)
{
	/* The low bits of FNV-1a depend on the low bits of what was hashed. */
	return &map->buckets[(hash ^ hash >> 32) & (map->nbuckets - 1)];
}

static void put(struct ipsvc_map *map, struct ipsvc_map_node *node)
{
	struct ipsvc_map_node **head = bucket(map, node->hash);

	node->next = *head;
	*head = node;
}

static void grow(struct ipsvc_map *map)
{
	struct ipsvc_map old = *map;

	map->nbuckets = old.nbuckets ? 2 * old.nbuckets : BUCKETS_MIN;
	map->buckets = xcalloc(map->nbuckets, sizeof(*map->buckets));
	for (size_t i = 0; i < old.nbuckets; i++) {
		struct ipsvc_map_node *node, *next;

		for (node = old.buckets[i]; node; node = next) {
			next = node->next;
			put(map, node);
		}
	}
	free(old.buckets);
}

void ipsvc_map_add(struct ipsvc_map *map, struct ipsvc_map_node *node,
		   uint64_t hash)
{
	if (map->n >= map->nbuckets)
		grow(map);
	node->hash = hash;
	put(map, node);
	map->n++;
}

void ipsvc_map_remove(struct ipsvc_map *map, struct ipsvc_map_node *node)
{
	struct ipsvc_map_node **at = bucket(map, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	map->n--;
}

static struct ipsvc_map_node *of_hash(struct ipsvc_map_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct ipsvc_map_node *ipsvc_map_first(const struct ipsvc_map *map,
				       uint64_t hash)
{
	return map->nbuckets ? of_hash(*bucket(map, hash), hash) : NULL;
}

struct ipsvc_map_node *ipsvc_map_next(const struct ipsvc_map_node *node)
{
	return of_hash(node->next, node->hash);
}

struct ipsvc_map_node *ipsvc_map_walk(const struct ipsvc_map *map,
				      const struct ipsvc_map_node *node)
{
	size_t i = 0;

	if (node && node->next)
		return node->next;
	if (node)
		i = (size_t)(bucket(map, node->hash) - map->buckets) + 1;
	while (i < map->nbuckets && !map->buckets[i])
		i++;
	return i < map->nbuckets ? map->buckets[i] : NULL;
}

void ipsvc_map_free(struct ipsvc_map *map)
{
	free(map->buckets);
	*map = (struct ipsvc_map){0};
}

void ipsvc_map_free_all(struct ipsvc_map *map)
{
	struct ipsvc_map_node *node, *next;

	for (node = ipsvc_map_walk(map, NULL); node; node = next) {
		next = ipsvc_map_walk(map, node);
		free(node);
	}
	ipsvc_map_free(map);
}
