// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

static struct ipsvc_op *add_op(struct ipsvc_ops *ops, enum ipsvc_op_type type,
			       const struct ipsvc_kservice *svc)
{
	struct ipsvc_op *op;

	ops->items = ipsvc_grow(ops->items, ops->n, &ops->cap,
				sizeof(*ops->items));
	op = &ops->items[ops->n++];
	op->type = type;
	op->svc = svc;
	op->frontends = op->endpoints = false;
	return op;
}

static bool same_frontends(const struct ipsvc_kservice *a,
			   const struct ipsvc_kservice *b)
{
	size_t i;

	if (a->nfrontends != b->nfrontends)
		return false;
	for (i = 0; i < a->nfrontends; i++)
		if (a->frontends[i].class != b->frontends[i].class ||
		    a->frontends[i].port != b->frontends[i].port ||
		    ipsvc_addr_cmp(&a->frontends[i].addr, &b->frontends[i].addr))
			return false;
	return true;
}

static bool same_endpoints(const struct ipsvc_kservice *a,
			   const struct ipsvc_kservice *b)
{
	size_t i;

	if (a->nendpoints != b->nendpoints)
		return false;
	for (i = 0; i < a->nendpoints; i++)
		if (a->endpoints[i].port != b->endpoints[i].port ||
		    a->endpoints[i].flags != b->endpoints[i].flags ||
		    ipsvc_addr_cmp(&a->endpoints[i].addr, &b->endpoints[i].addr))
			return false;
	return true;
}

/* One walk over both, for the ops of one type: they come out in that order. */
static void walk(const struct ipsvc_state *have, const struct ipsvc_state *want,
		 enum ipsvc_op_type type, struct ipsvc_ops *ops)
{
	size_t i = 0, j = 0;

	while (i < have->n || j < want->n) {
		const struct ipsvc_kservice *h =
			i < have->n ? &have->services[i] : NULL;
		const struct ipsvc_kservice *w =
			j < want->n ? &want->services[j] : NULL;
		int d = !h ? 1 : !w ? -1 : strcmp(h->name, w->name);
		bool replaced = !d && h->protocol != w->protocol;
		bool frontends, endpoints;

		if ((d < 0 || replaced) && type == IPSVC_OP_DEL)
			add_op(ops, IPSVC_OP_DEL, h);
		if ((d > 0 || replaced) && type == IPSVC_OP_NEW)
			add_op(ops, IPSVC_OP_NEW, w);
		if (!d && !replaced && type == IPSVC_OP_SET) {
			frontends = !same_frontends(h, w);
			endpoints = !same_endpoints(h, w);
			if (frontends || endpoints) {
				struct ipsvc_op *op = add_op(ops, type, w);

				op->frontends = frontends;
				op->endpoints = endpoints;
			}
		}
		i += d <= 0;
		j += d >= 0;
	}
}

void ipsvc_diff(const struct ipsvc_state *have, const struct ipsvc_state *want,
		struct ipsvc_ops *ops)
{
	walk(have, want, IPSVC_OP_DEL, ops);
	walk(have, want, IPSVC_OP_SET, ops);
	walk(have, want, IPSVC_OP_NEW, ops);
}

void ipsvc_ops_free(struct ipsvc_ops *ops)
{
	free(ops->items);
	memset(ops, 0, sizeof(*ops));
}
