// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as what another server answers. Whatever a client gets of it is a message
 * that libknot can read, no longer than the client may get, behind the question and
 * behind an alias.
 *
 *	make -C userspace fuzz
 */
#include <libknot/libknot.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "dns/ask.h"
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
static struct dns_routes routes;
static struct dns_responder responder = {
	.zone = &zone, .acl = &acl, .routes = &routes,
};
static struct dns_name name;

static void make_zone(void)
{
	struct dns_zone_config config = { .ttl = 5 };
	struct ipsvc_buf record = {0};

	dns_epoch_init(&epoch, 1);
	require(dns_name_parse("k", &config.domain));
	require(dns_zone_init(&zone, &config, &epoch));
	require(dns_name_parse("www.test", &name));
	require(dns_routes_add_stub(&routes, "test=10.0.0.1"));
	dns_acl_add_private(&acl);
	dns_zone_begin(&zone);
	dns_service_encode(&(struct dns_service){
		.ns = "n", .name = "x", .type = DNS_EXTERNAL_NAME,
		.external_name = "www.test",
	}, &record);
	require(dns_zone_put_service(&zone, record.data, record.len));
	ipsvc_buf_free(&record);
	dns_zone_end(&zone);
	dns_zone_commit(&zone, 1);
	dns_reclaim(&epoch);
}

static void give(const struct dns_answer *answer, const char *text, bool tcp)
{
	static uint8_t out[KNOT_WIRE_MAX_PKTSIZE];
	const struct sockaddr_storage client = { .ss_family = AF_INET };
	struct dns_response response;
	struct dns_ask ask;
	struct dns_name asked;
	struct dns_request req = {
		.packet = ask.packet, .client = &client, .tcp = tcp,
		.addr = { .s6_addr = { [10] = 0xff, 0xff, 10, 0, 0, 1 } },
		.answer = answer, .age = 7,
	};
	knot_pkt_t *pkt;

	require(dns_name_parse(text, &asked));
	dns_ask_make(&ask, &asked, answer->type, 0, answer->ttl & 1);
	req.len = ask.len;
	dns_respond(&responder, &req, out, tcp ? sizeof(out) : DNS_UDP_MAX,
		    &response);
	require(response.outcome == DNS_REPLY);
	require(response.len <= (tcp ? sizeof(out) : DNS_UDP_MAX));
	pkt = knot_pkt_new(out, (uint16_t)response.len, NULL);
	require(pkt && knot_pkt_parse(pkt, 0) == KNOT_EOK);
	require(pkt->parsed == response.len);
	knot_pkt_free(pkt);
}

/* The first byte is which type was asked for; a message follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_answer *answer;
	struct dns_ask ask;
	uint8_t *packet;

	if (!zone.epoch)
		make_zone();
	if (size < 1 + KNOT_WIRE_HEADER_SIZE || size > UINT16_MAX)
		return 0;
	dns_ask_make(&ask, &name, data[0], 0, true);
	packet = xmalloc(size - 1);
	memcpy(packet, data + 1, size - 1);
	/* What nobody can guess. */
	memcpy(packet, ask.packet, 2);
	dns_ask_check(&ask, packet, size - 1, size & 1);
	answer = dns_answer_read(packet, size - 1, &name, data[0]);
	free(packet);
	if (answer && answer->type) {
		give(answer, "www.test", false);
		give(answer, "www.test", true);
		give(answer, "x.n.svc.k", false);
		give(answer, "x.n.svc.k", true);
	}
	free(answer);
	return 0;
}
