// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stateful firewalls. A chain that drops by default lets answers pass because
 * conntrack knows the connection they belong to; packets that are not tracked
 * have the state "untracked", which such rules seldom name.
 *
 * Rules are not evaluated: what counts is whether, on some way through the chain
 * and those it jumps to, a rule accepts packets by their state, and by which.
 */
#include "firewall_hints.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "firewall_rules.h"

/* The states that matter here, and that the state was looked at. */
#define ESTABLISHED	1u
#define UNTRACKED	2u
#define ANY_STATE	(ESTABLISHED | UNTRACKED)
#define BY_STATE	4u

/* The kernel follows 16 jumps. */
#define JUMPS_MAX	16

struct walk {
	const struct firewall_rules *rules;
	const json_t *base;	/* the chain that it starts from */
	json_t *seen;		/* "STATES CHAIN" */
	unsigned int accepted;
};

static unsigned int one_state(const json_t *value)
{
	const char *name = json_string_value(value);

	if (name && !strcmp(name, "established"))
		return ESTABLISHED;
	if (name && !strcmp(name, "untracked"))
		return UNTRACKED;
	return 0;
}

static unsigned int list_of_states(const json_t *list)
{
	unsigned int states = one_state(list);
	json_t *value;
	size_t i;

	json_array_foreach((json_t *)list, i, value)
		states |= one_state(value);
	return states;
}

/* "established", a list, { "set": list } or "@NAME" of a set. */
static unsigned int states_of(const struct walk *w, const json_t *right)
{
	const json_t *set = json_object_get(right, "set");
	const char *name;

	if (set)
		return states_of(w, set);
	name = json_string_value(right);
	if (name && *name == '@') {
		set = firewall_rules_find(w->rules->sets, w->base, name + 1);
		return list_of_states(json_object_get(set, "elem"));
	}
	return list_of_states(right);
}

static bool is_ct_state(const json_t *expr)
{
	return !strcmp(ipsvc_json_text(json_object_get(expr, "ct"), "key"),
		       "state");
}

/* What of @states passes a match. */
static unsigned int narrow(const struct walk *w, const json_t *match,
			   unsigned int states)
{
	unsigned int matched;

	if (!is_ct_state(json_object_get(match, "left")))
		return states;
	matched = states_of(w, json_object_get(match, "right"));
	if (*ipsvc_json_text(match, "op") == '!')
		matched = ~matched;
	return (states & matched & ANY_STATE) | BY_STATE;
}

static void walk_chain(struct walk *w, const json_t *chain, unsigned int states,
		       int jumps);

static void walk_verdict(struct walk *w, const json_t *verdict,
			 unsigned int states, int jumps)
{
	const json_t *jump = json_object_get(verdict, "jump");

	if (!jump)
		jump = json_object_get(verdict, "goto");
	if (jump)
		walk_chain(w, firewall_rules_find(w->rules->chains, w->base,
						  ipsvc_json_text(jump, "target")),
			   states, jumps + 1);
	else if (json_object_get(verdict, "accept") && (states & BY_STATE))
		w->accepted |= states;
}

/* ct state vmap { established : accept, … } */
static void walk_map(struct walk *w, const json_t *vmap, unsigned int states,
		     int jumps)
{
	json_t *pairs = json_object_get(json_object_get(vmap, "data"), "set");
	json_t *pair;
	size_t i;

	if (!is_ct_state(json_object_get(vmap, "key")))
		return;
	json_array_foreach(pairs, i, pair) {
		unsigned int key = list_of_states(json_array_get(pair, 0));

		walk_verdict(w, json_array_get(pair, 1),
			     (states & key) | BY_STATE, jumps);
	}
}

static void walk_rule(struct walk *w, json_t *expr, unsigned int states,
		      int jumps)
{
	json_t *statement;
	size_t i;

	json_array_foreach(expr, i, statement) {
		json_t *match = json_object_get(statement, "match");
		json_t *vmap = json_object_get(statement, "vmap");

		if (match)
			states = narrow(w, match, states);
		else if (vmap)
			walk_map(w, vmap, states, jumps);
		else
			walk_verdict(w, statement, states, jumps);
	}
}

/* Once for each chain and combination of states, so it is linear in the rules. */
static void walk_chain(struct walk *w, const json_t *chain, unsigned int states,
		       int jumps)
{
	json_t *expr;
	char *key;
	size_t i;

	if (!chain || jumps > JUMPS_MAX || !(states & ANY_STATE))
		return;
	key = xasprintf("%u %s", states, ipsvc_json_text(chain, "name"));
	if (!json_object_get(w->seen, key)) {
		json_object_set_new(w->seen, key, json_true());
		json_array_foreach(json_object_get(chain, "rules"), i, expr)
			walk_rule(w, expr, states, jumps);
	}
	free(key);
}

/* A rule without conditions that lets nothing pass. */
static bool drops_all(json_t *expr)
{
	json_t *statement;
	size_t i;

	json_array_foreach(expr, i, statement) {
		if (json_object_get(statement, "drop") ||
		    json_object_get(statement, "reject"))
			return true;
		if (!json_object_get(statement, "counter") &&
		    !json_object_get(statement, "log"))
			return false;
	}
	return false;
}

static bool drops_by_default(const json_t *chain)
{
	json_t *expr;
	size_t i;

	if (!strcmp(ipsvc_json_text(chain, "policy"), "drop"))
		return true;
	json_array_foreach(json_object_get(chain, "rules"), i, expr)
		if (drops_all(expr))
			return true;
	return false;
}

static bool filters(const json_t *chain)
{
	const char *hook = ipsvc_json_text(chain, "hook");

	return !strcmp(hook, "input") || !strcmp(hook, "forward") ||
	       !strcmp(hook, "output");
}

static bool is_stateful(const struct firewall_rules *rules, const json_t *chain)
{
	struct walk w = {
		.rules = rules,
		.base = chain,
		.seen = json_object(),
	};

	walk_chain(&w, chain, ANY_STATE, 0);
	json_decref(w.seen);
	return (w.accepted & ESTABLISHED) && !(w.accepted & UNTRACKED);
}

char *firewall_stateful_chains(const json_t *ruleset)
{
	struct ipsvc_buf names = {0};
	struct firewall_rules rules;
	const char *name;
	json_t *chain;

	firewall_rules_init(&rules, ruleset);
	json_object_foreach(rules.chains, name, chain)
		if (filters(chain) && drops_by_default(chain) &&
		    is_stateful(&rules, chain))
			ipsvc_buf_printf(&names, "%s%s", names.len ? ", " : "",
					 name);
	firewall_rules_free(&rules);
	return ipsvc_buf_take(&names);
}
