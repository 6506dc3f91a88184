// SPDX-License-Identifier: GPL-2.0
/* Who uses which address; totals of the instance and deltas of a change. */
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "address.h"
#include "ipsvc.h"

#define to_address(n) rb_entry(n, struct ipsvc_address, node)

static struct ipsvc_address *address_find(const struct rb_root *root,
					  const union ipsvc_addr *addr)
{
	struct rb_node *n = root->rb_node;
	int cmp;

	while (n) {
		cmp = memcmp(addr, &to_address(n)->addr, sizeof(*addr));
		if (!cmp)
			return to_address(n);
		n = cmp < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

static void address_erase(struct rb_root *root, struct ipsvc_address *use)
{
	rb_erase(&use->node, root);
	kfree(use);
}

static bool unused(const struct ipsvc_address *use)
{
	return !use->cluster_ips && !use->endpoints;
}

/**
 * ipsvc_address_use() - find the users of an address, or begin with none
 * @root: totals or deltas
 * @addr: the address
 *
 * Context: process, &ipsvc_net.lock. Return: the users or NULL, no memory.
 */
struct ipsvc_address *ipsvc_address_use(struct rb_root *root,
					const union ipsvc_addr *addr)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;
	struct ipsvc_address *use;
	int cmp;

	while (*link) {
		parent = *link;
		cmp = memcmp(addr, &to_address(parent)->addr, sizeof(*addr));
		if (!cmp)
			return to_address(parent);
		link = cmp < 0 ? &parent->rb_left : &parent->rb_right;
	}
	use = kzalloc(sizeof(*use), GFP_KERNEL_ACCOUNT);
	if (!use)
		return NULL;
	use->addr = *addr;
	rb_link_node(&use->node, parent, link);
	rb_insert_color(&use->node, root);
	return use;
}

/**
 * ipsvc_addresses_check() - may a change do that; if so make room for it
 * @inst: the instance
 * @delta: what the change adds and removes
 * @extack: says which address is wrong
 *
 * To be followed by ipsvc_addresses_apply() or ipsvc_addresses_discard().
 *
 * Context: process, &ipsvc_net.lock. Return: 0, -EINVAL or -ENOMEM.
 */
int ipsvc_addresses_check(struct ipsvc_instance *inst, struct rb_root *delta,
			  struct netlink_ext_ack *extack)
{
	struct ipsvc_address *add, *total;
	struct rb_node *n;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	for (n = rb_first(delta); n; n = rb_next(n)) {
		cond_resched();
		add = to_address(n);
		total = ipsvc_address_use(&inst->addresses, &add->addr);
		if (!total)
			return -ENOMEM;
		if (total->cluster_ips + add->cluster_ips == 0 ||
		    total->endpoints + add->endpoints == 0)
			continue;
		NL_SET_ERR_MSG_ATTR(extack, add->attr,
				    "an address is both a cluster IP and an endpoint");
		return -EINVAL;
	}
	return 0;
}

/**
 * ipsvc_addresses_apply() - make deltas part of the totals
 * @inst: the instance
 * @delta: was checked; empty afterwards
 *
 * Context: process, &ipsvc_net.lock.
 */
void ipsvc_addresses_apply(struct ipsvc_instance *inst, struct rb_root *delta)
{
	struct ipsvc_address *add, *total;
	struct rb_node *n;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	while ((n = rb_first(delta))) {
		cond_resched();
		add = to_address(n);
		total = address_find(&inst->addresses, &add->addr);
		total->cluster_ips += add->cluster_ips;
		total->endpoints += add->endpoints;
		if (unused(total))
			address_erase(&inst->addresses, total);
		address_erase(delta, add);
	}
}

/**
 * ipsvc_addresses_discard() - forget deltas, and the room made for them
 * @inst: the instance
 * @delta: checked or not; empty afterwards
 *
 * Context: process, &ipsvc_net.lock.
 */
void ipsvc_addresses_discard(struct ipsvc_instance *inst,
			     struct rb_root *delta)
{
	struct ipsvc_address *add, *total;
	struct rb_node *n;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	while ((n = rb_first(delta))) {
		cond_resched();
		add = to_address(n);
		total = address_find(&inst->addresses, &add->addr);
		if (total && unused(total))
			address_erase(&inst->addresses, total);
		address_erase(delta, add);
	}
}

/**
 * ipsvc_addresses_free() - forget all
 * @root: totals or deltas; empty afterwards
 *
 * Context: process.
 */
void ipsvc_addresses_free(struct rb_root *root)
{
	struct ipsvc_address *use, *tmp;

	rbtree_postorder_for_each_entry_safe(use, tmp, root, node) {
		kfree(use);
		cond_resched();
	}
	*root = RB_ROOT;
}
