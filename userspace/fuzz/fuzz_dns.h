/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers of DNS share: a cluster of the domain "k", and its clients. */
#ifndef IPSVC_FUZZ_DNS_H
#define IPSVC_FUZZ_DNS_H

#include <libknot/libknot.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "dns/respond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dns_epoch epoch;
static struct dns_zone zone;
static struct dns_acl acl;

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

static inline void begin_zone(enum dns_pods pods)
{
	struct dns_zone_config config = { .ttl = 5, .pods = pods };

	dns_epoch_init(&epoch, 1);
	require(dns_name_parse("k", &config.domain));
	require(dns_zone_init(&zone, &config, &epoch));
	dns_acl_add_private(&acl);
	dns_zone_begin(&zone);
}

static inline void put(const struct dns_service *svc)
{
	struct ipsvc_buf record = {0};

	dns_service_encode(svc, &record);
	require(dns_zone_put_service(&zone, record.data, record.len));
	ipsvc_buf_free(&record);
}

static inline void end_zone(void)
{
	dns_zone_end(&zone);
	dns_zone_commit(&zone, 1);
	dns_reclaim(&epoch);
}

static inline size_t max_size(bool tcp)
{
	return tcp ? KNOT_WIRE_MAX_PKTSIZE : DNS_UDP_MAX;
}

/* A client that is answered, and the packet it sends. */
static inline struct dns_request request_of(const uint8_t *packet, size_t len,
					    bool tcp)
{
	static const struct sockaddr_storage client = { .ss_family = AF_INET };

	return (struct dns_request){
		.packet = packet, .len = len, .client = &client,
		.addr = ipsvc_ip_from4((struct in_addr){ htonl(0x0a000001) }),
		.tcp = tcp,
	};
}

/* An answer that libknot can read to its end, and no longer than it may be. */
static inline void check_message(uint8_t *out, size_t len, bool tcp)
{
	knot_pkt_t *pkt = knot_pkt_new(out, (uint16_t)len, NULL);

	require(len >= KNOT_WIRE_HEADER_SIZE && len <= max_size(tcp));
	require(pkt && knot_pkt_parse(pkt, 0) == KNOT_EOK);
	require(pkt->parsed == len);
	knot_pkt_free(pkt);
}

#endif
