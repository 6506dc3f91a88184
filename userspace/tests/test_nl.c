// SPDX-License-Identifier: GPL-2.0-or-later
/* Encoding and decoding of netlink messages; no kernel is asked. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>

#include "nl_codec.h"
#include "util.h"

#define FAMILY	0x1f

static struct ipsvc_addr addr4(uint32_t host)
{
	struct ipsvc_addr a;

	memset(&a, 0, sizeof(a));
	a.family = AF_INET;
	a.ip4.s_addr = htonl(host);
	return a;
}

static void fill_service(struct ipsvc_kservice *svc, size_t nfrontends,
			 size_t nendpoints)
{
	struct ipsvc_addr a, none = { .family = AF_UNSPEC };
	size_t i;

	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_NODE_PORT, &none, 30080);
	for (i = 1; i < nfrontends; i++) {
		a = addr4(0x0a600000 + (uint32_t)i);
		ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a, 80);
	}
	for (i = 0; i < nendpoints; i++) {
		a = addr4(0x0a000001 + (uint32_t)i);
		ipsvc_kservice_add_endpoint(svc, &a, (uint16_t)(8080 + i),
					    IPSVC_ENDPOINT_F_DRAIN);
	}
}

static void fill_state(struct ipsvc_state *st, size_t n, size_t nendpoints)
{
	char name[64];
	size_t i;

	memset(st, 0, sizeof(*st));
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "default/service-%05zu:http", i);
		fill_service(ipsvc_state_add(st, name, i % 2 ? IPPROTO_TCP :
					     IPPROTO_UDP), 3, nendpoints);
	}
	ipsvc_state_sort(st);
}

static void encode(const struct ipsvc_state *have, const struct ipsvc_state *want,
		   uint32_t txn, size_t max, struct ipsvc_nl_messages *msgs)
{
	const struct ipsvc_kservice *culprit = NULL;
	struct ipsvc_ops ops = { 0 };

	memset(msgs, 0, sizeof(*msgs));
	ipsvc_diff(have, want, &ops);
	assert_int_equal(ipsvc_nl_encode(&ops, FAMILY, txn, max, msgs, &culprit),
			 0);
	ipsvc_ops_free(&ops);
}

/* No difference: the same services, addresses, flags. */
static void assert_same_state(const struct ipsvc_state *a,
			      const struct ipsvc_state *b)
{
	struct ipsvc_ops ops = { 0 };

	ipsvc_diff(a, b, &ops);
	assert_int_equal(ops.n, 0);
	assert_int_equal(a->n, b->n);
	ipsvc_ops_free(&ops);
}

/* ---- round trips -------------------------------------------------------- */

static void round_trip(size_t nservices, size_t nendpoints, size_t max,
		       size_t least_messages)
{
	struct ipsvc_state none = { 0 }, st, back = { 0 };
	struct ipsvc_nl_messages msgs;
	size_t i;

	fill_state(&st, nservices, nendpoints);
	encode(&none, &st, 0, max, &msgs);
	assert_true(msgs.n >= least_messages);
	for (i = 0; i < msgs.n; i++) {
		const struct nlmsghdr *nlh = nlmsg_hdr(msgs.items[i]);

		assert_true(nlh->nlmsg_len <= max);
		assert_int_equal(nlh->nlmsg_type, FAMILY);
		assert_int_equal(ipsvc_nl_command(nlh), IPSVC_CMD_SERVICE_NEW);
		assert_int_equal(ipsvc_nl_decode_services(nlh, &back), 0);
	}
	ipsvc_state_sort(&back);
	assert_same_state(&st, &back);
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);
	ipsvc_state_free(&back);
}

static void test_round_trip(void **unused)
{
	(void)unused;
	round_trip(1, 0, IPSVC_NL_MESSAGE_MAX, 1);
	round_trip(1, 3, IPSVC_NL_MESSAGE_MAX, 1);
	round_trip(100, 3, IPSVC_NL_MESSAGE_MAX, 1);
	round_trip(5000, 3, IPSVC_NL_MESSAGE_MAX, 20);
	round_trip(50, 3, 400, 20);
}

/* Messages are filled: what fits into the one before is not put into a new one. */
static void test_packing(void **unused)
{
	struct ipsvc_state none = { 0 }, st;
	struct ipsvc_nl_messages msgs;
	size_t one, i;

	(void)unused;
	fill_state(&st, 1, 3);
	encode(&none, &st, 0, IPSVC_NL_MESSAGE_MAX, &msgs);
	one = nlmsg_hdr(msgs.items[0])->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);

	fill_state(&st, 10, 3);
	encode(&none, &st, 0, NLMSG_HDRLEN + GENL_HDRLEN + 5 * one, &msgs);
	assert_int_equal(msgs.n, 2);
	ipsvc_nl_messages_free(&msgs);
	encode(&none, &st, 0, NLMSG_HDRLEN + GENL_HDRLEN + 5 * one - 1, &msgs);
	assert_int_equal(msgs.n, 3);
	ipsvc_nl_messages_free(&msgs);
	/* The cookie takes room too, and is in each of them. */
	encode(&none, &st, 77, NLMSG_HDRLEN + GENL_HDRLEN + 5 * one, &msgs);
	assert_int_equal(msgs.n, 3);
	for (i = 0; i < msgs.n; i++) {
		uint32_t txn = 0;

		assert_int_equal(ipsvc_nl_decode_u32(nlmsg_hdr(msgs.items[i]),
						     IPSVC_A_TXN, &txn), 0);
		assert_int_equal(txn, 77);
	}
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);
}

static void test_largest_service(void **unused)
{
	struct ipsvc_state none = { 0 }, st = { 0 }, back = { 0 };
	const struct ipsvc_kservice *culprit = NULL;
	struct ipsvc_nl_messages msgs = { 0 };
	char name[IPSVC_SERVICE_NAME_MAX + 1];
	struct ipsvc_ops ops = { 0 };

	(void)unused;
	memset(name, 'n', sizeof(name));
	name[IPSVC_SERVICE_NAME_MAX] = '\0';
	fill_service(ipsvc_state_add(&st, name, IPPROTO_TCP),
		     IPSVC_FRONTENDS_MAX, IPSVC_ENDPOINTS_MAX);
	ipsvc_state_sort(&st);
	encode(&none, &st, 1, IPSVC_NL_MESSAGE_MAX, &msgs);
	assert_int_equal(msgs.n, 1);
	assert_int_equal(ipsvc_nl_decode_services(nlmsg_hdr(msgs.items[0]), &back),
			 0);
	assert_same_state(&st, &back);
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&back);

	fill_service(&st.services[0], 1, 2 * IPSVC_ENDPOINTS_MAX);
	ipsvc_diff(&none, &st, &ops);
	assert_int_equal(ipsvc_nl_encode(&ops, FAMILY, 0, IPSVC_NL_MESSAGE_MAX,
					 &msgs, &culprit), -EMSGSIZE);
	assert_ptr_equal(culprit, &st.services[0]);
	assert_int_equal(msgs.n, 0);
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&st);
}

static void test_not_ipv4(void **unused)
{
	struct ipsvc_state none = { 0 }, st = { 0 };
	const struct ipsvc_kservice *culprit = NULL;
	struct ipsvc_nl_messages msgs = { 0 };
	struct ipsvc_ops ops = { 0 };
	struct ipsvc_addr a;

	(void)unused;
	ipsvc_addr_parse("fd00::1", &a);
	ipsvc_kservice_add_endpoint(ipsvc_state_add(&st, "six", IPPROTO_TCP), &a,
				    80, 0);
	ipsvc_diff(&none, &st, &ops);
	assert_int_equal(ipsvc_nl_encode(&ops, FAMILY, 0, IPSVC_NL_MESSAGE_MAX,
					 &msgs, &culprit), -EAFNOSUPPORT);
	assert_string_equal(culprit->name, "six");
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&st);
}

/* ---- what is in a message ----------------------------------------------- */

static struct nlattr *first_attr(struct nl_msg *msg)
{
	return (struct nlattr *)((char *)nlmsg_data(nlmsg_hdr(msg)) + GENL_HDRLEN);
}

static struct nlattr *member(struct nlattr *nest, int type)
{
	return nla_find(nla_data(nest), nla_len(nest), type);
}

/* "No frontends" and "frontends as they were" are different messages. */
static void test_empty_frontends(void **unused)
{
	struct ipsvc_state a = { 0 }, b = { 0 };
	struct ipsvc_nl_messages msgs;
	struct nlattr *svc;

	(void)unused;
	fill_service(ipsvc_state_add(&a, "set", IPPROTO_TCP), 2, 0);
	ipsvc_state_add(&b, "set", IPPROTO_TCP);
	ipsvc_state_sort(&a);
	encode(&a, &b, 0, IPSVC_NL_MESSAGE_MAX, &msgs);
	svc = first_attr(msgs.items[0]);
	assert_non_null(member(svc, IPSVC_A_SERVICE_FRONTENDS));
	assert_int_equal(nla_len(member(svc, IPSVC_A_SERVICE_FRONTENDS)), 0);
	assert_null(member(svc, IPSVC_A_SERVICE_ENDPOINTS));
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&a);
	ipsvc_state_free(&b);
}

static void test_kinds_of_ops(void **unused)
{
	struct ipsvc_state a = { 0 }, b = { 0 };
	struct ipsvc_nl_messages msgs;
	struct nlattr *svc;

	(void)unused;
	ipsvc_state_add(&a, "gone", IPPROTO_TCP);
	fill_service(ipsvc_state_add(&a, "set", IPPROTO_TCP), 2, 2);
	fill_service(ipsvc_state_add(&b, "set", IPPROTO_TCP), 2, 0);
	ipsvc_state_add(&b, "new", IPPROTO_UDP);
	ipsvc_state_sort(&a);
	ipsvc_state_sort(&b);
	encode(&a, &b, 0, IPSVC_NL_MESSAGE_MAX, &msgs);
	assert_int_equal(msgs.n, 3);

	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[0])),
			 IPSVC_CMD_SERVICE_DEL);
	svc = first_attr(msgs.items[0]);
	assert_int_equal(nla_type(svc), IPSVC_A_SERVICE);
	/* Nested attributes say so: the kernel is strict about it. */
	assert_true(svc->nla_type & NLA_F_NESTED);
	assert_string_equal(nla_get_string(member(svc, IPSVC_A_SERVICE_NAME)),
			    "gone");
	assert_null(member(svc, IPSVC_A_SERVICE_PROTOCOL));

	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[1])),
			 IPSVC_CMD_SERVICE_SET);
	svc = first_attr(msgs.items[1]);
	/* No endpoints are an empty list; frontends as they were are absent. */
	assert_null(member(svc, IPSVC_A_SERVICE_PROTOCOL));
	assert_null(member(svc, IPSVC_A_SERVICE_FRONTENDS));
	assert_non_null(member(svc, IPSVC_A_SERVICE_ENDPOINTS));
	assert_int_equal(nla_len(member(svc, IPSVC_A_SERVICE_ENDPOINTS)), 0);
	assert_true(member(svc, IPSVC_A_SERVICE_ENDPOINTS)->nla_type &
		    NLA_F_NESTED);

	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[2])),
			 IPSVC_CMD_SERVICE_NEW);
	svc = first_attr(msgs.items[2]);
	assert_int_equal(nla_get_u8(member(svc, IPSVC_A_SERVICE_PROTOCOL)),
			 IPPROTO_UDP);
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&a);
	ipsvc_state_free(&b);
}

/* Offset of the first attribute of @type below @nest whose value is @value. */
static uint32_t offset_of(struct nl_msg *msg, const void *attr)
{
	return (uint32_t)((const char *)attr - (const char *)nlmsg_hdr(msg));
}

static void expect_place(struct nl_msg *msg, const void *attr,
			 const char *expected)
{
	char *got = ipsvc_nl_locate(nlmsg_hdr(msg), offset_of(msg, attr));

	if (expected)
		assert_string_equal(got, expected);
	else
		assert_null(got);
	free(got);
}

static void test_locate(void **unused)
{
	struct ipsvc_state none = { 0 }, st = { 0 };
	struct ipsvc_nl_messages msgs;
	struct nlattr *svc, *list, *item;
	struct nl_msg *msg;
	uint32_t i;

	(void)unused;
	ipsvc_state_add(&st, "a", IPPROTO_TCP);
	fill_service(ipsvc_state_add(&st, "b", IPPROTO_TCP), 2, 2);
	ipsvc_state_sort(&st);
	encode(&none, &st, 5, IPSVC_NL_MESSAGE_MAX, &msgs);
	msg = msgs.items[0];
	expect_place(msg, first_attr(msg), NULL);	/* IPSVC_A_TXN */
	svc = (struct nlattr *)((char *)first_attr(msg) + 8);
	expect_place(msg, svc, "service a");
	svc = (struct nlattr *)((char *)svc + NLA_ALIGN(svc->nla_len));
	expect_place(msg, svc, "service b");
	expect_place(msg, member(svc, IPSVC_A_SERVICE_PROTOCOL), "service b");
	list = member(svc, IPSVC_A_SERVICE_FRONTENDS);
	expect_place(msg, list, "service b");
	item = nla_data(list);
	expect_place(msg, item, "service b, frontend 10.96.0.1:80");
	item = (struct nlattr *)((char *)item + NLA_ALIGN(item->nla_len));
	expect_place(msg, member(item, IPSVC_A_FRONTEND_PORT),
		     "service b, frontend :30080");
	list = member(svc, IPSVC_A_SERVICE_ENDPOINTS);
	item = nla_data(list);
	expect_place(msg, member(item, IPSVC_A_ENDPOINT_ADDRESS4),
		     "service b, endpoint 10.0.0.1:8080");
	/* Any offset at all must be safe. */
	for (i = 0; i < nlmsg_hdr(msg)->nlmsg_len + 64; i++)
		free(ipsvc_nl_locate(nlmsg_hdr(msg), i));
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);
}

/* ---- answers ------------------------------------------------------------ */

static struct nl_msg *answer(uint8_t cmd)
{
	return ipsvc_nl_message_new(FAMILY, cmd, 0);
}

static void put_service(struct nl_msg *msg, const char *name, size_t first,
			size_t n)
{
	struct nlattr *svc = nla_nest_start(msg, IPSVC_A_SERVICE), *list, *ep;
	size_t i;

	nla_put_string(msg, IPSVC_A_SERVICE_NAME, name);
	nla_put_u8(msg, IPSVC_A_SERVICE_PROTOCOL, IPPROTO_TCP);
	nla_put_u64(msg, IPSVC_A_SERVICE_CONNECTIONS, 1ULL << 40);
	list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	for (i = first; i < first + n; i++) {
		ep = nla_nest_start(msg, IPSVC_A_ENDPOINT);
		nla_put_u32(msg, IPSVC_A_ENDPOINT_ADDRESS4,
			    htonl(0x0a000001 + (uint32_t)i));
		nla_put_u16(msg, IPSVC_A_ENDPOINT_PORT, htons(80));
		nla_put_u32(msg, IPSVC_A_ENDPOINT_CONNECTIONS, (uint32_t)i);
		nla_put_u32(msg, IPSVC_A_ENDPOINT_FLOWS, (uint32_t)i + 1);
		nla_nest_end(msg, ep);
	}
	nla_nest_end_keep_empty(msg, list);
	nla_nest_end(msg, svc);
}

static void test_continued_service(void **unused)
{
	struct nl_msg *one = answer(IPSVC_CMD_SERVICE_GET),
		      *two = answer(IPSVC_CMD_SERVICE_GET);
	struct ipsvc_state st = { 0 };

	(void)unused;
	put_service(one, "a", 0, 2);
	put_service(one, "b", 0, 3);
	put_service(two, "b", 3, 2);
	put_service(two, "c", 0, 0);
	nla_put_u32(two, IPSVC_A_GENERATION, 9);
	assert_int_equal(ipsvc_nl_decode_services(nlmsg_hdr(one), &st), 0);
	assert_int_equal(ipsvc_nl_decode_services(nlmsg_hdr(two), &st), 0);
	assert_int_equal(st.n, 3);
	assert_int_equal(st.generation, 9);
	assert_int_equal(st.services[0].nendpoints, 2);
	assert_int_equal(st.services[1].nendpoints, 5);
	assert_int_equal(st.services[2].nendpoints, 0);
	assert_true(st.services[1].connections == 1ULL << 40);
	assert_int_equal(st.services[1].endpoints[4].connections, 4);
	assert_int_equal(st.services[1].endpoints[4].flows, 5);
	ipsvc_state_free(&st);
	nlmsg_free(one);
	nlmsg_free(two);
}

static void keep_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	struct ipsvc_nl_flow *kept = arg;

	if (flow->service)
		assert_string_equal(flow->service, "default/web");
	*kept = *flow;
}

static void test_flow(void **unused)
{
	struct nl_msg *msg = answer(IPSVC_CMD_FLOW_GET);
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_FLOW);
	struct ipsvc_nl_flow flow;

	(void)unused;
	nla_put_string(msg, IPSVC_A_FLOW_SERVICE, "default/web");
	nla_put_u8(msg, IPSVC_A_FLOW_PROTOCOL, IPPROTO_TCP);
	nla_put_u8(msg, IPSVC_A_FLOW_STATE, IPSVC_FLOW_CLOSING);
	nla_put_u32(msg, IPSVC_A_FLOW_CLIENT4, htonl(0x0a000005));
	nla_put_u16(msg, IPSVC_A_FLOW_CLIENT_PORT, htons(40000));
	nla_put_u32(msg, IPSVC_A_FLOW_FRONTEND4, htonl(0x0a600001));
	nla_put_u16(msg, IPSVC_A_FLOW_FRONTEND_PORT, htons(80));
	nla_put_u32(msg, IPSVC_A_FLOW_ENDPOINT4, htonl(0x0a000001));
	nla_put_u16(msg, IPSVC_A_FLOW_ENDPOINT_PORT, htons(8080));
	nla_put_u32(msg, IPSVC_A_FLOW_EXPIRES, 1500);
	nla_nest_end(msg, nest);
	assert_int_equal(ipsvc_nl_decode_flows(nlmsg_hdr(msg), keep_flow, &flow),
			 0);
	assert_int_equal(flow.protocol, IPPROTO_TCP);
	assert_int_equal(flow.state, IPSVC_FLOW_CLOSING);
	assert_int_equal(flow.client.ip4.s_addr, htonl(0x0a000005));
	assert_int_equal(flow.client_port, 40000);
	assert_int_equal(flow.frontend.ip4.s_addr, htonl(0x0a600001));
	assert_int_equal(flow.frontend_port, 80);
	assert_int_equal(flow.endpoint.ip4.s_addr, htonl(0x0a000001));
	assert_int_equal(flow.endpoint_port, 8080);
	assert_int_equal(flow.masquerade.family, AF_UNSPEC);
	assert_int_equal(flow.expires_ms, 1500);
	nlmsg_free(msg);
}

static void sum_stats(const char *name, uint64_t value, void *arg)
{
	uint64_t *sum = arg;

	assert_true(!strcmp(name, "one") || !strcmp(name, "two"));
	*sum += value;
}

static void test_stats_and_instance(void **unused)
{
	struct nl_msg *msg = answer(IPSVC_CMD_STATS_GET);
	struct ipsvc_nl_instance instance;
	struct nlattr *nest;
	uint64_t sum = 0;

	(void)unused;
	nest = nla_nest_start(msg, IPSVC_A_STAT);
	nla_put_string(msg, IPSVC_A_STAT_NAME, "one");
	nla_put_u64(msg, IPSVC_A_STAT_VALUE, 1ULL << 33);
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, IPSVC_A_STAT);
	nla_put_string(msg, IPSVC_A_STAT_NAME, "two");
	nla_put_u32(msg, IPSVC_A_STAT_VALUE, 2);
	nla_nest_end(msg, nest);
	assert_int_equal(ipsvc_nl_decode_stats(nlmsg_hdr(msg), sum_stats, &sum), 0);
	assert_true(sum == (1ULL << 33) + 2);
	nlmsg_free(msg);

	msg = answer(IPSVC_CMD_INSTANCE_GET);
	nest = nla_nest_start(msg, IPSVC_A_INSTANCE);
	nla_put_u32(msg, IPSVC_A_INSTANCE_IFINDEX, 7);
	nla_put_string(msg, IPSVC_A_INSTANCE_IFNAME, "a-name-that-is-too-long");
	nla_put_u32(msg, IPSVC_A_INSTANCE_FLOWS_MAX, 65536);
	nla_put_string(msg, IPSVC_A_INSTANCE_VERSION, "0.1.0");
	nla_nest_end(msg, nest);
	assert_int_equal(ipsvc_nl_decode_instance(nlmsg_hdr(msg), &instance), 0);
	assert_int_equal(instance.ifindex, 7);
	assert_string_equal(instance.ifname, "a-name-that-is-");
	assert_int_equal(instance.flows_max, 65536);
	assert_string_equal(instance.version, "0.1.0");
	nlmsg_free(msg);
}

/* ---- malformed ---------------------------------------------------------- */

static void expect_refused(struct nl_msg *msg)
{
	struct ipsvc_state st = { 0 };

	assert_int_equal(ipsvc_nl_decode_services(nlmsg_hdr(msg), &st), -EBADMSG);
	ipsvc_state_free(&st);
	nlmsg_free(msg);
}

static void test_malformed(void **unused)
{
	static const char unterminated[3] = { 'a', 'b', 'c' };
	struct nlattr *svc, *list, *item;
	struct nl_msg *msg;
	char *name;

	(void)unused;
	msg = answer(IPSVC_CMD_SERVICE_GET);	/* no name */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put_u8(msg, IPSVC_A_SERVICE_PROTOCOL, IPPROTO_TCP);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* an empty one */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put_string(msg, IPSVC_A_SERVICE_NAME, "");
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* one without its end */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put(msg, IPSVC_A_SERVICE_NAME, sizeof(unterminated), unterminated);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* one that is too long */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	name = xasprintf("%0*d", IPSVC_SERVICE_NAME_MAX + 1, 0);
	nla_put_string(msg, IPSVC_A_SERVICE_NAME, name);
	free(name);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* an endpoint without a port */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put_string(msg, IPSVC_A_SERVICE_NAME, "a");
	list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	item = nla_nest_start(msg, IPSVC_A_ENDPOINT);
	nla_put_u32(msg, IPSVC_A_ENDPOINT_ADDRESS4, 1);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* a short address */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put_string(msg, IPSVC_A_SERVICE_NAME, "a");
	list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	item = nla_nest_start(msg, IPSVC_A_ENDPOINT);
	nla_put_u16(msg, IPSVC_A_ENDPOINT_ADDRESS4, 1);
	nla_put_u16(msg, IPSVC_A_ENDPOINT_PORT, 1);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* an attribute of no length */
	put_service(msg, "a", 0, 1);
	nlmsg_append(msg, "\0\0\0\0", 4, 4);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* no generic netlink header */
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + 2;
	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msg)), 0);
	expect_refused(msg);
}

/*
 * A good message, cut at each length and with each byte changed, in memory of
 * just its size: whatever comes of it, nothing beyond it may be read.
 */
static void test_damaged(void **unused)
{
	struct nl_msg *msg = answer(IPSVC_CMD_SERVICE_GET);
	struct ipsvc_nl_flow flow;
	uint32_t len, i;

	(void)unused;
	put_service(msg, "default/web", 0, 2);
	put_service(msg, "default/web:two", 0, 1);
	len = nlmsg_hdr(msg)->nlmsg_len;
	for (i = NLMSG_HDRLEN; i < 2 * len; i++) {
		uint32_t size = i < len ? i : len;
		struct nlmsghdr *copy = xmalloc(size);
		struct ipsvc_state st = { 0 };

		memcpy(copy, nlmsg_hdr(msg), size);
		copy->nlmsg_len = size;
		if (i >= len && i - len >= NLMSG_HDRLEN)
			((unsigned char *)copy)[i - len] ^= 0xff;
		ipsvc_nl_decode_services(copy, &st);
		ipsvc_nl_decode_flows(copy, keep_flow, &flow);
		free(ipsvc_nl_locate(copy, size - 1));
		ipsvc_state_free(&st);
		free(copy);
	}
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_packing),
		cmocka_unit_test(test_largest_service),
		cmocka_unit_test(test_not_ipv4),
		cmocka_unit_test(test_kinds_of_ops),
		cmocka_unit_test(test_empty_frontends),
		cmocka_unit_test(test_locate),
		cmocka_unit_test(test_continued_service),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_stats_and_instance),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("nl", tests, NULL, NULL);
}
