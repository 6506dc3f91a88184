// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of nodes of a YAML document as the map from fields to lines. */
#include <stdlib.h>
#include <string.h>

#include "yaml.h"
#include "yaml_node.h"

int ipsvc_lines_first(const struct ipsvc_lines *lines)
{
	return lines->line;
}

/* The child of mapping @map that @path begins with; *@rest is what follows. */
static const struct ipsvc_lines *find_key(const struct ipsvc_lines *map,
					  const char *path, const char **rest)
{
	path += *path == '.';
	for (size_t i = 0; i < map->n; i++) {
		size_t len = map->keys[i] ? strlen(map->keys[i]) : 0;

		if (!map->keys[i] || strncmp(map->keys[i], path, len))
			continue;
		if (path[len] && path[len] != '.' && path[len] != '[')
			continue;
		*rest = path + len;
		return map->items[i];
	}
	return NULL;
}

/* The same for "[2]" of a sequence. */
static const struct ipsvc_lines *find_index(const struct ipsvc_lines *list,
					    const char *path, const char **rest)
{
	unsigned long index;
	char *end;

	if (*path != '[')
		return NULL;
	index = strtoul(path + 1, &end, 10);
	if (*end != ']' || index >= list->n)
		return NULL;
	*rest = end + 1;
	return list->items[index];
}

const struct ipsvc_lines *ipsvc_lines_find(const struct ipsvc_lines *lines,
					   const char *path)
{
	while (*path) {
		const struct ipsvc_lines *node = ipsvc_lines_follow(lines), *child = NULL;

		if (node->kind == NODE_MAPPING)
			child = find_key(node, path, &path);
		else if (node->kind == NODE_SEQUENCE)
			child = find_index(node, path, &path);
		if (!child)
			break;
		lines = child;
	}
	return lines;
}
