// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a manifest. What is taken must be valid, must stay the same when
 * it is written as JSON and read again, and must survive what is done with
 * objects next.
 *
 *	make -C userspace fuzz
 *
 * Without clang: tests/test_fuzz_seeds.c replays the seeds and mutations of
 * them in `make check`; as a program of its own it replays the files it is given.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/service/expose.h"
#include "api/validate.h"
#include "cluster/cache.h"
#include "cluster/nodeview.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* As JSON, which is YAML, and back. */
static void check_round_trip(const struct ipsvc_object *obj)
{
	char *text = json_dumps(obj->doc, JSON_COMPACT);
	struct ipsvc_objects again = {0};
	struct ipsvc_errors errs = {0};
	size_t size;

	require(text != NULL);
	/* Escapes and expanded aliases may make it longer than a file may be. */
	size = strlen(text);
	if (size <= IPSVC_MANIFEST_SIZE_MAX) {
		require(ipsvc_manifest_read(text, size, NULL, "x", &again, &errs));
		require(again.n == 1 && json_equal(again.items[0].doc, obj->doc));
	}
	ipsvc_objects_free(&again);
	ipsvc_errors_free(&errs);
	free(text);
}

static void check_object(const struct ipsvc_object *obj)
{
	static const struct ipsvc_expose_options defaults;
	struct ipsvc_errors errs = {0};
	char *message = NULL;
	json_t *exposed;

	require(!*obj->ns == !obj->kind->namespaced && *obj->name);
	require(ipsvc_object_validate(obj, NULL, &errs));
	require(ipsvc_object_validate_update(obj, obj, NULL, &errs));
	require(errs.n == 0);
	ipsvc_errors_free(&errs);
	exposed = ipsvc_expose(obj, &defaults, &message);
	require(!exposed == (message != NULL));
	json_decref(exposed);
	free(message);
	check_round_trip(obj);
}

/* All that is computed of valid objects. */
static void compute(const struct ipsvc_objects *objs)
{
	const struct ipsvc_nodeview_config cfg = { .masquerade_all = true };
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service service;
	struct ipsvc_objects made = {0};
	struct ipsvc_errors notes = {0};
	struct ipsvc_state state = {0};

	ipsvc_cache_put_all(cache, objs);
	while (ipsvc_cache_next(cache, &service))
		ipsvc_nodeview(cache, &cfg, &service, &state, &notes);
	ipsvc_cache_free(cache);
	ipsvc_state_free(&state);
	ipsvc_errors_free(&notes);
	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++)
		if ((*k)->derived)
			(*k)->derived->derive(objs, NULL, &made);
	ipsvc_objects_free(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool ok;

	ok = ipsvc_manifest_read((const char *)data, size, "fuzz.yaml",
				 "default", &objs, &errs);
	require(ok == (errs.n == 0) && (ok || !objs.n));
	for (size_t i = 0; i < errs.n; i++)
		free(ipsvc_error_format(&errs.items[i]));
	for (size_t i = 0; i < objs.n; i++)
		check_object(&objs.items[i]);
	compute(&objs);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return 0;
}
