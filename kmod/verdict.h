/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a packet that is not translated and let through. */
#ifndef IPSVC_VERDICT_H
#define IPSVC_VERDICT_H

#include "hook.h"
#include "stats.h"

/* Any context, under RCU: a netfilter verdict; @class: 0 without a frontend. */
unsigned int ipsvc_verdict(const struct ipsvc_ctx *ctx, u8 class,
			   enum ipsvc_reason reason);

#endif /* IPSVC_VERDICT_H */
