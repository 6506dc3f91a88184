// SPDX-License-Identifier: GPL-2.0
/*
 * The frontend table against a model: an array with a place for every key there
 * can be, searched linearly. Keys are few, so that they come and go often and
 * leave tombstones; then many, so that the table grows.
 */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/random.h>

#define MODEL_KEYS	6000
#define SERVICES	3

/**
 * struct selftest_model - the linear model
 * @key: all keys of the test
 * @fe: the frontend published for each, or NULL
 * @service: owners to choose from
 */
struct selftest_model {
	struct ipsvc_frontend_key key[MODEL_KEYS];
	struct ipsvc_frontend *fe[MODEL_KEYS];
	struct ipsvc_service *service[SERVICES];
};

static bool __init selftest_fail(const char *what)
{
	pr_err("ipsvc: frontend self-tests: FAIL: %s\n", what);
	return false;
}

/* Every key differs, some in one field only. */
static void __init selftest_key(struct ipsvc_frontend_key *key, int i)
{
	memset(key, 0, sizeof(*key));
	key->proto = i % 2 ? IPPROTO_TCP : IPPROTO_UDP;
	if (i % 3) {
		key->addr = ipsvc_addr_v4(htonl(0x0a600000 + i / 8));
		key->port = htons(i / 2);
	} else {
		key->addr = ipsvc_addr_v4(0);
		key->port = htons(30000 + i / 2);
	}
}

static bool __init is_node_port(const struct ipsvc_frontend_key *key)
{
	return !key->addr.ip4;
}

static struct ipsvc_frontend * __init
model_find(const struct selftest_model *m,
	   const struct ipsvc_frontend_key *key)
{
	int i;

	for (i = 0; i < MODEL_KEYS; i++)
		if (m->fe[i] && !memcmp(&m->key[i], key, sizeof(*key)))
			return m->fe[i];
	return NULL;
}

static bool __init publish_step(struct ipsvc_frontends *table,
				struct selftest_model *m, int i)
{
	struct ipsvc_frontend *fe, *old = m->fe[i];

	fe = ipsvc_frontend_alloc(&m->key[i],
				  m->service[get_random_u32_below(SERVICES)]);
	if (!fe)
		return selftest_fail("no memory for a frontend");
	fe->class = is_node_port(&fe->key) ? IPSVC_FRONTEND_NODE_PORT :
					     IPSVC_FRONTEND_CLUSTER_IP;
	if (ipsvc_frontends_reserve(table, 1)) {
		kfree(fe);
		return selftest_fail("cannot reserve a slot");
	}
	if (ipsvc_frontends_publish(table, fe) != old)
		return selftest_fail("publish: not what was replaced");
	m->fe[i] = fe;
	/* Nobody else reads this table: no grace period is needed. */
	kfree(old);
	return true;
}

static void __init unpublish_step(struct ipsvc_frontends *table,
				  struct selftest_model *m, int i)
{
	ipsvc_frontends_unpublish(table, m->fe[i]);
	kfree(m->fe[i]);
	m->fe[i] = NULL;
}

static bool __init check_key(const struct ipsvc_frontends *table,
			     const struct selftest_model *m, int i)
{
	const struct ipsvc_frontend_key *key = &m->key[i];
	struct ipsvc_frontend *fe = ipsvc_frontend_find_locked(table, key);

	if (fe != m->fe[i])
		return selftest_fail("find: not what the model has");
	if (fe && memcmp(&fe->key, key, sizeof(*key)))
		return selftest_fail("find: a frontend with another key");
	return true;
}

/* Keys of the test but for one field, that the model searches for. */
static bool __init check_stranger(const struct ipsvc_frontends *table,
				  const struct selftest_model *m, int i)
{
	struct ipsvc_frontend_key key = m->key[i];

	switch (get_random_u32_below(3)) {
	case 0:
		key.addr.ip4 ^= htonl(1 << get_random_u32_below(32));
		break;
	case 1:
		key.port ^= htons(1 << get_random_u32_below(16));
		break;
	case 2:
		key.proto ^= IPPROTO_TCP ^ IPPROTO_UDP;
		break;
	}
	if (ipsvc_frontend_find_locked(table, &key) != model_find(m, &key))
		return selftest_fail("find: a key that nearly exists");
	return true;
}

/* All keys, and the bookkeeping that lookups rely on to end. */
static bool __init check_whole(const struct ipsvc_frontends *table,
			       const struct selftest_model *m)
{
	const struct ipsvc_frontend_slots *slots = slots_locked(table);
	u32 i, live = 0, used = 0;

	for (i = 0; i < MODEL_KEYS; i++) {
		if (!check_key(table, m, i))
			return false;
		live += !!m->fe[i];
	}
	for (i = 0; i <= slots->mask; i++)
		used += !!rcu_access_pointer(slots->slot[i]);
	if (table->live != live)
		return selftest_fail("the number of frontends is wrong");
	if (slots->used != used)
		return selftest_fail("the number of used slots is wrong");
	if ((u64)used * 100 > ((u64)slots->mask + 1) * FILL_MAX)
		return selftest_fail("the table is too full");
	return true;
}

/* Random changes among the first @keys keys, @keep in 8 of them additions. */
static bool __init churn(struct ipsvc_frontends *table,
			 struct selftest_model *m, u32 keys, u32 keep, int steps)
{
	int i, step;

	for (step = 0; step < steps; step++) {
		i = get_random_u32_below(keys);
		if (m->fe[i] && get_random_u32_below(8) >= keep)
			unpublish_step(table, m, i);
		else if (!publish_step(table, m, i))
			return false;
		if (!check_key(table, m, i) ||
		    !check_key(table, m, get_random_u32_below(keys)))
			return false;
		if (!(step % 32) && !check_stranger(table, m, i))
			return false;
		if (!(step % 64))
			cond_resched();
	}
	return check_whole(table, m);
}

static bool __init frontend_steps(struct ipsvc_frontends *table,
				  struct selftest_model *m)
{
	u32 small;
	int i;

	/* Many generations in a small table: tombstones are used again. */
	if (!churn(table, m, 40, 4, 6000))
		return false;
	small = slots_locked(table)->mask;
	if (small + 1 > 256)
		return selftest_fail("tombstones make the table grow");
	/* Growing while there are tombstones, and shrinking again. */
	if (!churn(table, m, MODEL_KEYS, 7, 8000))
		return false;
	if (slots_locked(table)->mask <= small)
		return selftest_fail("the table does not grow");
	if (!churn(table, m, MODEL_KEYS, 1, 8000))
		return false;
	for (i = 0; i < MODEL_KEYS; i++)
		if (m->fe[i])
			unpublish_step(table, m, i);
	return check_whole(table, m);
}

static bool __init services_make(struct selftest_model *m)
{
	int i;

	for (i = 0; i < SERVICES; i++) {
		m->service[i] = ipsvc_service_alloc("selftest", 8, AF_INET,
						    IPPROTO_TCP);
		if (!m->service[i])
			return selftest_fail("no memory for a service");
	}
	return true;
}

bool __init ipsvc_frontend_selftest(void)
{
	struct ipsvc_frontends table = {};
	struct selftest_model *m;
	bool ok = false;
	int i;

	m = kvzalloc(sizeof(*m), GFP_KERNEL);
	if (!m || ipsvc_frontends_init(&table)) {
		selftest_fail("no memory");
		goto free;
	}
	for (i = 0; i < MODEL_KEYS; i++)
		selftest_key(&m->key[i], i);
	ok = services_make(m) && frontend_steps(&table, m);
	for (i = 0; i < MODEL_KEYS; i++)
		if (m->fe[i])
			unpublish_step(&table, m, i);
	for (i = 0; i < SERVICES; i++)
		kfree(m->service[i]);
	ipsvc_frontends_exit(&table);
	if (ok)
		pr_info("ipsvc: frontend self-tests: pass\n");
free:
	kvfree(m);
	return ok;
}
