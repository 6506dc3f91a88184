/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Most manifests are block mappings and sequences of words in ASCII. Their events
 * are read here, line by line, where libyaml looks at each character several times.
 */
#ifndef IPSVC_MANIFEST_PLAIN_H
#define IPSVC_MANIFEST_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* As libyaml's, without anchors, tags and streams. */
struct ipsvc_plain_event {
	yaml_event_type_t type;
	yaml_scalar_style_t style;
	char *text;			/* of a scalar, in that of all */
	size_t len;
	int line;			/* counted from 0 */
};

struct ipsvc_plain {
	struct ipsvc_plain_event *events;
	size_t n, cap;
	char *text;			/* a copy, with zeros where scalars end */
};

/*
 * The events of all documents of @text. False when there is anything that is not
 * certain to mean to libyaml what it means here: then libyaml is to read it all.
 * Keys are strings.
 */
bool ipsvc_plain_read(const char *text, size_t size, struct ipsvc_plain *out);
void ipsvc_plain_free(struct ipsvc_plain *plain);

#endif
