// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktable.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* "default/web" of "default/web:http"; the caller frees it. */
static char *service_of(const char *port)
{
	return xstrndup(port, strcspn(port, ":"));
}

static struct ipsvc_kgroup *find(const struct ipsvc_ktable *table,
				 const char *service)
{
	struct ipsvc_map_node *node;

	node = ipsvc_map_first(&table->groups,
			       ipsvc_hash_text(IPSVC_HASH_START, service));
	for (; node; node = ipsvc_map_next(node))
		if (!strcmp(((struct ipsvc_kgroup *)node)->service, service))
			return (struct ipsvc_kgroup *)node;
	return NULL;
}

static struct ipsvc_kgroup *get(struct ipsvc_ktable *table, const char *service)
{
	struct ipsvc_kgroup *group = find(table, service);

	if (group)
		return group;
	group = xcalloc(1, sizeof(*group));
	group->service = xstrdup(service);
	ipsvc_map_add(&table->groups, &group->node,
		      ipsvc_hash_text(IPSVC_HASH_START, service));
	return group;
}

/* Of what is added to the table, or (@sign -1) taken out. */
static void count(struct ipsvc_ktable *table, const struct ipsvc_state *ports,
		  int sign)
{
	table->nports += (size_t)sign * ports->n;
	for (size_t i = 0; i < ports->n; i++)
		table->nendpoints += (size_t)sign * ports->services[i].nendpoints;
}

static void put(struct ipsvc_ktable *table, struct ipsvc_kgroup *group)
{
	if (group->ports.n)
		return;
	ipsvc_map_remove(&table->groups, &group->node);
	ipsvc_state_free(&group->ports);
	free(group->service);
	free(group);
}

/* Once for all its ports, however many were added. */
static void sort(struct ipsvc_kgroup *group)
{
	if (group->unsorted)
		ipsvc_state_sort(&group->ports);
	group->unsorted = false;
}

void ipsvc_ktable_set(struct ipsvc_ktable *table, const char *service,
		      struct ipsvc_state *ports)
{
	struct ipsvc_kgroup *group = get(table, service);

	count(table, &group->ports, -1);
	ipsvc_state_free(&group->ports);
	group->ports = *ports;
	*ports = (struct ipsvc_state){0};
	count(table, &group->ports, 1);
	put(table, group);
}

void ipsvc_ktable_add_all(struct ipsvc_ktable *table, struct ipsvc_state *all)
{
	struct ipsvc_map_node *node = NULL;

	count(table, all, 1);
	for (size_t i = 0; i < all->n; i++) {
		char *service = service_of(all->services[i].name);
		struct ipsvc_kgroup *group = get(table, service);

		ipsvc_state_move(&group->ports, &all->services[i]);
		group->unsorted = true;
		free(service);
	}
	while ((node = ipsvc_map_walk(&table->groups, node)))
		sort((struct ipsvc_kgroup *)node);
	all->n = 0;
	ipsvc_state_free(all);
}

static void remove_port(struct ipsvc_state *ports, const char *name,
			uint8_t family)
{
	for (size_t i = 0; i < ports->n; i++) {
		struct ipsvc_kservice *port = &ports->services[i];

		if (port->family != family || strcmp(port->name, name) != 0)
			continue;
		ipsvc_kservice_clear(port);
		*port = ports->services[--ports->n];
		return;
	}
}

/* Its group is not sorted then. */
static void apply(struct ipsvc_ktable *table, const char *name, uint8_t family,
		  const struct ipsvc_kservice *want)
{
	char *service = service_of(name);
	struct ipsvc_kgroup *group = get(table, service);
	struct ipsvc_kservice made;

	count(table, &group->ports, -1);
	remove_port(&group->ports, name, family);
	if (want) {
		ipsvc_kservice_copy(&made, want);
		ipsvc_state_move(&group->ports, &made);
	}
	count(table, &group->ports, 1);
	group->unsorted = true;
	free(service);
}

/* Sorts the Service of @name, or takes it out when nothing of it is left. */
static void settle(struct ipsvc_ktable *table, const char *name)
{
	char *service = service_of(name);
	struct ipsvc_kgroup *group = find(table, service);

	if (group) {
		sort(group);
		put(table, group);
	}
	free(service);
}

void ipsvc_ktable_apply(struct ipsvc_ktable *table, const struct ipsvc_op *ops,
			size_t n)
{
	/* Keys of their own: @ops may point into the table. */
	struct ipsvc_kservice *keys = xcalloc(n ? n : 1, sizeof(*keys));

	for (size_t i = 0; i < n; i++) {
		keys[i].name = xstrdup(ipsvc_op_service(&ops[i])->name);
		keys[i].family = ipsvc_op_service(&ops[i])->family;
	}
	for (size_t i = 0; i < n; i++)
		apply(table, keys[i].name, keys[i].family, ops[i].want);
	for (size_t i = 0; i < n; i++) {
		settle(table, keys[i].name);
		free(keys[i].name);
	}
	free(keys);
}

void ipsvc_ktable_diff(const struct ipsvc_ktable *have,
		       const struct ipsvc_ktable *want, const char *service,
		       struct ipsvc_ops *ops)
{
	static const struct ipsvc_state none;
	const struct ipsvc_kgroup *h = find(have, service);
	const struct ipsvc_kgroup *w = find(want, service);

	ipsvc_diff(h ? &h->ports : &none, w ? &w->ports : &none, ops);
}

void ipsvc_ktable_names(const struct ipsvc_ktable *table, json_t *names)
{
	struct ipsvc_map_node *node = NULL;

	while ((node = ipsvc_map_walk(&table->groups, node)))
		json_object_set_new(names, ((struct ipsvc_kgroup *)node)->service,
				    json_true());
}

void ipsvc_ktable_free(struct ipsvc_ktable *table)
{
	struct ipsvc_map_node *node, *next;

	for (node = ipsvc_map_walk(&table->groups, NULL); node; node = next) {
		struct ipsvc_kgroup *group = (struct ipsvc_kgroup *)node;

		next = ipsvc_map_walk(&table->groups, node);
		ipsvc_state_free(&group->ports);
		free(group->service);
		free(group);
	}
	ipsvc_map_free(&table->groups);
	*table = (struct ipsvc_ktable){0};
}
