// SPDX-License-Identifier: GPL-2.0-or-later
#include "tcp.h"

#include <errno.h>
#include <libknot/wire.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "dns/address.h"

#define QUERY_MAX	4096	/* names are short; who pads more is not a client */
#define ACCEPTS		16	/* at a time */
#define SWEEP_MS	500
#define WAITING_MAX	16	/* questions of a connection that others are asked */
#define KEPT_MAX	(16 << 20)	/* bytes that clients have not fetched, of a worker */

struct conn {
	struct io io;
	struct worker *worker;
	struct ipsvc_list link;
	struct sockaddr_storage from;
	struct in6_addr addr;
	uint64_t since;		/* the last whole question, milliseconds */
	unsigned int waiting;	/* answers that come later */
	bool ended;		/* the client asks nothing more */
	size_t in_len;
	uint8_t *out;		/* what the client has not fetched; or NULL */
	size_t out_len, out_done;
	uint8_t in[2 + QUERY_MAX];
};

struct tcp {
	struct ipsvc_list list;	/* the oldest question first */
	struct ipsvc_list closed;	/* epoll may have told of them: freed later */
	size_t n, max, max_client;
	size_t kept;		/* bytes of all out */
	unsigned int idle_ms;
};

struct tcp *tcp_new(size_t max, size_t max_client, unsigned int idle_ms)
{
	struct tcp *tcp = xcalloc(1, sizeof(*tcp));

	tcp->max = max;
	tcp->max_client = max_client;
	tcp->idle_ms = idle_ms;
	ipsvc_list_init(&tcp->list);
	ipsvc_list_init(&tcp->closed);
	return tcp;
}

static struct conn *conn_of(const struct ipsvc_list *link)
{
	return IPSVC_CONTAINER(link, struct conn, link);
}

static void move(struct ipsvc_list *to, struct conn *c)
{
	ipsvc_list_remove(&c->link);
	ipsvc_list_add(to, &c->link);
}

static void ignore(struct io *io, uint32_t events)
{
	(void)io;
	(void)events;
}

static void drop_out(struct conn *c)
{
	free(c->out);
	c->out = NULL;
	c->worker->tcp->kept -= c->out_len;
	c->out_len = 0;
}

static void close_conn(struct tcp *tcp, struct conn *c)
{
	if (c->waiting)
		forward_forget(c->worker->forward, c);
	close(c->io.fd);
	drop_out(c);
	c->io = (struct io){ ignore, -1 };
	move(&tcp->closed, c);
	tcp->n--;
}

static void free_closed(struct tcp *tcp)
{
	while (!ipsvc_list_empty(&tcp->closed)) {
		struct conn *c = conn_of(tcp->closed.next);

		ipsvc_list_remove(&c->link);
		free(c);
	}
}

void tcp_free(struct tcp *tcp)
{
	if (!tcp)
		return;
	while (!ipsvc_list_empty(&tcp->list))
		close_conn(tcp, conn_of(tcp->list.next));
	free_closed(tcp);
	free(tcp);
}

/* ---- answers ------------------------------------------------------------ */

/* What is next: to write what is left, to read on, or to wait for others. */
static void watch(struct conn *c)
{
	bool more = !c->ended && c->waiting < WAITING_MAX;

	worker_rewatch(c->worker, &c->io, c->out ? EPOLLOUT :
		       more ? EPOLLIN : 0);
}

static bool is_over(const struct conn *c)
{
	return c->ended && !c->waiting && !c->out;
}

/*
 * Keeps what the socket did not take, and reads nothing until it has. False when
 * clients leave too much unread.
 */
static bool keep_rest(struct conn *c, const uint8_t *p, size_t len)
{
	size_t kept = c->out_len - c->out_done;
	uint8_t *out;

	if (c->worker->tcp->kept + len > KEPT_MAX)
		return false;
	out = xmalloc(kept + len);
	if (kept)
		memcpy(out, c->out + c->out_done, kept);
	memcpy(out + kept, p, len);
	drop_out(c);
	c->out = out;
	c->out_len = kept + len;
	c->worker->tcp->kept += c->out_len;
	c->out_done = 0;
	watch(c);
	return true;
}

/* False when the connection is broken. */
static bool write_answer(struct conn *c, const uint8_t *p, size_t len)
{
	ssize_t n = c->out ? 0 :
		    send(c->io.fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < 0)
		n = 0;
	return (size_t)n == len || keep_rest(c, p + n, len - (size_t)n);
}

static bool write_rest(struct conn *c)
{
	ssize_t n = send(c->io.fd, c->out + c->out_done,
			 c->out_len - c->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->out_done += (size_t)n;
	if (c->out_done < c->out_len)
		return true;
	drop_out(c);
	c->out_done = 0;
	watch(c);
	return true;
}

/* Others are asked for the answer: false when it comes later. */
static bool ask_others(struct conn *c, const struct dns_request *req,
		       struct dns_response *response)
{
	const struct reply_to to = { .conn = c, .from = c->from };
	struct worker *w = c->worker;

	if (forward_ask(w, req, &to, w->answer + 2, sizeof(w->answer) - 2,
			response))
		return true;
	if (++c->waiting == WAITING_MAX)
		watch(c);
	return false;
}

/* False when the connection is to be closed. */
static bool answer(struct conn *c, const uint8_t *packet, size_t len)
{
	struct worker *w = c->worker;
	struct dns_request req = {
		.packet = packet, .len = len, .client = &c->from,
		.addr = c->addr, .tcp = true, .now = w->seconds,
		.turn = w->turn++,
	};
	uint64_t start = worker_clock_us();
	struct dns_response response;
	bool ok;

	stats_add(&w->stats.tcp, 1);
	dns_respond(&w->server->responder, &req, w->answer + 2,
		    sizeof(w->answer) - 2, &response);
	if (response.outcome == DNS_IGNORE) {
		stats_add(&w->stats.ignored, 1);
		return false;
	}
	if (response.outcome == DNS_FORWARD && !ask_others(c, &req, &response))
		return true;
	stats_answer(&w->stats, &response);
	knot_wire_write_u16(w->answer, (uint16_t)response.len);
	ok = write_answer(c, w->answer, 2 + response.len);
	stats_latency(&w->stats, worker_clock_us() - start, 1);
	return ok;
}

/* ---- questions ---------------------------------------------------------- */

/* Answers what has come as a whole; false when the connection is to be closed. */
static bool answer_all(struct conn *c)
{
	size_t at = 0;

	while (!c->out && c->waiting < WAITING_MAX && c->in_len - at >= 2) {
		size_t len = knot_wire_read_u16(c->in + at);

		if (len > QUERY_MAX)
			return false;
		if (c->in_len - at < 2 + len)
			break;
		if (!answer(c, c->in + at + 2, len))
			return false;
		at += 2 + len;
		c->since = c->worker->now;
	}
	if (!at)
		return true;
	c->in_len -= at;
	memmove(c->in, c->in + at, c->in_len);
	move(&c->worker->tcp->list, c);
	return true;
}

/* False when the connection is broken. */
static bool read_more(struct conn *c)
{
	size_t room = sizeof(c->in) - c->in_len;
	ssize_t n;

	if (!room)
		return true;
	n = recv(c->io.fd, c->in + c->in_len, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->in_len += (size_t)n;
	if (!n) {
		c->ended = true;
		watch(c);
	}
	return true;
}

static void conn_ready(struct io *io, uint32_t events)
{
	struct conn *c = (struct conn *)io;
	bool ok = !(events & EPOLLERR);

	if (ok && c->out)
		ok = write_rest(c) && (c->out || answer_all(c));
	else if (ok)
		ok = read_more(c) && answer_all(c);
	if (!ok || is_over(c))
		close_conn(c->worker->tcp, c);
}

void tcp_reply(struct conn *c, uint8_t *answer, size_t len)
{
	bool ok;

	if (c->io.fd < 0)
		return;
	knot_wire_write_u16(answer, (uint16_t)len);
	if (c->waiting-- == WAITING_MAX)
		watch(c);
	ok = write_answer(c, answer, 2 + len) && (c->out || answer_all(c));
	if (!ok || is_over(c))
		close_conn(c->worker->tcp, c);
}

/* ---- connections -------------------------------------------------------- */

static size_t count_client(const struct tcp *tcp, const struct in6_addr *addr)
{
	const struct ipsvc_list *link;
	size_t n = 0;

	ipsvc_list_foreach(&tcp->list, link)
		n += !memcmp(&conn_of(link)->addr, addr, sizeof(*addr));
	return n;
}

static void add_conn(struct worker *w, int fd, const struct sockaddr_storage *from)
{
	struct tcp *tcp = w->tcp;
	struct conn *c = xcalloc(1, sizeof(*c));
	int on = 1;

	c->io = (struct io){ conn_ready, fd };
	c->worker = w;
	c->from = *from;
	c->addr = dns_address_ip(from);
	c->since = w->now;
	ipsvc_list_add(&tcp->list, &c->link);
	tcp->n++;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!worker_watch(w, &c->io, EPOLLIN))
		close_conn(tcp, c);
}

/* Closes the connection whose question is the longest ago; false: there is none. */
static bool evict(struct worker *w)
{
	if (!w->tcp->n)
		return false;
	stats_add(&w->stats.tcp_evicted, 1);
	close_conn(w->tcp, conn_of(w->tcp->list.next));
	return true;
}

void tcp_accept(struct io *io, uint32_t events)
{
	struct listener *l = (struct listener *)io;
	struct worker *w = l->worker;

	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage from = {0};
		socklen_t len = sizeof(from);
		struct in6_addr addr;
		int fd = accept4(io->fd, (struct sockaddr *)&from, &len,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE) && evict(w))
			continue;
		if (fd < 0)
			return;
		addr = dns_address_ip(&from);
		if (!dns_acl_has(&w->server->acl, &addr) ||
		    count_client(w->tcp, &addr) >= w->tcp->max_client) {
			stats_add(&w->stats.tcp_refused, 1);
			close(fd);
			continue;
		}
		stats_add(&w->stats.tcp_accepted, 1);
		if (w->tcp->n >= w->tcp->max)
			evict(w);
		add_conn(w, fd, &from);
	}
}

int tcp_sweep(struct worker *w)
{
	struct tcp *tcp = w->tcp;

	while (!ipsvc_list_empty(&tcp->list)) {
		struct conn *c = conn_of(tcp->list.next);

		if (w->now - c->since < tcp->idle_ms)
			break;
		if (c->waiting) {
			/* Not idle: it waits for an answer of ours. */
			c->since = w->now;
			move(&tcp->list, c);
			continue;
		}
		stats_add(&w->stats.tcp_timeout, 1);
		close_conn(tcp, c);
	}
	free_closed(tcp);
	return tcp->n ? SWEEP_MS : -1;
}
