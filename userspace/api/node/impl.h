/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of ipsvc_node_kind, between the files of this folder. */
#ifndef IPSVC_NODE_IMPL_H
#define IPSVC_NODE_IMPL_H

#include "node.h"

extern const struct ipsvc_schema ipsvc_node_schema;
extern const struct ipsvc_table ipsvc_node_table;
extern const struct ipsvc_describer ipsvc_node_describer;
/* "control-plane,worker", or "<none>"; the caller frees it. */
char *ipsvc_node_roles(const json_t *doc);
void ipsvc_node_validate(const json_t *doc, struct ipsvc_errors *errs);
void ipsvc_node_validate_update(const json_t *old, const json_t *doc,
				struct ipsvc_errors *errs);

#endif
