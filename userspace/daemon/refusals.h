/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel refused: changes of single services, which are not asked for
 * again before the service or the kernel's tables changed.
 */
#ifndef IPSVCD_REFUSALS_H
#define IPSVCD_REFUSALS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/diff.h"

struct refusals {
	json_t *by_service;	/* NULL: none */
	int err;		/* of all changes together, and what it means */
	char *message;
	uint32_t generation;	/* of the tables that were not to be changed so */
	uint64_t since;		/* monotonic, microseconds */
};

/* Forgets all unless they were of @generation, and lately as of @now. */
void refusals_expire(struct refusals *r, uint32_t generation, uint64_t now);
void refusals_add(struct refusals *r, const struct ipsvc_op *op,
		  const char *message, uint64_t now);
/* Why all changes together were refused last. */
void refusals_explain(struct refusals *r, int err, const char *message);
/* [{service, message}], or NULL when there are none. A reference of the caller. */
json_t *refusals_list(const struct refusals *r);
/* Takes those of @ops that were refused out of it; how many. */
size_t refusals_take_out(const struct refusals *r, struct ipsvc_ops *ops);
void refusals_free(struct refusals *r);

#endif
