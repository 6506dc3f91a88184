// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports that were added with the same addresses are one group before any address
 * is looked at: what A addresses and P ports cost is A + P, not A * P.
 */
#include "subsets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/progress.h"

static const char *ip_of(const json_t *address)
{
	return ipsvc_json_text(address, "ip");
}

static const char *uid_of(const json_t *address)
{
	return ipsvc_json_text(json_object_get(address, "targetRef"), "uid");
}

/* ---- adding -------------------------------------------------------------- */

/* Where @value is in @array, where it is put unless @index has @key. */
static size_t intern(json_t **array, json_t **index, const char *key,
		     json_t *value)
{
	const json_t *at;

	if (!*array) {
		*array = json_array();
		*index = json_object();
	}
	at = json_object_get(*index, key);
	if (at)
		return (size_t)json_integer_value(at);
	json_object_set_new(*index, key,
			    json_integer((json_int_t)json_array_size(*array)));
	json_array_append(*array, value);
	return json_array_size(*array) - 1;
}

static size_t intern_address(struct ipsvc_subsets *s, json_t *address)
{
	char *key = xasprintf("%s %s", ip_of(address), uid_of(address));
	size_t at = intern(&s->addresses, &s->address_index, key, address);

	free(key);
	return at;
}

/* The block that was added last has @port. */
static void add_port(struct ipsvc_subsets *s, json_t *port)
{
	char *key = json_dumps(port, JSON_SORT_KEYS | JSON_ENCODE_ANY);
	size_t at = intern(&s->ports, &s->port_index, key, port);
	struct ipsvc_subset_port *p;

	free(key);
	if (at == s->nports) {
		s->of_ports = ipsvc_grow(s->of_ports, s->nports, &s->ports_cap,
					 sizeof(*s->of_ports));
		s->of_ports[s->nports++] = (struct ipsvc_subset_port){0};
	}
	p = &s->of_ports[at];
	p->blocks = ipsvc_grow(p->blocks, p->n, &p->cap, sizeof(*p->blocks));
	p->blocks[p->n++] = s->nblocks - 1;
}

void ipsvc_subsets_add(struct ipsvc_subsets *s, const json_t *addresses,
		       const json_t *ports, bool ready)
{
	struct ipsvc_subset_block block = { .ready = ready };
	json_t *value;
	size_t i;

	if (!json_array_size(addresses))
		return;
	block.addresses = xcalloc(json_array_size(addresses),
				  sizeof(*block.addresses));
	json_array_foreach(addresses, i, value)
		block.addresses[block.n++] = intern_address(s, value);
	s->blocks = ipsvc_grow(s->blocks, s->nblocks, &s->blocks_cap,
			       sizeof(*s->blocks));
	s->blocks[s->nblocks++] = block;
	if (!json_array_size(ports))
		add_port(s, json_null());
	json_array_foreach(ports, i, value)
		add_port(s, value);
}

/* ---- groups of ports ----------------------------------------------------- */

/* Ports that have the same key: the same blocks, or the same row. */
struct group {
	struct ipsvc_map_node node;
	size_t *key;
	size_t nkey;
	size_t *ports;
	size_t n, cap;
};

struct groups {
	struct ipsvc_map map;
	struct group **items;		/* in the order of their first ports */
	size_t n, cap;
};

/* That of @key, which is borrowed if it is a new one's. */
static struct group *get_group(struct groups *all, size_t *key, size_t nkey)
{
	uint64_t hash = ipsvc_hash(IPSVC_HASH_START, key, nkey * sizeof(*key));
	struct ipsvc_map_node *node = ipsvc_map_first(&all->map, hash);
	struct group *g;

	for (; node; node = ipsvc_map_next(node)) {
		g = (struct group *)node;
		if (g->nkey == nkey && !memcmp(g->key, key, nkey * sizeof(*key)))
			return g;
	}
	g = xcalloc(1, sizeof(*g));
	g->key = key;
	g->nkey = nkey;
	ipsvc_map_add(&all->map, &g->node, hash);
	all->items = ipsvc_grow(all->items, all->n, &all->cap,
				sizeof(*all->items));
	all->items[all->n++] = g;
	return g;
}

static void add_to_group(struct group *g, size_t port)
{
	g->ports = ipsvc_grow(g->ports, g->n, &g->cap, sizeof(*g->ports));
	g->ports[g->n++] = port;
}

static void free_groups(struct groups *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->items[i]->ports);
		free(all->items[i]);
	}
	free(all->items);
	ipsvc_map_free(&all->map);
}

/* ---- rows ---------------------------------------------------------------- */

/*
 * A row is what ports have: for each address, in their order, twice its rank, and
 * one more when it is ready.
 */
struct order {
	size_t *addresses;		/* by rank */
	size_t *ranks;			/* of each address */
};

static int by_size(const void *pa, const void *pb)
{
	size_t a = *(const size_t *)pa, b = *(const size_t *)pb;

	return (a > b) - (a < b);
}

static int by_address(const void *pa, const void *pb, void *addresses)
{
	const json_t *a = json_array_get(addresses, *(const size_t *)pa);
	const json_t *b = json_array_get(addresses, *(const size_t *)pb);
	int d = strcmp(ip_of(a), ip_of(b));

	return d ? d : strcmp(uid_of(a), uid_of(b));
}

static struct order order_of(json_t *addresses)
{
	size_t n = json_array_size(addresses);
	struct order o = {
		xcalloc(n, sizeof(*o.addresses)), xcalloc(n, sizeof(*o.ranks)),
	};

	for (size_t i = 0; i < n; i++)
		o.addresses[i] = i;
	qsort_r(o.addresses, n, sizeof(*o.addresses), by_address, addresses);
	for (size_t i = 0; i < n; i++)
		o.ranks[o.addresses[i]] = i;
	return o;
}

/* Of the ports that have the blocks of @g; the caller frees it. */
static size_t *row_of(const struct ipsvc_subsets *s, const struct order *o,
		      const struct group *g, size_t *n)
{
	size_t *row = NULL, all = 0, kept = 0, cap = 0;

	for (size_t i = 0; i < g->nkey; i++) {
		const struct ipsvc_subset_block *b = &s->blocks[g->key[i]];

		for (size_t j = 0; j < b->n; j++) {
			row = ipsvc_grow(row, all, &cap, sizeof(*row));
			row[all++] = 2 * o->ranks[b->addresses[j]] + b->ready;
		}
	}
	qsort(row, all, sizeof(*row), by_size);
	/* One that is not ready comes before the same one that is. */
	for (size_t i = 0; i < all; i++)
		if (!kept || row[kept - 1] / 2 != row[i] / 2)
			row[kept++] = row[i];
	*n = kept;
	return row;
}

/* ---- taking -------------------------------------------------------------- */

/* Unless @list, which is taken over, is empty. */
static void set_list(json_t *subset, const char *field, json_t *list)
{
	if (json_array_size(list))
		json_object_set(subset, field, list);
	json_decref(list);
}

static json_t *subset_of(const struct ipsvc_subsets *s, const struct order *o,
			 struct group *g)
{
	json_t *lists[] = { json_array(), json_array() }, *ports = json_array();
	json_t *subset = json_object();

	for (size_t i = 0; i < g->nkey; i++)
		json_array_append(lists[g->key[i] % 2],
				  json_array_get(s->addresses,
						 o->addresses[g->key[i] / 2]));
	qsort(g->ports, g->n, sizeof(*g->ports), by_size);
	for (size_t i = 0; i < g->n; i++) {
		json_t *port = json_array_get(s->ports, g->ports[i]);

		if (!json_is_null(port))
			json_array_append(ports, port);
	}
	set_list(subset, "addresses", lists[1]);
	set_list(subset, "notReadyAddresses", lists[0]);
	set_list(subset, "ports", ports);
	return subset;
}

/* The rows of @classes, ports with the same blocks, of @max addresses in all. */
static void find_rows(const struct ipsvc_subsets *s, const struct order *o,
		      const struct groups *classes, size_t max,
		      struct groups *rows)
{
	for (size_t i = 0; i < classes->n; i++) {
		const struct group *class = classes->items[i];
		size_t n, *row = row_of(s, o, class, &n);
		struct group *g;

		ipsvc_progress();
		if (n > max) {
			free(row);
			return;
		}
		max -= n;
		g = get_group(rows, row, n);
		if (g->key != row)
			free(row);
		for (size_t j = 0; j < class->n; j++)
			add_to_group(g, class->ports[j]);
	}
}

static void free_subsets(struct ipsvc_subsets *s)
{
	for (size_t i = 0; i < s->nblocks; i++)
		free(s->blocks[i].addresses);
	for (size_t i = 0; i < s->nports; i++)
		free(s->of_ports[i].blocks);
	free(s->blocks);
	free(s->of_ports);
	json_decref(s->addresses);
	json_decref(s->ports);
	json_decref(s->address_index);
	json_decref(s->port_index);
	*s = (struct ipsvc_subsets){0};
}

json_t *ipsvc_subsets_take(struct ipsvc_subsets *s, size_t max)
{
	struct groups classes = {0}, rows = {0};
	struct order o = order_of(s->addresses);
	json_t *out = json_array();

	for (size_t i = 0; i < s->nports; i++)
		add_to_group(get_group(&classes, s->of_ports[i].blocks,
				       s->of_ports[i].n), i);
	find_rows(s, &o, &classes, max, &rows);
	for (size_t i = 0; i < rows.n; i++) {
		json_array_append_new(out, subset_of(s, &o, rows.items[i]));
		free(rows.items[i]->key);
	}
	free_groups(&classes);
	free_groups(&rows);
	free(o.addresses);
	free(o.ranks);
	free_subsets(s);
	return out;
}
