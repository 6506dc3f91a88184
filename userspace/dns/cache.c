// SPDX-License-Identifier: GPL-2.0-or-later
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define WAYS	4

struct dns_cache_slot {
	struct dns_answer *answer;	/* NULL: empty */
	uint32_t when;			/* it was put */
	uint32_t tag;			/* of its name's hash */
};

void dns_cache_init(struct dns_cache *cache, size_t answers)
{
	*cache = (struct dns_cache){0};
	if (!answers)
		return;
	ipsvc_siphash_key_init(&cache->key);
	cache->nsets = 1;
	while (cache->nsets * WAYS < answers)
		cache->nsets *= 2;
	cache->slots = xcalloc(cache->nsets * WAYS, sizeof(*cache->slots));
}

void dns_cache_free(struct dns_cache *cache)
{
	for (size_t i = 0; i < cache->nsets * WAYS; i++)
		free(cache->slots[i].answer);
	free(cache->slots);
}

/* The first of the four places, and the tag in them. */
static struct dns_cache_slot *set_of(const struct dns_cache *cache,
				     const struct dns_name *name, uint16_t type,
				     uint8_t flags, uint32_t *tag)
{
	uint64_t hash = ipsvc_siphash(&cache->key, name->wire, name->len);

	/*
	 * The hash of a name has a secret key, as strangers choose names; types and
	 * flags are few, and need only lead to different places.
	 */
	hash += (uint64_t)(type << 2 | flags) * UINT64_C(0x9e3779b97f4a7c15);
	*tag = (uint32_t)(hash >> 32);
	return cache->slots + (hash & (cache->nsets - 1)) * WAYS;
}

static bool is_for(const struct dns_cache_slot *slot, uint32_t tag,
		   const struct dns_name *name, uint16_t type, uint8_t flags)
{
	const struct dns_answer *a = slot->answer;

	return a && slot->tag == tag && a->type == type && a->flags == flags &&
	       a->name.len == name->len &&
	       !memcmp(a->name.wire, name->wire, name->len);
}

const struct dns_answer *dns_cache_find(const struct dns_cache *cache,
					const struct dns_name *name,
					uint16_t type, uint8_t flags,
					uint32_t now, uint32_t *age)
{
	const struct dns_cache_slot *slot;
	uint32_t tag;

	if (!cache->nsets)
		return NULL;
	slot = set_of(cache, name, type, flags, &tag);
	for (size_t i = 0; i < WAYS; i++, slot++) {
		if (!is_for(slot, tag, name, type, flags))
			continue;
		*age = now - slot->when;
		return *age < slot->answer->ttl ? slot->answer : NULL;
	}
	return NULL;
}

/* Seconds that the answer may still be kept; an empty slot has less than any. */
static int64_t left(const struct dns_cache_slot *slot, uint32_t now)
{
	return slot->answer ? (int64_t)slot->answer->ttl -
			      (int64_t)(now - slot->when) : INT64_MIN;
}

/* The place of the same question, or of what is over first. */
static struct dns_cache_slot *place(struct dns_cache_slot *set, uint32_t tag,
				    const struct dns_answer *answer, uint32_t now)
{
	struct dns_cache_slot *best = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (is_for(&set[i], tag, &answer->name, answer->type,
			   answer->flags))
			return &set[i];
		if (left(&set[i], now) < left(best, now))
			best = &set[i];
	}
	return best;
}

void dns_cache_put(struct dns_cache *cache, struct dns_answer *answer,
		   uint32_t now)
{
	struct dns_cache_slot *slot;
	uint32_t tag;

	if (!cache->nsets || !answer->ttl ||
	    dns_answer_len(answer, 3) > DNS_CACHE_ANSWER_MAX) {
		free(answer);
		return;
	}
	slot = set_of(cache, &answer->name, answer->type, answer->flags, &tag);
	slot = place(slot, tag, answer, now);
	free(slot->answer);
	*slot = (struct dns_cache_slot){
		.answer = answer, .when = now, .tag = tag,
	};
}
