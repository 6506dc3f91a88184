/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a name has. A node never changes once others can see it: a change puts
 * another one in its place. Answers are kept as they are sent: of a name, all that
 * follows the question is the same for everybody, but for the case of the name,
 * which is a pointer to the question.
 */
#ifndef IPSVC_DNS_NODE_H
#define IPSVC_DNS_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The namespace of the Pod with this address, under its reverse name; no DNS. */
#define DNS_SET_NAMESPACE	65280

/* The records of one type, and what is to be added to them. */
struct dns_set {
	uint16_t type;
	uint16_t count, extra_count;
	bool cut;		/* there are more, but no message has room */
	uint32_t offset;	/* in the node's data */
	uint32_t len;		/* of the answer section, … */
	uint32_t extra_len;	/* … of the additional section after it */
};

/* What a node stands for, besides a name: what the feed puts and deletes. */
enum dns_item {
	DNS_ITEM_NONE,
	DNS_ITEM_SERVICE,
	DNS_ITEM_NAMESPACE,
	DNS_ITEM_POD,
};

struct dns_node {
	/* ---- of the writer ------------------------------------------------ */
	void *record;		/* of a Service, as the feed has it; or NULL */
	size_t record_len;
	uint32_t edit;		/* the change that made it */
	uint32_t round;		/* the last full state that had it */
	uint8_t item;		/* enum dns_item */
	/* ---- of everybody ------------------------------------------------- */
	bool absent;		/* the name does not exist, for who asks */
	uint8_t nsets;
	uint8_t name_len;
	const uint8_t *name, *data;	/* behind sets */
	struct dns_set sets[];
};

/* A node that is being made; zero-initialise. */
struct dns_draft {
	struct dns_set sets[8];
	uint8_t nsets;
	uint8_t *data;
	size_t len, cap;
};

/* The set of @type; NULL when there is none. */
const struct dns_set *dns_node_set(const struct dns_node *node, uint16_t type);
static inline const uint8_t *dns_set_data(const struct dns_node *node,
					  const struct dns_set *set)
{
	return node->data + set->offset;
}

/* Begins a set: records follow, then its extra ones. Empty ones are dropped. */
void dns_draft_begin(struct dns_draft *draft, uint16_t type);
/* A record of the set's type and name. */
void dns_draft_add(struct dns_draft *draft, uint32_t ttl, const void *rdata,
		   size_t len);
/*
 * An additional record. @at is where its name is in the data of the set, which
 * answers to a question with a name of @question_len bytes.
 */
void dns_draft_add_extra(struct dns_draft *draft, size_t question_len,
			 const uint8_t *owner, size_t owner_len, size_t at,
			 uint16_t type, uint32_t ttl, const void *rdata,
			 size_t len);
/* Bytes that are no records, of DNS_SET_NAMESPACE. */
void dns_draft_add_bytes(struct dns_draft *draft, const void *data, size_t len);
void dns_draft_end(struct dns_draft *draft);
/* The node of what was drafted, of which it frees what it had. */
struct dns_node *dns_draft_finish(struct dns_draft *draft, const uint8_t *name,
				  size_t name_len);

#endif
