/* SPDX-License-Identifier: GPL-2.0 */
/* The netfilter verdict on a packet that cannot be translated. */
#ifndef IPSVC_VERDICT_H
#define IPSVC_VERDICT_H

#include <linux/ipsvc.h>

#include "hook.h"
#include "stats.h"

/*
 * Under RCU; @class: enum ipsvc_frontend_class, 0 without a frontend. A packet on
 * the ipsvc link has no &ipsvc_ctx.state, and stays the caller's.
 */
unsigned int ipsvc_verdict(const struct ipsvc_ctx *ctx, u8 class,
			   enum ipsvc_reason reason);

/* What that does. */
enum ipsvc_action ipsvc_verdict_action(u8 class, enum ipsvc_reason reason);

#endif /* IPSVC_VERDICT_H */
