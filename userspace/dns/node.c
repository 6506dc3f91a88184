// SPDX-License-Identifier: GPL-2.0-or-later
#include "node.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/packet/wire.h>
#include <libknot/wire.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define RR_HEAD		12	/* a pointer, type, class, TTL, length */
#define POINTER		0xc000
#define POINTER_MAX	0x3fff
/* What follows the question, of the longest message; room for OPT is left. */
#define BODY_MAX	(65535 - KNOT_WIRE_HEADER_SIZE - KNOT_DNAME_MAXLEN - 512)

const struct dns_set *dns_node_set(const struct dns_node *node, uint16_t type)
{
	for (unsigned int i = 0; i < node->nsets; i++)
		if (node->sets[i].type == type)
			return &node->sets[i];
	return NULL;
}

static struct dns_set *current(struct dns_draft *draft)
{
	return &draft->sets[draft->nsets];
}

static uint8_t *extend(struct dns_draft *draft, size_t len)
{
	if (draft->len + len > draft->cap) {
		draft->cap = (draft->len + len) * 2;
		draft->data = xrealloc(draft->data, draft->cap);
	}
	draft->len += len;
	return draft->data + draft->len - len;
}

static bool has_room(struct dns_draft *draft, size_t len)
{
	const struct dns_set *set = current(draft);

	return draft->len - set->offset + len <= BODY_MAX;
}

/* Type, class, TTL, length and data of a record; its name is there. */
static void put_record(uint8_t *p, uint16_t type, uint32_t ttl,
		       const void *rdata, size_t len)
{
	knot_wire_write_u16(p, type);
	knot_wire_write_u16(p + 2, KNOT_CLASS_IN);
	knot_wire_write_u32(p + 4, ttl);
	knot_wire_write_u16(p + 8, (uint16_t)len);
	memcpy(p + 10, rdata, len);
}

void dns_draft_begin(struct dns_draft *draft, uint16_t type)
{
	*current(draft) = (struct dns_set){
		.type = type,
		.offset = (uint32_t)draft->len,
	};
}

void dns_draft_add(struct dns_draft *draft, uint32_t ttl, const void *rdata,
		   size_t len)
{
	struct dns_set *set = current(draft);
	uint8_t *p;

	if (set->cut || !has_room(draft, RR_HEAD + len)) {
		set->cut = true;
		return;
	}
	p = extend(draft, RR_HEAD + len);
	knot_wire_write_u16(p, POINTER | KNOT_WIRE_HEADER_SIZE);
	put_record(p + 2, set->type, ttl, rdata, len);
	set->count++;
	set->len = (uint32_t)(draft->len - set->offset);
}

void dns_draft_add_extra(struct dns_draft *draft, size_t question_len,
			 const uint8_t *owner, size_t owner_len, size_t at,
			 uint16_t type, uint32_t ttl, const void *rdata,
			 size_t len)
{
	struct dns_set *set = current(draft);
	size_t pointer = KNOT_WIRE_HEADER_SIZE + question_len + 4 + at;
	size_t name_len = pointer <= POINTER_MAX ? 2 : owner_len;
	uint8_t *p;

	if (!has_room(draft, name_len + 10 + len))
		return;
	p = extend(draft, name_len + 10 + len);
	if (name_len == 2)
		knot_wire_write_u16(p, (uint16_t)(POINTER | pointer));
	else
		memcpy(p, owner, owner_len);
	put_record(p + name_len, type, ttl, rdata, len);
	set->extra_count++;
	set->extra_len = (uint32_t)(draft->len - set->offset - set->len);
}

void dns_draft_add_bytes(struct dns_draft *draft, const void *data, size_t len)
{
	struct dns_set *set = current(draft);

	memcpy(extend(draft, len), data, len);
	set->count = 1;
	set->len = (uint32_t)(draft->len - set->offset);
}

void dns_draft_end(struct dns_draft *draft)
{
	if (current(draft)->count)
		draft->nsets++;
}

struct dns_node *dns_draft_finish(struct dns_draft *draft, const uint8_t *name,
				  size_t name_len)
{
	size_t sets = draft->nsets * sizeof(*draft->sets);
	struct dns_node *node = xcalloc(1, sizeof(*node) + sets + name_len +
					draft->len);
	uint8_t *p = (uint8_t *)node + sizeof(*node) + sets;

	node->nsets = draft->nsets;
	node->name_len = (uint8_t)name_len;
	node->name = p;
	node->data = p + name_len;
	memcpy(node->sets, draft->sets, sets);
	memcpy(p, name, name_len);
	if (draft->len)
		memcpy(p + name_len, draft->data, draft->len);
	free(draft->data);
	return node;
}
