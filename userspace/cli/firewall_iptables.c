// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What iptables-save prints, as a ruleset of nft. nft itself prints the rules of
 * iptables-nft, but not what their matches compare with.
 */
#include "firewall_hints.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FAMILY	"iptables"
#define TABLE	"filter"

/* Where the word at @p ends; iptables puts comments with spaces in quotes. */
static char *word_end(char *p)
{
	if (*p != '"')
		return p + strcspn(p, " ");
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p + strcspn(p, " ");
}

/* The next word of a line, which is cut there, or NULL. */
static char *next_word(char **line)
{
	char *word;

	*line += strspn(*line, " ");
	word = *line;
	*line = word_end(word);
	if (**line)
		*(*line)++ = '\0';
	return *word ? word : NULL;
}

/* "RELATED,ESTABLISHED" as [ "related", "established" ]. */
static json_t *states(char *list)
{
	json_t *array = json_array();
	char *save, *name;

	for (name = strtok_r(list, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		for (char *p = name; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		json_array_append_new(array, json_string(name));
	}
	return array;
}

static json_t *match_state(char *list, bool negated)
{
	return json_pack("{s:{s:s, s:{s:{s:s}}, s:o}}", "match",
			 "op", negated ? "!=" : "in",
			 "left", "ct", "key", "state",
			 "right", states(list));
}

static json_t *verdict(const char *target)
{
	if (!strcmp(target, "ACCEPT"))
		return json_pack("{s:n}", "accept");
	if (!strcmp(target, "DROP"))
		return json_pack("{s:n}", "drop");
	if (!strcmp(target, "REJECT"))
		return json_pack("{s:n}", "reject");
	return json_pack("{s:{s:s}}", "jump", "target", target);
}

/* The words after "-A CHAIN"; any other condition is one without a meaning. */
static json_t *expression(char *line)
{
	json_t *expr = json_array();
	bool negated = false;
	char *word, *value;

	while ((word = next_word(&line))) {
		bool state = !strcmp(word, "--ctstate") ||
			     !strcmp(word, "--state");
		bool jump = !strcmp(word, "-j") || !strcmp(word, "-g");

		value = state || jump ? next_word(&line) : NULL;
		if (state && value)
			json_array_append_new(expr, match_state(value, negated));
		else if (jump && value)
			json_array_append_new(expr, verdict(value));
		else
			json_array_append_new(expr, json_pack("{s:n}", "xt"));
		negated = !strcmp(word, "!");
	}
	return expr;
}

/* ":FORWARD DROP [0:0]", without the colon. */
static void add_chain(json_t *list, char *line)
{
	const char *name = next_word(&line), *policy = next_word(&line);
	char hook[16] = "";
	json_t *chain;

	if (!name || !policy)
		return;
	for (size_t i = 0; *policy != '-' && name[i] && i < sizeof(hook) - 1; i++)
		hook[i] = (char)tolower((unsigned char)name[i]);
	chain = json_pack("{s:{s:s, s:s, s:s, s:s, s:s}}", "chain", "family",
			  FAMILY, "table", TABLE, "name", name, "hook", hook,
			  "policy", strcmp(policy, "DROP") ? "accept" : "drop");
	json_array_append_new(list, chain);
}

/* "-A FORWARD …", without the option. */
static void add_rule(json_t *list, char *line)
{
	const char *name = next_word(&line);

	if (name)
		json_array_append_new(list, json_pack(
			"{s:{s:s, s:s, s:s, s:o}}", "rule", "family", FAMILY,
			"table", TABLE, "chain", name, "expr",
			expression(line)));
}

json_t *firewall_from_iptables(const char *text)
{
	json_t *list = json_array();
	char *copy = xstrdup(text), *save, *line;
	bool ours = false;

	for (line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '*')
			ours = !strcmp(line + 1, TABLE);
		else if (ours && *line == ':')
			add_chain(list, line + 1);
		else if (ours && !strncmp(line, "-A ", 3))
			add_rule(list, line + 3);
	}
	free(copy);
	return json_pack("{s:o}", "nftables", list);
}
