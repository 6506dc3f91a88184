/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's table of service ports, as it is known to be or is to be: by the
 * Service they are of, so that a change of one costs nothing for all the others.
 */
#ifndef IPSVC_KTABLE_H
#define IPSVC_KTABLE_H

#include <jansson.h>

#include "base/map.h"
#include "diff.h"
#include "state.h"

/* The service ports of one Service. */
struct ipsvc_kgroup {
	struct ipsvc_map_node node;
	char *service;			/* "default/web" */
	struct ipsvc_state ports;	/* sorted unless @unsorted */
	bool unsorted;			/* within ipsvc_ktable_apply() and add_all() */
};

/* Zero-initialise ({0}) before use. */
struct ipsvc_ktable {
	struct ipsvc_map groups;
	size_t nports, nendpoints;
};

/* All service ports of @service are to be those of @ports, which is empty then. */
void ipsvc_ktable_set(struct ipsvc_ktable *table, const char *service,
		      struct ipsvc_state *ports);
/* Adds the service ports of @all, which is empty then. */
void ipsvc_ktable_add_all(struct ipsvc_ktable *table, struct ipsvc_state *all);
/* Does to @table what the kernel was made to do. */
void ipsvc_ktable_apply(struct ipsvc_ktable *table, const struct ipsvc_op *ops,
			size_t n);
/* Adds what leads from @have to @want for one Service; ops point into both. */
void ipsvc_ktable_diff(const struct ipsvc_ktable *have,
		       const struct ipsvc_ktable *want, const char *service,
		       struct ipsvc_ops *ops);
/* The names of all Services, as the keys of an object. */
void ipsvc_ktable_names(const struct ipsvc_ktable *table, json_t *names);
void ipsvc_ktable_free(struct ipsvc_ktable *table);

#endif
