// SPDX-License-Identifier: GPL-2.0
/* States and timeouts: every pair of what the two directions have sent. */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>

#define SYN	IPSVC_SEEN_SYN
#define DATA	IPSVC_SEEN_NON_SYN
#define FIN	IPSVC_SEEN_FIN
#define RST	IPSVC_SEEN_RST
#define STREAM	IPSVC_SEEN_STREAM

/* Each different, so that one taken for another shows. */
static const struct ipsvc_flow_timeouts selftest_timeouts __initconst = {
	.tcp_syn = 11,
	.tcp_established = 22,
	.tcp_closing = 33,
	.tcp_closed = 44,
	.udp = 55,
	.udp_stream = 66,
	.sctp_init = 77,
	.sctp_established = 88,
	.sctp_closing = 99,
};

struct selftest_state {
	u8 proto;
	u8 orig;
	u8 reply;
	u8 state;
	u32 timeout;
};

static const struct selftest_state selftest_states[] __initconst = {
	{ IPPROTO_TCP, 0, 0, IPSVC_FLOW_UNCONFIRMED,
	  IPSVC_FLOW_UNCONFIRMED_TIMEOUT },
	{ IPPROTO_TCP, SYN, 0, IPSVC_FLOW_NEW, 11 },
	/* SYN and SYN-ACK: the client has not answered yet. */
	{ IPPROTO_TCP, SYN, DATA, IPSVC_FLOW_NEW, 11 },
	{ IPPROTO_TCP, SYN | DATA, 0, IPSVC_FLOW_NEW, 11 },
	{ IPPROTO_TCP, SYN | DATA, DATA, IPSVC_FLOW_ESTABLISHED, 22 },
	{ IPPROTO_TCP, DATA, DATA, IPSVC_FLOW_ESTABLISHED, 22 },
	{ IPPROTO_TCP, SYN | DATA | FIN, DATA, IPSVC_FLOW_CLOSING, 33 },
	{ IPPROTO_TCP, SYN | DATA, DATA | FIN, IPSVC_FLOW_CLOSING, 33 },
	{ IPPROTO_TCP, SYN | FIN, 0, IPSVC_FLOW_CLOSING, 33 },
	{ IPPROTO_TCP, SYN | DATA | FIN, DATA | FIN, IPSVC_FLOW_CLOSED, 44 },
	{ IPPROTO_TCP, SYN | DATA | RST, DATA, IPSVC_FLOW_CLOSED, 44 },
	{ IPPROTO_TCP, SYN | DATA, DATA | RST, IPSVC_FLOW_CLOSED, 44 },
	{ IPPROTO_TCP, SYN, DATA | RST, IPSVC_FLOW_CLOSED, 44 },
	{ IPPROTO_TCP, SYN | DATA | FIN, DATA | RST, IPSVC_FLOW_CLOSED, 44 },
	{ IPPROTO_TCP, SYN | RST, 0, IPSVC_FLOW_CLOSED, 44 },
	{ IPPROTO_UDP, DATA, 0, IPSVC_FLOW_NEW, 55 },
	/* A question and its answer; then a conversation. */
	{ IPPROTO_UDP, DATA, DATA, IPSVC_FLOW_ESTABLISHED, 55 },
	{ IPPROTO_UDP, DATA | STREAM, DATA, IPSVC_FLOW_ESTABLISHED, 66 },
	{ IPPROTO_SCTP, SYN, 0, IPSVC_FLOW_NEW, 77 },
	{ IPPROTO_SCTP, SYN, DATA, IPSVC_FLOW_NEW, 77 },
	{ IPPROTO_SCTP, SYN | DATA, DATA, IPSVC_FLOW_ESTABLISHED, 88 },
	{ IPPROTO_SCTP, SYN | DATA | FIN, DATA, IPSVC_FLOW_CLOSING, 99 },
	{ IPPROTO_SCTP, SYN | DATA | FIN, DATA | FIN, IPSVC_FLOW_CLOSED, 99 },
	{ IPPROTO_SCTP, SYN, DATA | RST, IPSVC_FLOW_CLOSED, 99 },
};

/* Idle seconds of the two directions; what counts is the later packet. */
struct selftest_idle {
	u32 orig;
	u32 reply;
	s32 remaining;
};

static const struct selftest_idle selftest_idle[] __initconst = {
	{ 0, 0, 22 },
	{ 5, 9, 17 },
	{ 9, 5, 17 },
	{ 22, 22, 0 },
	{ 22, 1, 21 },
	{ 30, 25, -3 },
	{ 1000000, 1000000, -999978 },
};

/* Room for a flow of either family. */
struct selftest_halves {
	struct ipsvc_half6 half[2];
} __aligned(2 * sizeof(struct ipsvc_half6));

static struct ipsvc_flow * __init selftest_flow(struct selftest_halves *halves)
{
	struct ipsvc_flow *flow = (void *)halves;

	memset(halves, 0, sizeof(*halves));
	flow->orig.family = get_random_u32_below(2) ? AF_INET : AF_INET6;
	ipsvc_flow_reply(flow)->family = flow->orig.family;
	return flow;
}

static bool __init selftest_state(int i)
{
	struct selftest_halves halves;
	struct ipsvc_flow *flow = selftest_flow(&halves);
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_half *reply = ipsvc_flow_reply(flow);
	u32 timeout;
	u8 state;

	orig->proto = selftest_states[i].proto;
	reply->proto = selftest_states[i].proto;
	orig->seen = selftest_states[i].orig;
	reply->seen = selftest_states[i].reply;
	state = ipsvc_flow_state(orig);
	timeout = timeout_of(&selftest_timeouts, orig);
	if (state == selftest_states[i].state &&
	    timeout == selftest_states[i].timeout)
		return true;
	pr_err("ipsvc: proto self-tests: FAIL: row %d: state %u, timeout %u\n",
	       i, state, timeout);
	return false;
}

static bool __init selftest_remaining(int i)
{
	struct selftest_halves halves;
	struct ipsvc_flow *flow = selftest_flow(&halves);
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_half *reply = ipsvc_flow_reply(flow);
	long left, want;
	u32 now, then;

	orig->proto = IPPROTO_TCP;
	orig->seen = DATA;
	reply->seen = DATA;
	now = (u32)jiffies;
	orig->stamp = now - selftest_idle[i].orig * HZ;
	reply->stamp = now - selftest_idle[i].reply * HZ;
	left = ipsvc_flow_remaining(&selftest_timeouts, orig);
	then = (u32)jiffies;
	want = (long)selftest_idle[i].remaining * HZ;
	if (left <= want && left >= want - (long)(then - now))
		return true;
	pr_err("ipsvc: proto self-tests: FAIL: idle %u, %u: %ld jiffies left instead of %ld\n",
	       selftest_idle[i].orig, selftest_idle[i].reply, left, want);
	return false;
}

#define F	IPSVC_TCP_FIN
#define S	IPSVC_TCP_SYN
#define R	IPSVC_TCP_RST
#define A	IPSVC_TCP_ACK

/**
 * struct selftest_segment - a TCP segment and the state after it
 * @reply: from the endpoint
 * @flags: of the header
 * @seq: sequence number
 * @len: of the data
 * @ack: acknowledgment number
 * @state: of the flow
 */
struct selftest_segment {
	bool reply;
	u8 flags;
	u32 seq;
	u32 len;
	u32 ack;
	u8 state;
};

#define NEW	IPSVC_FLOW_NEW
#define EST	IPSVC_FLOW_ESTABLISHED
#define CLOSING	IPSVC_FLOW_CLOSING
#define CLOSED	IPSVC_FLOW_CLOSED
#define HANDSHAKE							\
	{ false, S, 1000, 0, 0, NEW },					\
	{ true, S | A, 5000, 0, 1001, NEW },				\
	{ false, A, 1001, 0, 5001, EST }

/* Each connection begins with a SYN. */
static const struct selftest_segment selftest_segments[] __initconst = {
	/* Closed by both sides. */
	HANDSHAKE,
	{ false, A, 1001, 100, 5001, EST },
	{ true, A, 5001, 0, 1101, EST },
	{ false, F | A, 1101, 0, 5001, CLOSING },
	{ true, A, 5001, 50, 1102, CLOSING },
	{ true, F | A, 5051, 0, 1102, CLOSED },
	/* Forged resets and ends: beside the next number, and far from it. */
	HANDSHAKE,
	{ false, R, 1000, 0, 0, EST },
	{ false, R, 1002, 0, 0, EST },
	{ false, R | A, 0x80001001, 0, 5001, EST },
	{ true, R, 5002, 0, 0, EST },
	{ false, F | A, 1002, 0, 5001, EST },
	{ true, F | A, 0x10000, 0, 1001, EST },
	/* The segment before has moved nothing that matters. */
	{ true, A, 5001, 0, 1001, EST },
	{ false, R, 1001, 0, 0, CLOSED },
	/* Who goes on sending was not reset. */
	{ false, A, 1001, 10, 5001, EST },
	/* A reset with data on the way, from the end of what was sent. */
	HANDSHAKE,
	{ false, A, 1001, 1000, 5001, EST },
	{ false, A, 2001, 1000, 5001, EST },
	{ false, R | A, 3001, 0, 5001, CLOSED },
	/* Forged segments do not prepare the way for an end or a reset. */
	HANDSHAKE,
	{ false, A, 2001, 0, 5001, EST },
	{ false, R, 2001, 0, 0, EST },
	{ false, F | A, 2001, 0, 5001, EST },
	{ true, A, 6001, 100, 1001, EST },
	{ true, R, 6001, 0, 0, EST },
	{ true, R, 6101, 0, 0, EST },
	{ false, S, 2000, 0, 0, EST },
	{ false, R, 2001, 0, 0, EST },
	{ false, R, 1001, 0, 0, CLOSED },
	/* A segment that took another way, and what comes after it. */
	HANDSHAKE,
	{ false, A, 1101, 100, 5001, EST },
	{ false, R, 1201, 0, 0, EST },
	{ true, A, 5001, 0, 1201, EST },
	{ false, A, 1201, 100, 5001, EST },
	{ false, R, 1301, 0, 0, CLOSED },
	/* The client acknowledges something else than the answer to its SYN. */
	{ false, S, 1000, 0, 0, NEW },
	{ true, S | A, 5000, 0, 1001, NEW },
	{ false, A, 1001, 0, 0x80005001, NEW },
	{ false, A, 1001, 0, 5002, NEW },
	{ false, A, 1001, 0, 5001, EST },
	/* A FIN sent again, with the data before it. */
	HANDSHAKE,
	{ false, A, 1001, 1000, 5001, EST },
	{ false, F | A, 1001, 1000, 5001, CLOSING },
	/* Refused, and an answer to something else. */
	{ false, S, 1000, 0, 0, NEW },
	{ true, R | A, 0, 0, 1002, NEW },
	{ true, R, 0, 0, 1001, NEW },
	{ true, R | A, 0, 0, 1001, CLOSED },
	/* Given up before there was an answer. */
	{ false, S, 1000, 0, 0, NEW },
	{ false, R, 1002, 0, 0, NEW },
	{ false, R, 1001, 0, 0, CLOSED },
};

#undef F
#undef S
#undef R
#undef A
#undef NEW
#undef EST
#undef CLOSING
#undef CLOSED
#undef HANDSHAKE

static bool __init selftest_connection(struct selftest_halves *halves)
{
	struct ipsvc_flow *flow = selftest_flow(halves);
	const struct selftest_segment *s;
	struct ipsvc_packet pkt = {};
	u8 state;
	int i;

	pkt.tuple.proto = IPPROTO_TCP;
	for (i = 0; i < ARRAY_SIZE(selftest_segments); i++) {
		s = &selftest_segments[i];
		if (s->flags == IPSVC_TCP_SYN && s->state == IPSVC_FLOW_NEW)
			flow = selftest_flow(halves);
		pkt.tcp_flags = s->flags;
		pkt.seq = s->seq;
		pkt.ack = s->ack;
		pkt.end = s->seq + s->len + !!(s->flags & IPSVC_TCP_SYN) +
			  !!(s->flags & IPSVC_TCP_FIN);
		ipsvc_flow_touch(s->reply ? ipsvc_flow_reply(flow) :
					    ipsvc_flow_orig(flow), &pkt);
		state = ipsvc_flow_state(ipsvc_flow_orig(flow));
		if (state == s->state)
			continue;
		pr_err("ipsvc: proto self-tests: FAIL: segment %d: state %u instead of %u\n",
		       i, state, s->state);
		return false;
	}
	return true;
}

bool __init ipsvc_proto_selftest(void)
{
	struct selftest_halves halves;
	bool ok = selftest_connection(&halves);
	int i;

	for (i = 0; i < ARRAY_SIZE(selftest_states); i++)
		ok &= selftest_state(i);
	for (i = 0; i < ARRAY_SIZE(selftest_idle); i++)
		ok &= selftest_remaining(i);
	if (ok)
		pr_info("ipsvc: proto self-tests: pass\n");
	return ok;
}

#undef SYN
#undef DATA
#undef FIN
#undef RST
#undef STREAM
