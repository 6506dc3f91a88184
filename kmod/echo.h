/* SPDX-License-Identifier: GPL-2.0 */
/* Echo requests to the addresses of Services. */
#ifndef IPSVC_ECHO_H
#define IPSVC_ECHO_H

#include "hook.h"

bool ipsvc_is_echo(const struct ipsvc_ctx *ctx);
/* Under RCU; a netfilter verdict, NF_ACCEPT for what is to no Service. */
unsigned int ipsvc_echo(struct ipsvc_ctx *ctx);

#endif /* IPSVC_ECHO_H */
