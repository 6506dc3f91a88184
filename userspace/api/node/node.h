/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: what ipsvc acts on is the zone of one, and its addresses. */
#ifndef IPSVC_NODE_H
#define IPSVC_NODE_H

#include <jansson.h>
#include <netinet/in.h>

#include "api/kind.h"

extern const struct ipsvc_kind ipsvc_node_kind;

/* The zone of a Node's document; "" when it has none. */
const char *ipsvc_node_zone(const json_t *doc);

/* Unspecified where there is none. */
struct ipsvc_node_addresses {
	struct in6_addr ip4, ip6;
};

/*
 * The first of each family: of those of type InternalIP, else ExternalIP, as
 * kube-proxy takes them. @doc: NULL: none
 */
struct ipsvc_node_addresses ipsvc_node_addresses_of(const json_t *doc);

#endif
