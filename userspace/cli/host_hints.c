// SPDX-License-Identifier: GPL-2.0-or-later
/* What about this host can keep Services from working. */
#include "host_hints.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bridge_hints.h"
#include "firewall_hints.h"
#include "hint.h"
#include "port_hints.h"
#include "run_output.h"

/* For a ruleset: a second is a hundred thousand rules. */
#define RULESET_MS	5000
#define RULESET_MAX	(64 << 20)

/* A list of reserved ports may be long. */
#define FILE_MAX	(512 << 10)

void hint_add(json_t *hints, const char *name, char *message, char *hint)
{
	json_array_append_new(hints, json_pack("{s:s, s:s, s:s}", "name", name,
					       "message", message, "hint",
					       hint));
	free(message);
	free(hint);
}

/* A file of /proc, which the caller frees, or NULL. */
static char *read_proc(const char *path)
{
	FILE *fp = fopen(path, "re");
	char *text;
	size_t n;

	if (!fp)
		return NULL;
	text = xmalloc(FILE_MAX);
	n = fread(text, 1, FILE_MAX - 1, fp);
	text[n] = '\0';
	if (ferror(fp)) {
		free(text);
		text = NULL;
	}
	fclose(fp);
	return text;
}

/* Of a sysctl that is 0 or another number; @missing when it is not there. */
static bool is_on(const char *path, bool missing)
{
	char *text = read_proc(path);
	bool on = text ? atoi(text) != 0 : missing;

	free(text);
	return on;
}

static bool read_ports(const char *path, struct port_set *ports)
{
	char *text = read_proc(path);
	bool ok = text && port_set_parse(ports, text);

	free(text);
	return ok;
}

bool host_settings_parse(const char *text, struct host_settings *settings)
{
	bool notrack = false, masquerade = false;

	memset(settings, 0, sizeof(*settings));
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		char name[32], value[32];

		if (sscanf(p, "%31[^ \n] %31[^\n]", name, value) != 2)
			continue;
		if (!strcmp(name, "notrack")) {
			settings->notrack = atoi(value) != 0;
			notrack = true;
		} else if (!strcmp(name, "masquerade_ports")) {
			masquerade = port_set_parse(&settings->masquerade,
						    value);
		}
	}
	return notrack && masquerade;
}

static bool read_settings(struct host_settings *settings)
{
	char *text = read_proc("/proc/net/ipsvc/config");
	bool ok = text && host_settings_parse(text, settings);

	free(text);
	return ok;
}

static void check_forwarding(json_t *warnings)
{
	if (!is_on("/proc/sys/net/ipv4/ip_forward", true))
		hint_add(warnings, "ip-forward",
			 xstrdup("net.ipv4.ip_forward is 0: this node serves its own connections only, and forwards none of others to Pods"),
			 xstrdup("sysctl -w net.ipv4.ip_forward=1"));
}

static void check_ports(const struct port_set *node_ports,
			const struct host_settings *settings, json_t *warnings)
{
	struct host_ports ports = { .node_ports = *node_ports };

	if (settings)
		ports.masquerade = settings->masquerade;
	if (read_ports("/proc/sys/net/ipv4/ip_local_port_range", &ports.local) &&
	    read_ports("/proc/sys/net/ipv4/ip_local_reserved_ports",
		       &ports.reserved))
		port_hints(&ports, warnings);
}

/*
 * What @argv prints; on failure NULL. That it took too long is worth a note:
 * nothing is known of the rules then.
 */
static char *list_rules(const char *const argv[], json_t *notes)
{
	char *text = NULL;
	int err = run_output(argv, RULESET_MS, RULESET_MAX, &text);

	if (err == -ETIMEDOUT || err == -EFBIG)
		hint_add(notes, "ruleset",
			 xasprintf("the firewall's rules were not checked: %s %s",
				   argv[0], err == -EFBIG ? "prints too much" :
				   "takes too long"),
			 xstrdup("ipsvc(8) says what to look for, below \"Warnings and notes\""));
	return err ? NULL : text;
}

static json_t *nft_rules(json_t *notes)
{
	static const char *const argv[] = { "nft", "-j", "list", "ruleset",
					    NULL };
	char *text = list_rules(argv, notes);
	json_t *rules = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return rules;
}

static json_t *iptables_rules(json_t *notes)
{
	static const char *const argv[] = { "iptables-save", NULL };
	char *text = list_rules(argv, notes);
	json_t *rules = text ? firewall_from_iptables(text) : NULL;

	free(text);
	return rules;
}

static void check_untracked(const json_t *nft, const json_t *iptables,
			    json_t *warnings)
{
	char *a = firewall_stateful_chains(nft);
	char *b = firewall_stateful_chains(iptables);

	if (*a || *b)
		hint_add(warnings, "firewall-untracked",
			 xasprintf("notrack is 1, so connection tracking does not know the packets of Services; chains that drop by default accept packets of established connections, but not untracked ones: %s%s%s",
				   a, *a && *b ? ", " : "", b),
			 xstrdup("accept there \"ct state { established, related, untracked }\" (iptables: --ctstate ESTABLISHED,RELATED,UNTRACKED), unless other rules accept what comes from Pods; or set notrack to 0"));
	free(a);
	free(b);
}

static void check_firewall(const struct host_settings *settings,
			   json_t *warnings, json_t *notes)
{
	json_t *nft = nft_rules(notes), *iptables;

	if (settings->notrack) {
		iptables = iptables_rules(notes);
		check_untracked(nft, iptables, warnings);
		json_decref(iptables);
	} else {
		firewall_flowtable_hints(nft, warnings);
	}
	json_decref(nft);
}

void host_hints(const struct port_set *node_ports, json_t *warnings,
		json_t *notes)
{
	struct host_settings settings;
	bool instance = read_settings(&settings);

	check_forwarding(warnings);
	check_ports(node_ports, instance ? &settings : NULL, warnings);
	bridge_hints(is_on("/proc/sys/net/bridge/bridge-nf-call-iptables",
			   false), warnings, notes);
	if (instance)
		check_firewall(&settings, warnings, notes);
}
