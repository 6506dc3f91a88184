// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "manifest/manifest.h"
#include "source/scan.h"

static void say(const char *file, int line, const char *text)
{
	if (line)
		fprintf(stderr, "%s:%d: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
}

/* Returns the number of errors; objects that are good go to @objs. */
static size_t check_file(const char *dir, const struct scan_file *f,
			 struct ipsvc_objects *objs)
{
	char *file = xasprintf("%s/%s", dir, f->name);
	struct ipsvc_errors errs = {0};
	const char *hint, *why = scan_refusal(f, &hint);
	size_t n;

	if (why) {
		char *text = xasprintf("%s; %s", why, hint);

		say(file, 0, text);
		free(text);
		free(file);
		return 1;
	}
	n = ipsvc_manifest_read_file(file, "default", objs, &errs) ? 0 : 1;
	for (size_t i = 0; i < errs.n; i++) {
		char *text = ipsvc_error_format(&errs.items[i]);

		say(file, errs.items[i].line, text);
		free(text);
	}
	for (size_t i = 0; i < errs.nwarnings; i++)
		fprintf(stderr, "Warning: %s\n", errs.warnings[i]);
	if (errs.n)
		n = errs.n;
	ipsvc_errors_free(&errs);
	free(file);
	return n;
}

static int by_identity(const void *a, const void *b)
{
	const struct ipsvc_object *x = *(const struct ipsvc_object *const *)a;
	const struct ipsvc_object *y = *(const struct ipsvc_object *const *)b;

	return ipsvc_object_cmp(x, y);
}

/* An object belongs to one file. */
static size_t check_twins(const struct ipsvc_objects *objs)
{
	const struct ipsvc_object **sorted;
	size_t errors = 0;

	sorted = xcalloc(objs->n ? objs->n : 1, sizeof(*sorted));
	for (size_t i = 0; i < objs->n; i++)
		sorted[i] = &objs->items[i];
	qsort(sorted, objs->n, sizeof(*sorted), by_identity);
	for (size_t i = 1; i < objs->n; i++) {
		const struct ipsvc_object *a = sorted[i - 1], *b = sorted[i];
		char *text;

		if (by_identity(&a, &b) != 0)
			continue;
		text = xasprintf("%s \"%s/%s\" is in %s as well",
				 b->kind->kind, b->ns, b->name,
				 a->file);
		say(b->file, b->line, text);
		free(text);
		errors++;
	}
	free(sorted);
	return errors;
}

int check_manifests(const char *dir)
{
	struct ipsvc_objects objs = {0};
	size_t errors = 0;
	struct scan scan;
	int err = scan_dir(dir, &scan);

	if (err) {
		say(dir, 0, strerror(-err));
		return 1;
	}
	for (size_t i = 0; i < scan.n; i++)
		errors += check_file(dir, &scan.items[i], &objs);
	errors += check_twins(&objs);
	printf("%zu files, %zu objects, %zu errors\n", scan.n, objs.n, errors);
	scan_free(&scan);
	ipsvc_objects_free(&objs);
	return errors ? 1 : 0;
}
