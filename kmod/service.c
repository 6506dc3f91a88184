// SPDX-License-Identifier: GPL-2.0
/* Service ports: memory, references, the tree of them, and walks over it. */
#include <linux/slab.h>
#include <linux/string.h>

#include "endpoint.h"
#include "service.h"

#define to_service(n) rb_entry_safe(n, struct ipsvc_service, node)

/* Without a body, with one reference; @name_len is without a terminating zero. */
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

/* Readers may go on using it until RCU is released. */
void ipsvc_service_put(struct ipsvc_service *svc)
{
	if (refcount_dec_and_test(&svc->refs))
		kfree_rcu(svc, rcu);
}

/**
 * ipsvc_service_body_release() - free a body that was replaced
 * @inst: the instance
 * @body: readers may go on using its frontends until RCU is released
 *
 * Context: process, &ipsvc_net.lock.
 */
void ipsvc_service_body_release(struct ipsvc_instance *inst,
				struct ipsvc_service_body *body)
{
	u32 i;

	for (i = 0; i < body->n_frontends; i++)
		kfree_rcu(body->frontends[i], rcu);
	kfree(body->frontends);
	if (body->set)
		ipsvc_endpoint_set_release(inst, body->set);
	*body = (struct ipsvc_service_body) {};
}

static int key_cmp(const char *name, u8 family,
		   const struct ipsvc_service *svc)
{
	return strcmp(name, svc->name) ?: (int)family - svc->family;
}

/* The first one that is not before a key, which need not exist. */
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

/* The caller's reference is the tree's from now on. */
void ipsvc_service_insert(struct rb_root *root, struct ipsvc_service *svc)
{
	rb_add(&svc->node, root, service_less);
}

/**
 * ipsvc_cursor_resume() - find the service port a walk goes on with
 * @cursor: the place, or zero; at the first endpoint when the service port that
 *	was saved is gone
 * @root: &ipsvc_instance.services
 *
 * Context: &ipsvc_net.lock; O(log n). Return: the service port; NULL at the end.
 */
struct ipsvc_service *ipsvc_cursor_resume(struct ipsvc_cursor *cursor,
					  const struct rb_root *root)
{
	struct ipsvc_service *svc;

	switch (cursor->state) {
	case IPSVC_CURSOR_BEGIN:
		return to_service(rb_first(root));
	case IPSVC_CURSOR_END:
		return NULL;
	default:
		break;
	}
	svc = lower_bound(root, cursor->name, cursor->family);
	if (svc && key_cmp(cursor->name, cursor->family, svc))
		cursor->endpoint = 0;
	return svc;
}

/**
 * ipsvc_cursor_save() - remember where a walk is to go on
 * @cursor: the place; its endpoint is the caller's to keep
 * @svc: the service port to go on with; NULL: the walk has ended
 */
void ipsvc_cursor_save(struct ipsvc_cursor *cursor,
		       const struct ipsvc_service *svc)
{
	cursor->state = svc ? IPSVC_CURSOR_AT : IPSVC_CURSOR_END;
	if (!svc)
		return;
	cursor->family = svc->family;
	strscpy(cursor->name, svc->name, sizeof(cursor->name));
}
