// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ipsvc get prints of objects, to be compared with what kubectl prints
 * (selftests/oracle). Each line of standard input is
 *
 *	{"objects": […], "now": "2026-01-02T03:04:05Z", "wide": true, "all": true,
 *	 "labels": true, "noHeaders": true}
 *
 * and each line of standard output {"text": "NAME   …\n"}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/object.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "cli/print/tables.h"

static bool option(const json_t *question, const char *name)
{
	return json_is_true(json_object_get(question, name));
}

static struct tables decode(const json_t *question)
{
	struct tables how = {
		.format = option(question, "wide") ? OUT_WIDE : OUT_TEXT,
		.all_namespaces = option(question, "all"),
		.show_labels = option(question, "labels"),
		.no_headers = option(question, "noHeaders"),
	};

	if (!ipsvc_time_parse(ipsvc_json_text(question, "now"), &how.now))
		abort();
	return how;
}

static void answer(const json_t *question)
{
	const json_t *docs = json_object_get(question, "objects");
	size_t n = json_array_size(docs), len;
	struct tables_item *items = xcalloc(n, sizeof(*items));
	struct tables how = decode(question);
	struct ipsvc_objects objs = {0};
	json_t *said;
	char *text;
	FILE *fp = open_memstream(&text, &len);

	for (size_t i = 0; i < n; i++) {
		json_t *doc = json_array_get(docs, i);
		const struct ipsvc_kind *kind = ipsvc_kind_by_name(
			ipsvc_json_text(doc, "kind"));

		ipsvc_object_default(ipsvc_objects_add(&objs, kind,
				     json_incref(doc), NULL, 0));
		items[i] = (struct tables_item){ kind, doc };
		how.full_names |= kind != items[0].kind;
	}
	if (tables_print(fp, &how, items, n) || fclose(fp))
		abort();
	said = json_pack("{s:s}", "text", text);
	json_dumpf(said, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(said);
	ipsvc_objects_free(&objs);
	free(items);
	free(text);
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
