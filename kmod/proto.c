// SPDX-License-Identifier: GPL-2.0
/*
 * States and timeouts: pure functions of what the two directions of a flow have
 * sent. Nothing is stored, so no packet has to write to the other half.
 */
#include <linux/in.h>
#include <linux/minmax.h>
#include <linux/ipsvc.h>

#include "flow.h"

/**
 * ipsvc_flow_state - the state of a flow
 * @flow: the flow
 *
 * Return: enum ipsvc_flow_state
 */
u8 ipsvc_flow_state(const struct ipsvc_flow *flow)
{
	u8 orig = READ_ONCE(flow->half[0].seen);
	u8 reply = READ_ONCE(flow->half[1].seen);

	if ((orig | reply) & IPSVC_SEEN_RST)
		return IPSVC_FLOW_CLOSED;
	if (orig & reply & IPSVC_SEEN_FIN)
		return IPSVC_FLOW_CLOSED;
	if ((orig | reply) & IPSVC_SEEN_FIN)
		return IPSVC_FLOW_CLOSING;
	if ((orig & IPSVC_SEEN_DATA) && (reply & IPSVC_SEEN_DATA))
		return IPSVC_FLOW_ESTABLISHED;
	return IPSVC_FLOW_NEW;
}

/**
 * ipsvc_flow_timeout - how long a flow may be idle
 * @t: the instance's timeouts
 * @flow: the flow
 *
 * Return: seconds
 */
u32 ipsvc_flow_timeout(const struct ipsvc_flow_timeouts *t,
		       const struct ipsvc_flow *flow)
{
	u8 state = ipsvc_flow_state(flow);

	if (flow->half[0].proto == IPPROTO_UDP)
		return READ_ONCE(flow->half[0].seen) & IPSVC_SEEN_STREAM ?
		       READ_ONCE(t->udp_stream) : READ_ONCE(t->udp);
	switch (state) {
	case IPSVC_FLOW_ESTABLISHED:
		return READ_ONCE(t->tcp_established);
	case IPSVC_FLOW_CLOSING:
		return READ_ONCE(t->tcp_closing);
	case IPSVC_FLOW_CLOSED:
		return READ_ONCE(t->tcp_closed);
	default:
		return READ_ONCE(t->tcp_syn);
	}
}

/**
 * ipsvc_flow_idle - since when neither side has sent anything
 * @flow: the flow
 *
 * Return: jiffies, up to a second too many
 */
s32 ipsvc_flow_idle(const struct ipsvc_flow *flow)
{
	u32 now = (u32)jiffies;
	s32 orig = now - READ_ONCE(flow->half[0].stamp);
	s32 reply = now - READ_ONCE(flow->half[1].stamp);

	return min(orig, reply);
}

/**
 * ipsvc_flow_remaining - how long a flow still has
 * @t: the instance's timeouts
 * @flow: the flow
 *
 * Return: jiffies; 0 or less when its time is over
 */
long ipsvc_flow_remaining(const struct ipsvc_flow_timeouts *t,
			  const struct ipsvc_flow *flow)
{
	return (long)ipsvc_flow_timeout(t, flow) * HZ - ipsvc_flow_idle(flow);
}

#ifdef DEBUG
#include "selftest/proto.c"
#endif
