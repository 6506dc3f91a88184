/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubectl's tables: from objects to the cells of a row. Pure functions of the
 * objects and the time.
 */
#ifndef IPSVC_TABLE_H
#define IPSVC_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ipsvc_column {
	const char *header;
	const char *key;	/* of JSON */
	bool wide;		/* with -o wide only */
};

#define IPSVC_CELLS_MAX 12

/* It has all columns, the wide ones too. */
struct ipsvc_row {
	char *cells[IPSVC_CELLS_MAX];
	size_t n;
};

/* The table of a kind. */
struct ipsvc_table {
	const struct ipsvc_column *columns;
	size_t ncolumns;	/* IPSVC_CELLS_MAX at most */
	/*
	 * Adds the cells of @doc. @name is what the first column says, @now is
	 * seconds since the epoch.
	 */
	void (*row)(const json_t *doc, const char *name, int64_t now,
		    struct ipsvc_row *row);
};

void ipsvc_row_free(struct ipsvc_row *row);

/* ---- what rows are made with --------------------------------------------- */

void ipsvc_row_add(struct ipsvc_row *row, const char *cell);
/* The same of a string in allocated memory, which is the row's then. */
void ipsvc_row_give(struct ipsvc_row *row, char *cell);
/* How old @doc is, by its creationTimestamp. */
void ipsvc_row_add_age(struct ipsvc_row *row, const json_t *doc, int64_t now);

/* "k=v,k2=v2", sorted; "<none>" without any. The caller frees it. */
char *ipsvc_cell_labels(const json_t *map);

#endif
