// SPDX-License-Identifier: GPL-2.0-or-later
#include "refusals.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "plan.h"

#define MIX(digest, field) ipsvc_hash(digest, &(field), sizeof(field))

/* Of all that the kernel is asked for. */
static uint64_t digest_of(const struct ipsvc_op *op)
{
	uint64_t digest = IPSVC_HASH_START;
	const struct ipsvc_kservice *want = op->want;

	if (!want)
		return digest;
	digest = MIX(digest, want->protocol);
	for (size_t i = 0; i < want->nfrontends; i++) {
		digest = MIX(digest, want->frontends[i].class);
		digest = MIX(digest, want->frontends[i].addr);
		digest = MIX(digest, want->frontends[i].port);
		digest = MIX(digest, want->frontends[i].flags);
	}
	for (size_t i = 0; i < want->nendpoints; i++) {
		digest = MIX(digest, want->endpoints[i].addr);
		digest = MIX(digest, want->endpoints[i].port);
		digest = MIX(digest, want->endpoints[i].flags);
	}
	return digest;
}

static char *key_of(const struct ipsvc_op *op)
{
	const struct ipsvc_kservice *svc = ipsvc_op_service(op);

	return xasprintf("%s %u", svc->name, svc->family);
}

void refusals_expire(struct refusals *r, uint32_t generation, uint64_t now)
{
	if (r->generation != generation || now - r->since > PLAN_PERIOD)
		refusals_free(r);
}

/* Whether just this was refused. */
static bool refusals_has(const struct refusals *r, const struct ipsvc_op *op)
{
	char *key = key_of(op);
	const json_t *entry = json_object_get(r->by_service, key);
	json_int_t digest = (json_int_t)digest_of(op);

	free(key);
	return entry &&
	       json_integer_value(json_object_get(entry, "digest")) == digest;
}

void refusals_add(struct refusals *r, const struct ipsvc_op *op,
		  const char *message, uint64_t now)
{
	char *key = key_of(op);

	if (!r->by_service) {
		r->by_service = json_object();
		r->since = now;
	}
	json_object_set_new(r->by_service, key,
		json_pack("{s:I, s:s, s:s}",
			  "digest", (json_int_t)digest_of(op),
			  "service", ipsvc_op_service(op)->name,
			  "message", message));
	free(key);
}

void refusals_explain(struct refusals *r, int err, const char *message)
{
	char *copy = xstrdup(message);

	free(r->message);
	r->message = copy;
	r->err = err;
}

json_t *refusals_list(const struct refusals *r)
{
	json_t *all, *entry;
	const char *key;

	if (!json_object_size(r->by_service))
		return NULL;
	all = json_array();
	json_object_foreach(r->by_service, key, entry)
		json_array_append_new(all, json_pack("{s:O, s:O}",
			"service", json_object_get(entry, "service"),
			"message", json_object_get(entry, "message")));
	return all;
}

size_t refusals_take_out(const struct refusals *r, struct ipsvc_ops *ops)
{
	size_t n = 0, before = ops->n;

	for (size_t i = 0; i < before; i++)
		if (!refusals_has(r, &ops->items[i]))
			ops->items[n++] = ops->items[i];
	ops->n = n;
	return before - n;
}

void refusals_free(struct refusals *r)
{
	json_decref(r->by_service);
	free(r->message);
	*r = (struct refusals){0};
}
