// SPDX-License-Identifier: GPL-2.0-or-later
#include "claims.h"

#include <string.h>

#include "base/memory.h"
#include "cluster/alloc.h"
#include "impl.h"

enum ipsvc_store_result ipsvc_allocator_init(struct ipsvc_allocator *al,
					     struct ipsvc_store *store)
{
	enum ipsvc_store_result result;
	const char *why;

	*al = (struct ipsvc_allocator){ .store = store };
	result = ipsvc_store_read_config(store, &al->cfg);
	/* Known to be right: reading it checked that. */
	if (result == IPSVC_STORE_OK)
		ipsvc_alloc_cidr_parse(al->cfg.service_cidr, &al->cidr, &why);
	return result;
}

/* What is kept for deleted objects is better than nothing. */
static int pick(struct ipsvc_allocator *al,
		const struct ipsvc_alloc_range *range,
		const struct ipsvc_alloc_ops *ops, uint64_t *out)
{
	int ret = ipsvc_alloc_pick(range, ops, out);

	if (ret)
		return ret;
	if (al->store->ops->expire(al->store, INT64_MAX) != IPSVC_STORE_OK)
		return -1;
	return ipsvc_alloc_pick(range, ops, out);
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
	enum ipsvc_store_result result = IPSVC_STORE_EXISTS;

	*why = ipsvc_alloc_ip_refusal(&al->cidr, addr);
	if (*why)
		return IPSVC_STORE_INVALID;
	if (ipsvc_cidr_offset(&al->cidr, addr) !=
	    IPSVC_ALLOC_KUBERNETES_OFFSET || is_kubernetes(owner))
		result = al->store->ops->claim_ip(al->store, addr, owner);
	if (result != IPSVC_STORE_EXISTS)
		return result;
	*why = xstrdup(IPSVC_ALLOC_IP_TAKEN);
	return IPSVC_STORE_INVALID;
}

static int next_free_ip(void *arg, uint64_t from, uint64_t to, uint64_t *out)
{
	struct ipsvc_allocator *al = arg;
	struct in6_addr first = ipsvc_cidr_at(&al->cidr, from), found;
	struct in6_addr last = ipsvc_cidr_at(&al->cidr, to);

	switch (al->store->ops->free_ip(al->store, &first, &last, &found)) {
	case IPSVC_STORE_OK:
		*out = ipsvc_cidr_offset(&al->cidr, &found);
		return 1;
	case IPSVC_STORE_NOT_FOUND:
		return 0;
	default:
		return -1;
	}
}

enum ipsvc_store_result ipsvc_pick_ip(struct ipsvc_allocator *al,
				      const struct ipsvc_object *owner,
				      struct in6_addr *addr)
{
	struct ipsvc_alloc_range range = ipsvc_alloc_ip_range(&al->cidr);
	struct ipsvc_alloc_ops ops = { next_free_ip, ipsvc_alloc_random, al };
	uint64_t offset;
	int ret = 0;

	/* It has an address of its own, outside of the range. */
	if (is_kubernetes(owner))
		ret = next_free_ip(al, IPSVC_ALLOC_KUBERNETES_OFFSET,
				   IPSVC_ALLOC_KUBERNETES_OFFSET, &offset);
	if (!ret)
		ret = pick(al, &range, &ops, &offset);
	if (ret <= 0)
		return ret ? IPSVC_STORE_ERROR : IPSVC_STORE_NOT_FOUND;
	*addr = ipsvc_cidr_at(&al->cidr, offset);
	return al->store->ops->claim_ip(al->store, addr, owner);
}

/* ---- node ports --------------------------------------------------------- */

enum ipsvc_store_result ipsvc_claim_port(struct ipsvc_allocator *al,
					 const struct ipsvc_object *owner,
					 int64_t port, char **why)
{
	enum ipsvc_store_result result;

	*why = ipsvc_alloc_port_refusal(al->cfg.node_port_min,
					al->cfg.node_port_max, port);
	if (*why)
		return IPSVC_STORE_INVALID;
	result = al->store->ops->claim_port(al->store, (int)port, owner);
	if (result != IPSVC_STORE_EXISTS)
		return result;
	*why = xstrdup(IPSVC_ALLOC_PORT_TAKEN);
	return IPSVC_STORE_INVALID;
}

static int next_free_port(void *arg, uint64_t from, uint64_t to, uint64_t *out)
{
	struct ipsvc_allocator *al = arg;
	int found;

	switch (al->store->ops->free_port(al->store, from, to, &found)) {
	case IPSVC_STORE_OK:
		*out = found;
		return 1;
	case IPSVC_STORE_NOT_FOUND:
		return 0;
	default:
		return -1;
	}
}

enum ipsvc_store_result ipsvc_pick_port(struct ipsvc_allocator *al,
					const struct ipsvc_object *owner,
					int *port)
{
	struct ipsvc_alloc_range range =
		ipsvc_alloc_port_range(al->cfg.node_port_min,
				       al->cfg.node_port_max);
	struct ipsvc_alloc_ops ops = { next_free_port, ipsvc_alloc_random, al };
	uint64_t found;
	int ret = pick(al, &range, &ops, &found);

	if (ret <= 0)
		return ret ? IPSVC_STORE_ERROR : IPSVC_STORE_NOT_FOUND;
	*port = (int)found;
	return al->store->ops->claim_port(al->store, *port, owner);
}
