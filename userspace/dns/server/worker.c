// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/memory.h"
#include "daemon/log.h"
#include "dns/address.h"
#include "forward.h"
#include "tcp.h"
#include "udp.h"

#define EVENTS		64
#define RECEIVE_BUFFER	(4 << 20)	/* bytes; the kernel cuts it to its limit */
#define SEND_BUFFER	(64 << 10)
#define BACKLOG		256

uint64_t worker_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- epoll -------------------------------------------------------------- */

static bool control(struct worker *w, int op, struct io *io, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = io };

	return epoll_ctl(w->epoll, op, io->fd, &ev) == 0;
}

bool worker_watch(struct worker *w, struct io *io, uint32_t events)
{
	return control(w, EPOLL_CTL_ADD, io, events);
}

void worker_rewatch(struct worker *w, struct io *io, uint32_t events)
{
	/* What is watched can be watched for other things. */
	(void)control(w, EPOLL_CTL_MOD, io, events);
}

static void on_stop(struct io *io, uint32_t events)
{
	struct worker *w = (struct worker *)((char *)io -
					     offsetof(struct worker, stop));

	(void)events;
	w->stopping = true;
}

static void tell_time(struct worker *w)
{
	w->now = worker_clock_us() / 1000;
	w->seconds = (uint32_t)time(NULL);
}

/* Milliseconds until something has to be looked at, or -1. */
static int sweep(struct worker *w)
{
	int forward = forward_sweep(w), tcp = tcp_sweep(w);

	return forward < 0 || (tcp >= 0 && tcp < forward) ? tcp : forward;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct epoll_event events[EVENTS];
	int timeout = -1;

	while (!w->stopping) {
		int n = epoll_wait(w->epoll, events, EVENTS, timeout);

		tell_time(w);
		dns_read_begin(&w->server->epoch, w->index);
		for (int i = 0; i < n; i++) {
			struct io *io = events[i].data.ptr;

			io->ready(io, events[i].events);
		}
		timeout = sweep(w);
		dns_read_end(&w->server->epoch, w->index);
	}
	return NULL;
}

/* ---- sockets ------------------------------------------------------------ */

static void set(int fd, int level, int option, int value)
{
	/* What cannot be had is missed by nobody but who measures. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static bool is_wildcard(const struct sockaddr_storage *addr)
{
	const struct in6_addr ip = dns_address_ip(addr);

	return IN6_IS_ADDR_UNSPECIFIED(&ip) ||
	       (ipsvc_ip_is4(&ip) && !ipsvc_ip_to4(&ip).s_addr);
}

static void set_options(const struct listener *l, int type, int family)
{
	int fd = l->io.fd;

	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (type == SOCK_STREAM) {
		/* Of each connection: the kernel is to keep no more than we do. */
		set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
		return;
	}
	set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	/* Forged ICMP must not be able to set our packets' size. */
	if (family == AF_INET)
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	if (l->wildcard && family == AF_INET)
		set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	else if (l->wildcard)
		set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static void say_failure(const struct sockaddr_storage *addr, int type)
{
	const struct in6_addr ip = dns_address_ip(addr);
	char text[INET6_ADDRSTRLEN];

	ipsvc_ip_format(&ip, text);
	log_error("cannot listen at %s port %u, %s: %s", *text ? text : "::",
		  dns_address_port(addr), type == SOCK_STREAM ? "TCP" : "UDP",
		  strerror(errno));
}

static bool open_listener(struct listener *l, const struct sockaddr_storage *addr,
			  int type)
{
	l->wildcard = is_wildcard(addr);
	l->io.fd = socket(addr->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	if (l->io.fd < 0)
		return false;
	set_options(l, type, addr->ss_family);
	return bind(l->io.fd, (const struct sockaddr *)addr,
		    dns_address_size(addr)) == 0 &&
	       (type == SOCK_DGRAM || listen(l->io.fd, BACKLOG) == 0);
}

static bool add_listener(struct worker *w, struct listener *l,
			 const struct sockaddr_storage *addr, int type)
{
	*l = (struct listener){ .worker = w };
	l->io.ready = type == SOCK_STREAM ? tcp_accept : udp_ready;
	if (open_listener(l, addr, type))
		return worker_watch(w, &l->io, EPOLLIN);
	/* A host without IPv6 was not asked for it. */
	if (w->server->opts->listen_default && addr->ss_family == AF_INET6 &&
	    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		return true;
	say_failure(addr, type);
	return false;
}

static bool add_listeners(struct worker *w)
{
	const struct options *opts = w->server->opts;

	w->udp = xcalloc(opts->nlisten, sizeof(*w->udp));
	w->tcp_listeners = xcalloc(opts->nlisten, sizeof(*w->tcp_listeners));
	for (size_t i = 0; i < opts->nlisten; i++)
		w->udp[i].io.fd = w->tcp_listeners[i].io.fd = -1;
	for (size_t i = 0; i < opts->nlisten; i++)
		if (!add_listener(w, &w->udp[i], &opts->listen[i], SOCK_DGRAM) ||
		    !add_listener(w, &w->tcp_listeners[i], &opts->listen[i],
				  SOCK_STREAM))
			return false;
	return true;
}

/* ---- start and end ------------------------------------------------------ */

/* Each worker's share of what all may have; never nothing. */
static size_t share(const struct worker *w, size_t all)
{
	return (all + w->server->nworkers - 1) / w->server->nworkers;
}

bool worker_init(struct worker *w, struct server *server, size_t index)
{
	const struct options *opts = server->opts;

	w->server = server;
	w->index = index;
	tell_time(w);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->stop = (struct io){ on_stop, eventfd(0, EFD_CLOEXEC) };
	if (w->epoll < 0 || w->stop.fd < 0 || !worker_watch(w, &w->stop, EPOLLIN)) {
		log_error("cannot set up an event loop: %s", strerror(errno));
		return false;
	}
	w->batch = udp_batch_new();
	w->tcp = tcp_new(share(w, opts->tcp_max), opts->tcp_client_max,
			 opts->tcp_idle * 1000);
	w->forward = forward_new(w, share(w, opts->forward_max),
				 opts->cache ? share(w, opts->cache) : 0);
	dns_limiter_init(&w->limiter, (uint32_t)share(w, opts->rate));
	return add_listeners(w);
}

bool worker_start(struct worker *w)
{
	int err = pthread_create(&w->thread, NULL, run, w);

	w->started = !err;
	if (err)
		log_error("cannot start a thread: %s", strerror(err));
	return !err;
}

void worker_stop(struct worker *w)
{
	const uint64_t one = 1;

	if (!w->started)
		return;
	while (write(w->stop.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(w->thread, NULL);
	w->started = false;
}

static void close_listeners(struct listener *l, size_t n)
{
	for (size_t i = 0; l && i < n; i++)
		if (l[i].io.fd >= 0)
			close(l[i].io.fd);
	free(l);
}

void worker_free(struct worker *w)
{
	if (!w->server)
		return;
	tcp_free(w->tcp);
	forward_free(w->forward);
	udp_batch_free(w->batch);
	close_listeners(w->udp, w->server->opts->nlisten);
	close_listeners(w->tcp_listeners, w->server->opts->nlisten);
	dns_limiter_free(&w->limiter);
	if (w->stop.fd >= 0)
		close(w->stop.fd);
	if (w->epoll >= 0)
		close(w->epoll);
}
