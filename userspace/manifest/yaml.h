/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML text to JSON documents that know their lines. All bounds of manifest.h
 * are checked before anything is expanded.
 */
#ifndef IPSVC_MANIFEST_YAML_H
#define IPSVC_MANIFEST_YAML_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "manifest.h"

struct ipsvc_yaml_doc {
	json_t *root;
	const struct ipsvc_lines *lines;	/* of the root; owned by the stream */
};

struct ipsvc_yaml {
	struct ipsvc_yaml_doc *docs;	/* empty documents are left out */
	size_t n, cap;
	struct ipsvc_yaml_chunk *chunks;	/* all nodes are in there */
	char *text;			/* that keys are in; NULL: they are their own */
};

/*
 * @first: the line that @text starts in. On failure adds an error with its line,
 * and leaves nothing in @out.
 */
bool ipsvc_yaml_read(const char *text, size_t size, int first,
		     struct ipsvc_yaml *out, struct ipsvc_errors *errs);
void ipsvc_yaml_free(struct ipsvc_yaml *yaml);

/* The line of the node itself. */
int ipsvc_lines_first(const struct ipsvc_lines *lines);
/* "spec.ports[0].port" below @lines, or as far towards it as there is. */
const struct ipsvc_lines *ipsvc_lines_find(const struct ipsvc_lines *lines,
					   const char *path);

#endif
