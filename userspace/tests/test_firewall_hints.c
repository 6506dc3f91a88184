// SPDX-License-Identifier: GPL-2.0-or-later
/* Which firewalls `ipsvc status` warns about; rulesets are as nft 1.0.6 and iptables 1.8.9 print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "cli/firewall_hints.h"

#define N(a)	(sizeof(a) / sizeof(*(a)))

/* Quotes are ' in these tests. */
static json_t *ruleset_of(const char *items)
{
	char *text = xasprintf("{'nftables': [{'metainfo': {'version': '1.0.6'}}, {'table': {'family': 'inet', 'name': 'f'}}%s%s]}",
			       *items ? ", " : "", items);
	json_error_t err;
	json_t *ruleset;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	ruleset = json_loads(text, 0, &err);
	if (!ruleset)
		fail_msg("%s: %s", err.text, text);
	free(text);
	return ruleset;
}

#define IN_TABLE(family)	"'family': '" family "', 'table': 'f'"
#define BASE_IN(family, name, hook, policy) \
	"{'chain': {" IN_TABLE(family) ", 'name': '" name "', 'type': 'filter', 'hook': '" hook "', 'prio': 0, 'policy': '" policy "'}}"
#define BASE(name, hook, policy)	BASE_IN("inet", name, hook, policy)
#define CHAIN(name)	"{'chain': {" IN_TABLE("inet") ", 'name': '" name "'}}"
#define RULE_IN(family, chain, expr) \
	"{'rule': {" IN_TABLE(family) ", 'chain': '" chain "', 'expr': [" expr "]}}"
#define RULE(chain, expr)	RULE_IN("inet", chain, expr)
#define STATE(op, right)	"{'match': {'op': '" op "', 'left': {'ct': {'key': 'state'}}, 'right': " right "}}"
#define VMAP(pairs)	"{'vmap': {'key': {'ct': {'key': 'state'}}, 'data': {'set': [" pairs "]}}}"
#define COUNTER		"{'counter': {'packets': 0, 'bytes': 0}}"
#define ACCEPT		"{'accept': null}"
#define IIF_LO		"{'match': {'op': '==', 'left': {'meta': {'key': 'iifname'}}, 'right': 'lo'}}"
#define JUMP(target)	"{'jump': {'target': '" target "'}}"
#define EST		STATE("in", "['established', 'related']")
#define DROPS		BASE("c", "forward", "drop") ", "

static void assert_chains(const char *items, const char *expected)
{
	json_t *ruleset = ruleset_of(items);
	char *chains = firewall_stateful_chains(ruleset);

	if (strcmp(chains, expected))
		fail_msg("\"%s\" instead of \"%s\": %s", chains, expected, items);
	free(chains);
	json_decref(ruleset);
}

/* The expression of a rule in a chain that drops. */
static void test_rules_that_forget_untracked(void **unused)
{
	static const char *const rules[] = {
		EST ", " ACCEPT,
		STATE("in", "'established'") ", " COUNTER ", " ACCEPT,
		STATE("==", "{'set': ['established', 'related']}") ", " ACCEPT,
		STATE("==", "'@s'") ", " ACCEPT,
		STATE("!=", "['invalid', 'untracked']") ", " ACCEPT,
		IIF_LO ", " EST ", " COUNTER ", " ACCEPT,
		VMAP("['invalid', {'drop': null}], ['established', " ACCEPT "], ['related', " ACCEPT "]"),
		VMAP("['established', " JUMP("d") "]"),
		STATE("in", "['established', 'new']") ", " JUMP("d"),
		STATE("in", "['established', 'new']") ", {'goto': {'target': 'd'}}",
		JUMP("d2"),
	};
	(void)unused;

	for (size_t i = 0; i < N(rules); i++) {
		char *items = xasprintf("{'set': {" IN_TABLE("inet") ", 'name': 's', 'type': 'ct_state', 'elem': ['established', 'related']}}, "
					DROPS CHAIN("d") ", " CHAIN("d2") ", {'rule': {" IN_TABLE("inet")
					", 'chain': 'c', 'expr': [%s]}}, " RULE("d", IIF_LO ", " ACCEPT) ", "
					RULE("d2", EST ", " ACCEPT), rules[i]);

		assert_chains(items, "inet f c");
		free(items);
	}
}

static void test_rules_that_are_fine(void **unused)
{
	static const char *const rules[] = {
		"",
		ACCEPT,
		IIF_LO ", " ACCEPT,
		EST ", " COUNTER,
		EST ", {'drop': null}",
		STATE("in", "'new'") ", " ACCEPT,
		STATE("in", "'untracked'") ", " ACCEPT,
		STATE("in", "['established', 'related', 'untracked']") ", " ACCEPT,
		STATE("!=", "'invalid'") ", " ACCEPT,
		STATE("==", "'@nothing'") ", " ACCEPT,
		VMAP("['established', " ACCEPT "], ['untracked', " ACCEPT "]"),
		VMAP("['established', " JUMP("d") "], ['untracked', " JUMP("d") "]"),
		/* Which states, nobody can tell. */
		"{'xt': {'type': 'match', 'name': 'conntrack'}}, " ACCEPT,
		STATE("in", "'established'") ", " STATE("in", "'new'") ", " ACCEPT,
		EST ", " JUMP("nowhere"),
		/* A circle, which the kernel refuses. */
		EST ", " JUMP("c"),
	};
	(void)unused;

	for (size_t i = 0; i < N(rules); i++) {
		char *items = xasprintf(DROPS CHAIN("d") ", {'rule': {" IN_TABLE("inet")
					", 'chain': 'c', 'expr': [%s]}}, " RULE("d", ACCEPT), rules[i]);

		assert_chains(items, "");
		free(items);
	}
}

static void test_a_second_rule_for_untracked(void **unused)
{
	(void)unused;
	assert_chains(DROPS RULE("c", EST ", " ACCEPT) ", "
		      RULE("c", STATE("in", "'untracked'") ", " ACCEPT), "");
	/* In another chain, which nobody jumps to. */
	assert_chains(DROPS CHAIN("d") ", " RULE("c", EST ", " ACCEPT) ", "
		      RULE("d", STATE("in", "'untracked'") ", " ACCEPT), "inet f c");
}

static void test_which_chains_count(void **unused)
{
	static const struct { const char *chain, *expected; } cases[] = {
		{ BASE("c", "input", "drop"), "inet f c" },
		{ BASE("c", "forward", "drop"), "inet f c" },
		{ BASE("c", "output", "drop"), "inet f c" },
		{ BASE("c", "prerouting", "drop"), "" },
		{ BASE("c", "forward", "accept"), "" },
		{ CHAIN("c"), "" },
		{ BASE("c", "forward", "accept") ", " RULE("c", COUNTER ", {'log': {'prefix': 'x'}}, {'drop': null}"), "inet f c" },
		{ BASE("c", "forward", "accept") ", " RULE("c", "{'reject': {'type': 'icmpx', 'expr': 'admin-prohibited'}}"), "inet f c" },
		{ BASE("c", "forward", "accept") ", " RULE("c", IIF_LO ", {'drop': null}"), "" },
	};
	(void)unused;

	for (size_t i = 0; i < N(cases); i++) {
		char *items = xasprintf("%s, " RULE("c", EST ", " ACCEPT),
					cases[i].chain);

		assert_chains(items, cases[i].expected);
		free(items);
	}
	assert_chains(BASE_IN("ip", "c", "input", "drop") ", " RULE_IN("ip", "c", EST ", " ACCEPT) ", "
		      BASE("c", "forward", "drop") ", " RULE("c", EST ", " ACCEPT) ", "
		      BASE_IN("ip6", "c", "forward", "drop") ", " RULE_IN("ip6", "c", EST ", " ACCEPT),
		      "ip f c, inet f c");
}

static void test_what_is_no_ruleset(void **unused)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"nftables\": 1}", "{\"nftables\": [1, null, {}, {\"chain\": 2}, {\"rule\": {\"family\": \"ip\"}}]}",
		"{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": \"t\", \"name\": \"c\", \"hook\": \"input\", \"policy\": \"drop\"}},"
		" {\"rule\": {\"family\": \"ip\", \"table\": \"t\", \"chain\": \"c\", \"expr\": [1, {\"match\": 3}, {\"vmap\": {\"key\":"
		" {\"ct\": {\"key\": \"state\"}}, \"data\": {\"set\": [1, [], [\"established\"]]}}}, {\"jump\": null}, {\"flow\": []}]}}]}",
	};
	json_t *hints = json_array();
	(void)unused;

	for (size_t i = 0; i < N(texts); i++) {
		json_t *ruleset = json_loads(texts[i], 0, NULL);
		char *chains = firewall_stateful_chains(ruleset);

		assert_non_null(ruleset);
		assert_string_equal(chains, "");
		free(chains);
		firewall_flowtable_hints(ruleset, hints);
		json_decref(ruleset);
	}
	firewall_flowtable_hints(NULL, hints);
	assert_int_equal(json_array_size(hints), 0);
	json_decref(hints);
}

/* ---- iptables ----------------------------------------------------------- */

static void test_iptables(void **unused)
{
	static const struct { const char *rules, *expected; } cases[] = {
		{ "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A FORWARD -m state --state ESTABLISHED -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A FORWARD -m comment --comment \"a \\\" -j ACCEPT\" -m conntrack --ctstate ESTABLISHED -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A FORWARD -j DOCKER\n-A DOCKER -m conntrack --ctstate ESTABLISHED -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A FORWARD -m conntrack --ctstate ESTABLISHED -g DOCKER\n-A DOCKER -s 10.0.0.0/8 -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n",
		  "iptables filter INPUT" },
		{ "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -m conntrack --ctstate INVALID -j DROP\n", "" },
		{ "-A FORWARD -m conntrack ! --ctstate INVALID -j ACCEPT\n", "" },
		{ "-A FORWARD -m conntrack ! --ctstate INVALID,UNTRACKED -j ACCEPT\n", "iptables filter FORWARD" },
		{ "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,UNTRACKED -j ACCEPT\n", "" },
		{ "-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n", "" },
		{ "-A FORWARD -m comment --comment \"x --ctstate ESTABLISHED -j ACCEPT x\"\n", "" },
		{ "-A FORWARD -j\n-A FORWARD --ctstate\n-A\n-A \n", "" },
		{ "COMMIT\n*mangle\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n", "" },
	};
	(void)unused;

	for (size_t i = 0; i < N(cases); i++) {
		char *text = xasprintf("# Generated by iptables-nft-save v1.8.9 (nf_tables)\n*filter\n:INPUT ACCEPT [0:0]\n"
				       ":FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n%sCOMMIT\n", cases[i].rules);
		json_t *ruleset = firewall_from_iptables(text);
		char *chains = firewall_stateful_chains(ruleset);

		if (strcmp(chains, cases[i].expected))
			fail_msg("\"%s\" instead of \"%s\": %s", chains, cases[i].expected, text);
		free(chains);
		free(text);
		json_decref(ruleset);
	}
}

/* ---- flowtables --------------------------------------------------------- */

#define FLOWTABLE(name, dev)	"{'flowtable': {" IN_TABLE("inet") ", 'name': '" name "', 'hook': 'ingress', 'prio': 0" dev "}}"
#define FLOW(name)	"{'flow': {'op': 'add', 'flowtable': '@" name "'}}"
#define NOT(field)	"{'match': {'op': '!=', 'left': {'payload': {'protocol': 'ip', 'field': '" field "'}}, " \
			"'right': {'prefix': {'addr': '10.244.0.0', 'len': 16}}}}"
#define TCP		"{'match': {'op': '==', 'left': {'meta': {'key': 'l4proto'}}, 'right': 'tcp'}}"

/* "NAME (devices…)" of the flowtables that are warned about. */
static void assert_flowtables(const char *items, const char *expected)
{
	json_t *ruleset = ruleset_of(items), *hints = json_array(), *hint;
	struct ipsvc_buf said = {0};
	char *text;
	size_t i;

	firewall_flowtable_hints(ruleset, hints);
	json_array_foreach(hints, i, hint) {
		const char *message = json_string_value(json_object_get(hint, "message"));

		assert_string_equal(json_string_value(json_object_get(hint, "name")), "flowtable");
		ipsvc_buf_printf(&said, "%.*s\n", (int)(strchr(message, ')') + 1 - message), message);
	}
	text = ipsvc_buf_take(&said);
	assert_string_equal(text, expected);
	free(text);
	json_decref(hints);
	json_decref(ruleset);
}

#define FORWARDS	BASE("c", "forward", "accept") ", "
#define WARNED(name, devices)	"flowtable " name " of nft table inet f (devices " devices ")\n"

static void test_flowtables(void **unused)
{
	(void)unused;
	assert_flowtables(FLOWTABLE("ft", ", 'dev': 'eth0'") ", " FORWARDS RULE("c", TCP ", " FLOW("ft") ", " COUNTER),
			  WARNED("ft", "eth0"));
	assert_flowtables(FLOWTABLE("ft", ", 'dev': ['eth0', 'eth1']") ", " FORWARDS CHAIN("d") ", " RULE("c", FLOW("ft")) ", "
			  RULE("d", FLOW("ft")), WARNED("ft", "eth0, eth1"));
	assert_flowtables(FLOWTABLE("a", ", 'dev': 'eth0'") ", " FLOWTABLE("b", ", 'dev': 'eth1'") ", " FORWARDS
			  RULE("c", FLOW("b")), WARNED("b", "eth1"));
	/* One direction is not enough. */
	assert_flowtables(FLOWTABLE("ft", ", 'dev': 'eth0'") ", " FORWARDS RULE("c", NOT("daddr") ", " FLOW("ft")),
			  WARNED("ft", "eth0"));
	assert_flowtables(FLOWTABLE("ft", ", 'dev': 'eth0'") ", " FORWARDS RULE("c", FLOW("ft") ", " NOT("saddr") ", " NOT("daddr")),
			  WARNED("ft", "eth0"));
}

static void test_flowtables_that_are_fine(void **unused)
{
	(void)unused;
	assert_flowtables("", "");
	/* Nothing is added, nothing can be found, and pods are excepted. */
	assert_flowtables(FLOWTABLE("ft", ", 'dev': 'eth0'") ", " FORWARDS RULE("c", COUNTER), "");
	assert_flowtables(FLOWTABLE("ft", "") ", " FORWARDS RULE("c", FLOW("ft")), "");
	assert_flowtables(FORWARDS RULE("c", FLOW("ft")), "");
	assert_flowtables(FLOWTABLE("ft", ", 'dev': 'eth0'") ", " FORWARDS
			  RULE("c", NOT("saddr") ", " NOT("daddr") ", " TCP ", " FLOW("ft")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_that_forget_untracked),
		cmocka_unit_test(test_rules_that_are_fine),
		cmocka_unit_test(test_a_second_rule_for_untracked),
		cmocka_unit_test(test_which_chains_count),
		cmocka_unit_test(test_what_is_no_ruleset),
		cmocka_unit_test(test_iptables),
		cmocka_unit_test(test_flowtables),
		cmocka_unit_test(test_flowtables_that_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
