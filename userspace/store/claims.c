// SPDX-License-Identifier: GPL-2.0-or-later
#include "claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"
#include "keep.h"
#include "records.h"

enum ipsvc_store_result ipsvc_allocator_init(struct ipsvc_allocator *al,
					     struct ipsvc_txn *txn)
{
	enum ipsvc_store_result result;
	const char *why;

	*al = (struct ipsvc_allocator){ .txn = txn };
	result = ipsvc_config_read(txn, &al->cfg);
	/* Known to be right: reading it checked that. */
	if (result == IPSVC_STORE_OK)
		ipsvc_alloc_cidrs_parse(al->cfg.service_cidr, &al->cidrs, &why);
	return result;
}

/* ---- claims ------------------------------------------------------------- */

static void add_key(struct ipsvc_claim_keys *keys, const char *key)
{
	keys->items = ipsvc_grow(keys->items, keys->n, &keys->cap,
				 sizeof(*keys->items));
	keys->items[keys->n++] = xstrdup(key);
}

void ipsvc_claim_keys_add_ip(struct ipsvc_claim_keys *keys,
			     const struct in6_addr *addr)
{
	char key[IPSVC_CLAIM_KEY_SIZE];

	add_key(keys, ipsvc_ip_key(addr, key));
}

void ipsvc_claim_keys_add_port(struct ipsvc_claim_keys *keys, int64_t port)
{
	char key[IPSVC_CLAIM_KEY_SIZE];

	add_key(keys, ipsvc_port_key((uint64_t)port, key));
}

void ipsvc_claim_keys_free(struct ipsvc_claim_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		free(keys->items[i]);
	free(keys->items);
	*keys = (struct ipsvc_claim_keys){0};
}

/*
 * EXISTS when another object has @key, or @owner itself. What is kept for a
 * deleted object is lost to that; for @owner itself it is what is wanted.
 */
static enum ipsvc_store_result claim(struct ipsvc_allocator *al,
				     const char *key,
				     const struct ipsvc_object *owner)
{
	char *self = ipsvc_object_key(owner->kind, owner->ns, owner->name);
	char *kept = ipsvc_kept_key(owner);
	enum ipsvc_store_result result;
	const char *holder;

	result = ipsvc_txn_get(al->txn, key, &holder);
	if (result == IPSVC_STORE_OK && holder && strcmp(holder, kept))
		result = ipsvc_is_kept(holder) ?
			 ipsvc_keep_lose(al->txn, holder) : IPSVC_STORE_EXISTS;
	if (result == IPSVC_STORE_OK)
		result = ipsvc_txn_put(al->txn, key, self, 0);
	free(kept);
	free(self);
	return result;
}

enum ipsvc_store_result ipsvc_release(struct ipsvc_txn *txn,
				      const struct ipsvc_object *owner,
				      const json_t *doc)
{
	char *self = ipsvc_object_key(owner->kind, owner->ns, owner->name);
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	struct ipsvc_claim_keys keys = {0};
	const char *holder;

	owner->kind->claims->keys(doc, &keys);
	for (size_t i = 0; i < keys.n && result == IPSVC_STORE_OK; i++) {
		result = ipsvc_txn_get(txn, keys.items[i], &holder);
		if (result == IPSVC_STORE_OK && holder && !strcmp(holder, self))
			result = ipsvc_txn_put(txn, keys.items[i], NULL, 0);
	}
	ipsvc_claim_keys_free(&keys);
	free(self);
	return result;
}

/* ---- what is free ------------------------------------------------------- */

/* Numbers that are claimed: those of ports, or offsets in a range of addresses. */
struct numbers {
	struct ipsvc_allocator *al;
	const struct ipsvc_cidr *cidr;	/* of addresses */
	/* Writes to a buffer of IPSVC_CLAIM_KEY_SIZE bytes and returns it. */
	const char *(*key)(const struct numbers *numbers, uint64_t n, char *buf);
	uint64_t (*number)(const struct numbers *numbers, const char *key);
	uint64_t next;		/* all that come before it are taken */
};

static bool is_taken(const struct ipsvc_allocator *al, const char *holder)
{
	return holder && !(al->take_kept && ipsvc_is_kept(holder));
}

/* Passes those that this transaction took; whether one below @to is left. */
static bool skip_own(struct numbers *n, uint64_t to)
{
	char key[IPSVC_CLAIM_KEY_SIZE];

	while (n->next < to &&
	       is_taken(n->al, ipsvc_txn_known(n->al->txn,
					       n->key(n, n->next, key))))
		n->next++;
	return n->next < to;
}

/* ipsvc_record_fn: goes on until what is taken leaves a gap. */
static bool pass(const struct ipsvc_record *record, void *arg)
{
	struct numbers *n = arg;
	uint64_t number = n->number(n, record->key);

	if (skip_own(n, number))
		return false;
	if (!is_taken(n->al, ipsvc_txn_look(n->al->txn, record)))
		return false;
	n->next = number + 1;
	return true;
}

/* The lowest free one of [from, to], as ipsvc_alloc_ops.next_free(). */
static int next_free(void *arg, uint64_t from, uint64_t to, uint64_t *out)
{
	struct numbers *n = arg;
	struct ipsvc_store *store = n->al->txn->store;
	char first[IPSVC_CLAIM_KEY_SIZE], last[IPSVC_CLAIM_KEY_SIZE], *end;
	enum ipsvc_store_result result;
	bool found;

	n->key(n, from, first);
	end = ipsvc_key_end(n->key(n, to, last));
	n->next = from;
	result = store->ops->range(store, first, end, pass, n, NULL);
	free(end);
	if (result != IPSVC_STORE_OK)
		return -1;
	found = skip_own(n, to + 1);
	*out = n->next;
	return found;
}

/* What is kept for deleted objects is better than nothing. */
static int find_free(struct numbers *n, const struct ipsvc_alloc_range *range,
		     uint64_t *out)
{
	const struct ipsvc_alloc_ops ops = { next_free, ipsvc_alloc_random, n };
	int ret = ipsvc_alloc_pick(range, &ops, out);

	if (ret)
		return ret;
	n->al->take_kept = true;
	ret = ipsvc_alloc_pick(range, &ops, out);
	n->al->take_kept = false;
	return ret;
}

/* Picks and claims; NOT_FOUND, without message, when @range is full. */
static enum ipsvc_store_result pick(struct numbers *n,
				    const struct ipsvc_alloc_range *range,
				    const struct ipsvc_object *owner,
				    uint64_t *out)
{
	enum ipsvc_store_result result;
	char key[IPSVC_CLAIM_KEY_SIZE];

	/* Others may take what was just free: it is known to be taken then. */
	do {
		int ret = find_free(n, range, out);

		if (ret <= 0)
			return ret ? IPSVC_STORE_ERROR : IPSVC_STORE_NOT_FOUND;
		result = claim(n->al, n->key(n, *out, key), owner);
	} while (result == IPSVC_STORE_EXISTS);
	return result;
}

/* ---- addresses ---------------------------------------------------------- */

static bool is_kubernetes(const struct ipsvc_object *owner)
{
	return !strcmp(owner->ns, "default") && !strcmp(owner->name, "kubernetes");
}

enum ipsvc_store_result ipsvc_claim_ip(struct ipsvc_allocator *al,
				       const struct ipsvc_object *owner,
				       const struct in6_addr *addr, char **why)
{
	const struct ipsvc_cidr *cidr = ipsvc_cidrs_like(&al->cidrs, addr);
	enum ipsvc_store_result result = IPSVC_STORE_EXISTS;
	char key[IPSVC_CLAIM_KEY_SIZE];

	*why = ipsvc_alloc_ip_refusal(cidr, addr);
	if (*why)
		return IPSVC_STORE_INVALID;
	if (ipsvc_cidr_offset(cidr, addr) != IPSVC_ALLOC_KUBERNETES_OFFSET ||
	    is_kubernetes(owner))
		result = claim(al, ipsvc_ip_key(addr, key), owner);
	if (result != IPSVC_STORE_EXISTS)
		return result;
	*why = xstrdup(IPSVC_ALLOC_IP_TAKEN);
	return IPSVC_STORE_INVALID;
}

static const char *ip_key(const struct numbers *n, uint64_t offset, char *buf)
{
	const struct in6_addr addr = ipsvc_cidr_at(n->cidr, offset);

	return ipsvc_ip_key(&addr, buf);
}

static uint64_t ip_number(const struct numbers *n, const char *key)
{
	const struct in6_addr addr = ipsvc_ip_of_key(key);

	return ipsvc_cidr_offset(n->cidr, &addr);
}

enum ipsvc_store_result ipsvc_pick_ip(struct ipsvc_allocator *al,
				      const struct ipsvc_object *owner,
				      const struct ipsvc_cidr *cidr,
				      struct in6_addr *addr)
{
	struct ipsvc_alloc_range range = ipsvc_alloc_ip_range(cidr);
	const struct ipsvc_alloc_range own = {
		IPSVC_ALLOC_KUBERNETES_OFFSET, IPSVC_ALLOC_KUBERNETES_OFFSET,
		IPSVC_ALLOC_KUBERNETES_OFFSET,
	};
	struct numbers numbers = { al, cidr, ip_key, ip_number, 0 };
	enum ipsvc_store_result result = IPSVC_STORE_NOT_FOUND;
	uint64_t offset;

	/* It has an address of its own, outside of the range. */
	if (is_kubernetes(owner))
		result = pick(&numbers, &own, owner, &offset);
	if (result == IPSVC_STORE_NOT_FOUND)
		result = pick(&numbers, &range, owner, &offset);
	if (result == IPSVC_STORE_OK)
		*addr = ipsvc_cidr_at(cidr, offset);
	return result;
}

/* ---- node ports --------------------------------------------------------- */

enum ipsvc_store_result ipsvc_claim_port(struct ipsvc_allocator *al,
					 const struct ipsvc_object *owner,
					 int64_t port, char **why)
{
	enum ipsvc_store_result result;
	char key[IPSVC_CLAIM_KEY_SIZE];

	*why = ipsvc_alloc_port_refusal(al->cfg.node_port_min,
					al->cfg.node_port_max, port);
	if (*why)
		return IPSVC_STORE_INVALID;
	result = claim(al, ipsvc_port_key((uint64_t)port, key), owner);
	if (result != IPSVC_STORE_EXISTS)
		return result;
	*why = xstrdup(IPSVC_ALLOC_PORT_TAKEN);
	return IPSVC_STORE_INVALID;
}

static const char *port_key(const struct numbers *n, uint64_t port, char *buf)
{
	(void)n;
	return ipsvc_port_key(port, buf);
}

static uint64_t port_number(const struct numbers *n, const char *key)
{
	(void)n;
	return ipsvc_port_of_key(key);
}

enum ipsvc_store_result ipsvc_pick_port(struct ipsvc_allocator *al,
					const struct ipsvc_object *owner,
					int *port)
{
	struct ipsvc_alloc_range range =
		ipsvc_alloc_port_range(al->cfg.node_port_min,
				       al->cfg.node_port_max);
	struct numbers numbers = { al, NULL, port_key, port_number, 0 };
	uint64_t found;
	enum ipsvc_store_result result = pick(&numbers, &range, owner, &found);

	if (result == IPSVC_STORE_OK)
		*port = (int)found;
	return result;
}
