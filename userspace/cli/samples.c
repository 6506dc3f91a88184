// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/memory.h"

static uint64_t hash_of(const struct sample *s)
{
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, s->name);

	hash = ipsvc_hash(hash, &s->family, sizeof(s->family));
	hash = ipsvc_hash(hash, &s->addr, sizeof(s->addr));
	return ipsvc_hash(hash, &s->port, sizeof(s->port));
}

static bool same(const struct sample *a, const struct sample *b)
{
	return a->family == b->family && a->port == b->port &&
	       !ipsvc_ip_cmp(&a->addr, &b->addr) && !strcmp(a->name, b->name);
}

void samples_add(struct samples *samples, const struct sample *like)
{
	struct sample *s = xmalloc(sizeof(*s));

	*s = *like;
	s->name = xstrdup(like->name);
	samples->items = ipsvc_grow(samples->items, samples->n, &samples->cap,
				    sizeof(*samples->items));
	samples->items[samples->n++] = s;
	ipsvc_map_add(&samples->map, &s->node, hash_of(s));
}

void samples_free(struct samples *samples)
{
	for (size_t i = 0; i < samples->n; i++) {
		free(samples->items[i]->name);
		free(samples->items[i]);
	}
	free(samples->items);
	ipsvc_map_free(&samples->map);
	*samples = (struct samples){ 0 };
}

static const struct sample *find(const struct samples *samples,
				 const struct sample *like)
{
	struct ipsvc_map_node *node = ipsvc_map_first(&samples->map,
						      hash_of(like));

	for (; node; node = ipsvc_map_next(node)) {
		struct sample *s = IPSVC_CONTAINER(node, struct sample, node);

		if (same(s, like))
			return s;
	}
	return NULL;
}

void samples_difference(const struct samples *before, const struct sample *now,
			uint64_t *total, int64_t *level)
{
	const struct sample *was = find(before, now);
	bool anew = !was || now->total < was->total;

	*total = now->total - (anew ? 0 : was->total);
	*level = (int64_t)now->level - (was ? was->level : 0);
}
