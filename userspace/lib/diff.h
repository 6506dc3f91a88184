/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sort-merge diff of two states: the fewest kernel operations that lead from
 * one to the other. Equal states give none, whatever their size.
 */
#ifndef IPSVC_DIFF_H
#define IPSVC_DIFF_H

#include "state.h"

enum ipsvc_op_type {
	IPSVC_OP_DEL,		/* deletions come first, then SET, then NEW */
	IPSVC_OP_SET,
	IPSVC_OP_NEW,
};

struct ipsvc_op {
	enum ipsvc_op_type type;
	const struct ipsvc_kservice *svc;	/* of the wanted state; of the old for DEL */
	bool frontends, endpoints;		/* SET: what to replace */
};

struct ipsvc_ops {
	struct ipsvc_op *items;
	size_t n, cap;
};

/*
 * Both states sorted (ipsvc_state_sort). The ops point into the states. A
 * changed protocol is DEL + NEW of the same name.
 */
void ipsvc_diff(const struct ipsvc_state *have, const struct ipsvc_state *want,
		struct ipsvc_ops *ops);
void ipsvc_ops_free(struct ipsvc_ops *ops);

#endif
