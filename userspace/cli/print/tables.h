/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables that "ipsvc get" prints, as kubectl does: one for each kind. */
#ifndef IPSVC_CLI_TABLES_H
#define IPSVC_CLI_TABLES_H

#include <stddef.h>

#include "api/kind.h"
#include "out.h"

struct tables_item {
	const struct ipsvc_kind *kind;
	json_t *doc;
};

struct tables {
	enum out_format format;
	bool all_namespaces;	/* with a column of namespaces */
	bool show_labels, no_headers;
	const char *const *labels;	/* each with a column of its own */
	size_t nlabels;
	bool full_names;	/* "service/web" */
	int64_t now;		/* for ages: seconds since the epoch */
};

/* 0, or -1 with errno when writing failed. */
int tables_print(FILE *fp, const struct tables *how,
		 const struct tables_item *items, size_t n);

#endif
