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
 * address or a port.
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

#define CIDR		"10.96.0.0/16"

/* ---- allocation for one Service ------------------------------------------ */

/* What is claimed is in the transaction, which is never committed. */
static enum ipsvc_store_result get_nothing(struct ipsvc_store *store,
					   const char *key, char **value,
					   int64_t *revision)
{
	(void)store;
	(void)key;
	*value = NULL;
	*revision = 0;
	return IPSVC_STORE_NOT_FOUND;
}

static enum ipsvc_store_result list_nothing(struct ipsvc_store *store,
					    const char *from, const char *to,
					    ipsvc_record_fn *fn, void *arg,
					    int64_t *revision)
{
	(void)store;
	(void)from;
	(void)to;
	(void)fn;
	(void)arg;
	(void)revision;
	return IPSVC_STORE_OK;
}

static const struct ipsvc_store_ops ops = {
	.get = get_nothing,
	.range = list_nothing,
};

/* What may not change is not allocated either; validation refuses it. */
static void keep_fixed(const json_t *old_spec, json_t *spec)
{
	if (ipsvc_spec_has_cluster_ip(old_spec) &&
	    ipsvc_spec_has_cluster_ip(spec)) {
		json_object_set(spec, "clusterIP",
				json_object_get(old_spec, "clusterIP"));
		json_object_set(spec, "clusterIPs",
				json_object_get(old_spec, "clusterIPs"));
	}
	if (ipsvc_spec_needs_health_port(old_spec) &&
	    ipsvc_spec_needs_health_port(spec))
		json_object_set(spec, "healthCheckNodePort",
				json_object_get(old_spec,
						"healthCheckNodePort"));
}

static bool allocate(const struct ipsvc_object *old,
		     const struct ipsvc_object *svc, struct ipsvc_errors *errs)
{
	struct ipsvc_store store = { .ops = &ops };
	struct ipsvc_txn txn = { .store = &store };
	struct ipsvc_allocator al = {
		.txn = &txn,
		.cfg = { CIDR, IPSVC_DEFAULT_NODE_PORT_MIN,
			 IPSVC_DEFAULT_NODE_PORT_MAX },
	};
	const struct ipsvc_claim_ops *claims = svc->kind->claims;
	json_t *written = json_deep_copy(json_object_get(svc->doc, "spec"));
	bool fixed = false;
	size_t before = errs->n;

	ipsvc_cidr_parse(CIDR, &al.cidr, &(const char *){ NULL });
	if (old) {
		keep_fixed(json_object_get(old->doc, "spec"),
			   json_object_get(svc->doc, "spec"));
		fixed = !json_equal(written, json_object_get(svc->doc, "spec"));
	}
	if (claims->claim(&al, svc, old, errs) == IPSVC_STORE_OK)
		claims->fill(&al, svc, errs);
	ipsvc_txn_clear(&txn);
	if (fixed)
		json_object_set(svc->doc, "spec", written);
	json_decref(written);
	return errs->n == before;
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

static void make(const struct ipsvc_object *old, struct ipsvc_object *obj,
		 struct ipsvc_errors *errs)
{
	const json_t *old_doc = old ? old->doc : NULL;
	const struct ipsvc_kind *kind = obj->kind;

	if (!decode(obj, errs))
		return;
	if (kind->inherit)
		kind->inherit(old_doc, obj->doc, false);
	if (kind->validate_first &&
	    !kind->validate_first(old_doc, obj->doc, false, errs))
		return;
	if (kind->claims && !allocate(old, obj, errs))
		return;
	if (old)
		ipsvc_object_validate_update(old, obj, errs);
	else
		ipsvc_object_validate(obj, errs);
	if (!errs->n)
		ipsvc_object_warnings(obj, errs);
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

static void answer(const json_t *question)
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
	make(stored ? &objs.items[1] : NULL, &objs.items[0], &errs);
	print_answer(objs.items[0].doc, &errs);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_error_t error;
		json_t *question = json_loads(line, 0, &error);

		if (!question) {
			fprintf(stderr, "%s: %s\n", error.text, line);
			return 1;
		}
		answer(question);
		json_decref(question);
	}
	free(line);
	return 0;
}
