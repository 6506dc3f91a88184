// SPDX-License-Identifier: GPL-2.0
/*
 * States and timeouts of flows: functions of what the two directions have sent.
 * The state itself is not stored, so no packet writes to the other half.
 *
 * A FIN or RST counts only where its receiver would accept it: an RST with
 * exactly the next sequence number (RFC 5961, 3), a FIN that follows the data
 * sent so far. Forged segments that sweep the sequence space change nothing.
 * SCTP has tags instead: see sctp.c.
 */
#include <linux/in.h>
#include <linux/minmax.h>
#include <linux/ipsvc.h>

#include "flow.h"
#include "parse.h"
#include "sctp.h"

/* An upper bound of unacknowledged data. */
#define WINDOW_MAX	BIT(24)
/* What an endpoint sends before its SYN-ACK is acknowledged. */
#define SYN_ACK_DATA_MAX	BIT(16)

static bool sent_anything(const struct ipsvc_half *half)
{
	return READ_ONCE(half->seen);
}

/*
 * An RST has the sequence number its receiver expects: what the receiver has
 * acknowledged, or, with data in flight, the end of what the sender has sent.
 */
static bool rst_counts(const struct ipsvc_half *half,
		       const struct ipsvc_packet *pkt)
{
	const struct ipsvc_half *other = ipsvc_half_other(half);
	u32 end = READ_ONCE(half->end), other_end = READ_ONCE(other->end);
	u32 acked = READ_ONCE(other->ack);

	/* The answer to a SYN: the connection is refused. */
	if (!sent_anything(half))
		return pkt->tcp_flags & IPSVC_TCP_ACK && pkt->ack == other_end;
	/* No answer to the SYN yet: the client gives up. */
	if (!sent_anything(other))
		return pkt->seq == end;
	if (pkt->seq == acked)
		return true;
	return pkt->seq == end && end - acked <= WINDOW_MAX &&
	       other_end - READ_ONCE(half->ack) <= WINDOW_MAX;
}

/* A FIN follows what was sent, or is a retransmission. */
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
 * The client's first segment after its SYN acknowledges the endpoint's. One
 * that does not is forged, and does not keep a flow up for longer.
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

/* A client that sends after an answer has a stream. */
static u8 udp_seen(const struct ipsvc_half *half)
{
	/* Avoids reading the other cache line once that is known. */
	if (ipsvc_half_is_reply(half) ||
	    READ_ONCE(half->seen) & IPSVC_SEEN_STREAM ||
	    !sent_anything(ipsvc_half_other(half)))
		return IPSVC_SEEN_NON_SYN;
	return IPSVC_SEEN_NON_SYN | IPSVC_SEEN_STREAM;
}

/*
 * Whether a segment joins on to what its direction has sent: the next one, or
 * one that is sent again and not acknowledged yet. After a gap, whose segments
 * took another way, the other side's acknowledgment says where the direction
 * is.
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

/*
 * Any context, under RCU. Records an accepted packet of a direction. Writes to
 * @half only, and only what differs.
 */
void ipsvc_flow_touch(struct ipsvc_half *half, const struct ipsvc_packet *pkt)
{
	u8 was = READ_ONCE(half->seen), is;
	u32 now = (u32)jiffies;

	if (pkt->tuple.proto == IPPROTO_UDP) {
		is = was | udp_seen(half);
	} else if (unlikely(pkt->tuple.proto == IPPROTO_SCTP)) {
		is = ipsvc_sctp_seen(half, was, pkt);
		if (!is)
			return;
	} else if (likely(!(pkt->tcp_flags & IPSVC_TCP_RST))) {
		is = tcp_seen(half, was, pkt);
		if (unlikely(!is))
			return;
		/* A side that goes on sending was not reset, nor did it begin anew. */
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

/* Returns enum ipsvc_flow_state; @orig: the half from the client. */
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

/*
 * Whether the endpoint has not answered, or a TCP client has not acknowledged
 * the answer, as it cannot when its address is forged.
 */
bool ipsvc_flow_is_half_open(const struct ipsvc_half *orig)
{
	u8 state = ipsvc_flow_state(orig);

	return state == IPSVC_FLOW_NEW || state == IPSVC_FLOW_UNCONFIRMED;
}

static u32 sctp_timeout(const struct ipsvc_flow_timeouts *t, u8 state)
{
	if (state == IPSVC_FLOW_ESTABLISHED)
		return READ_ONCE(t->sctp_established);
	return state == IPSVC_FLOW_NEW ? READ_ONCE(t->sctp_init) :
					 READ_ONCE(t->sctp_closing);
}

/* In seconds. */
static u32 timeout_of(const struct ipsvc_flow_timeouts *t,
		      const struct ipsvc_half *orig)
{
	u8 state = ipsvc_flow_state(orig);

	if (state == IPSVC_FLOW_UNCONFIRMED)
		return IPSVC_FLOW_UNCONFIRMED_TIMEOUT;
	if (orig->proto == IPPROTO_UDP)
		return READ_ONCE(orig->seen) & IPSVC_SEEN_STREAM ?
		       READ_ONCE(t->udp_stream) : READ_ONCE(t->udp);
	if (orig->proto == IPPROTO_SCTP)
		return sctp_timeout(t, state);
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

/*
 * Whether a client that has sent another SYN gets no answer. A live endpoint
 * answers a SYN; where it has not for a second, the client has lost its
 * connection and the endpoint is gone.
 */
bool ipsvc_flow_is_abandoned(const struct ipsvc_half *orig)
{
	u32 syn = READ_ONCE(orig->stamp);
	u32 answer = READ_ONCE(ipsvc_half_other(orig)->stamp);

	/* Stamps are up to a second old, and an answer takes some time. */
	return READ_ONCE(orig->seen) & IPSVC_SEEN_SYN_AGAIN &&
	       (s32)(syn - answer) > HZ &&
	       (s32)((u32)jiffies - syn) > HZ / 4 * 3;
}

/* Jiffies since a packet in either direction, up to a second too many. */
s32 ipsvc_flow_idle(const struct ipsvc_half *orig)
{
	u32 now = (u32)jiffies;
	s32 client = now - READ_ONCE(orig->stamp);
	s32 endpoint = now - READ_ONCE(ipsvc_half_other(orig)->stamp);

	return min(client, endpoint);
}

/* Jiffies until the timeout; 0 or less when it has passed. */
long ipsvc_flow_remaining(const struct ipsvc_flow_timeouts *t,
			  const struct ipsvc_half *orig)
{
	return (long)timeout_of(t, orig) * HZ - ipsvc_flow_idle(orig);
}

#ifdef DEBUG
#include "selftest/proto.c"
#endif
