// SPDX-License-Identifier: GPL-2.0-or-later
/* Frontends that two services are to have. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/print/kservice.h"
#include "edit.h"

/* A frontend and who is to have it. */
struct claim {
	const struct ipsvc_kservice *svc;
	const struct ipsvc_frontend *fe;
	unsigned int line;	/* of a command; 0: it has it already */
	bool wanted;
};

struct claims {
	struct claim *items;
	size_t n, cap;
};

static void add_service(struct claims *claims, const struct ipsvc_kservice *svc,
			unsigned int line, bool wanted)
{
	for (size_t i = 0; i < svc->nfrontends; i++) {
		claims->items = ipsvc_grow(claims->items, claims->n,
					   &claims->cap, sizeof(*claims->items));
		claims->items[claims->n++] = (struct claim){
			svc, &svc->frontends[i], line, wanted,
		};
	}
}

static int cmp_places(const struct claim *a, const struct claim *b)
{
	int d = ipsvc_ip_cmp(&a->fe->addr, &b->fe->addr);

	if (!d)
		d = a->svc->family - b->svc->family;
	if (!d)
		d = a->svc->protocol - b->svc->protocol;
	return d ? d : a->fe->port - b->fe->port;
}

/* Of one place, who has it comes first, and then who asked first. */
static int cmp_claims(const void *pa, const void *pb)
{
	const struct claim *a = pa, *b = pb;
	int d = cmp_places(a, b);

	if (!d)
		d = a->wanted - b->wanted;
	return d ? d : (a->line > b->line) - (a->line < b->line);
}

static char *say(const struct claim *claim, const struct claim *owner)
{
	char *addr = kservice_address(&claim->fe->addr, claim->fe->port), *text;

	text = xasprintf("the frontend belongs to service %s (service %s, frontend %s)",
			 owner->svc->name, claim->svc->name, addr);
	free(addr);
	return text;
}

static void collect(struct claims *claims, const struct edit *e,
		    const struct ipsvc_state *want,
		    const struct ipsvc_state *all)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct ipsvc_kservice *svc = &want->services[i];

		add_service(claims, svc,
			    edit_find(e, svc->name, svc->family)->line, true);
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct ipsvc_kservice *svc = &all->services[i];
		const struct edit_service *known = edit_find(e, svc->name,
							     svc->family);

		if (!known || !known->touched)
			add_service(claims, svc, 0, false);
	}
}

char *edit_find_taken(const struct edit *e, const struct ipsvc_state *want,
		      const struct ipsvc_state *all, unsigned int *line)
{
	struct claims claims = { 0 };
	char *text = NULL;

	collect(&claims, e, want, all);
	if (claims.n)
		qsort(claims.items, claims.n, sizeof(*claims.items), cmp_claims);
	for (size_t i = 1; i < claims.n && !text; i++) {
		const struct claim *claim = &claims.items[i];

		if (!claim->wanted || cmp_places(claim - 1, claim))
			continue;
		text = say(claim, claim - 1);
		*line = claim->line;
	}
	free(claims.items);
	return text;
}
