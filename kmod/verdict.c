// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to a packet that cannot be translated, by class of the frontend
 * and reason, as Kubernetes has it; with a counter and a tracepoint. The packet
 * is in a hook, or was routed to the ipsvc link.
 */
#include "verdict.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>
#include <linux/ipsvc.h>

#include "ipsvc.h"
#include "sctp.h"
#include "trace.h"

#define CLASSES	(IPSVC_FRONTEND_EXTERNAL_IP + 1)

/*
 * enum ipsvc_action: the default is to drop; what passes is counted as LEFT_TO_HOST.
 * Class 0 stands for no frontend.
 */
static const u8 table[CLASSES][IPSVC_REASON_COUNT] = {
	[0] = {
		[IPSVC_REASON_NO_SERVICE] = IPSVC_ACTION_REJECT,
		[IPSVC_REASON_NO_ROUTE] = IPSVC_ACTION_UNREACHABLE,
	},
	[IPSVC_FRONTEND_CLUSTER_IP] = {
		[IPSVC_REASON_NO_ENDPOINT] = IPSVC_ACTION_REJECT,
		[IPSVC_REASON_NO_FLOW] = IPSVC_ACTION_RESET,
		[IPSVC_REASON_NO_ROUTE] = IPSVC_ACTION_UNREACHABLE,
	},
	[IPSVC_FRONTEND_NODE_PORT] = {
		[IPSVC_REASON_NO_ENDPOINT] = IPSVC_ACTION_REJECT,
		/* A socket of this host may have the port. */
		[IPSVC_REASON_NO_FLOW] = IPSVC_ACTION_PASS,
		[IPSVC_REASON_NO_ROUTE] = IPSVC_ACTION_UNREACHABLE,
	},
	[IPSVC_FRONTEND_LOAD_BALANCER ... IPSVC_FRONTEND_EXTERNAL_IP] = {
		[IPSVC_REASON_NO_ENDPOINT] = IPSVC_ACTION_REJECT,
		[IPSVC_REASON_NO_FLOW] = IPSVC_ACTION_RESET,
		[IPSVC_REASON_NO_ROUTE] = IPSVC_ACTION_UNREACHABLE,
	},
};

static bool is_local_out(const struct ipsvc_ctx *ctx)
{
	return ctx->state && ctx->state->hook == NF_INET_LOCAL_OUT;
}

static unsigned int reject(const struct ipsvc_ctx *ctx)
{
	bool ipv4 = ctx->pkt.tuple.family == AF_INET;

	if (!ctx->state) {
		if (ipv4)
			icmp_ndo_send(ctx->skb, ICMP_DEST_UNREACH,
				      ICMP_PORT_UNREACH, 0);
		else
			icmpv6_ndo_send(ctx->skb, ICMPV6_DEST_UNREACH,
					ICMPV6_PORT_UNREACH, 0);
		return NF_DROP;
	}
	/* SCTP sockets take no notice of the others. */
	if (ctx->pkt.tuple.proto == IPPROTO_SCTP) {
		ipsvc_sctp_abort(ctx);
		return NF_DROP;
	}
	/* A socket of this host gets the error from its system call. */
	if (is_local_out(ctx))
		return NF_DROP_ERR(-ECONNREFUSED);
	if (ipv4)
		nf_send_unreach(ctx->skb, ICMP_PORT_UNREACH, ctx->state->hook);
	else
		nf_send_unreach6(ctx->state->net, ctx->skb,
				 ICMPV6_PORT_UNREACH, ctx->state->hook);
	return NF_DROP;
}

static unsigned int reset(const struct ipsvc_ctx *ctx)
{
	const struct nf_hook_state *state = ctx->state;

	if (ctx->pkt.tuple.proto == IPPROTO_SCTP) {
		ipsvc_sctp_abort(ctx);
		return NF_DROP;
	}
	if (ctx->pkt.tcp_flags & IPSVC_TCP_RST)
		return NF_DROP;
	if (ctx->pkt.tuple.family == AF_INET)
		nf_send_reset(state->net, state->sk, ctx->skb, state->hook);
	else
		nf_send_reset6(state->net, state->sk, ctx->skb, state->hook);
	return NF_DROP;
}

enum ipsvc_action ipsvc_verdict_action(u8 class, enum ipsvc_reason reason)
{
	return table[class][reason];
}

unsigned int ipsvc_verdict(const struct ipsvc_ctx *ctx, u8 class,
			   enum ipsvc_reason reason)
{
	enum ipsvc_action action = ipsvc_verdict_action(class, reason);

	if (action == IPSVC_ACTION_PASS)
		reason = IPSVC_REASON_LEFT_TO_HOST;
	ipsvc_stat_inc(ctx->inst, ipsvc_reason_stat(reason));
	trace_reject(ctx, class, reason);
	switch (action) {
	case IPSVC_ACTION_REJECT:
		return reject(ctx);
	case IPSVC_ACTION_RESET:
		return reset(ctx);
	case IPSVC_ACTION_PASS:
		return NF_ACCEPT;
	case IPSVC_ACTION_UNREACHABLE:
		return is_local_out(ctx) ? NF_DROP_ERR(-EHOSTUNREACH) : NF_DROP;
	default:
		return NF_DROP;
	}
}
