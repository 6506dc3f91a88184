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

/* Addresses, by their places, that were added together. */
struct ipsvc_subset_block {
	size_t *addresses;
	size_t n;
	bool ready;
};

/* The blocks that have a port, by their places. */
struct ipsvc_subset_port {
	size_t *blocks;
	size_t n, cap;
};

/* Zero-initialise ({0}) before use. */
struct ipsvc_subsets {
	json_t *addresses, *ports;	/* arrays; a null port is none */
	json_t *address_index, *port_index;	/* by what tells them apart */
	struct ipsvc_subset_block *blocks;
	size_t nblocks, blocks_cap;
	struct ipsvc_subset_port *of_ports;	/* as in @ports */
	size_t nports, ports_cap;
};

/*
 * Says that all of @addresses (EndpointAddresses) have all of @ports (EndpointPorts;
 * empty or NULL: none). That an address is not ready counts for more than that it
 * is. What is in the arrays is borrowed.
 */
void ipsvc_subsets_add(struct ipsvc_subsets *s, const json_t *addresses,
		       const json_t *ports, bool ready);
/*
 * The array of subsets, as many as have @max addresses together, however few
 * addresses and ports have many; frees the rest.
 */
json_t *ipsvc_subsets_take(struct ipsvc_subsets *s, size_t max);

#endif
