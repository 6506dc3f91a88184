/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What about this host, as the caller's network namespace has it, can keep
 * Services from working, with what to do.
 */
#ifndef IPSVC_CLI_HOST_HINTS_H
#define IPSVC_CLI_HOST_HINTS_H

#include <jansson.h>
#include <stdbool.h>

#include "port_set.h"

/* The settings of the instance that hints depend on. */
struct host_settings {
	bool notrack;
	struct port_set masquerade;
};

/* What /proc/net/ipsvc/config prints; false when one of them is missing. Pure. */
bool host_settings_parse(const char *text, struct host_settings *settings);

/*
 * Adds what there is to say to the arrays @warnings and, where nothing fails
 * because of it, @notes; see hint.h. @node_ports is the range of the cluster.
 * What cannot be read is not mentioned. Without an instance, nothing is said
 * about what depends on its settings. Takes as long as nft and iptables-save,
 * with a limit of some seconds.
 */
void host_hints(const struct port_set *node_ports, json_t *warnings,
		json_t *notes);

#endif
