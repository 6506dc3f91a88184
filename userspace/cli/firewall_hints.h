/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of the packet filter that keep Services from working. Pure; rulesets are
 * what `nft -j list ruleset` prints.
 */
#ifndef IPSVC_CLI_FIREWALL_HINTS_H
#define IPSVC_CLI_FIREWALL_HINTS_H

#include <jansson.h>

/*
 * The table "filter" of what iptables-save prints, in the form of nft; as far as
 * the functions below look at it. The family is "iptables".
 */
json_t *firewall_from_iptables(const char *text);

/*
 * The chains of input, forward and output that drop by default and accept
 * packets of established connections, but not untracked ones: "FAMILY TABLE
 * CHAIN" with commas between; "" when there are none. The caller frees it.
 */
char *firewall_stateful_chains(const json_t *ruleset);

/*
 * Adds "flowtable" for each flowtable with devices that a rule adds connections
 * to, unless the rule excepts some source and some destination addresses: then
 * it is the administrator who knows which.
 */
void firewall_flowtable_hints(const json_t *ruleset, json_t *hints);

#endif
