/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kubectl makes of documents with JSONPath: -o jsonpath=, custom-columns=, --sort-by. */
#ifndef IPSVC_CLI_COLUMNS_H
#define IPSVC_CLI_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * "NAME:.metadata.name,IP:.spec.clusterIP": a row for each of @docs. False, with a
 * reason in *@why that the caller frees, when @spec is none.
 */
bool columns_print(FILE *fp, const char *spec, const json_t *docs,
		   bool no_headers, char **why);

/*
 * The order of documents by what @path leads to in them: numbers as such, texts
 * with the numbers in them as such; those without it come first.
 */
struct columns_key {
	json_t *value;		/* NULL: there is none */
};

/* False as above. */
bool columns_key(const char *path, const json_t *doc, struct columns_key *key,
		 char **why);
int columns_key_cmp(const struct columns_key *a, const struct columns_key *b);

#endif
