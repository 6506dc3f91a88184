// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as what another server answers. Whatever a client gets of it is a message
 * that libknot can read, no longer than the client may get, behind the question and
 * behind an alias.
 *
 *	make -C userspace fuzz
 *
 * Without clang: tests/test_dns_answer_seeds.c replays the seeds and mutations of
 * them.
 */
#include "fuzz/fuzz_dns.h"

#include "base/memory.h"
#include "dns/ask.h"

static struct dns_routes routes;
static struct dns_responder responder = {
	.zone = &zone, .acl = &acl, .routes = &routes,
};
static struct dns_name name;

static void make_zone(void)
{
	begin_zone(DNS_PODS_OFF);
	require(dns_name_parse("www.test", &name));
	require(dns_routes_add_stub(&routes, "test=10.0.0.1"));
	put(&(struct dns_service){
		.ns = "n", .name = "x", .type = DNS_EXTERNAL_NAME,
		.external_name = "www.test",
	});
	end_zone();
}

static void give(const struct dns_answer *answer, const char *text, bool tcp)
{
	static uint8_t out[KNOT_WIRE_MAX_PKTSIZE];
	struct dns_response response;
	struct dns_ask ask;
	struct dns_name asked;
	struct dns_request req;

	require(dns_name_parse(text, &asked));
	dns_ask_make(&ask, &asked, answer->type, 0, answer->ttl & 1);
	req = request_of(ask.packet, ask.len, tcp);
	req.answer = answer;
	req.age = 7;
	dns_respond(&responder, &req, out, max_size(tcp), &response);
	require(response.outcome == DNS_REPLY);
	check_message(out, response.len, tcp);
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
