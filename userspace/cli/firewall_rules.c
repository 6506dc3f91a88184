// SPDX-License-Identifier: GPL-2.0-or-later
/* A ruleset of nft, sorted by what refers to what. */
#include "firewall_rules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

static char *key_of(const json_t *near, const char *name)
{
	return xasprintf("%s %s %s", ipsvc_json_text(near, "family"),
			 ipsvc_json_text(near, "table"), name);
}

json_t *firewall_rules_find(json_t *values, const json_t *near,
			    const char *name)
{
	char *key = key_of(near, name);
	json_t *value = json_object_get(values, key);

	free(key);
	return value;
}

static void keep(json_t *values, const json_t *value)
{
	char *key = key_of(value, ipsvc_json_text(value, "name"));

	json_object_set_new(values, key, json_copy((json_t *)value));
	free(key);
}

static bool is_ipv4(const json_t *value)
{
	static const char *const families[] = { "ip", "inet", "iptables" };
	const char *family = ipsvc_json_text(value, "family");

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (!strcmp(family, families[i]))
			return true;
	return false;
}

static void add_rule(struct firewall_rules *rules, const json_t *rule)
{
	json_t *chain = firewall_rules_find(rules->chains, rule,
					    ipsvc_json_text(rule, "chain"));
	json_t *expr = json_object_get(rule, "expr");

	if (!chain || !json_is_array(expr))
		return;
	if (!json_object_get(chain, "rules"))
		json_object_set_new(chain, "rules", json_array());
	json_array_append(json_object_get(chain, "rules"), expr);
}

/* Of { "chain": {…} } and the like; nft prints a chain before its rules. */
static void add(struct firewall_rules *rules, const char *kind,
		const json_t *value)
{
	if (!is_ipv4(value))
		return;
	if (!strcmp(kind, "rule"))
		add_rule(rules, value);
	else if (!strcmp(kind, "chain"))
		keep(rules->chains, value);
	else if (!strcmp(kind, "set"))
		keep(rules->sets, value);
	else if (!strcmp(kind, "flowtable"))
		keep(rules->flowtables, value);
}

void firewall_rules_init(struct firewall_rules *rules, const json_t *ruleset)
{
	json_t *item, *value;
	const char *kind;
	size_t i;

	rules->chains = json_object();
	rules->sets = json_object();
	rules->flowtables = json_object();
	json_array_foreach(json_object_get(ruleset, "nftables"), i, item)
		json_object_foreach(item, kind, value)
			add(rules, kind, value);
}

void firewall_rules_free(struct firewall_rules *rules)
{
	json_decref(rules->chains);
	json_decref(rules->sets);
	json_decref(rules->flowtables);
}
