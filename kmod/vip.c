// SPDX-License-Identifier: GPL-2.0
/* The addresses that frontends have, for packets that name no port. */
#include "vip.h"

#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "ipsvc.h"
#include "service.h"

static const struct rhashtable_params vip_params = {
	.key_len = sizeof(union ipsvc_addr),
	.key_offset = offsetof(struct ipsvc_vip, addr),
	.head_offset = offsetof(struct ipsvc_vip, node),
	.automatic_shrinking = true,
};

int ipsvc_vips_init(struct ipsvc_instance *inst)
{
	return rhashtable_init(&inst->vips, &vip_params);
}

/* The last frontend is gone. */
void ipsvc_vips_exit(struct ipsvc_instance *inst)
{
	rhashtable_destroy(&inst->vips);
}

struct ipsvc_vip *ipsvc_vip_find(struct ipsvc_instance *inst,
				 const union ipsvc_addr *addr)
{
	return rhashtable_lookup(&inst->vips, addr, vip_params);
}

static struct ipsvc_vip *find_locked(struct ipsvc_instance *inst,
				     const union ipsvc_addr *addr)
{
	struct ipsvc_vip *vip;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	rcu_read_lock();
	vip = ipsvc_vip_find(inst, addr);
	rcu_read_unlock();
	return vip;
}

static struct ipsvc_vip *add(struct ipsvc_instance *inst,
			     const union ipsvc_addr *addr)
{
	struct ipsvc_vip *vip = kzalloc(sizeof(*vip), GFP_KERNEL_ACCOUNT);

	if (!vip)
		return NULL;
	vip->addr = *addr;
	if (!rhashtable_insert_fast(&inst->vips, &vip->node, vip_params))
		return vip;
	kfree(vip);
	return NULL;
}

int ipsvc_vip_get(struct ipsvc_instance *inst, struct ipsvc_frontend *fe)
{
	struct ipsvc_vip *vip = find_locked(inst, &fe->key.addr);

	if (!vip)
		vip = add(inst, &fe->key.addr);
	if (!vip)
		return -ENOMEM;
	vip->refs++;
	fe->vip = vip;
	return 0;
}

void ipsvc_vip_publish(struct ipsvc_frontend *fe)
{
	if (fe->vip)
		hlist_add_head_rcu(&fe->vip_node, &fe->vip->frontends);
}

void ipsvc_vip_put(struct ipsvc_instance *inst, struct ipsvc_frontend *fe)
{
	struct ipsvc_vip *vip = fe->vip;

	if (!vip)
		return;
	if (!hlist_unhashed(&fe->vip_node))
		hlist_del_rcu(&fe->vip_node);
	fe->vip = NULL;
	if (--vip->refs)
		return;
	rhashtable_remove_fast(&inst->vips, &vip->node, vip_params);
	kfree_rcu(vip, rcu);
}
