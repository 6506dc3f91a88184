/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: what ipsvc acts on is the zone of one. */
#ifndef IPSVC_NODE_H
#define IPSVC_NODE_H

#include <jansson.h>

#include "api/kind.h"

extern const struct ipsvc_kind ipsvc_node_kind;

/* The zone of a Node's document; "" when it has none. */
const char *ipsvc_node_zone(const json_t *doc);

#endif
