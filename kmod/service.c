// SPDX-License-Identifier: GPL-2.0
/* Services: memory, references, and the tree of them by name. */
#include <linux/slab.h>
#include <linux/string.h>

#include "endpoint.h"
#include "service.h"

#define to_service(n) rb_entry_safe(n, struct ipsvc_service, node)

/**
 * ipsvc_service_alloc() - make a service without frontends or endpoints
 * @name: its key
 * @name_len: without a terminating zero
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 *
 * Context: process. Return: a service with one reference, or NULL.
 */
struct ipsvc_service *ipsvc_service_alloc(const char *name, u8 name_len,
					  u8 proto)
{
	struct ipsvc_service *svc;

	svc = kzalloc(struct_size(svc, name, name_len + 1), GFP_KERNEL_ACCOUNT);
	if (!svc)
		return NULL;
	RB_CLEAR_NODE(&svc->node);
	refcount_set(&svc->refs, 1);
	RCU_INIT_POINTER(svc->set, &ipsvc_endpoint_set_empty);
	svc->proto = proto;
	svc->name_len = name_len;
	memcpy(svc->name, name, name_len);
	return svc;
}

/**
 * ipsvc_service_get() - take another reference
 * @svc: the caller has one, or the lock under which the instance has
 */
void ipsvc_service_get(struct ipsvc_service *svc)
{
	refcount_inc(&svc->refs);
}

/**
 * ipsvc_service_put() - drop a reference
 * @svc: readers may go on using it until RCU is released
 *
 * Context: any but hard interrupts.
 */
void ipsvc_service_put(struct ipsvc_service *svc)
{
	if (refcount_dec_and_test(&svc->refs))
		kfree_rcu(svc, rcu);
}

/**
 * ipsvc_service_lower_bound() - the first service not before a name
 * @root: &ipsvc_instance.services
 * @name: need not exist
 *
 * Context: &ipsvc_net.lock. Return: the service or NULL.
 */
struct ipsvc_service *ipsvc_service_lower_bound(const struct rb_root *root,
						const char *name)
{
	struct ipsvc_service *found = NULL, *svc;
	struct rb_node *n = root->rb_node;

	while (n) {
		svc = to_service(n);
		if (strcmp(svc->name, name) < 0) {
			n = n->rb_right;
		} else {
			found = svc;
			n = n->rb_left;
		}
	}
	return found;
}

/**
 * ipsvc_service_find() - look a service up
 * @root: &ipsvc_instance.services
 * @name: its key
 *
 * Context: &ipsvc_net.lock. Return: the service or NULL, no reference.
 */
struct ipsvc_service *ipsvc_service_find(const struct rb_root *root,
					 const char *name)
{
	struct ipsvc_service *svc = ipsvc_service_lower_bound(root, name);

	return svc && !strcmp(svc->name, name) ? svc : NULL;
}

/**
 * ipsvc_service_first() - begin of a walk by name
 * @root: &ipsvc_instance.services
 *
 * Context: &ipsvc_net.lock. Return: the service or NULL.
 */
struct ipsvc_service *ipsvc_service_first(const struct rb_root *root)
{
	return to_service(rb_first(root));
}

/**
 * ipsvc_service_next() - the next service by name
 * @svc: is in the tree
 *
 * Context: &ipsvc_net.lock. Return: the service or NULL.
 */
struct ipsvc_service *ipsvc_service_next(struct ipsvc_service *svc)
{
	return to_service(rb_next(&svc->node));
}

static bool service_less(struct rb_node *a, const struct rb_node *b)
{
	return strcmp(to_service(a)->name, to_service(b)->name) < 0;
}

/**
 * ipsvc_service_insert() - add a service
 * @root: &ipsvc_instance.services; has none of this name
 * @svc: the caller's reference is the instance's from now on
 *
 * Context: &ipsvc_net.lock.
 */
void ipsvc_service_insert(struct rb_root *root, struct ipsvc_service *svc)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = service_less(&svc->node, parent) ? &parent->rb_left :
							  &parent->rb_right;
	}
	rb_link_node(&svc->node, parent, link);
	rb_insert_color(&svc->node, root);
}

/**
 * ipsvc_service_erase() - take a service out
 * @root: &ipsvc_instance.services
 * @svc: the instance's reference is the caller's from now on
 *
 * Context: &ipsvc_net.lock.
 */
void ipsvc_service_erase(struct rb_root *root, struct ipsvc_service *svc)
{
	rb_erase(&svc->node, root);
	RB_CLEAR_NODE(&svc->node);
}
