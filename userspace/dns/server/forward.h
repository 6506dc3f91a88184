/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions of one worker's clients that other servers are asked. Clients with the
 * same question wait for one answer. Answers are kept (dns/cache.h).
 */
#ifndef IPSVC_DNSD_FORWARD_H
#define IPSVC_DNSD_FORWARD_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "worker.h"

struct conn;
struct forward;

/* Where a client waits. */
struct reply_to {
	struct conn *conn;		/* NULL: UDP */
	struct listener *listener;	/* of UDP */
	struct sockaddr_storage from;
	/* The address that was asked, for sendmsg(). */
	socklen_t control_len;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct forward *forward_new(struct worker *w, size_t max, size_t cache);
void forward_free(struct forward *f);

/*
 * Of a question that dns_respond() leaves to others: true when there is an answer
 * now, of up to @size bytes at @out (one that is kept, or a refusal); false when it
 * comes later, or never.
 */
bool forward_ask(struct worker *w, const struct dns_request *req,
		 const struct reply_to *to, uint8_t *out, size_t size,
		 struct dns_response *response);
/* Nobody waits at @conn any more. */
void forward_forget(struct forward *f, const struct conn *conn);
/*
 * Asks other servers where none has answered in time. Returns in how many
 * milliseconds that is to be done again, or -1.
 */
int forward_sweep(struct worker *w);

#endif
