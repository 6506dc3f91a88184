/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions over TCP: any number on a connection, one after the other (RFC 7766).
 * What a client may hold is bounded: connections, the time between two questions,
 * and what it does not fetch keeps it from asking on.
 */
#ifndef IPSVC_DNSD_TCP_H
#define IPSVC_DNSD_TCP_H

#include "forward.h"

struct tcp *tcp_new(size_t max, size_t max_client, unsigned int idle_ms);
void tcp_free(struct tcp *tcp);
/*
 * An answer that comes later, of @len bytes after the two of its length, which it
 * fills in. Nothing when the connection was closed, which is then still there.
 */
void tcp_reply(struct conn *c, uint8_t *answer, size_t len);
/* Of a listener's socket. */
void tcp_accept(struct io *io, uint32_t events);
/* Closes connections that are over; milliseconds until it has to look again, or -1. */
int tcp_sweep(struct worker *w);

#endif
