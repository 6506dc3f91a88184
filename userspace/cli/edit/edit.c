// SPDX-License-Identifier: GPL-2.0-or-later
#include "edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "cli/print/kservice.h"

/* ---- service ports ------------------------------------------------------ */

static uint64_t hash_service(const char *name, uint8_t family)
{
	return ipsvc_hash(ipsvc_hash_text(IPSVC_HASH_START, name), &family,
			  sizeof(family));
}

static struct edit_service *find(const struct edit *e, const char *name,
				 uint8_t family)
{
	struct ipsvc_map_node *node = ipsvc_map_first(&e->services,
						      hash_service(name, family));

	for (; node; node = ipsvc_map_next(node)) {
		struct edit_service *svc = IPSVC_CONTAINER(node,
						struct edit_service, node);

		if (svc->family == family && !strcmp(svc->name, name))
			return svc;
	}
	return NULL;
}

const struct edit_service *edit_find(const struct edit *e, const char *name,
				     uint8_t family)
{
	return find(e, name, family);
}

static struct edit_service *add_service(struct edit *e, const char *name,
					uint8_t family)
{
	struct edit_service *svc = xcalloc(1, sizeof(*svc));

	svc->name = xstrdup(name);
	svc->family = family;
	ipsvc_map_add(&e->services, &svc->node, hash_service(name, family));
	return svc;
}

/* Takes over the first of @st. */
static void take(struct edit_service *svc, struct ipsvc_kservice *from)
{
	svc->have = *from;
	memset(from, 0, sizeof(*from));
	svc->had = svc->has = true;
}

void edit_load(struct edit *e, struct ipsvc_state *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct ipsvc_kservice *from = &all->services[i];

		take(add_service(e, from->name, from->family), from);
	}
	ipsvc_state_free(all);
	e->complete = true;
}

/* NULL: edit.err says why. */
static struct edit_service *get(struct edit *e, const char *name, uint8_t family)
{
	struct edit_service *svc = find(e, name, family);
	struct ipsvc_state st = { 0 };
	int err = -ENOENT;

	if (svc)
		return svc;
	if (!e->complete)
		err = e->read(e->arg, name, family, &st);
	if (err && err != -ENOENT) {
		e->err = err;
		return NULL;
	}
	svc = add_service(e, name, family);
	if (!err && st.n)
		take(svc, &st.services[0]);
	ipsvc_state_free(&st);
	return svc;
}

/* It is about to be changed. */
static void touch(struct edit_service *svc, unsigned int line)
{
	if (!svc->touched && svc->had)
		ipsvc_kservice_copy(&svc->want, &svc->have);
	svc->touched = true;
	svc->line = line;
}

static char *no_service(const char *name, uint8_t family)
{
	return xasprintf("there is no service %s%s%s", name,
			 family ? " of " : "",
			 family ? kservice_family(family) : "");
}

/* That of @family, or the only one there is; NULL after *@wrong or edit.err. */
static struct edit_service *must_get(struct edit *e, const char *name,
				     uint8_t family, char **wrong)
{
	struct edit_service *v4 = NULL, *v6 = NULL;

	*wrong = NULL;
	if (family != AF_INET6)
		v4 = get(e, name, AF_INET);
	if (family != AF_INET && !e->err)
		v6 = get(e, name, AF_INET6);
	if (e->err)
		return NULL;
	v4 = v4 && v4->has ? v4 : NULL;
	v6 = v6 && v6->has ? v6 : NULL;
	if (v4 && v6)
		*wrong = xasprintf("there are two services %s: say family inet or family inet6",
				   name);
	else if (!v4 && !v6)
		*wrong = no_service(name, family);
	return *wrong ? NULL : v4 ? v4 : v6;
}

/* ---- endpoints ---------------------------------------------------------- */

static uint64_t hash_place(const struct edit_service *of,
			   const struct in6_addr *addr, uint16_t port)
{
	uint64_t hash = ipsvc_hash(IPSVC_HASH_START, &of, sizeof(of));

	hash = ipsvc_hash(hash, addr, sizeof(*addr));
	return ipsvc_hash(hash, &port, sizeof(port));
}

static struct edit_place *find_place(const struct edit *e,
				     const struct edit_service *of,
				     const struct in6_addr *addr, uint16_t port)
{
	struct ipsvc_map_node *node = ipsvc_map_first(&e->endpoints,
						hash_place(of, addr, port));

	for (; node; node = ipsvc_map_next(node)) {
		struct edit_place *place = IPSVC_CONTAINER(node,
						struct edit_place, node);

		if (place->of == of && place->port == port &&
		    !ipsvc_ip_cmp(&place->addr, addr))
			return place;
	}
	return NULL;
}

static void add_place(struct edit *e, const struct edit_service *of,
		      size_t index, unsigned int line)
{
	const struct ipsvc_endpoint *ep = &of->want.endpoints[index];
	struct edit_place *place = xcalloc(1, sizeof(*place));

	*place = (struct edit_place){
		.of = of, .addr = ep->addr, .port = ep->port,
		.index = index, .line = line,
	};
	ipsvc_map_add(&e->endpoints, &place->node,
		      hash_place(of, &ep->addr, ep->port));
}

static void forget_place(struct edit *e, struct edit_place *place)
{
	ipsvc_map_remove(&e->endpoints, &place->node);
	free(place);
}

static void index_endpoints(struct edit *e, struct edit_service *svc)
{
	for (size_t i = 0; !svc->indexed && i < svc->want.nendpoints; i++)
		add_place(e, svc, i, 0);
	svc->indexed = true;
}

static void forget_endpoints(struct edit *e, struct edit_service *svc)
{
	for (size_t i = 0; svc->indexed && i < svc->want.nendpoints; i++) {
		const struct ipsvc_endpoint *ep = &svc->want.endpoints[i];

		forget_place(e, find_place(e, svc, &ep->addr, ep->port));
	}
	svc->indexed = true;
	svc->want.nendpoints = 0;
	free(svc->want.endpoints);
	svc->want.endpoints = NULL;
}

static char *say_endpoint(const char *what, const struct edit_service *svc,
			  const struct ipsvc_endpoint *ep)
{
	char *addr = kservice_address(&ep->addr, ep->port), *text;

	text = xasprintf("service %s has %s endpoint %s", svc->name, what, addr);
	free(addr);
	return text;
}

static char *add_endpoint(struct edit *e, struct edit_service *svc,
			  const struct edit_endpoint *item, unsigned int line)
{
	const struct ipsvc_endpoint *ep = &item->endpoint;
	struct ipsvc_endpoint *added;

	index_endpoints(e, svc);
	if (find_place(e, svc, &ep->addr, ep->port))
		return say_endpoint("already the", svc, ep);
	added = ipsvc_kservice_add_endpoint(&svc->want, &ep->addr, ep->port,
					    ep->flags);
	added->weight = ep->weight;
	added->flows_max = ep->flows_max;
	add_place(e, svc, svc->want.nendpoints - 1, line);
	return NULL;
}

static char *change_endpoint(struct edit *e, struct edit_service *svc,
			     const struct edit_endpoint *item, unsigned int line)
{
	const struct ipsvc_endpoint *from = &item->endpoint;
	struct ipsvc_endpoint *ep;
	struct edit_place *place;

	index_endpoints(e, svc);
	place = find_place(e, svc, &from->addr, from->port);
	if (!place)
		return say_endpoint("no", svc, from);
	place->line = line;
	ep = &svc->want.endpoints[place->index];
	ep->flags = (ep->flags & ~item->flags_given) | from->flags;
	if (item->given & GIVEN_WEIGHT)
		ep->weight = from->weight;
	if (item->given & GIVEN_FLOWS_MAX)
		ep->flows_max = from->flows_max;
	return NULL;
}

/* The last one takes its place. */
static char *delete_endpoint(struct edit *e, struct edit_service *svc,
			     const struct edit_endpoint *item)
{
	const struct ipsvc_endpoint *from = &item->endpoint, *last;
	struct ipsvc_endpoint *items;
	struct edit_place *place;

	index_endpoints(e, svc);
	items = svc->want.endpoints;
	place = find_place(e, svc, &from->addr, from->port);
	if (!place)
		return say_endpoint("no", svc, from);
	last = &items[--svc->want.nendpoints];
	find_place(e, svc, &last->addr, last->port)->index = place->index;
	items[place->index] = *last;
	forget_place(e, place);
	return NULL;
}

/* ---- commands ----------------------------------------------------------- */

static void put_options(struct ipsvc_koptions *to, const struct edit_command *cmd)
{
	const struct ipsvc_koptions *from = &cmd->options;

	if (cmd->given & GIVEN_SCHEDULER)
		to->scheduler = from->scheduler;
	if (cmd->given & GIVEN_HASH_KEY)
		memcpy(to->hash_key, from->hash_key, sizeof(to->hash_key));
	if (cmd->given & GIVEN_HASH_SIZE)
		to->hash_size = from->hash_size;
	if (cmd->given & GIVEN_AFFINITY)
		to->affinity_timeout = from->affinity_timeout;
	if (cmd->given & GIVEN_AFFINITY_PREFIX)
		to->affinity_prefix = from->affinity_prefix;
	to->flags = (to->flags & ~cmd->flags_given) | from->flags;
}

/* What the words say, on top of what there is. */
static char *put_words(struct edit *e, struct edit_service *svc,
		       const struct edit_command *cmd, unsigned int line)
{
	char *wrong = NULL;

	if (cmd->protocol)
		svc->want.protocol = cmd->protocol;
	put_options(&svc->want.options, cmd);
	if (cmd->given & GIVEN_FRONTENDS)
		svc->want.nfrontends = 0;
	for (size_t i = 0; i < cmd->n_frontends; i++) {
		const struct ipsvc_frontend *fe = &cmd->frontends[i];

		ipsvc_kservice_add_frontend(&svc->want, fe->class, &fe->addr,
					    fe->port, fe->flags);
	}
	if (cmd->given & GIVEN_RANGES)
		svc->want.nranges = 0;
	for (size_t i = 0; i < cmd->n_ranges; i++)
		ipsvc_kservice_add_range(&svc->want, &cmd->ranges[i].cidr,
					 cmd->ranges[i].flags);
	if (cmd->given & GIVEN_ENDPOINTS)
		forget_endpoints(e, svc);
	for (size_t i = 0; i < cmd->n_endpoints && !wrong; i++)
		wrong = add_endpoint(e, svc, &cmd->endpoints[i], line);
	return wrong;
}

static char *service_add(struct edit *e, const struct edit_command *cmd,
			 unsigned int line)
{
	uint8_t family = cmd->family ? cmd->family : AF_INET;
	struct edit_service *svc = get(e, cmd->names[0], family);

	if (!svc)
		return xstrdup("");
	if (svc->has)
		return xasprintf("there is a service %s of %s already",
				 svc->name, kservice_family(family));
	touch(svc, line);
	forget_endpoints(e, svc);
	ipsvc_kservice_clear(&svc->want);
	svc->has = true;
	svc->want.name = xstrdup(svc->name);
	svc->want.family = family;
	return put_words(e, svc, cmd, line);
}

static char *service_change(struct edit *e, const struct edit_command *cmd,
			    unsigned int line)
{
	struct edit_service *svc;
	char *wrong;

	svc = must_get(e, cmd->names[0], cmd->family, &wrong);
	if (!svc)
		return wrong ? wrong : xstrdup("");
	touch(svc, line);
	return put_words(e, svc, cmd, line);
}

static char *service_delete(struct edit *e, const struct edit_command *cmd,
			    unsigned int line)
{
	struct edit_service *svc;
	char *wrong;

	for (size_t i = 0; i < cmd->n_names; i++) {
		svc = must_get(e, cmd->names[i], cmd->family, &wrong);
		if (!svc)
			return wrong ? wrong : xstrdup("");
		touch(svc, line);
		svc->has = false;
	}
	return NULL;
}

static char *service_flush(struct edit *e, const struct edit_command *cmd,
			   unsigned int line)
{
	const struct cli cli = { .ns = cmd->ns };
	struct ipsvc_map_node *node = NULL;

	while ((node = ipsvc_map_walk(&e->services, node))) {
		struct edit_service *svc = IPSVC_CONTAINER(node,
						struct edit_service, node);

		if ((cmd->family && cmd->family != svc->family) ||
		    !cli_in_namespace(&cli, svc->name))
			continue;
		touch(svc, line);
		svc->has = false;
	}
	return NULL;
}

static char *endpoint_command(struct edit *e, const struct edit_command *cmd,
			      unsigned int line)
{
	char *wrong = NULL;

	for (size_t i = 0; i < cmd->n_endpoints && !wrong; i++) {
		const struct edit_endpoint *item = &cmd->endpoints[i];
		struct edit_service *svc;

		svc = must_get(e, cmd->names[0],
			       ipsvc_ip_family(&item->endpoint.addr), &wrong);
		if (!svc)
			return wrong ? wrong : xstrdup("");
		touch(svc, line);
		if (cmd->verb == EDIT_ADD)
			wrong = add_endpoint(e, svc, item, line);
		else if (cmd->verb == EDIT_CHANGE)
			wrong = change_endpoint(e, svc, item, line);
		else
			wrong = delete_endpoint(e, svc, item);
	}
	return wrong;
}

char *edit_apply(struct edit *e, const struct edit_command *cmd,
		 unsigned int line)
{
	if (cmd->object == EDIT_ENDPOINT)
		return endpoint_command(e, cmd, line);
	switch (cmd->verb) {
	case EDIT_ADD:
		return service_add(e, cmd, line);
	case EDIT_CHANGE:
		return service_change(e, cmd, line);
	case EDIT_DELETE:
		return service_delete(e, cmd, line);
	case EDIT_FLUSH:
		return service_flush(e, cmd, line);
	}
	return NULL;
}

/* ---- what comes of them ------------------------------------------------- */

void edit_ops(struct edit *e, struct ipsvc_state *have, struct ipsvc_state *want,
	      struct ipsvc_ops *ops)
{
	struct ipsvc_map_node *node = NULL;

	while ((node = ipsvc_map_walk(&e->services, node))) {
		struct edit_service *svc = IPSVC_CONTAINER(node,
						struct edit_service, node);

		if (svc->touched && svc->had)
			ipsvc_state_move(have, &svc->have);
		if (svc->touched && svc->has)
			ipsvc_state_move(want, &svc->want);
	}
	ipsvc_state_sort(have);
	ipsvc_state_sort(want);
	ipsvc_diff(have, want, ops);
}

unsigned int edit_line_of(const struct edit *e, const struct edit_service *svc,
			  const struct in6_addr *addr, uint16_t port)
{
	const struct edit_place *place = find_place(e, svc, addr, port);

	return place && place->line ? place->line : svc->line;
}

static void free_service(struct edit_service *svc)
{
	ipsvc_kservice_clear(&svc->have);
	ipsvc_kservice_clear(&svc->want);
	free(svc->name);
	free(svc);
}

void edit_free(struct edit *e)
{
	struct ipsvc_map_node *node, *next;

	for (node = ipsvc_map_walk(&e->endpoints, NULL); node; node = next) {
		next = ipsvc_map_walk(&e->endpoints, node);
		free(IPSVC_CONTAINER(node, struct edit_place, node));
	}
	for (node = ipsvc_map_walk(&e->services, NULL); node; node = next) {
		next = ipsvc_map_walk(&e->services, node);
		free_service(IPSVC_CONTAINER(node, struct edit_service, node));
	}
	ipsvc_map_free(&e->endpoints);
	ipsvc_map_free(&e->services);
	*e = (struct edit){ 0 };
}
