/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges that Pods are attached to. */
#ifndef IPSVC_CLI_BRIDGE_HINTS_H
#define IPSVC_CLI_BRIDGE_HINTS_H

#include <jansson.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>

struct bridge_link {
	char name[IF_NAMESIZE];
	int index;
	int master;		/* index of the bridge it is a port of, or 0 */
	bool bridge;
	bool nf_call_iptables;	/* of a bridge: its own switch */
	bool pod;		/* of a port: its peer is in another namespace */
	bool hairpin;		/* of a port */
};

/* Zero-initialise ({0}); the caller frees @items. */
struct bridge_links {
	struct bridge_link *items;
	size_t n, cap;
};

/*
 * Adds the bridge or port of a bridge that an RTM_NEWLINK describes, if it
 * does, to @arg, a struct bridge_links. 0 or a negative errno. Pure.
 */
int bridge_links_read(const struct nlmsghdr *nlh, void *arg);
/*
 * Adds "bridge-hairpin" to @warnings and "bridge-nf" to @notes where they apply.
 * @nf_call_iptables is the sysctl of br_netfilter, false without it. Pure.
 */
void bridge_hints_check(const struct bridge_links *links, bool nf_call_iptables,
			json_t *warnings, json_t *notes);
/* The same for the links of this network namespace. */
void bridge_hints(bool nf_call_iptables, json_t *warnings, json_t *notes);

#endif
