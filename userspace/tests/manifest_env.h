/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of manifests share. */
#ifndef IPSVC_TESTS_MANIFEST_ENV_H
#define IPSVC_TESTS_MANIFEST_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/memory.h"
#include "manifest/manifest.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* A Service around which a case is about something else. */
#define SERVICE(name) \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\n" \
	"spec: {ports: [{port: 80}]}\n"

#define CHANGED(name) \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\n" \
	"spec: {ports: [{port: 81}]}\n"

/* "line: error" for each error, then "warning: …" for each warning. */
static char *said(const struct ipsvc_errors *errs)
{
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < errs->n; i++) {
		char *text = ipsvc_error_format(&errs->items[i]);

		ipsvc_buf_printf(&buf, "%d: %s\n", errs->items[i].line, text);
		free(text);
	}
	for (size_t i = 0; i < errs->nwarnings; i++)
		ipsvc_buf_printf(&buf, "warning: %s\n", errs->warnings[i]);
	return ipsvc_buf_take(&buf);
}

/* Reads @text and expects that just @expected is said, and @n objects. */
static void expect(const char *text, size_t size, size_t n,
		   const char *expected)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool ok = ipsvc_manifest_read(text, size, "f.yaml", "default", &objs,
				      &errs);
	char *got = said(&errs);

	assert_string_equal(got, expected);
	assert_int_equal(ok, errs.n == 0);
	assert_int_equal(objs.n, n);
	free(got);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

#endif
