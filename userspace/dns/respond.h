/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a packet to its answer, apart from sockets. */
#ifndef IPSVC_DNS_RESPOND_H
#define IPSVC_DNS_RESPOND_H

#include <sys/socket.h>

#include "acl.h"
#include "answer.h"
#include "query.h"
#include "routes.h"
#include "zone.h"

/* Of an answer over UDP (DNS flag day 2020): fragments get lost. */
#define DNS_UDP_MAX	1232
#define DNS_UDP_MIN	512	/* without EDNS */
#define DNS_NSID_MAX	64

/* What all answers of a server have in common. */
struct dns_responder {
	const struct dns_zone *zone;
	const struct dns_acl *acl;	/* who is answered */
	/*
	 * The servers that are asked for names of other domains. Another thread may
	 * replace it; whoever reads it is between dns_read_begin() and dns_read_end().
	 */
	_Atomic(const struct dns_routes *) routes;
	char nsid[DNS_NSID_MAX + 1];	/* RFC 5001; "" for none */
	uint8_t cookie_secret[16];
};

struct dns_request {
	const uint8_t *packet;
	size_t len;
	const struct sockaddr_storage *client;
	struct in6_addr addr;		/* of the client */
	bool tcp;
	uint32_t now;			/* seconds, of cookies */
	unsigned int turn;		/* which address comes first */
	/* What others answered to dns_response.target, and when; or NULL. */
	const struct dns_answer *answer;
	uint32_t age;			/* seconds */
};

enum dns_outcome {
	DNS_REPLY,
	DNS_IGNORE,		/* no answer */
	DNS_FORWARD,		/* others are to be asked for target first */
};

struct dns_response {
	enum dns_outcome outcome;
	struct dns_query query;
	struct dns_name target;
	bool known;		/* the client sent a cookie of ours */
	uint8_t rcode;
	bool truncated;
	size_t len;
};

/*
 * Answers @req with up to @size (512 at least) bytes at @out. The caller is
 * reading the zone (epoch.h).
 */
void dns_respond(const struct dns_responder *responder,
		 const struct dns_request *req, uint8_t *out, size_t size,
		 struct dns_response *response);
/* An answer without records instead, such as REFUSED, or truncated. */
void dns_respond_empty(const struct dns_responder *responder,
		       const struct dns_request *req, uint8_t rcode,
		       bool truncated, uint8_t *out, size_t size,
		       struct dns_response *response);

#endif
