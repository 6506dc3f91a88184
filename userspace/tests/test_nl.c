// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: what is put into messages, and how they are cut. No kernel is asked. */
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

#include "kernel/nl_codec.h"

#define FAMILY	0x1f

static struct in6_addr addr4(uint32_t host)
{
	return ipsvc_ip_from4((struct in_addr){ htonl(host) });
}

static void fill_service(struct ipsvc_kservice *svc, size_t nfrontends,
			 size_t nendpoints)
{
	struct ipsvc_endpoint *ep;
	struct in6_addr a;
	size_t i;

	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_NODE_PORT, &in6addr_any,
				    30080, IPSVC_FRONTEND_F_MASQUERADE);
	for (i = 1; i < nfrontends; i++) {
		a = addr4(0x0a600000 + (uint32_t)i);
		ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a, 80,
					    0);
	}
	svc->options = (struct ipsvc_koptions){
		.scheduler = IPSVC_SCHEDULER_MAGLEV,
		.hash_key = "some key",
		.hash_size = 70000,
		.flags = IPSVC_SERVICE_F_ONE_PACKET,
		.affinity_timeout = 10800,
		.affinity_prefix = 24,
	};
	for (i = 0; i < 2; i++)
		ipsvc_kservice_add_range(svc, &(struct ipsvc_cidr){
			.net = addr4((uint32_t)i << 24), .prefix = 8 }, i == 1);
	for (i = 0; i < nendpoints; i++) {
		a = addr4(0x0a000001 + (uint32_t)i);
		ep = ipsvc_kservice_add_endpoint(svc, &a, (uint16_t)(8080 + i),
						 IPSVC_ENDPOINT_F_DRAIN);
		ep->weight = i % 3 ? (uint16_t)(i % 3 - 1) : UINT16_MAX;
		ep->flows_max = i % 2 ? UINT32_MAX : 0;
	}
}

static void fill_state(struct ipsvc_state *st, size_t n, size_t nendpoints)
{
	char name[64];
	size_t i;

	memset(st, 0, sizeof(*st));
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "default/service-%05zu:http", i);
		fill_service(ipsvc_state_add(st, name, AF_INET, i % 2 ?
					     IPPROTO_TCP : IPPROTO_UDP), 3,
			     nendpoints);
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

/*
 * As the kernel would read them: what does not fit in one message is continued
 * in the next ones, at once.
 */
static void read_back(const struct ipsvc_nl_messages *msgs, size_t max,
		      struct ipsvc_state *back)
{
	size_t i, before;

	for (i = 0; i < msgs->n; i++) {
		const struct nlmsghdr *nlh = nlmsg_hdr(msgs->items[i]);
		bool append = ipsvc_nl_command(nlh) == IPSVC_CMD_SERVICE_APPEND;

		assert_true(nlh->nlmsg_len <= max);
		assert_int_equal(nlh->nlmsg_type, FAMILY);
		assert_true(append ||
			    ipsvc_nl_command(nlh) == IPSVC_CMD_SERVICE_PUT);
		before = back->n;
		assert_int_equal(ipsvc_nl_decode_services(nlh, back), 0);
		assert_int_equal(append, back->n == before);
	}
	ipsvc_state_sort(back);
}

static void round_trip(size_t nservices, size_t nendpoints, size_t max,
		       size_t least_messages)
{
	struct ipsvc_state none = { 0 }, st, back = { 0 };
	struct ipsvc_nl_messages msgs;

	fill_state(&st, nservices, nendpoints);
	encode(&none, &st, 0, max, &msgs);
	assert_true(msgs.n >= least_messages);
	read_back(&msgs, max, &back);
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
	round_trip(50, 3, 480, 20);
	/* Each of them in five messages, beside each other. */
	round_trip(50, 40, 580, 250);
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
	fill_service(ipsvc_state_add(&st, name, AF_INET, IPPROTO_TCP),
		     IPSVC_FRONTENDS_MAX, IPSVC_ENDPOINTS_MAX);
	fill_service(ipsvc_state_add(&st, "small", AF_INET, IPPROTO_TCP), 1, 1);
	ipsvc_state_sort(&st);
	encode(&none, &st, 1, IPSVC_NL_MESSAGE_MAX, &msgs);
	assert_in_range(msgs.n, 100, 110);
	read_back(&msgs, IPSVC_NL_MESSAGE_MAX, &back);
	assert_int_equal(back.services[0].nendpoints, IPSVC_ENDPOINTS_MAX);
	assert_same_state(&st, &back);
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&back);

	/* Frontends cannot be sent in pieces. */
	fill_service(&st.services[0], 1000, 1);
	ipsvc_diff(&none, &st, &ops);
	assert_int_equal(ipsvc_nl_encode(&ops, FAMILY, 0, IPSVC_NL_MESSAGE_MAX,
					 &msgs, &culprit), -EMSGSIZE);
	assert_ptr_equal(culprit, &st.services[0]);
	assert_int_equal(msgs.n, 0);
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&st);
}

static void test_ipv6(void **unused)
{
	struct ipsvc_state none = { 0 }, st = { 0 }, back = { 0 };
	struct ipsvc_nl_messages msgs;
	struct ipsvc_kservice *svc;
	struct in6_addr a;

	(void)unused;
	assert_true(ipsvc_ip_parse("fd00::1", &a, NULL));
	svc = ipsvc_state_add(&st, "a", AF_INET6, IPPROTO_TCP);
	ipsvc_kservice_add_frontend(svc, IPSVC_FRONTEND_CLUSTER_IP, &a, 80, 0);
	ipsvc_kservice_add_endpoint(svc, &a, 80, 0);
	fill_service(ipsvc_state_add(&st, "a", AF_INET, IPPROTO_TCP), 2, 2);
	ipsvc_state_sort(&st);
	encode(&none, &st, 0, IPSVC_NL_MESSAGE_MAX, &msgs);
	read_back(&msgs, IPSVC_NL_MESSAGE_MAX, &back);
	assert_int_equal(back.n, 2);
	assert_same_state(&st, &back);
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);
	ipsvc_state_free(&back);
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

static void test_kinds_of_ops(void **unused)
{
	struct ipsvc_state a = { 0 }, b = { 0 };
	struct ipsvc_nl_messages msgs;
	struct nlattr *svc;

	(void)unused;
	fill_service(ipsvc_state_add(&a, "gone", AF_INET, IPPROTO_TCP), 2, 2);
	fill_service(ipsvc_state_add(&a, "put", AF_INET, IPPROTO_TCP), 2, 2);
	fill_service(ipsvc_state_add(&b, "put", AF_INET, IPPROTO_UDP), 2, 0);
	ipsvc_state_add(&b, "z-put", AF_INET, IPPROTO_UDP);
	ipsvc_state_sort(&a);
	ipsvc_state_sort(&b);
	encode(&a, &b, 0, IPSVC_NL_MESSAGE_MAX, &msgs);
	assert_int_equal(msgs.n, 2);

	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[0])),
			 IPSVC_CMD_SERVICE_DEL);
	svc = first_attr(msgs.items[0]);
	assert_int_equal(nla_type(svc), IPSVC_A_SERVICE);
	/* Nested attributes say so: the kernel is strict about it. */
	assert_true(svc->nla_type & NLA_F_NESTED);
	/* The key, and nothing else. */
	assert_string_equal(nla_get_string(member(svc, IPSVC_A_SERVICE_NAME)),
			    "gone");
	assert_int_equal(nla_get_u8(member(svc, IPSVC_A_SERVICE_FAMILY)),
			 AF_INET);
	assert_int_equal(nla_len(svc), nla_total_size(5) + nla_total_size(1));

	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[1])),
			 IPSVC_CMD_SERVICE_PUT);
	svc = first_attr(msgs.items[1]);
	/* A whole object; no endpoints are none. */
	assert_int_equal(nla_get_u8(member(svc, IPSVC_A_SERVICE_PROTOCOL)),
			 IPPROTO_UDP);
	assert_true(member(svc, IPSVC_A_SERVICE_FRONTENDS)->nla_type &
		    NLA_F_NESTED);
	assert_null(member(svc, IPSVC_A_SERVICE_ENDPOINTS));
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&a);
	ipsvc_state_free(&b);
}

/* Of a family without a range there is no address, but a prefix that says so. */
static void expect_cluster(const struct ipsvc_cidr *cidr, int prefix, int prefix6)
{
	struct nl_msg *msg = ipsvc_nl_message_new(FAMILY, IPSVC_CMD_INSTANCE_SET,
						  0);
	struct ipsvc_cidrs cluster = { .n = 1, .items = { *cidr } };
	struct nlattr *nest;

	assert_int_equal(ipsvc_nl_put_cluster(msg, &cluster, "cali+"), 0);
	nest = first_attr(msg);
	assert_int_equal(!member(nest, IPSVC_A_INSTANCE_CLUSTER_ADDRESS),
			 !prefix);
	assert_int_equal(!member(nest, IPSVC_A_INSTANCE_CLUSTER6_ADDRESS),
			 !prefix6);
	assert_int_equal(nla_get_u8(member(nest, IPSVC_A_INSTANCE_CLUSTER_PREFIX)),
			 prefix);
	assert_int_equal(nla_get_u8(member(nest, IPSVC_A_INSTANCE_CLUSTER6_PREFIX)),
			 prefix6);
	nlmsg_free(msg);
}

static void test_cluster(void **unused)
{
	struct nl_msg *msg = ipsvc_nl_message_new(FAMILY, IPSVC_CMD_INSTANCE_SET,
						  0);
	struct ipsvc_cidrs cluster = { .n = 2, .items = {
		{ addr4(0x0af40000), 16 },
		{ { .s6_addr = { 0xfd, 0, 2, 0x44 } }, 64 },
	} };
	struct ipsvc_nl_instance instance;

	(void)unused;
	assert_int_equal(ipsvc_nl_put_cluster(msg, &cluster, NULL), 0);
	assert_int_equal(ipsvc_nl_decode_instance(nlmsg_hdr(msg), &instance), 0);
	assert_memory_equal(&instance.cluster, &cluster, sizeof(cluster));
	nlmsg_free(msg);
	expect_cluster(&cluster.items[0], 16, 0);
	/* The main one may be of IPv6. */
	expect_cluster(&cluster.items[1], 0, 64);
}

/* What continues a service has its key and endpoints, and the cookie. */
static void test_append(void **unused)
{
	struct ipsvc_state none = { 0 }, st;
	struct ipsvc_nl_messages msgs;
	struct nlattr *svc;

	(void)unused;
	fill_state(&st, 1, 2000);
	encode(&none, &st, 9, IPSVC_NL_MESSAGE_MAX, &msgs);
	assert_int_equal(msgs.n, 4);
	assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[0])),
			 IPSVC_CMD_SERVICE_PUT);
	for (size_t i = 1; i < msgs.n; i++) {
		assert_int_equal(ipsvc_nl_command(nlmsg_hdr(msgs.items[i])),
				 IPSVC_CMD_SERVICE_APPEND);
		assert_int_equal(nla_get_u32(first_attr(msgs.items[i])), 9);
		svc = (struct nlattr *)((char *)first_attr(msgs.items[i]) + 8);
		assert_string_equal(nla_get_string(member(svc,
							  IPSVC_A_SERVICE_NAME)),
				    st.services[0].name);
		assert_non_null(member(svc, IPSVC_A_SERVICE_FAMILY));
		assert_null(member(svc, IPSVC_A_SERVICE_PROTOCOL));
		assert_null(member(svc, IPSVC_A_SERVICE_FRONTENDS));
		assert_non_null(member(svc, IPSVC_A_SERVICE_ENDPOINTS));
	}
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);
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
	struct in6_addr a;
	struct nl_msg *msg;
	uint32_t i;

	(void)unused;
	ipsvc_state_add(&st, "a", AF_INET, IPPROTO_TCP);
	fill_service(ipsvc_state_add(&st, "b", AF_INET, IPPROTO_TCP), 2, 2);
	ipsvc_ip_parse("fd00::1", &a, NULL);
	ipsvc_kservice_add_endpoint(&st.services[1], &a, 80, 0);
	ipsvc_state_sort(&st);
	encode(&none, &st, 5, IPSVC_NL_MESSAGE_MAX, &msgs);
	msg = msgs.items[0];
	expect_place(msg, first_attr(msg), NULL);	/* IPSVC_A_TXN */
	svc = (struct nlattr *)((char *)first_attr(msg) + 8);
	expect_place(msg, svc, "service a");
	svc = (struct nlattr *)((char *)svc + NLA_ALIGN(svc->nla_len));
	expect_place(msg, svc, "service b");
	expect_place(msg, member(svc, IPSVC_A_SERVICE_PROTOCOL),
		     "service b, protocol");
	expect_place(msg, member(svc, IPSVC_A_SERVICE_HASH_SIZE),
		     "service b, hash size");
	list = member(svc, IPSVC_A_SERVICE_FRONTENDS);
	expect_place(msg, list, "service b");
	item = nla_data(list);
	expect_place(msg, item, "service b, frontend 10.96.0.1:80");
	item = (struct nlattr *)((char *)item + NLA_ALIGN(item->nla_len));
	expect_place(msg, member(item, IPSVC_A_FRONTEND_PORT),
		     "service b, frontend :30080");
	list = member(svc, IPSVC_A_SERVICE_ENDPOINTS);
	item = nla_data(list);
	expect_place(msg, member(item, IPSVC_A_ENDPOINT_ADDRESS),
		     "service b, endpoint 10.0.0.1:8080");
	item = nla_next(nla_next(item, &(int){ 999 }), &(int){ 999 });
	expect_place(msg, member(item, IPSVC_A_ENDPOINT_PORT),
		     "service b, endpoint [fd00::1]:80");
	/* Any offset at all must be safe. */
	for (i = 0; i < nlmsg_hdr(msg)->nlmsg_len + 64; i++)
		free(ipsvc_nl_locate(nlmsg_hdr(msg), i));
	ipsvc_nl_messages_free(&msgs);
	ipsvc_state_free(&st);
}

static void expect_attr(struct nlattr *nest, int type, const void *value, int len)
{
	struct nlattr *attr = member(nest, type);

	assert_non_null(attr);
	assert_int_equal(nla_len(attr), len);
	assert_memory_equal(nla_data(attr), value, (size_t)len);
}

static void test_filters(void **unused)
{
	static const int masquerade = IPSVC_A_FLOW_MASQUERADE;
	struct ipsvc_nl_filter filter = {
		.service = "a", .family = AF_INET, .protocol = IPPROTO_TCP,
		.state = IPSVC_FLOW_NEW,
		.client = { addr4(0x0a000001), 40000 },
		.endpoint = { .port = 80 },
		.masquerade = { .addr = addr4(0x0a000002) },
	};
	struct nl_msg *msg = ipsvc_nl_message_new(FAMILY, IPSVC_CMD_FLOW_DEL, 0);
	struct nlattr *nest;

	(void)unused;
	assert_int_equal(ipsvc_nl_put_flow_filter(msg, &filter), 0);
	nest = first_attr(msg);
	assert_int_equal(nla_type(nest), IPSVC_A_FLOW);
	expect_attr(nest, IPSVC_A_FLOW_SERVICE, "a", 2);
	expect_attr(nest, IPSVC_A_FLOW_FAMILY, &filter.family, 1);
	expect_attr(nest, IPSVC_A_FLOW_PROTOCOL, &filter.protocol, 1);
	expect_attr(nest, IPSVC_A_FLOW_STATE, &filter.state, 1);
	expect_attr(nest, IPSVC_A_FLOW_CLIENT, &filter.client.addr, 16);
	expect_attr(nest, IPSVC_A_FLOW_CLIENT_PORT, "\x9c\x40", 2);
	expect_attr(nest, IPSVC_A_FLOW_ENDPOINT_PORT, "\0\x50", 2);
	expect_attr(nest, masquerade, &filter.masquerade.addr, 16);
	assert_null(member(nest, IPSVC_A_FLOW_FRONTEND));
	assert_null(member(nest, IPSVC_A_FLOW_FRONTEND_PORT));
	assert_null(member(nest, IPSVC_A_FLOW_ENDPOINT));
	assert_null(member(nest, IPSVC_A_FLOW_MASQUERADE_PORT));
	nlmsg_free(msg);
	msg = ipsvc_nl_message_new(FAMILY, IPSVC_CMD_AFFINITY_DEL, 0);
	assert_int_equal(ipsvc_nl_put_affinity_filter(msg, &filter), 0);
	nest = first_attr(msg);
	expect_attr(nest, IPSVC_A_AFFINITY_SERVICE, "a", 2);
	expect_attr(nest, IPSVC_A_AFFINITY_FAMILY, &filter.family, 1);
	expect_attr(nest, IPSVC_A_AFFINITY_CLIENT, &filter.client.addr, 16);
	assert_null(member(nest, IPSVC_A_AFFINITY_ENDPOINT_PORT));
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_packing),
		cmocka_unit_test(test_largest_service),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_kinds_of_ops),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_locate),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests_name("nl", tests, NULL, NULL);
}
