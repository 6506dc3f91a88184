// SPDX-License-Identifier: GPL-2.0
/* Service ports: memory, references, the tree of them, and walks over it. */
#include <linux/slab.h>
#include <linux/string.h>

#include "endpoint.h"
#include "ranges.h"
#include "service.h"
#include "vip.h"

#define to_service(n) rb_entry_safe(n, struct ipsvc_service, node)

/* Without a body, with one reference; NULL: no memory. */
struct ipsvc_service *ipsvc_service_alloc(const char *name, u8 name_len,
					  u8 family, u8 proto)
{
	struct ipsvc_service *svc;

	svc = kzalloc(struct_size(svc, name, name_len + 1), GFP_KERNEL_ACCOUNT);
	if (!svc)
		return NULL;
	refcount_set(&svc->refs, 1);
	svc->family = family;
	svc->proto = proto;
	svc->name_len = name_len;
	memcpy(svc->name, name, name_len);
	return svc;
}

void ipsvc_service_get(struct ipsvc_service *svc)
{
	refcount_inc(&svc->refs);
}

/* Freed after a grace period. */
void ipsvc_service_put(struct ipsvc_service *svc)
{
	if (refcount_dec_and_test(&svc->refs))
		kfree_rcu(svc, rcu);
}

/* &ipsvc_net.lock. Frees a replaced body after a grace period. */
void ipsvc_service_body_release(struct ipsvc_instance *inst,
				struct ipsvc_service_body *body)
{
	u32 i;

	for (i = 0; i < body->n_frontends; i++) {
		ipsvc_vip_put(inst, body->frontends[i]);
		kfree_rcu(body->frontends[i], rcu);
	}
	kfree(body->frontends);
	if (body->set)
		ipsvc_endpoint_set_release(inst, body->set);
	if (body->ranges)
		kvfree_rcu(body->ranges, rcu);
	*body = (struct ipsvc_service_body) {};
}

static int key_cmp(const char *name, u8 family,
		   const struct ipsvc_service *svc)
{
	return strcmp(name, svc->name) ?: (int)family - svc->family;
}

/* The first service port whose key is not less than the given one. */
static struct ipsvc_service *lower_bound(const struct rb_root *root,
					 const char *name, u8 family)
{
	struct ipsvc_service *found = NULL;
	struct rb_node *n = root->rb_node;

	while (n) {
		if (key_cmp(name, family, to_service(n)) > 0) {
			n = n->rb_right;
		} else {
			found = to_service(n);
			n = n->rb_left;
		}
	}
	return found;
}

struct ipsvc_service *ipsvc_service_find(const struct rb_root *root,
					 const char *name, u8 family)
{
	struct ipsvc_service *svc = lower_bound(root, name, family);

	return svc && !key_cmp(name, family, svc) ? svc : NULL;
}

struct ipsvc_service *ipsvc_service_next(struct ipsvc_service *svc)
{
	return to_service(rb_next(&svc->node));
}

static bool service_less(struct rb_node *a, const struct rb_node *b)
{
	const struct ipsvc_service *svc = to_service(a);

	return key_cmp(svc->name, svc->family, to_service(b)) < 0;
}

/* The tree takes over the caller's reference. */
void ipsvc_service_insert(struct rb_root *root, struct ipsvc_service *svc)
{
	rb_add(&svc->node, root, service_less);
}

/*
 * &ipsvc_net.lock; O(log n). Returns the next service port, NULL at the end,
 * and resets @cursor->item when the saved service port is gone.
 */
struct ipsvc_service *ipsvc_cursor_resume(struct ipsvc_cursor *cursor,
					  const struct rb_root *root)
{
	struct ipsvc_service *svc;

	if (cursor->at_end)
		return NULL;
	svc = lower_bound(root, cursor->name, cursor->family);
	if (svc && key_cmp(cursor->name, cursor->family, svc))
		cursor->item = 0;
	return svc;
}

/* @svc: the next service port, NULL at the end. Keeps @cursor->item. */
void ipsvc_cursor_save(struct ipsvc_cursor *cursor,
		       const struct ipsvc_service *svc)
{
	cursor->at_end = !svc;
	if (!svc)
		return;
	cursor->family = svc->family;
	strscpy(cursor->name, svc->name, sizeof(cursor->name));
}
