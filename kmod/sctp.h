/* SPDX-License-Identifier: GPL-2.0 */
/* What SCTP has that TCP and UDP have not. */
#ifndef IPSVC_SCTP_H
#define IPSVC_SCTP_H

#include <linux/types.h>

struct ipsvc_ctx;
struct ipsvc_half;
struct ipsvc_packet;
struct sk_buff;

bool ipsvc_sctp_parse(const struct sk_buff *skb, struct ipsvc_packet *pkt);
u8 ipsvc_sctp_seen(struct ipsvc_half *half, u8 was,
		   const struct ipsvc_packet *pkt);
void ipsvc_sctp_fix_checksum(struct sk_buff *skb, u32 l4, __be16 old_port,
			     __be16 port, bool dest);
void ipsvc_sctp_abort(const struct ipsvc_ctx *ctx);

#endif /* IPSVC_SCTP_H */
