/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that answers: with sockets of its own, which the kernel deals packets and
 * connections out to (SO_REUSEPORT), and an event loop of its own. Workers share the
 * zone, which they only read, and nothing else.
 */
#ifndef IPSVC_DNSD_WORKER_H
#define IPSVC_DNSD_WORKER_H

#include <pthread.h>

#include "dns/limit.h"
#include "dns/respond.h"
#include "options.h"
#include "stats.h"

struct worker;
struct udp_batch;
struct tcp;
struct forward;

/* Something that epoll watches. */
struct io {
	void (*ready)(struct io *io, uint32_t events);
	int fd;
};

/* A socket that was bound to an address of options.listen. */
struct listener {
	struct io io;
	struct worker *worker;
	bool wildcard;		/* answers have to name the address asked */
};

struct server {
	const struct options *opts;
	struct dns_epoch epoch;
	struct dns_zone zone;
	struct dns_acl acl;
	struct dns_responder responder;
	struct worker *workers;
	size_t nworkers;
};

struct worker {
	struct server *server;
	size_t index;
	pthread_t thread;
	bool started;
	int epoll;
	struct io stop;		/* an eventfd */
	bool stopping;
	uint64_t now;		/* monotonic, milliseconds */
	uint32_t seconds;	/* realtime */
	unsigned int turn;
	struct listener *udp, *tcp_listeners;	/* one an address */
	struct udp_batch *batch;
	struct tcp *tcp;
	struct forward *forward;
	struct dns_limiter limiter;
	_Alignas(64) struct stats stats;
	uint8_t answer[2 + 65535];	/* one over TCP, or one that comes later */
};

/* Makes sockets and memory. False after a message. */
bool worker_init(struct worker *w, struct server *server, size_t index);
bool worker_start(struct worker *w);
void worker_stop(struct worker *w);
void worker_free(struct worker *w);

/* ---- for its parts --------------------------------------------------------- */

bool worker_watch(struct worker *w, struct io *io, uint32_t events);
void worker_rewatch(struct worker *w, struct io *io, uint32_t events);
uint64_t worker_clock_us(void);

#endif
