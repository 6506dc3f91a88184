// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flowtables. A connection that is offloaded does not pass the hooks any more;
 * conntrack, and so the flowtable, has the tuples client to endpoint and endpoint
 * to client. A client's packet, which is addressed to the Service, does not match
 * them; the endpoint's answer does, where it is addressed to the client, and is
 * sent on with the endpoint's address as its source. Answers to masqueraded
 * connections are addressed to this node and do not match.
 */
#include "firewall_hints.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "firewall_rules.h"
#include "hint.h"

static bool excepts(const json_t *match, const char *field)
{
	const json_t *payload = json_object_get(json_object_get(match, "left"),
						"payload");

	return *ipsvc_json_text(match, "op") == '!' &&
	       !strcmp(ipsvc_json_text(payload, "protocol"), "ip") &&
	       !strcmp(ipsvc_json_text(payload, "field"), field);
}

/* The name of the flowtable that the rule adds any address to, or NULL. */
static const char *offloads(json_t *expr)
{
	bool saddr = false, daddr = false;
	json_t *statement;
	size_t i;

	json_array_foreach(expr, i, statement) {
		json_t *match = json_object_get(statement, "match");
		json_t *flow = json_object_get(statement, "flow");
		const char *name = ipsvc_json_text(flow, "flowtable");

		saddr |= excepts(match, "saddr");
		daddr |= excepts(match, "daddr");
		if (*name)
			return saddr && daddr ? NULL : name + (*name == '@');
	}
	return NULL;
}

/* One name, or a list of them. */
static char *devices_of(const json_t *table)
{
	json_t *dev = json_object_get(table, "dev"), *name;
	struct ipsvc_buf names = {0};
	size_t i;

	if (json_is_string(dev))
		return xstrdup(json_string_value(dev));
	json_array_foreach(dev, i, name)
		if (json_is_string(name))
			ipsvc_buf_printf(&names, "%s%s", names.len ? ", " : "",
					 json_string_value(name));
	return ipsvc_buf_take(&names);
}

static void warn(const json_t *table, json_t *hints)
{
	char *devices = devices_of(table);

	if (*devices)
		hint_add(hints, "flowtable",
			 xasprintf("flowtable %s of nft table %s %s (devices %s) takes answers of endpoints past ipsvc: a connection to a ClusterIP breaks when it is offloaded, since the client gets the answers from the endpoint's own address",
				   ipsvc_json_text(table, "name"),
				   ipsvc_json_text(table, "family"),
				   ipsvc_json_text(table, "table"), devices),
			 xasprintf("put \"ip saddr != PODS ip daddr != PODS\", with the network of the endpoints, before \"flow add @%s\"; or set notrack to 1",
				   ipsvc_json_text(table, "name")));
	free(devices);
}

static void mark_used(const struct firewall_rules *rules, const json_t *chain)
{
	json_t *expr, *table;
	size_t i;

	json_array_foreach(json_object_get(chain, "rules"), i, expr) {
		const char *name = offloads(expr);

		table = name ? firewall_rules_find(rules->flowtables, chain,
						   name) : NULL;
		if (table)
			json_object_set_new(table, "used", json_true());
	}
}

void firewall_flowtable_hints(const json_t *ruleset, json_t *hints)
{
	struct firewall_rules rules;
	json_t *chain, *table;
	const char *name;

	firewall_rules_init(&rules, ruleset);
	json_object_foreach(rules.chains, name, chain)
		mark_used(&rules, chain);
	json_object_foreach(rules.flowtables, name, table)
		if (json_object_get(table, "used"))
			warn(table, hints);
	firewall_rules_free(&rules);
}
