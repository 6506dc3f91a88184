/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What another server answered, in a form that fits behind any question: names are
 * whole, in lower case, but for owners, which may refer to the question or to a name
 * of the answer itself.
 */
#ifndef IPSVC_DNS_ANSWER_H
#define IPSVC_DNS_ANSWER_H

#include "name.h"

/* How long an answer is kept at most, in seconds, and that there is none (RFC 2308). */
#define DNS_KEEP_MAX	3600
#define DNS_KEEP_NO_MAX	1800

/* Of a question to others: the bits of the client that change the answer. */
#define DNS_ASK_DO	1	/* with DNSSEC records */
#define DNS_ASK_CD	2	/* without a check of them */

struct dns_answer {
	struct dns_name name;	/* of the question */
	uint16_t type;
	uint8_t flags;		/* DNS_ASK_… */
	uint8_t rcode;		/* NOERROR or NXDOMAIN */
	uint32_t ttl;		/* seconds it may be kept; 0: it may not */
	uint16_t counts[3];	/* of the answer, authority and additional section */
	uint32_t lens[3];	/* the same in bytes */
	uint8_t data[];
};

/*
 * Reads a message that answers the question @name, @type (ask.h has checked that);
 * libknot may change its bytes. To be freed; NULL when it cannot be read, or is no
 * answer: its rcode is another one.
 */
struct dns_answer *dns_answer_read(uint8_t *packet, size_t len,
				   const struct dns_name *name, uint16_t type);
/*
 * Writes the first @sections sections to @base of the message at @out. @owner is
 * where the name of the question is in it, @age how many seconds ago it was read, and
 * @turn which address of each name comes first.
 */
void dns_answer_write(const struct dns_answer *answer, unsigned int sections,
		      uint8_t *out, size_t base, size_t owner, uint32_t age,
		      unsigned int turn);
/* Bytes of the first @sections sections. */
size_t dns_answer_len(const struct dns_answer *answer, unsigned int sections);

#endif
