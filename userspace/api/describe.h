/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubectl's descriptions (k8s.io/kubectl/pkg/describe): lines with tabs between
 * their cells, which ipsvc_describe_align() makes columns of. Pure functions of the
 * objects and the time.
 */
#ifndef IPSVC_DESCRIBE_H
#define IPSVC_DESCRIBE_H

#include <jansson.h>
#include <stdint.h>

#include "api/object.h"
#include "base/buf.h"

/* How objects of a kind are described. */
struct ipsvc_describer {
	/* The kind of the objects that a description needs besides; or NULL. */
	const struct ipsvc_kind *with;
	/*
	 * Appends the lines of @doc. @others are all objects of kind @with, those
	 * of the same namespace if @doc has one; @now is seconds since the epoch.
	 */
	void (*describe)(const json_t *doc, const struct ipsvc_objects *others,
			 int64_t now, struct ipsvc_buf *out);
};

/* Adjacent cells of a column get one width, as by Go's text/tabwriter. */
char *ipsvc_describe_align(const char *text);

/* ---- what descriptions are made with ------------------------------------- */

/* "Name:", of a namespaced kind "Namespace:". */
void ipsvc_describe_names(const json_t *doc, struct ipsvc_buf *out);
/* "Labels:" and "Annotations:". */
void ipsvc_describe_metadata(const json_t *doc, struct ipsvc_buf *out);
/* A line for each of "key=value", sorted, the first with @title. */
void ipsvc_describe_map(const char *title, const json_t *map,
			struct ipsvc_buf *out);
/* "@title:\t@text"; not where @text is empty. */
void ipsvc_describe_text(const char *title, const char *text,
			 struct ipsvc_buf *out);
/* The texts of @list with @between; "" without any. The caller frees it. */
char *ipsvc_describe_join(const json_t *list, const char *between);
/* "Mon, 02 Jan 2006 15:04:05 +0000" in local time; the caller frees it. */
char *ipsvc_describe_time(const char *timestamp);
/* "@title:\t" and that, of the time stamp @field of @of. */
void ipsvc_describe_when(const char *title, const json_t *of, const char *field,
			 struct ipsvc_buf *out);
void ipsvc_describe_no_events(struct ipsvc_buf *out);

#endif
