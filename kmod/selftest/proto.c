// SPDX-License-Identifier: GPL-2.0
/* States and timeouts: every pair of what the two directions have sent. */
#include "selftest.h"

#include <linux/init.h>
#include <linux/kernel.h>

#define SYN	IPSVC_SEEN_SYN
#define DATA	IPSVC_SEEN_DATA
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
};

struct selftest_state {
	u8 proto;
	u8 orig;
	u8 reply;
	u8 state;
	u32 timeout;
};

static const struct selftest_state selftest_states[] __initconst = {
	{ IPPROTO_TCP, 0, 0, IPSVC_FLOW_NEW, 11 },
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

static bool __init selftest_state(int i)
{
	struct ipsvc_flow flow = {};
	u32 timeout;
	u8 state;

	flow.half[0].proto = selftest_states[i].proto;
	flow.half[1].proto = selftest_states[i].proto;
	flow.half[0].seen = selftest_states[i].orig;
	flow.half[1].seen = selftest_states[i].reply;
	state = ipsvc_flow_state(&flow);
	timeout = ipsvc_flow_timeout(&selftest_timeouts, &flow);
	if (state == selftest_states[i].state &&
	    timeout == selftest_states[i].timeout)
		return true;
	pr_err("ipsvc: proto self-tests: FAIL: row %d: state %u, timeout %u\n",
	       i, state, timeout);
	return false;
}

static bool __init selftest_remaining(int i)
{
	struct ipsvc_flow flow = {};
	long left, want;
	u32 now, then;

	flow.half[0].proto = IPPROTO_TCP;
	flow.half[0].seen = DATA;
	flow.half[1].seen = DATA;
	now = (u32)jiffies;
	flow.half[0].stamp = now - selftest_idle[i].orig * HZ;
	flow.half[1].stamp = now - selftest_idle[i].reply * HZ;
	left = ipsvc_flow_remaining(&selftest_timeouts, &flow);
	then = (u32)jiffies;
	want = (long)selftest_idle[i].remaining * HZ;
	if (left <= want && left >= want - (long)(then - now))
		return true;
	pr_err("ipsvc: proto self-tests: FAIL: idle %u, %u: %ld jiffies left instead of %ld\n",
	       selftest_idle[i].orig, selftest_idle[i].reply, left, want);
	return false;
}

bool __init ipsvc_proto_selftest(void)
{
	bool ok = true;
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
