/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes that YAML is read into, for the files that read them. */
#ifndef IPSVC_MANIFEST_YAML_NODE_H
#define IPSVC_MANIFEST_YAML_NODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum node_kind {
	NODE_SCALAR,
	NODE_MAPPING,
	NODE_SEQUENCE,
	NODE_ALIAS,
};

/* A node of the tree. */
struct ipsvc_lines {
	enum node_kind kind;
	int line;
	bool open;			/* its end was not seen yet */
	/* After expansion: how many nodes, bytes of text, levels. */
	size_t nodes, bytes, height;
	/* Scalar: its value. */
	json_t *value;
	bool merge;			/* a plain "<<", the key that merges */
	/* Mapping, sequence. */
	char **keys;			/* NULL for a "<<"; of mappings only */
	struct ipsvc_lines **items;
	size_t n, cap, keys_cap;
	struct ipsvc_lines *target;	/* alias */
};

/* Nodes are allocated so many at once, and freed all together. */
#define IPSVC_YAML_CHUNK	64

struct ipsvc_yaml_chunk {
	struct ipsvc_yaml_chunk *next;
	size_t n;
	struct ipsvc_lines nodes[IPSVC_YAML_CHUNK];
};

/* What an alias stands for; any other node itself. */
static inline const struct ipsvc_lines *ipsvc_lines_follow(const struct ipsvc_lines *node)
{
	return node->kind == NODE_ALIAS ? node->target : node;
}

#endif
