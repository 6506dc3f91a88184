/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of kubectl have in common: their words, and the store. */
#ifndef IPSVC_CLI_KUBE_H
#define IPSVC_CLI_KUBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "api/object.h"
#include "base/errors.h"
#include "cli.h"
#include "store/store.h"

/*
 * What TYPE NAME… and TYPE/NAME… on a command line name. A reference without a
 * name means all of that kind.
 */
struct kube_ref {
	const struct ipsvc_kind *kind;
	const char *name;
};

struct kube_refs {
	struct kube_ref *items;
	size_t n, cap;
	bool several_kinds;
};

/* False after a message. */
bool kube_refs_parse(char **args, int n, struct kube_refs *refs);
void kube_refs_free(struct kube_refs *refs);

/* NULL after a message, and then *@code is the exit code. */
struct ipsvc_store *kube_store(const struct cli *cli, bool readonly, int *code);
/* For reading; NULL, without a message, when that cannot be. */
struct ipsvc_store *kube_store_if_any(const struct cli *cli);

/*
 * Adds to @out the objects of @kind in @ns (NULL: in all), those that are computed
 * among them; of @name only unless that is NULL, and NOT_FOUND without any.
 */
enum ipsvc_store_result kube_list(struct ipsvc_store *store,
				  const struct ipsvc_kind *kind, const char *ns,
				  const char *name, struct ipsvc_objects *out);

enum kube_dry_run {
	KUBE_DRY_RUN_NONE,
	KUBE_DRY_RUN_CLIENT,
	KUBE_DRY_RUN_SERVER,
};

/* --dry-run, its value a const char * in a structure @s. */
#define KUBE_OPTION_DRY_RUN(s, member) \
	{ .name = "dry-run", .type = CLI_STRING, .at = offsetof(s, member), \
	  .value = "client|server", .implied = "client", \
	  .words = "none client server", \
	  .help = "only say what would be done" }

/* --dry-run's value, NULL when it was not given; false after kubectl's message. */
bool kube_dry_run(const char *value, enum kube_dry_run *dry_run);
/* What is appended to a line that tells what was done. */
const char *kube_dry_run_suffix(enum kube_dry_run dry_run);

/* "error: …" on stderr; returns CLI_FAILED. */
int kube_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "Error from server (NotFound): …"; returns CLI_FAILED. */
int kube_not_found(const struct ipsvc_kind *kind, const char *name);
/* "Warning: …" for each of them. */
void kube_warnings(const struct ipsvc_errors *errs);
/*
 * Says why the store refused @obj with @result in kubectl's words, from @errs or
 * the store's @message; returns CLI_FAILED.
 */
int kube_refused(const char *message, enum ipsvc_store_result result,
		 const struct ipsvc_object *obj, const struct ipsvc_errors *errs);

/* Whether @format is one of whole documents, json or yaml. */
bool kube_prints_documents(const char *format);
/* One document, or a List of them with @list or when there are several. */
json_t *kube_one_document(json_t *docs, bool list);
/*
 * Prints them in such a @format: several, or @list, as one List, so that it is
 * always one document. Takes over the array @docs.
 */
void kube_print_documents(FILE *fp, const char *format, json_t *docs, bool list);
/* -o name and tables: "service/web". */
char *kube_full_name(const struct ipsvc_kind *kind, const char *name);

#endif
