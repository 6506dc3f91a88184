// SPDX-License-Identifier: GPL-2.0
/*
 * The table of unhappy paths: (class of the frontend, reason) to what becomes of
 * the packet, with a counter and a tracepoint for each. Kubernetes' semantics.
 */
#include "verdict.h"

#include <linux/icmp.h>
#include <linux/netfilter_ipv4.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <linux/ipsvc.h>

#include "ipsvc.h"
#include "trace.h"

/**
 * enum action - what becomes of a packet
 * @ACTION_DROP: nobody learns of it
 * @ACTION_REJECT: ICMP port unreachable; ECONNREFUSED for sockets of this host
 * @ACTION_RESET: TCP reset
 * @ACTION_PASS: the packet goes on, not translated
 * @ACTION_UNREACHABLE: EHOSTUNREACH for sockets of this host
 */
enum action {
	ACTION_DROP,
	ACTION_REJECT,
	ACTION_RESET,
	ACTION_PASS,
	ACTION_UNREACHABLE,
};

#define CLASSES	(IPSVC_FRONTEND_NODE_PORT + 1)

/* What is not named is dropped. The row of class 0 is for no frontend. */
static const u8 table[CLASSES][IPSVC_REASON_COUNT] = {
	[0] = {
		[IPSVC_REASON_NO_SERVICE] = ACTION_REJECT,
		[IPSVC_REASON_NO_ROUTE] = ACTION_UNREACHABLE,
	},
	[IPSVC_FRONTEND_CLUSTER_IP] = {
		[IPSVC_REASON_NO_ENDPOINT] = ACTION_REJECT,
		[IPSVC_REASON_NO_FLOW] = ACTION_RESET,
		[IPSVC_REASON_NO_ROUTE] = ACTION_UNREACHABLE,
	},
	[IPSVC_FRONTEND_NODE_PORT] = {
		[IPSVC_REASON_NO_ENDPOINT] = ACTION_REJECT,
		/* This host answers for its own addresses; it may have the socket. */
		[IPSVC_REASON_NO_FLOW] = ACTION_PASS,
		[IPSVC_REASON_NO_ROUTE] = ACTION_UNREACHABLE,
	},
};

static unsigned int reject(const struct ipsvc_ctx *ctx)
{
	/* Sockets of this host learn it from the call, others by ICMP. */
	if (ctx->state->hook == NF_INET_LOCAL_OUT)
		return NF_DROP_ERR(-ECONNREFUSED);
	nf_send_unreach(ctx->skb, ICMP_PORT_UNREACH, ctx->state->hook);
	return NF_DROP;
}

static unsigned int reset(const struct ipsvc_ctx *ctx)
{
	/* An RST is not answered by another one. */
	if (!(ctx->pkt.tcp_flags & IPSVC_TCP_RST))
		nf_send_reset(ctx->state->net, ctx->state->sk, ctx->skb,
			      ctx->state->hook);
	return NF_DROP;
}

/**
 * ipsvc_verdict - decide on a packet that is not translated and let through
 * @ctx: the packet
 * @class: enum ipsvc_frontend_class, or 0 without a frontend
 * @reason: why
 *
 * Context: under RCU.
 * Return: a netfilter verdict.
 */
unsigned int ipsvc_verdict(const struct ipsvc_ctx *ctx, u8 class,
			   enum ipsvc_reason reason)
{
	u8 action = table[class][reason];

	if (action == ACTION_PASS)
		return NF_ACCEPT;
	ipsvc_stat_inc(ctx->inst, ipsvc_reason_stat(reason));
	trace_reject(ctx, class, reason);
	switch (action) {
	case ACTION_REJECT:
		return reject(ctx);
	case ACTION_RESET:
		return reset(ctx);
	case ACTION_UNREACHABLE:
		return ctx->state->hook == NF_INET_LOCAL_OUT ?
		       NF_DROP_ERR(-EHOSTUNREACH) : NF_DROP;
	default:
		return NF_DROP;
	}
}
