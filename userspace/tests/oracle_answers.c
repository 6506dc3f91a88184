// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ipsvc makes of objects, to be compared with what Kubernetes makes of
 * them (selftests/oracle). Each line of standard input is
 *
 *	{"doc": the object as it is written, "old": the stored version, if any}
 *
 * and each line of standard output {"errors": …, "warnings": …} or, when there
 * are no errors, {"object": …, "warnings": …}. The order of work is that of the
 * API server: decode, default, take over, allocate, validate. Nobody else has an
 * address or a port. $CIDR is the range of ClusterIPs, or two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/schema.h"
#include "api/service/impl.h"
#include "api/validate.h"
#include "base/json.h"
#include "store/claims.h"
#include "store/ops.h"

/* ---- allocation for one Service ------------------------------------------ */

/* What is claimed is in the transaction, which is never committed. */
static bool allocate(struct ipsvc_allocator *al, const json_t *old,
		     const struct ipsvc_object *svc, struct ipsvc_errors *errs)
{
	const struct ipsvc_claim_ops *claims = svc->kind->claims;

	return claims->claim(al, old, svc, errs) == IPSVC_STORE_OK &&
	       claims->fill(al, old, svc, errs) == IPSVC_STORE_OK;
}

/* ---- one object --------------------------------------------------------- */

static bool decode(struct ipsvc_object *obj, struct ipsvc_errors *errs)
{
	json_t *meta;

	if (!ipsvc_schema_check(obj->kind, obj->doc, true, errs))
		return false;
	meta = ipsvc_json_sub(obj->doc, "metadata");
	if (obj->kind->namespaced)
		ipsvc_json_default(meta, "namespace", "default");
	else
		json_object_del(meta, "namespace");
	if (!obj->kind->status_written)
		json_object_del(obj->doc, "status");
	ipsvc_object_default(obj);
	return true;
}

static void make(const char *cidr, const struct ipsvc_object *old,
		 struct ipsvc_object *obj, struct ipsvc_errors *errs)
{
	struct ipsvc_store store = { .ops = &ipsvc_store_nothing_ops };
	struct ipsvc_txn txn = { .store = &store };
	struct ipsvc_allocator al = {
		.txn = &txn,
		.cfg = { .node_port_min = IPSVC_DEFAULT_NODE_PORT_MIN,
			 .node_port_max = IPSVC_DEFAULT_NODE_PORT_MAX },
	};
	const json_t *old_doc = old ? old->doc : NULL;
	const struct ipsvc_kind *kind = obj->kind;
	struct ipsvc_families families;
	const char *why;

	if (!ipsvc_alloc_cidrs_parse(cidr, &al.cidrs, &why))
		abort();
	families = ipsvc_alloc_families(&al.cidrs);
	if (!decode(obj, errs))
		return;
	if (kind->inherit)
		kind->inherit(&families, old_doc, obj->doc, false);
	if (ipsvc_object_validate_first(old, obj, &families, errs) &&
	    (!kind->claims || allocate(&al, old_doc, obj, errs)) &&
	    (old ? ipsvc_object_validate_update(old, obj, &families, errs) :
		   ipsvc_object_validate(obj, &families, errs)))
		ipsvc_object_warnings(obj, errs);
	ipsvc_txn_clear(&txn);
}

static void print_answer(const json_t *doc, const struct ipsvc_errors *errs)
{
	json_t *answer = json_object(), *list = json_array();

	for (size_t i = 0; i < errs->n; i++) {
		char *text = ipsvc_error_format(&errs->items[i]);

		json_array_append_new(list, json_string(text));
		free(text);
	}
	if (errs->n)
		json_object_set(answer, "errors", list);
	else
		json_object_set(answer, "object", (json_t *)doc);
	json_decref(list);
	list = json_array();
	for (size_t i = 0; i < errs->nwarnings; i++)
		json_array_append_new(list, json_string(errs->warnings[i]));
	json_object_set_new(answer, "warnings", list);
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(answer);
}

static void answer(const char *cidr, const json_t *question)
{
	json_t *doc = json_object_get(question, "doc");
	json_t *stored = json_object_get(question, "old");
	const struct ipsvc_kind *kind = ipsvc_kind_by_name(
		ipsvc_json_text(doc, "kind"));
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};

	ipsvc_objects_add(&objs, kind, json_incref(doc), NULL, 0);
	if (stored)
		ipsvc_objects_add(&objs, kind, json_incref(stored), NULL, 0);
	make(cidr, stored ? &objs.items[1] : NULL, &objs.items[0], &errs);
	print_answer(objs.items[0].doc, &errs);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

int main(void)
{
	const char *cidr = getenv("CIDR") ? getenv("CIDR") : "10.96.0.0/16";
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_error_t error;
		json_t *question = json_loads(line, 0, &error);

		if (!question) {
			fprintf(stderr, "%s: %s\n", error.text, line);
			return 1;
		}
		answer(cidr, question);
		json_decref(question);
	}
	free(line);
	return 0;
}
