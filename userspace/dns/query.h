/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client asks: one packet, read. */
#ifndef IPSVC_DNS_QUERY_H
#define IPSVC_DNS_QUERY_H

#include "name.h"

enum dns_parsed {
	DNS_PARSED,
	DNS_MALFORMED,		/* its header can be answered: FORMERR */
	DNS_NO_QUERY,		/* too short, or an answer itself: no reply */
};

struct dns_query {
	const uint8_t *packet;
	size_t len;
	uint16_t id, flags;	/* of the header */
	uint8_t opcode;
	uint16_t type, class;	/* of the question */
	size_t question;	/* bytes of the question; 0: it has none */
	struct dns_name name;	/* of the question */

	/* ---- EDNS (RFC 6891) ---------------------------------------------- */
	bool edns;
	uint8_t version;
	uint16_t udp_size;
	bool dnssec_ok, nsid;
	const uint8_t *cookie;	/* RFC 7873; NULL: none */
	size_t cookie_len;
};

/*
 * One question, of one name without compression, and at most one OPT record. Of
 * opcodes other than QUERY only the header is read.
 */
enum dns_parsed dns_query_parse(const uint8_t *packet, size_t len,
				struct dns_query *query);

/* A packet with the question and all of EDNS that is looked at above. */
#define DNS_QUERY_SHORT_MAX	(12 + DNS_NAME_MAX + 4 + 11 + 4 + 40 + 4)
/* Writes one that reads the same as @query, which has a question; its length. */
size_t dns_query_shorten(const struct dns_query *query,
			 uint8_t to[static DNS_QUERY_SHORT_MAX]);

#endif
