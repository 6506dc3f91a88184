// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a packet that a client sends, over UDP and TCP. Whatever is answered
 * is a message that libknot can read, no longer than the client may get, with the
 * question it had.
 *
 *	make -C userspace fuzz
 *
 * Without clang: tests/test_dns_seeds.c replays the seeds and mutations of them.
 */
#include "fuzz/fuzz_dns.h"

static struct dns_responder responder = {
	.zone = &zone, .acl = &acl, .nsid = "fuzz",
};

/* One of each: a cluster IP, a headless Service of many endpoints, an alias. */
static void fill_zone(void)
{
	static const struct in6_addr ip4 = {
		.s6_addr = { [10] = 0xff, 0xff, 10, 96, 0, 1 },
	};
	struct dns_port port = { "p", IPPROTO_TCP, 80 };
	struct dns_endpoint endpoints[40];
	struct dns_subset subset = { &port, 1, endpoints, 40 };

	for (size_t i = 0; i < 40; i++) {
		endpoints[i] = (struct dns_endpoint){ ip4, i % 2 ? "" : "host" };
		endpoints[i].addr.s6_addr[15] = (uint8_t)i;
	}
	put(&(struct dns_service){
		.ns = "n", .name = "a", .external_name = "",
		.addrs = (struct in6_addr *)&ip4, .naddrs = 1,
		.ports = &port, .nports = 1,
	});
	put(&(struct dns_service){
		.ns = "n", .name = "h", .external_name = "",
		.type = DNS_HEADLESS, .subsets = &subset, .nsubsets = 1,
	});
	put(&(struct dns_service){
		.ns = "n", .name = "x", .type = DNS_EXTERNAL_NAME,
		.external_name = "h.n.svc.k",
	});
}

static void make_zone(void)
{
	begin_zone(DNS_PODS_INSECURE);
	dns_zone_put_namespace(&zone, "n");
	fill_zone();
	end_zone();
}

/* The question comes back byte by byte. */
static void check_question(const struct dns_response *response,
			   const uint8_t *data, const uint8_t *out)
{
	size_t len = response->query.question;

	require(knot_wire_get_qdcount(out) == (len ? 1 : 0));
	require(!memcmp(out + KNOT_WIRE_HEADER_SIZE,
			data + KNOT_WIRE_HEADER_SIZE, len));
}

static void check_answer(const struct dns_response *response,
			 const uint8_t *data, uint8_t *out, bool tcp)
{
	check_message(out, response->len, tcp);
	require(knot_wire_get_qr(out));
	require(knot_wire_get_id(out) == knot_wire_get_id(data));
	check_question(response, data, out);
}

static void ask(const uint8_t *data, size_t size, bool tcp)
{
	static uint8_t out[KNOT_WIRE_MAX_PKTSIZE];
	struct dns_request req = request_of(data, size, tcp);
	struct dns_response response;
	size_t max = max_size(tcp);

	req.turn = (unsigned int)size;
	dns_read_begin(&epoch, 0);
	dns_respond(&responder, &req, out, max, &response);
	if (response.outcome == DNS_REPLY) {
		check_answer(&response, data, out, tcp);
		dns_respond_empty(&responder, &req, 5, true, out, max, &response);
		check_answer(&response, data, out, tcp);
	} else {
		require(size < KNOT_WIRE_HEADER_SIZE || data[2] & 0x80);
	}
	dns_read_end(&epoch, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!zone.epoch)
		make_zone();
	if (size > KNOT_WIRE_MAX_PKTSIZE)
		return 0;
	ask(data, size, false);
	ask(data, size, true);
	return 0;
}
