/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manifests: YAML text (several documents, List, ServiceList) or JSON, also
 * several objects of it, to objects. Built on libyaml's events, so aliases are
 * counted before they are expanded.
 */
#ifndef IPSVC_MANIFEST_H
#define IPSVC_MANIFEST_H

#include "api/object.h"
#include "base/errors.h"

/*
 * Bounds of one document; more is refused with a message that names the bound. A
 * file may have any number of them: it is read as a stream.
 */
#define IPSVC_MANIFEST_SIZE_MAX		(4 * 1024 * 1024)	/* bytes */
#define IPSVC_MANIFEST_DEPTH_MAX	64
#define IPSVC_MANIFEST_NODES_MAX	100000		/* after expansion */
#define IPSVC_MANIFEST_EXPANDED_MAX	(4 * 1024 * 1024)	/* bytes of text, after expansion */
#define IPSVC_MANIFEST_ALIASES_MAX	1000
/* Errors, and warnings, of one text that are told; the rest is counted. */
#define IPSVC_MANIFEST_ERRORS_MAX	100

/* The lines of the fields of one document (yaml.h). */
struct ipsvc_lines;

/*
 * Reads @size bytes of @text; @file (for messages; may be NULL) is copied into
 * each object. Documents of an unknown kind, or of a known one's name in another
 * API group, are left out with a warning.
 * Returns false, with errors that carry lines, when the text as a whole cannot
 * be used; @objs is untouched then.
 *
 * Each object returned is decoded, defaulted (ipsvc_object_default) and
 * validated (ipsvc_object_validate); two objects of one kind, namespace and
 * name in one text are an error of that text, unless they are the same. The
 * namespace of objects that
 * name none is @default_ns.
 */
bool ipsvc_manifest_read(const char *text, size_t size, const char *file,
			 const char *default_ns, struct ipsvc_objects *objs,
			 struct ipsvc_errors *errs);

/* The same for a file ("-" is standard input), with its bounds. */
bool ipsvc_manifest_read_file(const char *path, const char *default_ns,
			      struct ipsvc_objects *objs,
			      struct ipsvc_errors *errs);
/*
 * The same as kubectl applies it: what can be read of a text is returned, even if
 * not all can, each object with what was written. They are not validated, and
 * not warned about: the store does that, together with what it has. False as
 * above: not all can be read.
 */
bool ipsvc_manifest_read_written(const char *path, const char *default_ns,
				 struct ipsvc_objects *objs,
				 struct ipsvc_errors *errs);

#endif
