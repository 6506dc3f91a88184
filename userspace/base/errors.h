/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of field errors and warnings, rendered as Kubernetes renders them:
 * "<path>: <Type>[: <bad value>][: <detail>]".
 */
#ifndef IPSVC_ERRORS_H
#define IPSVC_ERRORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Types of k8s.io/apimachinery/pkg/util/validation/field, in its words. */
enum ipsvc_error_type {
	IPSVC_ERR_REQUIRED,	/* "Required value" */
	IPSVC_ERR_DUPLICATE,	/* "Duplicate value" */
	IPSVC_ERR_INVALID,	/* "Invalid value" */
	IPSVC_ERR_UNSUPPORTED,	/* "Unsupported value" */
	IPSVC_ERR_FORBIDDEN,	/* "Forbidden" */
	IPSVC_ERR_TOO_LONG,	/* "Too long" */
	IPSVC_ERR_TOO_MANY,	/* "Too many" */
	IPSVC_ERR_INTERNAL,	/* "Internal error" */
	IPSVC_ERR_DECODE,	/* no type word: the detail is the whole message */
};

struct ipsvc_error {
	enum ipsvc_error_type type;
	char *path;	/* "spec.ports[0].port"; "" for the whole object */
	char *value;	/* as printed: Go-quoted string, number or JSON; or NULL */
	char *detail;	/* or NULL */
	int line;	/* of the manifest, 1-based; 0 when unknown */
	char *object;	/* whose error it is, Service "web"; or NULL */
};

#define IPSVC_PATH_MAX	96	/* of a field path, which has no user's text */

/* Zero-initialise ({0}) before use, ipsvc_errors_free() afterwards. */
struct ipsvc_errors {
	struct ipsvc_error *items;
	size_t n, cap;
	char **warnings;	/* without the "Warning: " in front */
	size_t nwarnings;
};

/*
 * Adds an error; @path and @value are taken as they are to be printed (@value is
 * NULL where the type prints none), the detail is a printf format. Allocation
 * failure aborts the process, here and in the rest of the library.
 */
void ipsvc_errors_add(struct ipsvc_errors *errs, enum ipsvc_error_type type,
		      const char *path, const char *value,
		      const char *detail_fmt, ...)
	__attribute__((format(printf, 5, 6)));
void ipsvc_errors_warn(struct ipsvc_errors *errs, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "<path>: <Type>[: <value>][: <detail>]"; the caller frees it. */
char *ipsvc_error_format(const struct ipsvc_error *err);
void ipsvc_error_clear(struct ipsvc_error *err);
void ipsvc_errors_free(struct ipsvc_errors *errs);

/*
 * @s in double quotes, escaped as Go's %q does: for values of errors, and for
 * anything a user wrote that ends up on a terminal. What is longer than a
 * kilobyte is cut, with "..." after the quotes. The caller frees it.
 */
char *ipsvc_quote(const char *s);

/* An Invalid error about a string value, quoted here. */
void ipsvc_invalid_string(struct ipsvc_errors *errs, const char *path,
			  const char *value, const char *detail);
/* The same whose value is any JSON, printed as compact JSON. */
void ipsvc_invalid_json(struct ipsvc_errors *errs, const char *path,
			const json_t *value, const char *detail);
void ipsvc_duplicate_string(struct ipsvc_errors *errs, const char *path,
			    const char *value);

#endif
