// SPDX-License-Identifier: GPL-2.0
/*
 * What packets do to a flow, and the states and timeouts that follow: pure
 * functions of what the two directions have sent. No state is stored, so no
 * packet has to write to the other half.
 *
 * A FIN or RST counts only where its receiver would take it: an RST with just
 * the next sequence number (RFC 5961, 3), a FIN that joins on to what was sent.
 * Forged ones that sweep the sequence space change nothing.
 */
#include <linux/in.h>
#include <linux/minmax.h>
#include <linux/ipsvc.h>

#include "flow.h"
#include "parse.h"

/* More than that is never on its way unacknowledged. */
#define WINDOW_MAX	BIT(24)
/* What an endpoint sends before its SYN-ACK is acknowledged. */
#define SYN_ACK_DATA_MAX	BIT(16)

static bool sent_anything(const struct ipsvc_half *half)
{
	return READ_ONCE(half->seen);
}

/*
 * An RST is for the next byte its receiver waits for: what the receiver has
 * acknowledged, or, with data on the way, the end of what the sender has sent.
 */
static bool rst_counts(const struct ipsvc_half *half,
		       const struct ipsvc_packet *pkt)
{
	const struct ipsvc_half *other = ipsvc_half_other(half);
	u32 end = READ_ONCE(half->end), other_end = READ_ONCE(other->end);
	u32 acked = READ_ONCE(other->ack);

	/* The answer to a SYN: refused. */
	if (!sent_anything(half))
		return pkt->tcp_flags & IPSVC_TCP_ACK && pkt->ack == other_end;
	/* No answer to the SYN yet: given up. */
	if (!sent_anything(other))
		return pkt->seq == end;
	if (pkt->seq == acked)
		return true;
	return pkt->seq == end && end - acked <= WINDOW_MAX &&
	       other_end - READ_ONCE(half->ack) <= WINDOW_MAX;
}

/* A FIN begins where the sender stopped, or is sent again. */
static bool fin_counts(const struct ipsvc_half *half,
		       const struct ipsvc_packet *pkt)
{
	const struct ipsvc_half *other = ipsvc_half_other(half);
	u32 end = READ_ONCE(half->end), acked = READ_ONCE(other->ack);

	if (!sent_anything(half) || !sent_anything(other))
		return false;
	return end - acked <= WINDOW_MAX && end - pkt->seq <= end - acked;
}

/*
 * The client's first segment after its SYN acknowledges the endpoint's. One that
 * does not is forged, and does not keep a flow up for longer.
 */
static bool answers_syn_ack(const struct ipsvc_half *half, u8 was,
			    const struct ipsvc_packet *pkt)
{
	const struct ipsvc_half *other;

	if (likely(was & IPSVC_SEEN_NON_SYN) || !(was & IPSVC_SEEN_SYN))
		return true;
	other = ipsvc_half_other(half);
	/* Data may follow a SYN-ACK at once (TCP Fast Open). */
	return sent_anything(other) &&
	       READ_ONCE(other->end) - pkt->ack <= SYN_ACK_DATA_MAX;
}

/* What a segment other than an RST adds to @was; 0: it is none of the flow's. */
static u8 tcp_seen(const struct ipsvc_half *half, u8 was,
		   const struct ipsvc_packet *pkt)
{
	if (ipsvc_packet_is_syn(pkt))
		return was & IPSVC_SEEN_NON_SYN ?
		       IPSVC_SEEN_SYN | IPSVC_SEEN_SYN_AGAIN : IPSVC_SEEN_SYN;
	if (!answers_syn_ack(half, was, pkt))
		return 0;
	if (unlikely(pkt->tcp_flags & IPSVC_TCP_FIN) && fin_counts(half, pkt))
		return IPSVC_SEEN_NON_SYN | IPSVC_SEEN_FIN;
	return IPSVC_SEEN_NON_SYN;
}

/* A datagram after an answer: more than one question. */
static u8 udp_seen(const struct ipsvc_half *half)
{
	/* The other line is not looked at any more once that is known. */
	if (ipsvc_half_is_reply(half) ||
	    READ_ONCE(half->seen) & IPSVC_SEEN_STREAM ||
	    !sent_anything(ipsvc_half_other(half)))
		return IPSVC_SEEN_NON_SYN;
	return IPSVC_SEEN_NON_SYN | IPSVC_SEEN_STREAM;
}

/*
 * Whether a segment joins on to what its direction has sent: the next one, or one
 * that is sent again and not acknowledged yet. After a gap, whose segments took
 * another way, the other side's acknowledgment says where the direction is.
 */
static bool is_in_sequence(const struct ipsvc_half *half, u8 was,
			   const struct ipsvc_packet *pkt)
{
	const struct ipsvc_half *other;
	u32 end = READ_ONCE(half->end), acked;

	/* Nothing of the other line is read for most segments. */
	if (likely(pkt->seq == end))
		return true;
	if (!(was & IPSVC_SEEN_NON_SYN))
		return true;
	other = ipsvc_half_other(half);
	if (!sent_anything(other))
		return false;
	acked = READ_ONCE(other->ack);
	if ((s32)(acked - end) > 0)
		end = acked;
	return pkt->seq - acked <= end - acked;
}

/* A forged segment, whose number is another one, does not move the numbers. */
static void sample_sequence(struct ipsvc_half *half, u8 was,
			    const struct ipsvc_packet *pkt)
{
	u32 end = READ_ONCE(half->end);

	if (!is_in_sequence(half, was, pkt))
		return;
	if (end != pkt->end && (!(was & IPSVC_SEEN_NON_SYN) ||
				(s32)(pkt->end - end) > 0))
		WRITE_ONCE(half->end, pkt->end);
	if (READ_ONCE(half->ack) != pkt->ack)
		WRITE_ONCE(half->ack, pkt->ack);
}

/**
 * ipsvc_flow_touch - a packet of a flow was accepted
 * @half: its direction
 * @pkt: parsed
 *
 * Writes to @half only, and only what differs.
 *
 * Context: any, under RCU.
 */
void ipsvc_flow_touch(struct ipsvc_half *half, const struct ipsvc_packet *pkt)
{
	u8 was = READ_ONCE(half->seen), is;
	u32 now = (u32)jiffies;

	if (pkt->tuple.proto == IPPROTO_UDP) {
		is = was | udp_seen(half);
	} else if (likely(!(pkt->tcp_flags & IPSVC_TCP_RST))) {
		is = tcp_seen(half, was, pkt);
		if (unlikely(!is))
			return;
		/* Who goes on sending was not reset, and did not begin anew. */
		is |= was & ~(is & IPSVC_SEEN_NON_SYN ?
			      IPSVC_SEEN_RST | IPSVC_SEEN_SYN_AGAIN :
			      IPSVC_SEEN_RST);
		if (likely(!(is & IPSVC_SEEN_SYN_AGAIN)))
			sample_sequence(half, was, pkt);
	} else if (rst_counts(half, pkt)) {
		is = was | IPSVC_SEEN_RST;
	} else {
		return;
	}
	if (is != was)
		WRITE_ONCE(half->seen, is);
	if (now - READ_ONCE(half->stamp) >= HZ ||
	    unlikely(is & ~was & IPSVC_SEEN_SYN_AGAIN))
		WRITE_ONCE(half->stamp, now);
}

/**
 * ipsvc_flow_state - the state of a flow
 * @orig: its half from the client
 *
 * Return: enum ipsvc_flow_state
 */
u8 ipsvc_flow_state(const struct ipsvc_half *orig)
{
	u8 client = READ_ONCE(orig->seen);
	u8 endpoint = READ_ONCE(ipsvc_half_other(orig)->seen);

	if (!client)
		return IPSVC_FLOW_UNCONFIRMED;
	if ((client | endpoint) & IPSVC_SEEN_RST)
		return IPSVC_FLOW_CLOSED;
	if (client & endpoint & IPSVC_SEEN_FIN)
		return IPSVC_FLOW_CLOSED;
	if ((client | endpoint) & IPSVC_SEEN_FIN)
		return IPSVC_FLOW_CLOSING;
	if (client & endpoint & IPSVC_SEEN_NON_SYN)
		return IPSVC_FLOW_ESTABLISHED;
	return IPSVC_FLOW_NEW;
}

/**
 * ipsvc_flow_is_half_open - whether the client alone has kept a flow up so far
 * @orig: its half from the client
 *
 * True as well for a TCP client that has not acknowledged the endpoint's
 * answer, as it cannot where its address is forged.
 *
 * Return: whether nobody would miss it much.
 */
bool ipsvc_flow_is_half_open(const struct ipsvc_half *orig)
{
	u8 state = ipsvc_flow_state(orig);

	return state == IPSVC_FLOW_NEW || state == IPSVC_FLOW_UNCONFIRMED;
}

/**
 * ipsvc_flow_timeout - how long a flow may be idle
 * @t: the instance's timeouts
 * @orig: its half from the client
 *
 * Return: seconds
 */
u32 ipsvc_flow_timeout(const struct ipsvc_flow_timeouts *t,
		       const struct ipsvc_half *orig)
{
	u8 state = ipsvc_flow_state(orig);

	if (state == IPSVC_FLOW_UNCONFIRMED)
		return IPSVC_FLOW_UNCONFIRMED_TIMEOUT;
	if (orig->proto == IPPROTO_UDP)
		return READ_ONCE(orig->seen) & IPSVC_SEEN_STREAM ?
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
 * ipsvc_flow_is_abandoned - whether a client that begins anew hears nothing
 * @orig: the flow's half from the client
 *
 * A SYN on a connection that lives is answered by its endpoint. One that was
 * accepted and not answered for a second is of a client that has lost its
 * connection, to an endpoint that is not there.
 */
bool ipsvc_flow_is_abandoned(const struct ipsvc_half *orig)
{
	u32 syn = READ_ONCE(orig->stamp);
	u32 answer = READ_ONCE(ipsvc_half_other(orig)->stamp);

	/* Stamps are up to a second old. */
	return READ_ONCE(orig->seen) & IPSVC_SEEN_SYN_AGAIN &&
	       (s32)(syn - answer) > HZ;
}

/**
 * ipsvc_flow_idle - since when neither side has sent anything
 * @orig: the flow's half from the client
 *
 * Return: jiffies, up to a second too many
 */
s32 ipsvc_flow_idle(const struct ipsvc_half *orig)
{
	u32 now = (u32)jiffies;
	s32 client = now - READ_ONCE(orig->stamp);
	s32 endpoint = now - READ_ONCE(ipsvc_half_other(orig)->stamp);

	return min(client, endpoint);
}

/**
 * ipsvc_flow_remaining - how long a flow still has
 * @t: the instance's timeouts
 * @orig: its half from the client
 *
 * Return: jiffies; 0 or less when its time is over
 */
long ipsvc_flow_remaining(const struct ipsvc_flow_timeouts *t,
			  const struct ipsvc_half *orig)
{
	return (long)ipsvc_flow_timeout(t, orig) * HZ - ipsvc_flow_idle(orig);
}

#ifdef DEBUG
#include "selftest/proto.c"
#endif
