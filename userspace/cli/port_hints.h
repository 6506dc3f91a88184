/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports that the node's own sockets share with Services. Pure. */
#ifndef IPSVC_CLI_PORT_HINTS_H
#define IPSVC_CLI_PORT_HINTS_H

#include <jansson.h>

#include "port_set.h"

struct host_ports {
	struct port_set local;		/* net.ipv4.ip_local_port_range */
	struct port_set reserved;	/* net.ipv4.ip_local_reserved_ports */
	struct port_set node_ports;	/* the range of the cluster */
	struct port_set masquerade;	/* masquerade_ports of the instance */
};

/* Adds "node-port-range" and "masquerade-ports" where they apply. */
void port_hints(const struct host_ports *ports, json_t *hints);

#endif
