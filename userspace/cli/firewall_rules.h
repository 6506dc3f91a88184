/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset of nft, sorted by what refers to what. Pure. */
#ifndef IPSVC_CLI_FIREWALL_RULES_H
#define IPSVC_CLI_FIREWALL_RULES_H

#include <jansson.h>

/*
 * The part of a ruleset that IPv4 packets meet. Each member is an object whose
 * keys are "FAMILY TABLE NAME"; the values are objects as nft prints them, a
 * chain's with an array "rules" of the expressions of its rules.
 */
struct firewall_rules {
	json_t *chains, *sets, *flowtables;
};

/* @ruleset is what `nft -j list ruleset` prints; anything else has no rules. */
void firewall_rules_init(struct firewall_rules *rules, const json_t *ruleset);
void firewall_rules_free(struct firewall_rules *rules);

/* The value for NAME in the table of @near, a value or rule; or NULL. */
json_t *firewall_rules_find(json_t *values, const json_t *near,
			    const char *name);

#endif
