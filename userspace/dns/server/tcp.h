/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions over TCP: any number on a connection, one after the other (RFC 7766).
 * What a client may hold is bounded: connections, the time between two questions,
 * and what it does not fetch keeps it from asking on.
 */
#ifndef IPSVC_DNSD_TCP_H
#define IPSVC_DNSD_TCP_H

#include "worker.h"

struct tcp *tcp_new(size_t max, size_t max_client, unsigned int idle_ms);
void tcp_free(struct tcp *tcp);
/* Of a listener's socket. */
void tcp_accept(struct io *io, uint32_t events);
/* Closes connections that are over; milliseconds until it has to look again, or -1. */
int tcp_sweep(struct worker *w);

#endif
