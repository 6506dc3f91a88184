// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/ipsvc: the tables for people. Between reads the position is kept by
 * name in the files of services, endpoints and ranges, by hash in that of flows.
 */
#include "procfs.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/ipsvc.h>

#include "affinity.h"
#include "change.h"
#include "flow.h"
#include "ipsvc.h"
#include "ranges.h"
#include "sched.h"
#include "stats.h"
#include "sysfs.h"

/* The position of a reader of services, their endpoints or ranges. */
struct walk {
	struct seq_net_private p;
	loff_t pos; /* of @cursor */
	struct ipsvc_cursor cursor;
	struct ipsvc_service *svc; /* while &ipsvc_net.lock is held */
};

struct flows_walk {
	struct seq_net_private p;
	struct ipsvc_flow_range range; /* the current bucket */
};

struct affinity_walk {
	struct seq_net_private p;
	int n; /* of @entry */
	struct ipsvc_affinity_entry entry[IPSVC_AFFINITY_WAYS];
};

static struct ipsvc_instance *seq_instance(const struct seq_file *seq)
{
	return pde_data(file_inode(seq->file));
}

static const char *proto_name(u8 proto)
{
	if (proto == IPPROTO_TCP)
		return "tcp";
	return proto == IPPROTO_UDP ? "udp" : "sctp";
}

static const char *family_name(u8 family)
{
	return family == AF_INET ? "ipv4" : "ipv6";
}

/* As in URLs: an IPv6 address in brackets. */
static void show_place(struct seq_file *seq, const union ipsvc_addr *addr,
		       __be16 port)
{
	if (ipv6_addr_v4mapped(&addr->ip6))
		seq_printf(seq, "%pI4:%u", &addr->ip4, ntohs(port));
	else
		seq_printf(seq, "[%pI6c]:%u", &addr->ip6, ntohs(port));
}

static void show_frontend(struct seq_file *seq, const struct ipsvc_frontend *fe)
{
	if (fe->class == IPSVC_FRONTEND_NODE_PORT)
		seq_printf(seq, "*:%u", ntohs(fe->key.port));
	else
		show_place(seq, &fe->key.addr, fe->key.port);
}

static int services_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_endpoint_set *set;
	const struct ipsvc_service *svc;
	const struct walk *walk = v;
	u32 i;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# name family proto ready endpoints flows connections scheduler frontends...\n");
		return 0;
	}
	svc = walk->svc;
	set = svc->body.set;
	seq_printf(seq, "%s %s %s %u %u %u %llu %s", svc->name,
		   family_name(svc->family), proto_name(svc->proto),
		   set->scope[IPSVC_SCOPE_CLUSTER].n, set->n,
		   atomic_read(&svc->flows),
		   (u64)atomic64_read(&svc->connections),
		   ipsvc_sched_name(set));
	for (i = 0; i < svc->body.n_frontends; i++) {
		seq_putc(seq, ' ');
		show_frontend(seq, svc->body.frontends[i]);
	}
	seq_putc(seq, '\n');
	return 0;
}

static int endpoints_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_endpoint_slot *slot;
	const struct walk *walk = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# service family proto endpoint state flows connections weight flows_max local\n");
		return 0;
	}
	slot = &walk->svc->body.set->slot[walk->cursor.item];
	seq_printf(seq, "%s %s %s ", walk->svc->name,
		   family_name(walk->svc->family),
		   proto_name(walk->svc->proto));
	show_place(seq, &slot->ep->addr, slot->ep->port);
	seq_printf(seq, " %s %u %llu %u %u %s\n",
		   slot->flags & IPSVC_ENDPOINT_F_DRAIN ? "drain" : "ready",
		   atomic_read(&slot->ep->flows),
		   (u64)atomic64_read(&slot->ep->connections),
		   slot->weight, slot->flows_max,
		   slot->flags & IPSVC_ENDPOINT_F_LOCAL ? "local" : "-");
	return 0;
}

static int ranges_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_range *range;
	const struct walk *walk = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# service family action range\n");
		return 0;
	}
	range = &walk->svc->body.ranges->range[walk->cursor.item];
	seq_printf(seq, "%s %s %s ", walk->svc->name,
		   family_name(walk->svc->family),
		   range->flags & IPSVC_RANGE_F_DENY ? "deny" : "allow");
	if (walk->svc->family == AF_INET)
		seq_printf(seq, "%pI4/%u\n", &range->addr.ip4, range->prefix);
	else
		seq_printf(seq, "[%pI6c]/%u\n", &range->addr.ip6,
			   range->prefix);
	return 0;
}

/* How many records of a file a service port has, of those that it may have. */
static u32 items_of(const struct seq_file *seq, const struct ipsvc_service *svc)
{
	if (seq->op->show == endpoints_show)
		return svc->body.set->n;
	return svc->body.ranges ? svc->body.ranges->n : 0;
}

/* Whether the records of a file are service ports, or else what they have. */
static bool of_services(const struct seq_file *seq)
{
	return seq->op->show == services_show;
}

/* Skips service ports without a further record. */
static void walk_skip(struct seq_file *seq)
{
	struct walk *walk = seq->private;

	while (!of_services(seq) && walk->svc &&
	       walk->cursor.item >= items_of(seq, walk->svc)) {
		walk->svc = ipsvc_service_next(walk->svc);
		walk->cursor.item = 0;
		cond_resched();
	}
}

static void walk_advance(struct seq_file *seq)
{
	struct walk *walk = seq->private;

	if (of_services(seq))
		walk->svc = ipsvc_service_next(walk->svc);
	else
		walk->cursor.item++;
	walk_skip(seq);
	walk->pos++;
	cond_resched();
}

/* Position 0 is the heading. */
static void *walk_start(struct seq_file *seq, loff_t *pos)
{
	const struct ipsvc_instance *inst = seq_instance(seq);
	struct walk *walk = seq->private;

	mutex_lock(&ipsvc_net(inst->net)->lock);
	if (!*pos || *pos != walk->pos) {
		walk->cursor = (struct ipsvc_cursor) {};
		walk->pos = 1;
	}
	walk->svc = ipsvc_cursor_resume(&walk->cursor, &inst->services);
	walk_skip(seq);
	if (!*pos)
		return SEQ_START_TOKEN;
	while (walk->svc && walk->pos < *pos)
		walk_advance(seq);
	return walk->svc ? walk : NULL;
}

static void *walk_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct walk *walk = seq->private;

	if (++*pos > 1)
		walk_advance(seq);
	return walk->svc ? walk : NULL;
}

static void walk_stop(struct seq_file *seq, void *v)
{
	const struct ipsvc_instance *inst = seq_instance(seq);
	struct walk *walk = seq->private;

	ipsvc_cursor_save(&walk->cursor, walk->svc);
	walk->svc = NULL;
	mutex_unlock(&ipsvc_net(inst->net)->lock);
}

static const struct seq_operations services_ops = {
	.start = walk_start,
	.next = walk_next,
	.stop = walk_stop,
	.show = services_show,
};

static const struct seq_operations endpoints_ops = {
	.start = walk_start,
	.next = walk_next,
	.stop = walk_stop,
	.show = endpoints_show,
};

static const struct seq_operations ranges_ops = {
	.start = walk_start,
	.next = walk_next,
	.stop = walk_stop,
	.show = ranges_show,
};

/*
 * A record is a bucket with flows, and its position is the bucket's first hash
 * plus one: position 0 is the heading.
 */
static void *flows_seek(struct seq_file *seq, loff_t *pos, u64 hash)
{
	struct flows_walk *walk = seq->private;

	walk->range = ipsvc_flow_next_bucket(&seq_instance(seq)->flows, hash);
	*pos = min_t(u64, walk->range.begin, U32_MAX + 1ULL) + 1;
	return walk->range.begin <= U32_MAX ? walk : NULL;
}

static void *flows_start(struct seq_file *seq, loff_t *pos)
{
	return *pos ? flows_seek(seq, pos, *pos - 1) : SEQ_START_TOKEN;
}

static void *flows_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct flows_walk *walk = seq->private;

	cond_resched();
	return flows_seek(seq, pos, v == SEQ_START_TOKEN ? 0 : walk->range.end);
}

static void flows_stop(struct seq_file *seq, void *v)
{
}

static void show_end(struct seq_file *seq, const struct ipsvc_half *half,
		     enum ipsvc_half_addr which, __be16 port)
{
	const union ipsvc_addr addr = ipsvc_half_get(half, which);

	show_place(seq, &addr, port);
	seq_putc(seq, ' ');
}

static int show_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	static const char * const states[] = {
		[IPSVC_FLOW_NEW] = "new",
		[IPSVC_FLOW_ESTABLISHED] = "established",
		[IPSVC_FLOW_CLOSING] = "closing",
		[IPSVC_FLOW_CLOSED] = "closed",
		[IPSVC_FLOW_UNCONFIRMED] = "unconfirmed",
		[IPSVC_FLOW_DIRECT] = "direct",
	};
	const struct ipsvc_half *half = ipsvc_flow_orig(flow);
	long left = ipsvc_flow_remaining(&inst->flows.timeouts, half);
	u8 state = ipsvc_flow_shown_state(half);
	const struct ipsvc_service *svc;
	struct seq_file *seq = arg;

	if (ipsvc_half_is_dead(half))
		return 0;
	svc = ipsvc_endpoint_service(inst, half->endpoint);
	seq_printf(seq, "%s ", proto_name(half->proto));
	show_end(seq, half, IPSVC_SADDR, half->sport);
	show_end(seq, half, IPSVC_DADDR, half->dport);
	show_end(seq, half, IPSVC_NEW_DADDR, half->new_dport);
	if (half->flags & IPSVC_HALF_MASQ)
		show_end(seq, half, IPSVC_NEW_SADDR, half->new_sport);
	else
		seq_puts(seq, "- ");
	seq_printf(seq, "%s %u %s\n", states[state],
		   jiffies_to_msecs(max(left, 0L)) / 1000,
		   svc ? svc->name : "-");
	return 0;
}

static int flows_show(struct seq_file *seq, void *v)
{
	const struct flows_walk *walk = v;
	u32 pos;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# proto client frontend endpoint masquerade state expires service\n");
		return 0;
	}
	return ipsvc_flow_walk_bucket(seq_instance(seq), &walk->range, 0, &pos,
				      show_flow, seq);
}

static const struct seq_operations flows_ops = {
	.start = flows_start,
	.next = flows_next,
	.stop = flows_stop,
	.show = flows_show,
};

/* A record is a bucket, and its position is its number plus one. */
static void *affinity_at(struct seq_file *seq, loff_t pos)
{
	struct affinity_walk *walk = seq->private;

	if (!pos)
		return SEQ_START_TOKEN;
	walk->n = pos > U32_MAX ? -1 :
		  ipsvc_affinity_read(seq_instance(seq), pos - 1, walk->entry);
	return walk->n < 0 ? NULL : walk;
}

static void *affinity_start(struct seq_file *seq, loff_t *pos)
{
	mutex_lock(&ipsvc_net(seq_instance(seq)->net)->lock);
	return affinity_at(seq, *pos);
}

static void *affinity_next(struct seq_file *seq, void *v, loff_t *pos)
{
	cond_resched();
	return affinity_at(seq, ++*pos);
}

static void affinity_stop(struct seq_file *seq, void *v)
{
	mutex_unlock(&ipsvc_net(seq_instance(seq)->net)->lock);
}

static int affinity_show(struct seq_file *seq, void *v)
{
	const struct affinity_walk *walk = v;
	const struct ipsvc_affinity_entry *e;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# service family client endpoint expires\n");
		return 0;
	}
	for (e = walk->entry; e < walk->entry + walk->n; e++) {
		seq_printf(seq, "%s %s ",
			   ipsvc_affinity_group(seq_instance(seq), e)->name,
			   family_name(ipv6_addr_v4mapped(&e->client.ip6) ?
				       AF_INET : AF_INET6));
		if (ipv6_addr_v4mapped(&e->client.ip6))
			seq_printf(seq, "%pI4 ", &e->client.ip4);
		else
			seq_printf(seq, "[%pI6c] ", &e->client.ip6);
		show_place(seq, &e->addr, e->port);
		seq_printf(seq, " %u\n",
			   ipsvc_affinity_msecs(e->expires -
						get_jiffies_64()) / 1000);
	}
	return 0;
}

static const struct seq_operations affinity_ops = {
	.start = affinity_start,
	.next = affinity_next,
	.stop = affinity_stop,
	.show = affinity_show,
};

static int stats_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_instance *inst = seq_instance(seq);
	int i;

	for (i = 0; i < IPSVC_STAT_COUNT; i++)
		seq_printf(seq, "%s %llu\n", ipsvc_stat_name(i),
			   ipsvc_stat_read(inst, i));
	return 0;
}

static int config_show(struct seq_file *seq, void *v)
{
	return ipsvc_sysfs_show(seq, seq_instance(seq));
}

static bool create_files(struct ipsvc_instance *inst)
{
	struct proc_dir_entry *dir = inst->proc;

	return proc_create_net_data("services", 0440, dir, &services_ops,
				    sizeof(struct walk), inst) &&
	       proc_create_net_data("endpoints", 0440, dir, &endpoints_ops,
				    sizeof(struct walk), inst) &&
	       proc_create_net_data("ranges", 0440, dir, &ranges_ops,
				    sizeof(struct walk), inst) &&
	       proc_create_net_data("flows", 0440, dir, &flows_ops,
				    sizeof(struct flows_walk), inst) &&
	       proc_create_net_data("affinity", 0440, dir, &affinity_ops,
				    sizeof(struct affinity_walk), inst) &&
	       proc_create_net_single("stats", 0444, dir, stats_show, inst) &&
	       proc_create_net_single("config", 0444, dir, config_show, inst);
}

int ipsvc_proc_init(struct ipsvc_instance *inst)
{
	struct net *net = inst->net;

	inst->proc = proc_net_mkdir(net, "ipsvc", net->proc_net);
	if (inst->proc && create_files(inst))
		return 0;
	ipsvc_proc_exit(inst);
	return -ENOMEM;
}

void ipsvc_proc_exit(struct ipsvc_instance *inst)
{
	proc_remove(inst->proc);
	inst->proc = NULL;
}
