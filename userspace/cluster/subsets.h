/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Subsets of Endpoints in their canonical form: each address once, and ports that
 * have the same addresses together (RepackSubsets() of pkg/api/v1/endpoints).
 */
#ifndef IPSVC_SUBSETS_H
#define IPSVC_SUBSETS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct ipsvc_subset_entry {
	size_t address, port;
	bool ready;
};

/* Zero-initialise ({0}) before use. */
struct ipsvc_subsets {
	json_t *addresses, *ports;	/* arrays; a null port is none */
	json_t *address_index, *port_index;	/* by what tells them apart */
	struct ipsvc_subset_entry *entries;
	size_t n, cap;
};

/*
 * Says that @address (an EndpointAddress) has @port (an EndpointPort, or NULL:
 * none). That it is not ready counts for more than that it is. Both are borrowed.
 */
void ipsvc_subsets_add(struct ipsvc_subsets *s, json_t *address, json_t *port,
		       bool ready);
/* The array of subsets; frees the rest. */
json_t *ipsvc_subsets_take(struct ipsvc_subsets *s);

#endif
