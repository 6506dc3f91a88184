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
		__field(u8, proto)
		__field(u8, state)
		__field(u32, endpoint)
		__array(u8, client, sizeof(__be32))
		__array(u8, frontend, sizeof(__be32))
		__array(u8, address, sizeof(__be32))
		__array(u8, source, sizeof(__be32))
		__field(u16, client_port)
		__field(u16, frontend_port)
		__field(u16, port)
		__field(u16, source_port)
	),
	TP_fast_assign(
		const struct ipsvc_half4 *half = &flow->half[0];

		__entry->netns = inst->net->ns.inum;
		__entry->proto = half->h.proto;
		__entry->state = ipsvc_flow_state(&half->h);
		__entry->endpoint = half->h.endpoint;
		memcpy(__entry->client, &half->saddr, sizeof(__be32));
		memcpy(__entry->frontend, &half->daddr, sizeof(__be32));
		memcpy(__entry->address, &half->new_daddr, sizeof(__be32));
		memcpy(__entry->source, &half->new_saddr, sizeof(__be32));
		__entry->client_port = ntohs(half->h.sport);
		__entry->frontend_port = ntohs(half->h.dport);
		__entry->port = ntohs(half->h.new_dport);
		__entry->source_port = ntohs(half->h.new_sport);
	),
	TP_printk("netns=%u proto=%u client=%pI4:%u frontend=%pI4:%u endpoint=%pI4:%u source=%pI4:%u state=%u endpoint_id=%u",
		  __entry->netns, __entry->proto, __entry->client,
		  __entry->client_port, __entry->frontend,
		  __entry->frontend_port, __entry->address, __entry->port,
		  __entry->source, __entry->source_port, __entry->state,
		  __entry->endpoint)
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
		__array(u8, client, sizeof(__be32))
		__array(u8, address, sizeof(__be32))
		__field(u16, port)
		__string(service, svc->name)
	),
	TP_fast_assign(
		__entry->netns = ctx->inst->net->ns.inum;
		__entry->endpoint = ep->id;
		memcpy(__entry->client, &ctx->pkt.tuple.saddr.ip4, sizeof(__be32));
		memcpy(__entry->address, &ep->addr.ip4, sizeof(__be32));
		__entry->port = ntohs(ep->port);
		ipsvc_assign_str(service, svc->name);
	),
	TP_printk("netns=%u service=%s client=%pI4 endpoint=%pI4:%u endpoint_id=%u",
		  __entry->netns, __get_str(service), __entry->client,
		  __entry->address, __entry->port, __entry->endpoint)
);

/* A packet was not translated and let through. */
TRACE_EVENT(reject,
	TP_PROTO(const struct ipsvc_ctx *ctx, u8 class,
		 enum ipsvc_reason reason),
	TP_ARGS(ctx, class, reason),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u8, proto)
		__field(u8, class)
		__array(u8, saddr, sizeof(__be32))
		__array(u8, daddr, sizeof(__be32))
		__field(u16, sport)
		__field(u16, dport)
		__string(reason, ipsvc_stat_name(ipsvc_reason_stat(reason)))
	),
	TP_fast_assign(
		const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;

		__entry->netns = ctx->inst->net->ns.inum;
		__entry->proto = tuple->proto;
		__entry->class = class;
		memcpy(__entry->saddr, &tuple->saddr.ip4, sizeof(__be32));
		memcpy(__entry->daddr, &tuple->daddr.ip4, sizeof(__be32));
		__entry->sport = ntohs(tuple->sport);
		__entry->dport = ntohs(tuple->dport);
		ipsvc_assign_str(reason,
				 ipsvc_stat_name(ipsvc_reason_stat(reason)));
	),
	TP_printk("netns=%u reason=%s class=%u proto=%u from=%pI4:%u to=%pI4:%u",
		  __entry->netns, __get_str(reason), __entry->class,
		  __entry->proto, __entry->saddr, __entry->sport,
		  __entry->daddr, __entry->dport)
);

#endif /* IPSVC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
