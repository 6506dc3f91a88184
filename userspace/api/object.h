/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kubernetes objects as ipsvc keeps them: the whole document as JSON, so that
 * nothing a user wrote is lost. Typed views of what ipsvc acts on are with the
 * kinds (service/service.h, pod/pod.h).
 */
#ifndef IPSVC_OBJECT_H
#define IPSVC_OBJECT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "kind.h"

/*
 * An object. Owns all it points to. @doc is the complete object
 * (apiVersion, kind, metadata, spec, status); ns and name are copies out of it.
 */
struct ipsvc_object {
	const struct ipsvc_kind *kind;
	char *ns;
	char *name;
	json_t *doc;
	json_t *written;	/* as a manifest has it, before defaults; or NULL */
	char *file;		/* manifest that owns it; NULL: made by the CLI */
	char *source;		/* whose manifest; NULL: not stored, or no file */
	int line;		/* where its document starts there, 1-based; or 0 */
	int64_t revision;	/* of the store at its last write; 0: not stored */
	int64_t spec_revision;	/* the same, but for writes of its status alone */
};

struct ipsvc_objects {
	struct ipsvc_object *items;
	size_t n, cap;
};

/* Takes over @doc's reference. Fails (NULL ns/name) never: absent names are "". */
struct ipsvc_object *ipsvc_objects_add(struct ipsvc_objects *objs,
				       const struct ipsvc_kind *kind,
				       json_t *doc, const char *file, int line);
/* Moves @obj, which is empty then, to the end of @objs. */
void ipsvc_objects_take(struct ipsvc_objects *objs, struct ipsvc_object *obj);
void ipsvc_object_set_source(struct ipsvc_object *obj, const char *source);
/* By kind, namespace and name. */
int ipsvc_object_cmp(const void *a, const void *b);
void ipsvc_objects_sort(struct ipsvc_objects *objs);
void ipsvc_object_clear(struct ipsvc_object *obj);
void ipsvc_objects_free(struct ipsvc_objects *objs);

#endif
