/* SPDX-License-Identifier: GPL-2.0 */
/* The frontend and the endpoint of a packet that has no flow. */
#ifndef IPSVC_CHOOSE_H
#define IPSVC_CHOOSE_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "stats.h"

struct ipsvc_candidates;
struct ipsvc_ctx;
struct ipsvc_endpoint_slot;
struct ipsvc_frontend;

/**
 * struct ipsvc_choice - how the endpoint of a new flow was chosen
 * @among: the candidates by the traffic policy
 * @slot: the chosen one, or NULL
 * @remembered: it is the one that the client had last, by session affinity
 */
struct ipsvc_choice {
	const struct ipsvc_candidates *among;
	const struct ipsvc_endpoint_slot *slot;
	bool remembered;
};

/* Under RCU. The frontend of the packet's destination, or NULL. */
struct ipsvc_frontend *ipsvc_choose_frontend(const struct ipsvc_ctx *ctx);
/* Whether the source ranges, where they apply to the frontend, allow the client. */
bool ipsvc_choose_admits(const struct ipsvc_ctx *ctx,
			 const struct ipsvc_frontend *fe);
/*
 * Under RCU. Sets @choice; returns why there is none. @turn: of schedulers that
 * take turns, &ipsvc_service.turn or a copy.
 */
enum ipsvc_reason ipsvc_choose_endpoint(const struct ipsvc_ctx *ctx,
					const struct ipsvc_frontend *fe,
					atomic_t *turn,
					struct ipsvc_choice *choice);

/* Under RCU. Why the frontend has no endpoint for any flow of the client, or 0. */
enum ipsvc_reason ipsvc_choose_any(const struct ipsvc_ctx *ctx,
				   const struct ipsvc_frontend *fe);

#endif /* IPSVC_CHOOSE_H */
