/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of other servers, as long as they may be kept: a table of a fixed size, in
 * which a name has one of four places. Of one thread.
 */
#ifndef IPSVC_DNS_CACHE_H
#define IPSVC_DNS_CACHE_H

#include "answer.h"
#include "base/siphash.h"

/* Bytes of records; longer answers are not kept. */
#define DNS_CACHE_ANSWER_MAX	4096

struct dns_cache_slot;

/* Times are seconds of one clock. */
struct dns_cache {
	struct ipsvc_siphash_key key;
	struct dns_cache_slot *slots;
	size_t nsets;		/* of four slots; a power of two, or 0 */
};

/* Room for @answers at least; 0: keeps nothing. */
void dns_cache_init(struct dns_cache *cache, size_t answers);
void dns_cache_free(struct dns_cache *cache);

/*
 * The answer that may still be given, and how old it is; NULL when there is none. It
 * is there until the next dns_cache_put().
 */
const struct dns_answer *dns_cache_find(const struct dns_cache *cache,
					const struct dns_name *name,
					uint16_t type, uint8_t flags,
					uint32_t now, uint32_t *age);
/* Takes over @answer, which may be freed at once. */
void dns_cache_put(struct dns_cache *cache, struct dns_answer *answer,
		   uint32_t now);

#endif
