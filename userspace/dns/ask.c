// SPDX-License-Identifier: GPL-2.0-or-later
#include "ask.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/packet/wire.h>
#include <libknot/rrtype/opt.h>
#include <libknot/wire.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "edns.h"
#include "respond.h"

#define HEADER	KNOT_WIRE_HEADER_SIZE

struct numbers {
	uint16_t id;
	uint8_t cases[DNS_NAME_MAX / 8 + 1];
};

static void randomise_case(uint8_t *name, size_t len, const uint8_t *bits)
{
	/* A length is below 64, and no letter. */
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)(name[i] - 'a') < 26 && bits[i / 8] >> i % 8 & 1)
			name[i] &= (uint8_t)~0x20;
}

static void put_opt(struct dns_ask *ask, uint8_t flags)
{
	dns_opt_begin(ask->packet + ask->len, DNS_UDP_MAX, flags & DNS_ASK_DO);
	knot_wire_set_arcount(ask->packet, 1);
	ask->len += KNOT_EDNS_MIN_SIZE;
}

void dns_ask_make(struct dns_ask *ask, const struct dns_name *name, uint16_t type,
		  uint8_t flags, bool edns)
{
	uint8_t *p = ask->packet;
	struct numbers numbers;

	/* It gives less than 256 bytes whole, or ends the process early at boot. */
	if (getrandom(&numbers, sizeof(numbers), 0) != sizeof(numbers))
		abort();
	memset(p, 0, HEADER);
	knot_wire_set_id(p, numbers.id);
	knot_wire_set_rd(p);
	if (flags & DNS_ASK_CD)
		knot_wire_set_cd(p);
	knot_wire_set_qdcount(p, 1);
	memcpy(p + HEADER, name->wire, name->len);
	randomise_case(p + HEADER, name->len, numbers.cases);
	knot_wire_write_u16(p + HEADER + name->len, type);
	knot_wire_write_u16(p + HEADER + name->len + 2, KNOT_CLASS_IN);
	ask->question = name->len + 4u;
	ask->len = HEADER + ask->question;
	if (edns)
		put_opt(ask, flags);
}

/* The question is the same but for the case of its name. */
static bool same_question(const struct dns_ask *ask, const uint8_t *question)
{
	size_t len = ask->question - 4;
	uint8_t ours[DNS_NAME_MAX], theirs[DNS_NAME_MAX];

	dns_name_lower(ours, ask->packet + HEADER, len);
	dns_name_lower(theirs, question, len);
	return !memcmp(ours, theirs, len) &&
	       !memcmp(ask->packet + HEADER + len, question + len, 4);
}

/* Of an answer whose question is ours. */
static enum dns_asked kind_of(const struct dns_ask *ask, const uint8_t *packet)
{
	uint8_t rcode = knot_wire_get_rcode(packet);

	if (knot_wire_get_tc(packet))
		return DNS_ASKED_TRUNCATED;
	if (rcode == KNOT_RCODE_NOERROR || rcode == KNOT_RCODE_NXDOMAIN)
		return DNS_ASKED_ANSWER;
	return knot_wire_get_arcount(ask->packet) &&
	       (rcode == KNOT_RCODE_FORMERR || rcode == KNOT_RCODE_NOTIMPL) ?
	       DNS_ASKED_NO_EDNS : DNS_ASKED_FAILURE;
}

enum dns_asked dns_ask_check(const struct dns_ask *ask, const uint8_t *packet,
			     size_t len, bool any_case)
{
	const uint8_t *question = packet + HEADER;

	if (len < HEADER || !knot_wire_get_qr(packet) ||
	    knot_wire_get_id(packet) != knot_wire_get_id(ask->packet) ||
	    knot_wire_get_opcode(packet) != KNOT_OPCODE_QUERY)
		return DNS_ASKED_FOREIGN;
	/* A server that cannot read a question may leave it out. */
	if (!knot_wire_get_qdcount(packet) &&
	    knot_wire_get_rcode(packet) == KNOT_RCODE_FORMERR)
		return kind_of(ask, packet);
	if (knot_wire_get_qdcount(packet) != 1 || len < HEADER + ask->question)
		return DNS_ASKED_FOREIGN;
	if (!memcmp(question, ask->packet + HEADER, ask->question))
		return kind_of(ask, packet);
	if (!same_question(ask, question))
		return DNS_ASKED_FOREIGN;
	return any_case ? kind_of(ask, packet) : DNS_ASKED_OTHER_CASE;
}
