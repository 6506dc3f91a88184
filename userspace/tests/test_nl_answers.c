// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers and events, good and malformed. No kernel is asked. */
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

#include "base/buf.h"
#include "base/memory.h"
#include "kernel/nl_internal.h"

#define FAMILY	0x1f

static struct in6_addr addr4(uint32_t host)
{
	return ipsvc_ip_from4((struct in_addr){ htonl(host) });
}

static struct nl_msg *answer(uint8_t cmd)
{
	return ipsvc_nl_message_new(FAMILY, cmd, 0);
}

static void put_addr4(struct nl_msg *msg, int attr, uint32_t host)
{
	struct in6_addr a = addr4(host);

	nla_put(msg, attr, sizeof(a), &a);
}

/* Endpoints from @first on; those of a continuation do not begin with 0. */
static void put_service(struct nl_msg *msg, const char *name, uint8_t family,
			size_t first, size_t n)
{
	struct nlattr *svc = nla_nest_start(msg, IPSVC_A_SERVICE), *list, *ep;
	size_t i;

	nla_put_string(msg, IPSVC_A_SERVICE_NAME, name);
	nla_put_u8(msg, IPSVC_A_SERVICE_FAMILY, family);
	if (!first) {
		nla_put_u8(msg, IPSVC_A_SERVICE_PROTOCOL, IPPROTO_TCP);
		nla_put_u64(msg, IPSVC_A_SERVICE_CONNECTIONS, 1ULL << 40);
	}
	list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	for (i = first; i < first + n; i++) {
		ep = nla_nest_start(msg, IPSVC_A_ENDPOINT);
		put_addr4(msg, IPSVC_A_ENDPOINT_ADDRESS, 0x0a000001 + (uint32_t)i);
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
	put_service(one, "a", AF_INET, 0, 2);
	put_service(one, "b", AF_INET, 0, 3);
	put_service(two, "b", AF_INET, 3, 2);
	put_service(two, "b", AF_INET6, 0, 1);
	put_service(two, "c", AF_INET, 0, 0);
	nla_put_u32(two, IPSVC_A_GENERATION, 9);
	assert_int_equal(ipsvc_nl_decode_services(nlmsg_hdr(one), &st), 0);
	assert_int_equal(ipsvc_nl_decode_services(nlmsg_hdr(two), &st), 0);
	assert_int_equal(st.n, 4);
	assert_int_equal(st.generation, 9);
	assert_int_equal(st.services[0].nendpoints, 2);
	assert_int_equal(st.services[1].nendpoints, 5);
	assert_int_equal(st.services[1].protocol, IPPROTO_TCP);
	assert_int_equal(st.services[2].nendpoints, 1);
	assert_int_equal(st.services[2].family, AF_INET6);
	assert_int_equal(st.services[3].nendpoints, 0);
	assert_true(st.services[1].connections == 1ULL << 40);
	assert_int_equal(st.services[1].endpoints[4].connections, 4);
	assert_int_equal(st.services[1].endpoints[4].flows, 5);
	ipsvc_state_free(&st);
	nlmsg_free(one);
	nlmsg_free(two);
}

/* ---- events ------------------------------------------------------------- */

static void record(const struct ipsvc_nl_event *ev, void *arg)
{
	struct ipsvc_buf *text = arg;

	if (ev->type == IPSVC_EVENT_COMMIT)
		ipsvc_buf_printf(text, ".%u ", ev->generation);
	else if (ev->type == IPSVC_EVENT_SERVICE_DELETED)
		ipsvc_buf_printf(text, "-%s/%u ", ev->service->name,
				 ev->service->family);
	else
		ipsvc_buf_printf(text, "+%s/%zu ", ev->service->name,
				 ev->service->nendpoints);
}

/* What is told once a message of @cmd is there. */
static void expect_events(struct ipsvc_nl *nl, struct nl_msg *msg,
			  const char *expected)
{
	struct ipsvc_buf text = { 0 };
	struct ipsvc_nl_event_sink sink = { record, &text };

	assert_int_equal(ipsvc_nl_handle_event(nl, nlmsg_hdr(msg), &sink), 0);
	assert_string_equal(text.len ? text.data : "", expected);
	ipsvc_buf_free(&text);
	nlmsg_free(msg);
}

static struct nl_msg *service_ntf(const char *name, size_t first, size_t n)
{
	struct nl_msg *msg = answer(IPSVC_CMD_SERVICE_NTF);

	put_service(msg, name, AF_INET, first, n);
	return msg;
}

static struct nl_msg *commit_ntf(uint32_t generation)
{
	struct nl_msg *msg = answer(IPSVC_CMD_COMMIT_NTF);

	nla_put_u32(msg, IPSVC_A_GENERATION, generation);
	return msg;
}

/* A service port is told of once it is known to be whole. */
static void test_events(void **unused)
{
	struct ipsvc_nl nl = { .err = 0 };
	struct nl_msg *deleted = answer(IPSVC_CMD_SERVICE_DEL_NTF);

	(void)unused;
	expect_events(&nl, service_ntf("a", 0, 2), "");
	expect_events(&nl, service_ntf("b", 0, 2), "+a/2 ");
	expect_events(&nl, service_ntf("b", 2, 2), "");
	expect_events(&nl, service_ntf("b", 4, 1), "");
	ipsvc_nl_put_key(deleted, "b", AF_INET6);
	expect_events(&nl, deleted, "+b/5 -b/10 ");
	expect_events(&nl, service_ntf("c", 0, 0), "");
	expect_events(&nl, commit_ntf(7), "+c/0 .7 ");
	expect_events(&nl, commit_ntf(8), ".8 ");
	/* The rest of one whose beginning an overrun has taken. */
	expect_events(&nl, service_ntf("d", 3, 2), "");
	expect_events(&nl, service_ntf("e", 0, 1), "");
	expect_events(&nl, answer(200), "+e/1 ");
	assert_int_equal(nl.pending.n, 0);
}

static void keep_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	struct ipsvc_nl_flow *kept = arg;

	if (flow->service)
		assert_string_equal(flow->service, "default/web");
	*kept = *flow;
}

static void assert_address(const struct in6_addr *addr, uint32_t host)
{
	struct in6_addr expected = addr4(host);

	assert_memory_equal(addr, &expected, sizeof(expected));
}

static void test_flow(void **unused)
{
	struct nl_msg *msg = answer(IPSVC_CMD_FLOW_GET);
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_FLOW);
	struct ipsvc_nl_flow flow;
	struct ipsvc_nl_flow_sink sink = { keep_flow, &flow };

	(void)unused;
	nla_put_string(msg, IPSVC_A_FLOW_SERVICE, "default/web");
	nla_put_u8(msg, IPSVC_A_FLOW_FAMILY, AF_INET);
	nla_put_u8(msg, IPSVC_A_FLOW_PROTOCOL, IPPROTO_TCP);
	nla_put_u8(msg, IPSVC_A_FLOW_STATE, IPSVC_FLOW_CLOSING);
	put_addr4(msg, IPSVC_A_FLOW_CLIENT, 0x0a000005);
	nla_put_u16(msg, IPSVC_A_FLOW_CLIENT_PORT, htons(40000));
	put_addr4(msg, IPSVC_A_FLOW_FRONTEND, 0x0a600001);
	nla_put_u16(msg, IPSVC_A_FLOW_FRONTEND_PORT, htons(80));
	put_addr4(msg, IPSVC_A_FLOW_ENDPOINT, 0x0a000001);
	nla_put_u16(msg, IPSVC_A_FLOW_ENDPOINT_PORT, htons(8080));
	nla_put_u32(msg, IPSVC_A_FLOW_EXPIRES, 1500);
	nla_nest_end(msg, nest);
	assert_int_equal(ipsvc_nl_decode_flows(nlmsg_hdr(msg), &sink), 0);
	assert_int_equal(flow.protocol, IPPROTO_TCP);
	assert_int_equal(flow.state, IPSVC_FLOW_CLOSING);
	assert_int_equal(flow.family, AF_INET);
	assert_address(&flow.client, 0x0a000005);
	assert_int_equal(flow.client_port, 40000);
	assert_address(&flow.frontend, 0x0a600001);
	assert_int_equal(flow.frontend_port, 80);
	assert_address(&flow.endpoint, 0x0a000001);
	assert_int_equal(flow.endpoint_port, 8080);
	assert_true(IN6_IS_ADDR_UNSPECIFIED(&flow.masquerade));
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
	struct ipsvc_nl_stat_sink sink = { sum_stats, &sum };

	(void)unused;
	nest = nla_nest_start(msg, IPSVC_A_STAT);
	nla_put_string(msg, IPSVC_A_STAT_NAME, "one");
	nla_put_u64(msg, IPSVC_A_STAT_VALUE, 1ULL << 33);
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, IPSVC_A_STAT);
	nla_put_string(msg, IPSVC_A_STAT_NAME, "two");
	nla_put_u32(msg, IPSVC_A_STAT_VALUE, 2);
	nla_nest_end(msg, nest);
	assert_int_equal(ipsvc_nl_decode_stats(nlmsg_hdr(msg), &sink), 0);
	assert_true(sum == (1ULL << 33) + 2);
	nlmsg_free(msg);

	msg = answer(IPSVC_CMD_INSTANCE_GET);
	nest = nla_nest_start(msg, IPSVC_A_INSTANCE);
	nla_put_u32(msg, IPSVC_A_INSTANCE_IFINDEX, 7);
	nla_put_string(msg, IPSVC_A_INSTANCE_IFNAME, "a-name-that-is-too-long");
	nla_put_u32(msg, IPSVC_A_INSTANCE_FLOWS_MAX, 65536);
	nla_put_string(msg, IPSVC_A_INSTANCE_VERSION, "0.1.0");
	put_addr4(msg, IPSVC_A_INSTANCE_CLUSTER_ADDRESS, 0x0af40000);
	nla_put_u8(msg, IPSVC_A_INSTANCE_CLUSTER_PREFIX, 16);
	nla_nest_end(msg, nest);
	assert_int_equal(ipsvc_nl_decode_instance(nlmsg_hdr(msg), &instance), 0);
	assert_int_equal(instance.ifindex, 7);
	assert_string_equal(instance.ifname, "a-name-that-is-");
	assert_int_equal(instance.flows_max, 65536);
	assert_string_equal(instance.version, "0.1.0");
	assert_int_equal(instance.cluster.n, 1);
	assert_address(&instance.cluster.items[0].net, 0x0af40000);
	assert_int_equal(instance.cluster.items[0].prefix, 16);
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

static void test_cut_short(void **unused)
{
	struct nlattr *svc, *list, *item;
	struct nl_msg *msg;

	(void)unused;
	msg = answer(IPSVC_CMD_SERVICE_GET);	/* an address */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put_string(msg, IPSVC_A_SERVICE_NAME, "a");
	list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	item = nla_nest_start(msg, IPSVC_A_ENDPOINT);
	nla_put_u32(msg, IPSVC_A_ENDPOINT_ADDRESS, 1);
	nla_put_u16(msg, IPSVC_A_ENDPOINT_PORT, 1);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* no generic netlink header */
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + 2;
	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msg)), 0);
	expect_refused(msg);
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
	nla_put_u8(msg, IPSVC_A_SERVICE_FAMILY, AF_INET);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* no family */
	svc = nla_nest_start(msg, IPSVC_A_SERVICE);
	nla_put_string(msg, IPSVC_A_SERVICE_NAME, "a");
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
	put_addr4(msg, IPSVC_A_ENDPOINT_ADDRESS, 1);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	nla_nest_end(msg, svc);
	expect_refused(msg);

	msg = answer(IPSVC_CMD_SERVICE_GET);	/* an attribute of no length */
	put_service(msg, "a", AF_INET, 0, 1);
	nlmsg_append(msg, "\0\0\0\0", 4, 4);
	expect_refused(msg);
}

static struct nl_msg *explanation(void)
{
	struct nl_msg *msg = answer(IPSVC_CMD_EXPLAIN);
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_EXPLAIN), *list, *item;

	put_addr4(msg, IPSVC_A_EXPLAIN_SOURCE, 0x0a000005);
	nla_put_u32(msg, IPSVC_A_EXPLAIN_IFINDEX, 7);
	nla_put_u8(msg, IPSVC_A_EXPLAIN_ACTION, IPSVC_ACTION_FORWARD);
	nla_put_string(msg, IPSVC_A_EXPLAIN_SERVICE, "default/web");
	item = nla_nest_start(msg, IPSVC_A_EXPLAIN_FRONTEND);
	nla_put_u8(msg, IPSVC_A_FRONTEND_CLASS, IPSVC_FRONTEND_NODE_PORT);
	nla_put_u16(msg, IPSVC_A_FRONTEND_PORT, htons(30080));
	nla_nest_end(msg, item);
	nla_put_u8(msg, IPSVC_A_EXPLAIN_SCHEDULER, IPSVC_SCHEDULER_WRR);
	nla_put_flag(msg, IPSVC_A_EXPLAIN_LOCAL);
	list = nla_nest_start(msg, IPSVC_A_EXPLAIN_ENDPOINTS);
	item = nla_nest_start(msg, IPSVC_A_ENDPOINT);
	put_addr4(msg, IPSVC_A_ENDPOINT_ADDRESS, 0x0a000001);
	nla_put_u16(msg, IPSVC_A_ENDPOINT_PORT, htons(8080));
	nla_put_u8(msg, IPSVC_A_ENDPOINT_STANDING, IPSVC_STANDING_CHOSEN);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	nla_put_u32(msg, IPSVC_A_EXPLAIN_OMITTED, 3);
	nla_put_u8(msg, IPSVC_A_EXPLAIN_MASQUERADE, IPSVC_MASQUERADE_HAIRPIN);
	put_addr4(msg, IPSVC_A_EXPLAIN_SEEN_SOURCE, 0x0a000006);
	nla_nest_end(msg, nest);
	return msg;
}

static void test_explanation(void **unused)
{
	struct nl_msg *msg = explanation();
	struct ipsvc_nl_explanation to = { 0 };

	(void)unused;
	assert_int_equal(ipsvc_nl_decode_explanation(nlmsg_hdr(msg), &to), 0);
	assert_address(&to.source, 0x0a000005);
	assert_int_equal(to.ifindex, 7);
	assert_int_equal(to.action, IPSVC_ACTION_FORWARD);
	assert_string_equal(to.reason, "");
	assert_string_equal(to.service.name, "default/web");
	assert_int_equal(to.service.frontends[0].port, 30080);
	assert_int_equal(to.service.options.scheduler, IPSVC_SCHEDULER_WRR);
	assert_true(to.local && !to.direct && !to.in_flow);
	assert_int_equal(to.service.nendpoints, 1);
	assert_int_equal(to.service.endpoints[0].standing, IPSVC_STANDING_CHOSEN);
	assert_int_equal(to.omitted, 3);
	assert_int_equal(to.masquerade, IPSVC_MASQUERADE_HAIRPIN);
	assert_address(&to.seen_source, 0x0a000006);
	ipsvc_kservice_clear(&to.service);
	nlmsg_free(msg);
}

/*
 * A good message, cut at each length and with each byte changed, in memory of
 * just its size: whatever comes of it, nothing beyond it may be read.
 */
static void damage(struct nl_msg *msg)
{
	struct ipsvc_nl_flow flow;
	struct ipsvc_nl_flow_sink sink = { keep_flow, &flow };
	uint32_t len = nlmsg_hdr(msg)->nlmsg_len, i;

	for (i = NLMSG_HDRLEN; i < 2 * len; i++) {
		uint32_t size = i < len ? i : len;
		struct nlmsghdr *copy = xmalloc(size);
		struct ipsvc_nl_explanation to = { 0 };
		struct ipsvc_state st = { 0 };

		memcpy(copy, nlmsg_hdr(msg), size);
		copy->nlmsg_len = size;
		if (i >= len && i - len >= NLMSG_HDRLEN)
			((unsigned char *)copy)[i - len] ^= 0xff;
		ipsvc_nl_decode_services(copy, &st);
		ipsvc_nl_decode_flows(copy, &sink);
		ipsvc_nl_decode_explanation(copy, &to);
		free(ipsvc_nl_locate(copy, size - 1));
		ipsvc_kservice_clear(&to.service);
		ipsvc_state_free(&st);
		free(copy);
	}
	nlmsg_free(msg);
}

static void test_damaged(void **unused)
{
	struct nl_msg *msg = answer(IPSVC_CMD_SERVICE_GET);

	(void)unused;
	put_service(msg, "default/web", AF_INET, 0, 2);
	put_service(msg, "default/web:two", AF_INET, 0, 1);
	damage(msg);
	damage(explanation());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_continued_service),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_stats_and_instance),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_explanation),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("nl_answers", tests, NULL, NULL);
}
