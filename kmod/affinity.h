/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Session affinity: which endpoint clients had last. Service ports that have it
 * are in a group, of their own or with the other ports of their Service; it is
 * there as long as one of them is. All groups share a table of bounded size, of
 * entries for (group, client), where the one that ends first makes room.
 *
 * Only what begins a flow looks here, under the lock of one bucket.
 */
#ifndef IPSVC_AFFINITY_H
#define IPSVC_AFFINITY_H

#include <linux/jiffies.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "tuple.h"

struct ipsvc_affinity_table;
struct ipsvc_endpoint;
struct ipsvc_endpoint_set;
struct ipsvc_endpoint_slot;
struct ipsvc_instance;

/* Entries of a bucket. */
#define IPSVC_AFFINITY_WAYS	8

#define IPSVC_AFFINITIES_MAX_DEFAULT	(64 * 1024)

/* Service ports with affinity that share what is known of clients. */
struct ipsvc_affinity_group {
	struct rb_node node; /* by name and family */
	u32 id; /* never 0, not used again soon */
	u32 refs; /* of sets; &ipsvc_net.lock */
	u8 family;
	struct rcu_head rcu;
	char name[]; /* of the service port, or the part they have in common */
};

/* Of an instance; &ipsvc_net.lock, but for reading @table. */
struct ipsvc_affinity {
	struct ipsvc_affinity_table __rcu *table; /* NULL: no groups */
	struct rb_root groups;
	struct xarray ids; /* of @groups */
	u32 next_id;
	u32 max; /* entries, READ_ONCE/WRITE_ONCE (sysfs) */
};

struct ipsvc_affinity_entry {
	union ipsvc_addr client; /* zero beyond the prefix */
	union ipsvc_addr addr; /* of the endpoint, like what follows */
	__be16 port;
	u32 endpoint; /* its identity */
	u32 epoch; /* see &ipsvc_endpoint.epoch */
	u32 group; /* 0: free */
	u64 expires; /* jiffies, 64 bits */
};

void ipsvc_affinity_init(struct ipsvc_instance *inst);
void ipsvc_affinity_exit(struct ipsvc_instance *inst);

/* Process context, &ipsvc_net.lock. NULL: no memory. */
struct ipsvc_affinity_group *
ipsvc_affinity_group_get(struct ipsvc_instance *inst, const char *name,
			 u8 family, bool shared);
void ipsvc_affinity_group_put(struct ipsvc_instance *inst,
			      struct ipsvc_affinity_group *group);
struct ipsvc_affinity_group *
ipsvc_affinity_group_find(const struct ipsvc_affinity *aff, const char *name,
			  u8 family);

/*
 * Under RCU, of a set with affinity. The endpoint of a client, if it is to have it
 * again; or NULL.
 */
const struct ipsvc_endpoint_slot *
ipsvc_affinity_find(const struct ipsvc_instance *inst,
		    const struct ipsvc_endpoint_set *set,
		    const union ipsvc_addr *client);
/* Likewise. The stack has accepted a flow of the client to @ep. */
void ipsvc_affinity_learn(const struct ipsvc_instance *inst,
			  const struct ipsvc_endpoint_set *set,
			  const union ipsvc_addr *client,
			  const struct ipsvc_endpoint *ep);

/* The endpoint that an entry names, if a set has it for new flows; or NULL. */
const struct ipsvc_endpoint_slot *
ipsvc_affinity_slot(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_affinity_entry *entry);

/* Which entries are meant. */
struct ipsvc_affinity_filter {
	const char *service; /* name of the group; NULL: any */
	u8 family; /* 0: any */
	const union ipsvc_addr *client; /* NULL: any */
};

/*
 * Under &ipsvc_net.lock. Copies the entries of a bucket that have not ended and
 * are still of use; returns how many, -1 behind the last bucket.
 */
int ipsvc_affinity_read(struct ipsvc_instance *inst, u32 bucket,
			struct ipsvc_affinity_entry *to);
/* The group of an entry that was read, under the same lock. */
const struct ipsvc_affinity_group *
ipsvc_affinity_group(struct ipsvc_instance *inst,
		     const struct ipsvc_affinity_entry *entry);
bool ipsvc_affinity_has(struct ipsvc_instance *inst,
			const struct ipsvc_affinity_filter *filter,
			const struct ipsvc_affinity_entry *entry);
/* What is left of a time, at least 1; that may have passed meanwhile. */
static inline u32 ipsvc_affinity_msecs(u64 left)
{
	if ((s64)left <= 0)
		return 1;
	return jiffies_to_msecs((unsigned long)left) ?: 1;
}

/* Whether there is a group of the filter's name and family. */
bool ipsvc_affinity_knows(const struct ipsvc_instance *inst,
			  const struct ipsvc_affinity_filter *filter);
void ipsvc_affinity_flush(struct ipsvc_instance *inst,
			  const struct ipsvc_affinity_filter *filter);
/*
 * Under &ipsvc_net.lock: @entry has a client, an endpoint's address and port, a
 * group and an end. False when the group's service ports do not have the endpoint.
 */
bool ipsvc_affinity_complete(struct ipsvc_instance *inst,
			     struct ipsvc_affinity_entry *entry);
void ipsvc_affinity_restore(struct ipsvc_instance *inst,
			    const struct ipsvc_affinity_entry *entry);

#endif /* IPSVC_AFFINITY_H */
