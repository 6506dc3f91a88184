/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubectl's tables: from objects to the cells of a row. Pure functions of the
 * objects and the time.
 */
#ifndef IPSVC_CLI_PRINTERS_H
#define IPSVC_CLI_PRINTERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"

enum printer_table {
	PRINTER_SERVICES,
	PRINTER_PODS,
	PRINTER_ENDPOINTS,
};

/* The columns of a table, those of -o wide marked so. */
const struct out_column *printer_columns(enum printer_table table, size_t *n);

#define PRINTER_CELLS_MAX 12

/* A row; the caller frees it. It has all columns, the wide ones too. */
struct printer_row {
	char *cells[PRINTER_CELLS_MAX];
	size_t n;
};

void printer_row_free(struct printer_row *row);

/*
 * @name is what the first column says, @now is seconds since the epoch. With
 * @wide no cell is cut short.
 */
void printer_service(const json_t *doc, const char *name, bool wide,
		     int64_t now, struct printer_row *row);
void printer_pod(const json_t *doc, const char *name, int64_t now,
		 struct printer_row *row);
void printer_endpoints(const json_t *doc, const char *name, int64_t now,
		       struct printer_row *row);

/* "k=v,k2=v2", sorted; "<none>" without any. The caller frees it. */
char *printer_labels(const json_t *map);
/* The age of an object by its creationTimestamp; @buf has IPSVC_TIME_SIZE bytes. */
const char *printer_age(const json_t *doc, int64_t now, char *buf);

#endif
