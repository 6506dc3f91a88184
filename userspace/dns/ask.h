/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A question to another server, which forged answers have to match: its id, and the
 * case of the letters in its name, are random. (Address and port are the socket's.)
 */
#ifndef IPSVC_DNS_ASK_H
#define IPSVC_DNS_ASK_H

#include "answer.h"

#define DNS_ASK_MAX	(12 + DNS_NAME_MAX + 4 + 11)

struct dns_ask {
	size_t len, question;	/* bytes of all, and of the question */
	uint8_t packet[DNS_ASK_MAX];
};

enum dns_asked {
	DNS_ASKED_FOREIGN,	/* no answer to this question */
	DNS_ASKED_ANSWER,	/* one, whose records dns_answer_read() reads */
	DNS_ASKED_TRUNCATED,	/* it is there in full over TCP */
	DNS_ASKED_OTHER_CASE,	/* may be forged: TCP tells */
	DNS_ASKED_NO_EDNS,	/* the server asks for a question without EDNS */
	DNS_ASKED_FAILURE,	/* it has no answer; another may have */
};

/* @flags: DNS_ASK_…, which need @edns. */
void dns_ask_make(struct dns_ask *ask, const struct dns_name *name, uint16_t type,
		  uint8_t flags, bool edns);
/* @any_case: the case of the name does not matter, as where nobody can forge. */
enum dns_asked dns_ask_check(const struct dns_ask *ask, const uint8_t *packet,
			     size_t len, bool any_case);

#endif
