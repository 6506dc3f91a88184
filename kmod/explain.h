/* SPDX-License-Identifier: GPL-2.0 */
/* What would happen to a packet. */
#ifndef IPSVC_EXPLAIN_H
#define IPSVC_EXPLAIN_H

#include <linux/types.h>
#include <linux/ipsvc.h>

#include "choose.h"
#include "route.h"
#include "tuple.h"

struct ipsvc_endpoint_slot;
struct ipsvc_flow;
struct ipsvc_frontend;
struct ipsvc_instance;

/**
 * struct ipsvc_explain_query - the first packet of a connection
 * @tuple: of the packet
 * @has_source: else this host sends it, and chooses one
 * @ifindex: of the link it arrives by; 0: that by which this host reaches the source;
 *	but what has an address of this host, it sends
 * @mark: of the packet
 */
struct ipsvc_explain_query {
	struct ipsvc_tuple tuple;
	bool has_source;
	u32 ifindex;
	u32 mark;
};

/**
 * struct ipsvc_explanation - what would happen
 * @action: in short
 * @reason: why it is not forwarded, or IPSVC_REASON_NONE
 * @flow: the flow it is of; then nothing else is set but the @action
 * @direct: it is for an endpoint, and gets a flow that reserves its tuple
 * @fe: the frontend, or NULL
 * @local: the traffic policy of @fe counts, which is Local
 * @choice: with @fe, of its endpoints
 * @masquerade: with a chosen endpoint, why it sees an address of this node
 * @source: what it sees
 */
struct ipsvc_explanation {
	enum ipsvc_action action;
	enum ipsvc_reason reason;
	const struct ipsvc_flow *flow;
	bool direct;
	const struct ipsvc_frontend *fe;
	bool local;
	struct ipsvc_choice choice;
	enum ipsvc_masquerade masquerade;
	union ipsvc_addr source;
};

/*
 * Under RCU, which what @to points to is good for. Completes the query with source
 * and link. 0, -ENODEV (no such link), -ENETUNREACH (no route to find these by) or
 * -ENOMEM.
 */
int ipsvc_explain(struct ipsvc_instance *inst,
		  struct ipsvc_explain_query *query,
		  struct ipsvc_explanation *to);
/* How an endpoint of the frontend stands to that. */
enum ipsvc_standing ipsvc_explain_standing(const struct ipsvc_explanation *to,
					   const struct ipsvc_endpoint_slot *slot);

#endif /* IPSVC_EXPLAIN_H */
