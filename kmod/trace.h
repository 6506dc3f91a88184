/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints ipsvc:flow_new, flow_end, select, reject. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipsvc

#if !defined(IPSVC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IPSVC_TRACE_H

#include <linux/tracepoint.h>

#include "endpoint.h"
#include "flow.h"
#include "hook.h"
#include "ipsvc.h"
#include "stats.h"

DECLARE_EVENT_CLASS(ipsvc_flow,
	TP_PROTO(const struct ipsvc_instance *inst,
		 const struct ipsvc_flow *flow),
	TP_ARGS(inst, flow),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, endpoint)
		__array(u8, client, sizeof(struct sockaddr_in6))
		__array(u8, frontend, sizeof(struct sockaddr_in6))
		__array(u8, address, sizeof(struct sockaddr_in6))
		__array(u8, source, sizeof(struct sockaddr_in6))
		__field(u8, proto)
		__field(u8, state)
	),
	TP_fast_assign(
		const struct ipsvc_half *half = &flow->orig;

		__entry->netns = inst->net->ns.inum;
		__entry->proto = half->proto;
		__entry->state = ipsvc_flow_state(half);
		__entry->endpoint = half->endpoint;
		ipsvc_sockaddr(__entry->client,
			       ipsvc_half_get(half, IPSVC_SADDR), half->sport);
		ipsvc_sockaddr(__entry->frontend,
			       ipsvc_half_get(half, IPSVC_DADDR), half->dport);
		ipsvc_sockaddr(__entry->address,
			       ipsvc_half_get(half, IPSVC_NEW_DADDR),
			       half->new_dport);
		ipsvc_sockaddr(__entry->source,
			       ipsvc_half_get(half, IPSVC_NEW_SADDR),
			       half->new_sport);
	),
	TP_printk("netns=%u proto=%u client=%pISpc frontend=%pISpc endpoint=%pISpc source=%pISpc state=%u endpoint_id=%u",
		  __entry->netns, __entry->proto, __entry->client,
		  __entry->frontend, __entry->address, __entry->source,
		  __entry->state, __entry->endpoint)
);

/* A flow was put into the table. */
DEFINE_EVENT(ipsvc_flow, flow_new,
	TP_PROTO(const struct ipsvc_instance *inst,
		 const struct ipsvc_flow *flow),
	TP_ARGS(inst, flow)
);

/* A flow is freed; its state is the last one. */
DEFINE_EVENT(ipsvc_flow, flow_end,
	TP_PROTO(const struct ipsvc_instance *inst,
		 const struct ipsvc_flow *flow),
	TP_ARGS(inst, flow)
);

/* An endpoint was chosen for the first packet of a flow. */
TRACE_EVENT(select,
	TP_PROTO(const struct ipsvc_ctx *ctx, const struct ipsvc_service *svc,
		 const struct ipsvc_endpoint *ep),
	TP_ARGS(ctx, svc, ep),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, endpoint)
		__array(u8, client, sizeof(struct sockaddr_in6))
		__array(u8, address, sizeof(struct sockaddr_in6))
		__string(service, svc->name)
	),
	TP_fast_assign(
		__entry->netns = ctx->inst->net->ns.inum;
		__entry->endpoint = ep->id;
		ipsvc_sockaddr(__entry->client,
			       ipsvc_tuple_saddr(&ctx->pkt.tuple),
			       ctx->pkt.tuple.sport);
		ipsvc_sockaddr(__entry->address, ep->addr, ep->port);
		ipsvc_assign_str(service, svc->name);
	),
	TP_printk("netns=%u service=%s client=%pISpc endpoint=%pISpc endpoint_id=%u",
		  __entry->netns, __get_str(service), __entry->client,
		  __entry->address, __entry->endpoint)
);

/* A packet that cannot be translated: dropped, refused or left to the host. */
TRACE_EVENT(reject,
	TP_PROTO(const struct ipsvc_ctx *ctx, u8 class,
		 enum ipsvc_reason reason),
	TP_ARGS(ctx, class, reason),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__array(u8, saddr, sizeof(struct sockaddr_in6))
		__array(u8, daddr, sizeof(struct sockaddr_in6))
		__field(u8, proto)
		__field(u8, class)
		__string(reason, ipsvc_stat_name(ipsvc_reason_stat(reason)))
	),
	TP_fast_assign(
		const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;

		__entry->netns = ctx->inst->net->ns.inum;
		__entry->proto = tuple->proto;
		__entry->class = class;
		ipsvc_sockaddr(__entry->saddr, ipsvc_tuple_saddr(tuple),
			       tuple->sport);
		ipsvc_sockaddr(__entry->daddr, ipsvc_tuple_daddr(tuple),
			       tuple->dport);
		ipsvc_assign_str(reason,
				 ipsvc_stat_name(ipsvc_reason_stat(reason)));
	),
	TP_printk("netns=%u reason=%s class=%u proto=%u from=%pISpc to=%pISpc",
		  __entry->netns, __get_str(reason), __entry->class,
		  __entry->proto, __entry->saddr, __entry->daddr)
);

#endif /* IPSVC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
