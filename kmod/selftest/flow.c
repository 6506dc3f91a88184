// SPDX-License-Identifier: GPL-2.0
/*
 * The flow table against a model of its rules: a plain array of flows, searched
 * from one end to the other. Few addresses and ports, so that tuples clash.
 */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>

#include "../stats.h"

#define MODEL_FLOWS	400
#define STEPS		8000

/**
 * struct selftest_flow - a flow of the model
 * @flow: in the table, or NULL
 * @orig: the tuple its client's packets arrive with
 * @routed: the same with the destination rewritten
 * @reply: the tuple its endpoint's packets arrive with
 * @dead: killed
 */
struct selftest_flow {
	struct ipsvc_flow *flow;
	struct ipsvc_tuple orig;
	struct ipsvc_tuple routed;
	struct ipsvc_tuple reply;
	bool dead;
};

static bool __init same_tuple(const struct ipsvc_tuple *a,
			      const struct ipsvc_tuple *b)
{
	return a->family == b->family && a->proto == b->proto &&
	       a->sport == b->sport && a->dport == b->dport &&
	       ipsvc_addr_equal(&a->saddr, &b->saddr, a->family) &&
	       ipsvc_addr_equal(&a->daddr, &b->daddr, a->family);
}

static bool __init selftest_fail(const char *what)
{
	pr_err("ipsvc: flow self-tests: FAIL: %s\n", what);
	return false;
}

/* The live half with this tuple, by the model. */
static struct ipsvc_half * __init
model_find(struct selftest_flow *model, const struct ipsvc_tuple *tuple)
{
	int i;

	for (i = 0; i < MODEL_FLOWS; i++) {
		if (!model[i].flow || model[i].dead)
			continue;
		if (same_tuple(&model[i].orig, tuple))
			return ipsvc_flow_orig(model[i].flow);
		if (same_tuple(&model[i].reply, tuple))
			return ipsvc_flow_reply(model[i].flow);
	}
	return NULL;
}

static struct ipsvc_half * __init
table_find(struct ipsvc_flows *flows, const struct ipsvc_tuple *tuple)
{
	struct ipsvc_half *half;

	rcu_read_lock();
	half = ipsvc_flow_find_tuple(flows, tuple);
	rcu_read_unlock();
	return half;
}

static struct ipsvc_half * __init
table_find_routed(struct ipsvc_flows *flows, const struct ipsvc_tuple *tuple,
		  u32 hash)
{
	struct ipsvc_half *half;

	rcu_read_lock();
	half = ipsvc_flow_find_routed(flows, tuple, hash, tuple->family);
	rcu_read_unlock();
	return half;
}

/*
 * An address of either family. Those of IPv6 that end alike differ in the words
 * before, and their last words are those of IPv4.
 */
static void __init set_addr(union ipsvc_addr *addr, u8 family, u32 net, u32 i)
{
	memset(addr, 0, sizeof(*addr));
	if (family == AF_INET) {
		addr->ip4 = htonl(net + i);
		return;
	}
	addr->all[0] = htonl(0xfd000000);
	addr->all[i % 3] ^= htonl(i);
	addr->all[3] = htonl(net);
}

static void __init random_tuples(struct selftest_flow *m)
{
	u8 family = get_random_u32_below(2) ? AF_INET : AF_INET6;

	memset(m, 0, sizeof(*m));
	m->orig.family = family;
	m->orig.proto = get_random_u32_below(2) ? IPPROTO_TCP : IPPROTO_UDP;
	set_addr(&m->orig.saddr, family, 0x0af40100, get_random_u32_below(2));
	m->orig.sport = htons(1000 + get_random_u32_below(12));
	set_addr(&m->orig.daddr, family, 0x0a600000, get_random_u32_below(2));
	m->orig.dport = htons(80);
	m->routed = m->orig;
	set_addr(&m->routed.daddr, family, 0x0af40200, get_random_u32_below(3));
	m->routed.dport = htons(8080);
	m->reply = ipsvc_tuple_turned(&m->routed);
	/* Sometimes masqueraded. */
	if (get_random_u32_below(2)) {
		set_addr(&m->reply.daddr, family, 0xc0a80001, 0);
		m->reply.dport = htons(2000 + get_random_u32_below(12));
		m->routed.sport = m->reply.dport;
	}
}

static void __init fill_half(struct ipsvc_half *half,
			     const struct ipsvc_tuple *arrives,
			     const struct ipsvc_tuple *leaves)
{
	ipsvc_half_set(half, IPSVC_SADDR, &arrives->saddr, arrives->family);
	ipsvc_half_set(half, IPSVC_DADDR, &arrives->daddr, arrives->family);
	half->sport = arrives->sport;
	half->dport = arrives->dport;
	half->proto = arrives->proto;
	ipsvc_half_set(half, IPSVC_NEW_SADDR, &leaves->daddr, arrives->family);
	ipsvc_half_set(half, IPSVC_NEW_DADDR, &leaves->saddr, arrives->family);
	half->new_sport = leaves->dport;
	half->new_dport = leaves->sport;
	half->stamp = (u32)jiffies;
	/* What is never evicted. */
	half->seen = IPSVC_SEEN_NON_SYN | IPSVC_SEEN_STREAM;
}

static u32 __init hash_of(const struct ipsvc_flows *flows,
			  const struct ipsvc_tuple *tuple)
{
	return ipsvc_flow_hash(flows, tuple, tuple->family);
}

/* A flow of the model, not in the table yet; NULL: no memory. */
static struct ipsvc_flow * __init make_flow(struct ipsvc_instance *inst,
					    const struct selftest_flow *m)
{
	struct ipsvc_flow *flow = ipsvc_flow_alloc(inst, 0, m->orig.family);

	if (IS_ERR(flow))
		return NULL;
	fill_half(ipsvc_flow_orig(flow), &m->orig, &m->reply);
	fill_half(ipsvc_flow_reply(flow), &m->reply, &m->orig);
	ipsvc_flow_reply(flow)->flags = IPSVC_HALF_REPLY;
	ipsvc_flow_orig(flow)->hash = hash_of(&inst->flows, &m->orig);
	return flow;
}

static bool __init insert_step(struct ipsvc_instance *inst,
			       struct selftest_flow *model,
			       struct selftest_flow *m)
{
	struct ipsvc_half *clash = NULL, *want;
	struct ipsvc_flow *flow;
	int err, expect = 0;

	random_tuples(m);
	want = model_find(model, &m->orig);
	if (want)
		expect = -EEXIST;
	else if (model_find(model, &m->reply))
		expect = -EADDRINUSE;

	flow = make_flow(inst, m);
	if (!flow)
		return selftest_fail("no memory for a flow");
	rcu_read_lock();
	err = ipsvc_flow_insert(inst, flow, &clash);
	rcu_read_unlock();
	if (err)
		ipsvc_flow_release(&inst->flows, flow);
	else
		m->flow = flow;
	if (err != expect)
		return selftest_fail("insert: not the expected result");
	if (err == -EEXIST && clash != want)
		return selftest_fail("insert: not the half that is there");
	return true;
}

static void __init remove_step(struct ipsvc_flows *flows,
			       struct selftest_flow *m)
{
	/* Nobody else knows of this table: no grace period is needed. */
	ipsvc_flow_unlink(flows, m->flow);
	ipsvc_flow_release(flows, m->flow);
	m->flow = NULL;
}

/*
 * An IPv6 flow whose half has, where an IPv4 one has its addresses, those of
 * @twin, and the same hash but for the family.
 */
static bool __init check_twin(struct ipsvc_instance *inst,
			      struct selftest_flow *m,
			      const struct ipsvc_tuple *twin)
{
	u32 hash = hash_of(&inst->flows, twin);
	struct ipsvc_half *clash, *found;
	int err;

	if (!((hash ^ hash_of(&inst->flows, &m->orig)) & 1))
		return selftest_fail("the hash does not tell the family");
	m->flow = make_flow(inst, m);
	if (!m->flow)
		return selftest_fail("no memory for a flow");
	ipsvc_flow_orig(m->flow)->hash = hash ^ 1;
	rcu_read_lock();
	err = ipsvc_flow_insert(inst, m->flow, &clash);
	rcu_read_unlock();
	if (err) {
		ipsvc_flow_release(&inst->flows, m->flow);
		return selftest_fail("insert: an IPv6 flow");
	}
	found = table_find(&inst->flows, twin);
	remove_step(&inst->flows, m);
	return !found || selftest_fail("find: a flow of the other family");
}

static bool __init check_families(struct ipsvc_instance *inst)
{
	struct ipsvc_tuple twin;
	struct selftest_flow m;
	bool ok = true;
	int i;

	for (i = 0; ok && i < 64; i++) {
		random_tuples(&m);
		if (m.orig.family == AF_INET)
			continue;
		twin = m.orig;
		twin.family = AF_INET;
		twin.saddr.ip4 = m.orig.saddr.all[0];
		twin.daddr.ip4 = m.orig.saddr.all[1];
		ok = check_twin(inst, &m, &twin);
	}
	return ok;
}

/* Both ways to each half of a flow that is in the table. */
static bool __init check_flow(struct ipsvc_flows *flows,
			      struct selftest_flow *model,
			      struct selftest_flow *m)
{
	u32 hash = hash_of(flows, &m->orig);
	struct ipsvc_half *half;

	half = table_find(flows, &m->orig);
	if (half != model_find(model, &m->orig))
		return selftest_fail("find: client's tuple");
	half = table_find(flows, &m->reply);
	if (half != model_find(model, &m->reply))
		return selftest_fail("find: endpoint's tuple");
	/* Under way when it was killed: still goes out translated. */
	half = table_find_routed(flows, &m->routed, hash);
	if (!half || half->family != m->orig.family ||
	    !ipsvc_half_has(half, IPSVC_SADDR, &m->orig.saddr, half->family) ||
	    !ipsvc_half_has(half, IPSVC_NEW_DADDR, &m->routed.daddr,
			    half->family) ||
	    !ipsvc_half_has(half, IPSVC_DADDR, &m->orig.daddr, half->family))
		return selftest_fail("find_routed: nothing, or another flow");
	if (ipsvc_half_other(half) == half ||
	    ipsvc_half_flow(ipsvc_half_other(half)) != ipsvc_half_flow(half))
		return selftest_fail("the other half is of another flow");
	if (table_find_routed(flows, &m->routed, hash ^ 2))
		return selftest_fail("find_routed: believes a wrong hash");
	if (table_find_routed(flows, &m->routed, ~hash))
		return selftest_fail("find_routed: believes any hash");
	return true;
}

static bool __init check_absent(struct ipsvc_flows *flows,
				struct selftest_flow *model)
{
	struct selftest_flow probe;

	random_tuples(&probe);
	if (table_find(flows, &probe.orig) != model_find(model, &probe.orig) ||
	    table_find(flows, &probe.reply) != model_find(model, &probe.reply))
		return selftest_fail("find: a tuple at random");
	/* One field off, each in turn, is another flow. */
	probe.orig.proto ^= IPPROTO_TCP ^ IPPROTO_UDP;
	if (table_find(flows, &probe.orig) != model_find(model, &probe.orig))
		return selftest_fail("find: the other protocol");
	probe.orig.dport = htons(81);
	if (table_find(flows, &probe.orig))
		return selftest_fail("find: a port nobody has");
	return true;
}

static bool __init flow_step(struct ipsvc_instance *inst,
			     struct selftest_flow *model)
{
	struct selftest_flow *m = &model[get_random_u32_below(MODEL_FLOWS)];

	if (!m->flow)
		return insert_step(inst, model, m) &&
		       check_absent(&inst->flows, model);
	if (!check_flow(&inst->flows, model, m))
		return false;
	switch (get_random_u32_below(8)) {
	case 0:
		ipsvc_flow_kill(m->flow, IPSVC_HALF_DEAD);
		m->dead = true;
		return check_flow(&inst->flows, model, m);
	case 1:
		remove_step(&inst->flows, m);
		return table_find(&inst->flows, &m->orig) ==
			       model_find(model, &m->orig) ||
		       selftest_fail("unlink: still there");
	default:
		return true;
	}
}

struct selftest_seen {
	u32 live;
	u32 dead;
};

static int __init selftest_count(struct ipsvc_instance *inst,
				 struct ipsvc_flow *flow, void *arg)
{
	struct selftest_seen *seen = arg;

	if (ipsvc_half_is_dead(ipsvc_flow_orig(flow)))
		seen->dead++;
	else
		seen->live++;
	return ipsvc_half_is_reply(ipsvc_flow_orig(flow)) ? -EINVAL : 0;
}

/* The walk shows each flow once, and the table counts all of them. */
static bool __init check_whole(struct ipsvc_instance *inst,
			       struct selftest_flow *model)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_flow_range range = {};
	struct selftest_seen seen = {};
	u32 live = 0, all = 0, pos;
	int i;

	for (i = 0; i < MODEL_FLOWS; i++) {
		all += !!model[i].flow;
		live += model[i].flow && !model[i].dead;
	}
	while ((range = ipsvc_flow_next_bucket(flows, range.end)).begin <=
	       U32_MAX)
		if (ipsvc_flow_walk_bucket(inst, &range, 0, &pos,
					   selftest_count, &seen))
			return selftest_fail("walk: a reply");
	if (seen.live != live || seen.dead != all - live)
		return selftest_fail("walk: not all flows, once each");
	if (atomic_read(&flows->count) != all)
		return selftest_fail("the count is wrong");
	return true;
}

/* The cap: what is over it is refused, and leaves the count as it was. */
static bool __init check_cap(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	u32 max = flows->max, count = atomic_read(&flows->count);
	struct ipsvc_flow *first, *second;
	bool ok;

	flows->max = count + 1;
	rcu_read_lock();
	first = ipsvc_flow_alloc(inst, 0, AF_INET);
	second = ipsvc_flow_alloc(inst, 0, AF_INET6);
	rcu_read_unlock();
	ok = !IS_ERR(first) && second == ERR_PTR(-ENOSPC) &&
	     atomic_read(&flows->count) == count + 1;
	if (!IS_ERR(first))
		ipsvc_flow_release(flows, first);
	if (!IS_ERR(second))
		ipsvc_flow_release(flows, second);
	flows->max = max;
	return ok || selftest_fail("the cap does not hold");
}

/* At the cap an unconfirmed flow makes room, and an established one does not. */
static bool __init check_eviction(struct ipsvc_instance *inst,
				  struct selftest_flow *model)
{
	struct ipsvc_flows *flows = &inst->flows;
	u32 max = flows->max, count = atomic_read(&flows->count);
	struct selftest_flow *m = model;
	struct ipsvc_flow *flow;
	bool ok;

	while (!m->flow || m->dead)
		m++;
	ipsvc_flow_orig(m->flow)->seen = 0;
	ipsvc_flow_orig(m->flow)->stamp -= HZ;
	flows->max = count;
	rcu_read_lock();
	flow = ipsvc_flow_alloc(inst, ipsvc_flow_orig(m->flow)->hash,
				AF_INET6);
	rcu_read_unlock();
	flows->max = max;
	ok = !IS_ERR(flow) && atomic_read(&flows->count) == count &&
	     ipsvc_half_is_dead(ipsvc_flow_orig(m->flow)) &&
	     flows->n_evicted == 1 && flows->evicted[0] == m->flow;
	if (!IS_ERR(flow))
		ipsvc_flow_release(flows, flow);
	flows->n_evicted = 0;
	if (!ok)
		return selftest_fail("no unconfirmed flow is evicted");
	m->dead = true;
	return table_find(flows, &m->orig) == model_find(model, &m->orig) ||
	       selftest_fail("an evicted flow is found");
}

/* The table becomes another one, and all flows are in it. */
static bool __init check_resize(struct ipsvc_instance *inst,
				struct selftest_flow *model)
{
	struct ipsvc_flows *flows = &inst->flows;
	int i;

	atomic_add(BIT(IPSVC_FLOW_BITS_MIN), &flows->count);
	ipsvc_flows_resize(flows);
	atomic_sub(BIT(IPSVC_FLOW_BITS_MIN), &flows->count);
	if (READ_ONCE(flows->buckets) <= BIT(IPSVC_FLOW_BITS_MIN))
		return selftest_fail("resize: the table has not grown");
	for (i = 0; i < MODEL_FLOWS; i++)
		if (model[i].flow && !check_flow(flows, model, &model[i]))
			return false;
	if (!check_whole(inst, model))
		return false;
	ipsvc_flows_resize(flows);
	if (READ_ONCE(flows->buckets) != BIT(IPSVC_FLOW_BITS_MIN))
		return selftest_fail("resize: the table has not shrunk");
	return check_whole(inst, model);
}

/* In place of the collector, which would need whole endpoints. */
static void selftest_gc(struct work_struct *work)
{
}

static bool __init flow_steps(struct ipsvc_instance *inst,
			      struct selftest_flow *model)
{
	bool ok = check_families(inst);
	int i;

	for (i = 0; ok && i < STEPS; i++) {
		ok = flow_step(inst, model);
		if (!(i % 64))
			cond_resched();
	}
	return ok && check_whole(inst, model) && check_cap(inst) &&
	       check_resize(inst, model) && check_eviction(inst, model);
}

/* Few buckets and long chains. */
static void __init make_small(struct ipsvc_flows *flows)
{
	struct ipsvc_flow_table *table;

	table = rcu_dereference_protected(flows->table, true);
	table->bits = IPSVC_FLOW_LOCK_BITS;
	table->shift = 32 - table->bits;
}

bool __init ipsvc_flow_selftest(void)
{
	struct ipsvc_instance *inst = kzalloc(sizeof(*inst), GFP_KERNEL);
	struct selftest_flow *model;
	bool ok = false;
	int i;

	model = kvcalloc(MODEL_FLOWS, sizeof(*model), GFP_KERNEL);
	if (inst)
		inst->stats = alloc_percpu(struct ipsvc_stats);
	if (!inst || !inst->stats || !model || ipsvc_flows_init(inst)) {
		selftest_fail("no memory");
		goto free;
	}
	INIT_DELAYED_WORK(&inst->flows.gc, selftest_gc);
	make_small(&inst->flows);
	ok = flow_steps(inst, model);
	for (i = 0; i < MODEL_FLOWS; i++) {
		if (!model[i].flow)
			continue;
		ipsvc_flow_unlink(&inst->flows, model[i].flow);
		ipsvc_flow_release(&inst->flows, model[i].flow);
	}
	if (atomic_read(&inst->flows.count))
		ok = selftest_fail("flows are left");
	if (ipsvc_flow_next_bucket(&inst->flows, 0).begin <= U32_MAX)
		ok = selftest_fail("an empty bucket is said to have flows");
	ipsvc_flows_exit(inst);
	if (ok)
		pr_info("ipsvc: flow self-tests: pass\n");
free:
	if (inst)
		free_percpu(inst->stats);
	kvfree(model);
	kfree(inst);
	return ok;
}
