// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/ipsvc: the tables for people. A read goes on where the last one
 * ended: by name where things have names, by bucket where they have not.
 */
#include "procfs.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/string.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "flow.h"
#include "ipsvc.h"
#include "stats.h"
#include "sysfs.h"

/**
 * struct walk - where a reader of services or endpoints is
 * @p: seq_file_net()'s
 * @pos: position of @cursor
 * @cursor: where the next read goes on
 * @svc: the service port; while the lock is held
 */
struct walk {
	struct seq_net_private p;
	loff_t pos;
	struct ipsvc_cursor cursor;
	struct ipsvc_service *svc;
};

/**
 * struct flows_walk - where a reader of flows is
 * @p: seq_file_net()'s
 * @range: the bucket
 */
struct flows_walk {
	struct seq_net_private p;
	struct ipsvc_flow_range range;
};

static struct ipsvc_instance *seq_instance(const struct seq_file *seq)
{
	return pde_data(file_inode(seq->file));
}

static const char *proto_name(u8 proto)
{
	return proto == IPPROTO_UDP ? "udp" : "tcp";
}

/* Moves on to the next service port, or to the next one with endpoints. */
static void walk_skip(struct walk *walk, bool endpoints)
{
	while (endpoints && walk->svc &&
	       walk->cursor.endpoint >= walk->svc->body.set->n) {
		walk->svc = ipsvc_service_next(walk->svc);
		walk->cursor.endpoint = 0;
		cond_resched();
	}
}

static void walk_next(struct walk *walk, bool endpoints)
{
	if (endpoints)
		walk->cursor.endpoint++;
	else
		walk->svc = ipsvc_service_next(walk->svc);
	walk_skip(walk, endpoints);
	walk->pos++;
	cond_resched();
}

/* Position 0 is the line of headings, and 1 the beginning. */
static void *walk_start(struct seq_file *seq, loff_t *pos, bool endpoints)
{
	const struct ipsvc_instance *inst = seq_instance(seq);
	struct walk *walk = seq->private;

	mutex_lock(&ipsvc_net(inst->net)->lock);
	if (!*pos || *pos != walk->pos) {
		walk->cursor = (struct ipsvc_cursor) {};
		walk->pos = 1;
	}
	walk->svc = ipsvc_cursor_resume(&walk->cursor, &inst->services);
	walk_skip(walk, endpoints);
	if (!*pos)
		return SEQ_START_TOKEN;
	while (walk->svc && walk->pos < *pos)
		walk_next(walk, endpoints);
	return walk->svc ? walk : NULL;
}

static void *walk_on(struct seq_file *seq, void *v, loff_t *pos, bool endpoints)
{
	struct walk *walk = seq->private;

	if (++*pos > 1)
		walk_next(walk, endpoints);
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

static void *services_start(struct seq_file *seq, loff_t *pos)
{
	return walk_start(seq, pos, false);
}

static void *services_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return walk_on(seq, v, pos, false);
}

static void show_frontend(struct seq_file *seq, const struct ipsvc_frontend *fe)
{
	if (fe->class == IPSVC_FRONTEND_NODE_PORT)
		seq_printf(seq, " *:%u", ntohs(fe->key.port));
	else
		seq_printf(seq, " %pI4:%u", &fe->key.addr.ip4,
			   ntohs(fe->key.port));
}

static int services_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_service *svc;
	const struct walk *walk = v;
	u32 i;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# name family proto ready endpoints flows connections frontends...\n");
		return 0;
	}
	svc = walk->svc;
	seq_printf(seq, "%s ipv4 %s %u %u %u %llu", svc->name,
		   proto_name(svc->proto), svc->body.set->n_ready,
		   svc->body.set->n, atomic_read(&svc->flows),
		   (u64)atomic64_read(&svc->connections));
	for (i = 0; i < svc->body.n_frontends; i++)
		show_frontend(seq, svc->body.frontends[i]);
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations services_ops = {
	.start = services_start,
	.next = services_next,
	.stop = walk_stop,
	.show = services_show,
};

static void *endpoints_start(struct seq_file *seq, loff_t *pos)
{
	return walk_start(seq, pos, true);
}

static void *endpoints_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return walk_on(seq, v, pos, true);
}

static int endpoints_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_endpoint_slot *slot;
	const struct walk *walk = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "# service family proto endpoint state flows connections\n");
		return 0;
	}
	slot = &walk->svc->body.set->slot[walk->cursor.endpoint];
	seq_printf(seq, "%s ipv4 %s %pI4:%u %s %u %llu\n", walk->svc->name,
		   proto_name(walk->svc->proto), &slot->ep->addr.ip4,
		   ntohs(slot->ep->port),
		   slot->flags & IPSVC_ENDPOINT_F_DRAIN ? "drain" : "ready",
		   atomic_read(&slot->ep->flows),
		   (u64)atomic64_read(&slot->ep->connections));
	return 0;
}

static const struct seq_operations endpoints_ops = {
	.start = endpoints_start,
	.next = endpoints_next,
	.stop = walk_stop,
	.show = endpoints_show,
};

/*
 * A record is a bucket with flows, its position the first hash of it and one:
 * position 0 is the line of headings.
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

static const char *flow_state_name(u8 state)
{
	static const char * const names[] = {
		[IPSVC_FLOW_NEW] = "new",
		[IPSVC_FLOW_ESTABLISHED] = "established",
		[IPSVC_FLOW_CLOSING] = "closing",
		[IPSVC_FLOW_CLOSED] = "closed",
		[IPSVC_FLOW_UNCONFIRMED] = "unconfirmed",
		[IPSVC_FLOW_DIRECT] = "direct",
	};

	return state < ARRAY_SIZE(names) && names[state] ? names[state] : "?";
}

static int show_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	const struct ipsvc_half4 *half = &flow->half[0];
	long left = ipsvc_flow_remaining(&inst->flows.timeouts, &half->h);
	u8 state = half->h.flags & IPSVC_HALF_DIRECT ?
		   IPSVC_FLOW_DIRECT : ipsvc_flow_state(&half->h);
	const struct ipsvc_service *svc;
	struct seq_file *seq = arg;

	if (ipsvc_half_is_dead(&half->h))
		return 0;
	svc = ipsvc_endpoint_service(inst, half->h.endpoint);
	seq_printf(seq, "%s %pI4:%u %pI4:%u %pI4:%u ",
		   proto_name(half->h.proto),
		   &half->saddr, ntohs(half->h.sport),
		   &half->daddr, ntohs(half->h.dport),
		   &half->new_daddr, ntohs(half->h.new_dport));
	if (half->h.flags & IPSVC_HALF_MASQ)
		seq_printf(seq, "%pI4:%u ", &half->new_saddr,
			   ntohs(half->h.new_sport));
	else
		seq_puts(seq, "- ");
	seq_printf(seq, "%s %u %s\n", flow_state_name(state),
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

static int stats_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_instance *inst = seq_instance(seq);
	int i;

	for (i = 0; i < IPSVC_STAT_COUNT; i++)
		seq_printf(seq, "%s %llu\n", ipsvc_stat_name(i),
			   ipsvc_stat_read(inst, i));
	return 0;
}

static void show_timeouts(struct seq_file *seq,
			  const struct ipsvc_flow_timeouts *t)
{
	seq_printf(seq, "timeout_tcp_syn %u\n", READ_ONCE(t->tcp_syn));
	seq_printf(seq, "timeout_tcp_established %u\n",
		   READ_ONCE(t->tcp_established));
	seq_printf(seq, "timeout_tcp_closing %u\n", READ_ONCE(t->tcp_closing));
	seq_printf(seq, "timeout_tcp_closed %u\n", READ_ONCE(t->tcp_closed));
	seq_printf(seq, "timeout_udp %u\n", READ_ONCE(t->udp));
	seq_printf(seq, "timeout_udp_stream %u\n", READ_ONCE(t->udp_stream));
}

static int config_show(struct seq_file *seq, void *v)
{
	const struct ipsvc_instance *inst = seq_instance(seq);
	char cluster_cidr[IPSVC_CIDR_SIZE];

	ipsvc_cluster_cidr_print(inst, cluster_cidr);
	seq_puts(seq, "version " IPSVC_VERSION "\n");
	seq_printf(seq, "generation %u\n", READ_ONCE(inst->generation));
	seq_printf(seq, "services %u\n", READ_ONCE(inst->n_services));
	seq_printf(seq, "services_max %u\n", READ_ONCE(inst->services_max));
	seq_printf(seq, "endpoints %u\n", READ_ONCE(inst->n_endpoints));
	seq_printf(seq, "endpoints_max %u\n", READ_ONCE(inst->endpoints_max));
	seq_printf(seq, "flows %u\n", atomic_read(&inst->flows.count));
	seq_printf(seq, "flows_max %u\n", READ_ONCE(inst->flows.max));
	seq_printf(seq, "flow_buckets %u\n", READ_ONCE(inst->flows.buckets));
	show_timeouts(seq, &inst->flows.timeouts);
	seq_printf(seq, "timeout_txn %u\n", READ_ONCE(inst->timeout_txn));
	seq_printf(seq, "notrack %u\n", READ_ONCE(inst->notrack));
	seq_printf(seq, "masquerade_ports %u-%u\n",
		   READ_ONCE(inst->masquerade_min),
		   READ_ONCE(inst->masquerade_max));
	seq_printf(seq, "cluster_cidr %s\n", cluster_cidr);
	return 0;
}

static bool create_files(struct ipsvc_instance *inst)
{
	struct proc_dir_entry *dir = inst->proc;

	return proc_create_net_data("services", 0440, dir, &services_ops,
				    sizeof(struct walk), inst) &&
	       proc_create_net_data("endpoints", 0440, dir, &endpoints_ops,
				    sizeof(struct walk), inst) &&
	       proc_create_net_data("flows", 0440, dir, &flows_ops,
				    sizeof(struct flows_walk), inst) &&
	       proc_create_net_single("stats", 0444, dir, stats_show, inst) &&
	       proc_create_net_single("config", 0444, dir, config_show, inst);
}

/**
 * ipsvc_proc_init() - make /proc/net/ipsvc
 * @inst: the instance; its tables are set up
 *
 * Context: process, without &ipsvc_net.lock. Return: 0 or -ENOMEM.
 */
int ipsvc_proc_init(struct ipsvc_instance *inst)
{
	struct net *net = inst->net;

	inst->proc = proc_net_mkdir(net, "ipsvc", net->proc_net);
	if (inst->proc && create_files(inst))
		return 0;
	ipsvc_proc_exit(inst);
	return -ENOMEM;
}

/**
 * ipsvc_proc_exit() - remove /proc/net/ipsvc
 * @inst: the instance; no reader of it is left afterwards
 *
 * Context: process, without &ipsvc_net.lock.
 */
void ipsvc_proc_exit(struct ipsvc_instance *inst)
{
	proc_remove(inst->proc);
	inst->proc = NULL;
}
