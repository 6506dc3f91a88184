// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports that the node's own sockets share with Services. */
#include "port_hints.h"

#include <stdlib.h>

#include "base/memory.h"
#include "hint.h"

/* Below that many ports for masquerading, a busy endpoint runs out of them. */
#define FEW_PORTS	1024

#define RANGE		"net.ipv4.ip_local_port_range"
#define RESERVED	"net.ipv4.ip_local_reserved_ports"

/* The kernel gives sockets a port of the local range that is not reserved. */
static void check_node_ports(const struct host_ports *ports, json_t *hints)
{
	struct port_set met = ports->local, reserve = ports->reserved;
	char *local, *node, *value;

	port_set_subtract(&met, &ports->reserved);
	port_set_intersect(&met, &ports->node_ports);
	if (!port_set_count(&met))
		return;
	port_set_union(&reserve, &ports->node_ports);
	local = port_set_print(&ports->local);
	node = port_set_print(&ports->node_ports);
	value = port_set_print(&reserve);
	hint_add(hints, "node-port-range",
		 xasprintf(RANGE " %s includes node ports (%s) that " RESERVED
			   " does not keep free: an answer to a UDP socket of this node on such a port is taken for traffic of a Service",
			   local, node),
		 xasprintf("sysctl -w " RESERVED "=%s", value));
	free(local);
	free(node);
	free(value);
}

static bool too_few(const struct port_set *left, const struct port_set *all)
{
	size_t n = port_set_count(left);

	return n < FEW_PORTS && 2 * n < port_set_count(all);
}

/* Masquerading leaves alone what sockets of this host may have, or may not. */
static void check_masquerade(const struct host_ports *ports, json_t *hints)
{
	struct port_set left = ports->masquerade, open = ports->masquerade;
	char *range;

	port_set_subtract(&open, &ports->reserved);
	left = open;
	port_set_subtract(&left, &ports->local);
	if (!too_few(&left, &ports->masquerade))
		return;
	range = port_set_print(&ports->masquerade);
	hint_add(hints, "masquerade-ports",
		 xasprintf(RANGE " and " RESERVED " leave %zu of the ports that masquerading uses (masquerade_ports, %s): connections to node ports, and of this node to Services, fail when those are taken",
			   port_set_count(&left), range),
		 too_few(&open, &ports->masquerade) ?
		 xstrdup("take ports out of " RESERVED
			 ", or set masquerade_ports to others") :
		 xstrdup("sysctl -w " RANGE "=\"32768 60999\""));
	free(range);
}

void port_hints(const struct host_ports *ports, json_t *hints)
{
	check_node_ports(ports, hints);
	check_masquerade(ports, hints);
}
