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
#include <libknot/libknot.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "dns/respond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static struct dns_epoch epoch;
static struct dns_zone zone;
static struct dns_acl acl;
static struct dns_responder responder = {
	.zone = &zone, .acl = &acl, .nsid = "fuzz",
};

static void put(const struct dns_service *svc)
{
	struct ipsvc_buf record = {0};

	dns_service_encode(svc, &record);
	require(dns_zone_put_service(&zone, record.data, record.len));
	ipsvc_buf_free(&record);
}

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
	struct dns_zone_config config = { .ttl = 5, .pods = DNS_PODS_INSECURE };

	dns_epoch_init(&epoch, 1);
	require(dns_name_parse("k", &config.domain));
	require(dns_zone_init(&zone, &config, &epoch));
	dns_acl_add_private(&acl);
	dns_zone_begin(&zone);
	dns_zone_put_namespace(&zone, "n");
	fill_zone();
	dns_zone_end(&zone);
	dns_zone_commit(&zone, 1);
	dns_reclaim(&epoch);
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
			 const uint8_t *data, uint8_t *out, size_t max)
{
	knot_pkt_t *pkt = knot_pkt_new(out, (uint16_t)response->len, NULL);

	require(response->len >= KNOT_WIRE_HEADER_SIZE && response->len <= max);
	require(pkt && knot_pkt_parse(pkt, 0) == KNOT_EOK);
	require(pkt->parsed == response->len);
	require(knot_wire_get_qr(out));
	require(knot_wire_get_id(out) == knot_wire_get_id(data));
	check_question(response, data, out);
	knot_pkt_free(pkt);
}

static void ask(const uint8_t *data, size_t size, bool tcp)
{
	static uint8_t out[KNOT_WIRE_MAX_PKTSIZE];
	const struct sockaddr_storage client = { .ss_family = AF_INET };
	struct dns_request req = {
		.packet = data, .len = size, .client = &client,
		.addr = ipsvc_ip_from4((struct in_addr){ htonl(0x0a000001) }),
		.tcp = tcp, .turn = (unsigned int)size,
	};
	struct dns_response response;
	size_t max = tcp ? sizeof(out) : DNS_UDP_MAX;

	dns_read_begin(&epoch, 0);
	dns_respond(&responder, &req, out, max, &response);
	if (response.outcome == DNS_REPLY) {
		check_answer(&response, data, out, max);
		dns_respond_empty(&responder, &req, 5, true, out, max, &response);
		check_answer(&response, data, out, max);
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
