/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sort-merge diff of two states: the fewest kernel operations that lead from
 * one to the other. Equal states give none, whatever their size.
 */
#ifndef IPSVC_DIFF_H
#define IPSVC_DIFF_H

#include "state.h"

/* A service port is put, as a whole, or removed. */
struct ipsvc_op {
	const struct ipsvc_kservice *have;	/* NULL: it is new */
	const struct ipsvc_kservice *want;	/* NULL: it is removed */
};

struct ipsvc_ops {
	struct ipsvc_op *items;
	size_t n, cap;
};

static inline const struct ipsvc_kservice *
ipsvc_op_service(const struct ipsvc_op *op)
{
	return op->want ? op->want : op->have;
}

/*
 * Both states sorted (ipsvc_state_sort). The ops point into the states.
 * Removals come first.
 */
void ipsvc_diff(const struct ipsvc_state *have, const struct ipsvc_state *want,
		struct ipsvc_ops *ops);
/* Of several differences: removals come first, each kind by the key. */
void ipsvc_ops_sort(struct ipsvc_ops *ops);
void ipsvc_ops_free(struct ipsvc_ops *ops);

#endif
