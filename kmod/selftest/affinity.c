// SPDX-License-Identifier: GPL-2.0
/* The table of clients: who is found for how long, and who makes room for whom. */
#include "selftest.h"

#include <linux/init.h>

#define AFF_CLIENTS	200
#define AFF_MAX		64

static bool __init aff_fail(const char *what, u32 i, u32 got)
{
	pr_err("ipsvc: affinity self-tests: FAIL: %s (%u: %u)\n", what, i, got);
	return false;
}

static struct ipsvc_affinity_entry __init aff_entry(u32 client, u32 group,
						    s64 lasts)
{
	return (struct ipsvc_affinity_entry) {
		.client = ipsvc_addr_v4(htonl(client)),
		.group = group,
		.endpoint = client * 7 + group,
		.expires = get_jiffies_64() + lasts,
	};
}

static const struct ipsvc_affinity_entry *__init
aff_lookup(struct ipsvc_affinity_table *table, u32 client, u32 group)
{
	const union ipsvc_addr addr = ipsvc_addr_v4(htonl(client));

	return lookup(bucket_of(table, &addr, group), &addr, group);
}

/* How many of the clients are there; each with its own endpoint. */
static u32 __init aff_count(struct ipsvc_affinity_table *table, u32 group)
{
	const struct ipsvc_affinity_entry *entry;
	u32 i, n = 0;

	for (i = 1; i <= AFF_CLIENTS; i++) {
		entry = aff_lookup(table, i, group);
		if (!entry)
			continue;
		if (entry->endpoint != i * 7 + group)
			aff_fail("another one's endpoint", i, entry->endpoint);
		n++;
	}
	return n;
}

/* The table is never larger than it may be, and the ones that end first go. */
static bool __init aff_bounds(struct ipsvc_affinity_table *table)
{
	struct ipsvc_affinity_entry entry;
	u32 i, evicted = 0, n;
	bool ok = true;

	if (table->n * IPSVC_AFFINITY_WAYS != AFF_MAX)
		ok = aff_fail("size", AFF_MAX, table->n);
	for (i = 1; i <= AFF_CLIENTS; i++) {
		entry = aff_entry(i, 1, i * HZ);
		evicted += insert(table, &entry);
	}
	n = aff_count(table, 1);
	if (n > AFF_MAX || n + evicted != AFF_CLIENTS)
		ok = aff_fail("evicted", n, evicted);
	/* They ended in the order they came in, so the last ones of all are there. */
	for (i = AFF_CLIENTS; i > AFF_CLIENTS - IPSVC_AFFINITY_WAYS; i--)
		if (!aff_lookup(table, i, 1))
			ok = aff_fail("the newest is not there", i, 0);
	/* Once more is not once more in the table. */
	entry = aff_entry(AFF_CLIENTS, 1, HZ);
	if (insert(table, &entry) || aff_count(table, 1) != n)
		ok = aff_fail("a second one", n, aff_count(table, 1));
	/* Of another group, it is another client. */
	if (aff_lookup(table, AFF_CLIENTS, 2))
		ok = aff_fail("of another group", AFF_CLIENTS, 0);
	return ok;
}

/* What has ended makes room before what has not, and without being counted. */
static bool __init aff_expiry(struct ipsvc_affinity_table *table)
{
	struct ipsvc_affinity_entry entry;
	u32 i, evicted = 0;
	bool ok = true;

	memset(table->bucket, 0, sizeof(table->bucket[0]));
	spin_lock_init(&table->bucket[0].lock);
	table->n = 1;
	for (i = 1; i <= IPSVC_AFFINITY_WAYS; i++) {
		entry = aff_entry(i, 1, i == 3 ? -1 : i == 5 ? 10 * HZ :
							       20 * HZ);
		evicted += insert(table, &entry);
	}
	entry = aff_entry(100, 1, 30 * HZ);
	evicted += insert(table, &entry);
	if (evicted || aff_lookup(table, 3, 1) || !aff_lookup(table, 100, 1))
		ok = aff_fail("what has ended stays", 3, evicted);
	entry = aff_entry(101, 1, 30 * HZ);
	if (!insert(table, &entry) || aff_lookup(table, 5, 1) ||
	    !aff_lookup(table, 1, 1))
		ok = aff_fail("not the one that ends first", 5, 0);
	return ok;
}

/* Clients whose addresses begin alike are one, where it is so wanted. */
static bool __init aff_prefix(void)
{
	struct ipsvc_endpoint_set set = { .options.affinity_prefix = 24 };
	union ipsvc_addr whole = ipsvc_addr_v4(htonl(0x0a010203));
	union ipsvc_addr got = client_of(&set, &whole);

	if (got.ip4 != htonl(0x0a010200) || !ipv6_addr_v4mapped(&got.ip6))
		return aff_fail("prefix", 24, ntohl(got.ip4));
	set.options.affinity_prefix = 0;
	got = client_of(&set, &whole);
	if (got.ip4 != htonl(0x0a010203))
		return aff_fail("whole address", 0, ntohl(got.ip4));
	whole.ip6 = (struct in6_addr) { { { 0xfd, 1, 2, 3, 4, 5 } } };
	set.options.affinity_prefix = 20;
	got = client_of(&set, &whole);
	if (got.all[0] != htonl(0xfd010000) || got.all[1])
		return aff_fail("prefix of IPv6", 20, ntohl(got.all[0]));
	return true;
}

bool __init ipsvc_affinity_selftest(void)
{
	struct ipsvc_affinity_table *table = table_alloc(AFF_MAX + 20);
	bool ok;

	if (!table)
		return aff_fail("no memory", 0, 0);
	ok = aff_bounds(table) & aff_prefix();
	ok &= aff_expiry(table);
	if (ok)
		pr_info("ipsvc: affinity self-tests: pass\n");
	kvfree(table);
	return ok;
}
