/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to know about a kind of objects. Each kind has a descriptor, in
 * its own folder, and a line in the table of kind.c; nothing else switches over
 * kinds. Functions that a kind does not need are NULL.
 */
#ifndef IPSVC_KIND_H
#define IPSVC_KIND_H

#include <jansson.h>
#include <stdbool.h>

#include "base/errors.h"
#include "families.h"
#include "names.h"

struct ipsvc_claim_ops;
struct ipsvc_describer;
struct ipsvc_expose_source;
struct ipsvc_kind;
struct ipsvc_objects;
struct ipsvc_schema;
struct ipsvc_table;

/* Of a kind some of whose objects are not stored, but computed from others. */
struct ipsvc_derivation {
	const char *from;	/* for messages: "Services and Pods" */
	/*
	 * Adds to @out what comes of @objs, which are of all kinds; of @name
	 * only unless that is NULL. A stored object of the same name counts for
	 * nothing if @hides, and otherwise it is the one.
	 */
	void (*derive)(const struct ipsvc_objects *objs, const char *name,
		       struct ipsvc_objects *out);
	bool hides;
};

/* A field that tells the elements of a list apart. */
struct ipsvc_merge_key {
	const char *field;
	const char *otherwise;	/* the text that it is when absent, or NULL */
};

/* A list that ipsvc_apply() merges element by element. */
struct ipsvc_merge_list {
	const char *path;			/* "spec.ports" */
	struct ipsvc_merge_key keys[3];		/* up to one without a field */
};

struct ipsvc_kind {
	/* ---- names ------------------------------------------------------- */
	const char *group;		/* "" for Kubernetes' core */
	const char *version;		/* "v1" */
	const char *kind;		/* "Service" */
	const char *plural;		/* "services" */
	const char *singular;		/* "service" */
	const char *const *short_names;	/* { "svc", NULL } */
	bool namespaced;
	bool in_all;			/* in kubectl's category "all" */
	const struct ipsvc_derivation *derived;	/* NULL: all are stored */
	const char *deprecated;		/* what is to be said of it, or NULL */
	/*
	 * Of a kind that contains the objects of the namespace of its name,
	 * which are deleted with it: those that cannot be, up to a NULL.
	 */
	const char *const *immortal;

	/* ---- documents (schema.h, validate.h) ---------------------------- */
	const struct ipsvc_schema *schema;
	ipsvc_name_rule *name_rule;	/* what names may look like */
	/* Without it what a manifest says in status is left out. */
	bool status_written;
	/* Of a @doc without nulls and empty fields, whose types are right. */
	void (*set_defaults)(json_t *doc);
	/*
	 * What Kubernetes refuses before it looks at the rest of @doc, the new
	 * version of @old (NULL: there is none), in a cluster of @families:
	 * these errors are told alone. True when there are none.
	 */
	bool (*validate_first)(const struct ipsvc_families *families,
			       const json_t *old, const json_t *doc,
			       struct ipsvc_errors *errs);
	/* All other errors of a @doc with defaults and the right types. */
	void (*validate)(const json_t *doc, struct ipsvc_errors *errs);
	/* What may not change, beside the metadata. */
	void (*validate_update)(const json_t *old, const json_t *doc,
				struct ipsvc_errors *errs);
	/* See ipsvc_object_warnings(). */
	void (*warn)(const json_t *doc, struct ipsvc_errors *errs);

	/* ---- the store --------------------------------------------------- */
	/*
	 * Completes @doc, the new version of @old (NULL: there is none), with
	 * what its user does not write, in a cluster of @families. @statement:
	 * see IPSVC_WRITE_STATEMENT. The store validates what comes of it.
	 */
	void (*inherit)(const struct ipsvc_families *families, const json_t *old,
			json_t *doc, bool statement);
	/* Up to one without a path, or NULL. */
	const struct ipsvc_merge_list *merge_lists;
	/* The addresses and ports its objects have (store/claims.h). */
	const struct ipsvc_claim_ops *claims;

	/* ---- commands ---------------------------------------------------- */
	const struct ipsvc_table *table;	/* of get (table.h) */
	const struct ipsvc_describer *describer;	/* (describe.h) */
	/*
	 * What a Service of @doc can be made of (service/expose.h); false when
	 * it cannot be read.
	 */
	bool (*expose)(const json_t *doc, struct ipsvc_expose_source *src);
};

/* All of them, up to a NULL; objects are sorted by kind in this order. */
extern const struct ipsvc_kind *const ipsvc_kinds[];

int ipsvc_kind_cmp(const struct ipsvc_kind *a, const struct ipsvc_kind *b);
/* By "Service"; NULL when there is none. */
const struct ipsvc_kind *ipsvc_kind_by_name(const char *kind);
/* "v1", "discovery.k8s.io/v1" is the apiVersion of @kind. */
bool ipsvc_kind_has_version(const struct ipsvc_kind *kind,
			    const char *api_version);
/* Of a document; NULL when there is none. */
const struct ipsvc_kind *ipsvc_kind_from_manifest(const char *api_version,
						  const char *kind);
/*
 * By any name a user types: "svc", "service", "services", "pods", "po",
 * "endpointslices.discovery.k8s.io".
 */
const struct ipsvc_kind *ipsvc_kind_from_word(const char *word);
/*
 * What kubectl calls one of them, "service", "endpointslice.discovery.k8s.io", or
 * several; in a buffer that the caller frees.
 */
char *ipsvc_kind_one(const struct ipsvc_kind *kind);
char *ipsvc_kind_several(const struct ipsvc_kind *kind);
/* "v1", "discovery.k8s.io/v1"; the caller frees it. */
char *ipsvc_kind_api_version(const struct ipsvc_kind *kind);

#endif
