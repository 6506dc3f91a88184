// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ipsvc makes of Services, Pods, Nodes and Endpoints, to be compared with
 * what Kubernetes' controllers make of them (selftests/oracle). Each line of
 * standard input is an array of objects as they are stored, and each line of
 * standard output {"slices": […], "endpoints": […]}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/object.h"
#include "api/validate.h"
#include "base/json.h"

static void load(const json_t *docs, struct ipsvc_objects *objs)
{
	json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc) {
		const struct ipsvc_kind *kind = ipsvc_kind_by_name(
			ipsvc_json_text(doc, "kind"));

		if (kind)
			ipsvc_object_default(ipsvc_objects_add(objs, kind,
					json_incref(doc), NULL, 0));
	}
}

static json_t *derived(const char *kind_name, const struct ipsvc_objects *objs)
{
	const struct ipsvc_kind *kind = ipsvc_kind_by_name(kind_name);
	struct ipsvc_objects made = {0};
	json_t *docs = json_array();

	if (kind && kind->derived)
		kind->derived->derive(objs, NULL, &made);
	for (size_t i = 0; i < made.n; i++)
		json_array_append(docs, made.items[i].doc);
	ipsvc_objects_free(&made);
	return docs;
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		struct ipsvc_objects objs = {0};
		json_error_t error;
		json_t *docs = json_loads(line, 0, &error), *answer;

		if (!docs) {
			fprintf(stderr, "%s: %s\n", error.text, line);
			return 1;
		}
		load(docs, &objs);
		answer = json_pack("{s:o, s:o}",
				   "slices", derived("EndpointSlice", &objs),
				   "endpoints", derived("Endpoints", &objs));
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(answer);
		json_decref(docs);
		ipsvc_objects_free(&objs);
	}
	free(line);
	return 0;
}
