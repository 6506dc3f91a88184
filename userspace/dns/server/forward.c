// SPDX-License-Identifier: GPL-2.0-or-later
#include "forward.h"

#include <errno.h>
#include <libknot/consts.h>
#include <libknot/packet/wire.h>
#include <libknot/wire.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "dns/address.h"
#include "dns/ask.h"
#include "dns/cache.h"
#include "tcp.h"
#include "udp.h"

/* A client's resolver gives up after five seconds. */
#define ATTEMPTS	3
#define ATTEMPT_MS	1500
/* A server that did not answer is asked after the others for so long. */
#define SHUN_MS		5000
#define SHUNNED_MAX	16
#define BUCKETS		256
#define CLIENTS		1024	/* counters; clients that share one share its bound */
#define CLIENT_SHARE	4	/* of what there is room for, one client gets 1/4 */

struct waiter {
	struct waiter *next;
	struct reply_to to;
	struct in6_addr addr;
	bool gone;		/* its connection was closed */
	size_t len;
	uint8_t packet[DNS_QUERY_SHORT_MAX];
};

struct question {
	struct io io;		/* fd -1: it is not asked at the moment */
	struct forward *forward;
	struct ipsvc_list link;		/* by deadline, or of those free */
	struct question *same;		/* the next in its bucket */
	struct dns_name name;
	uint16_t type;
	uint8_t flags;		/* DNS_ASK_… */
	struct dns_servers servers;
	unsigned int server, tried;	/* the one asked, and a bit for each */
	unsigned int attempts;
	bool tcp, plain;	/* plain: without EDNS */
	uint64_t deadline;
	uint64_t start_us;
	struct waiter *waiters;
	struct dns_ask ask;
	size_t done;		/* bytes sent or received over TCP */
	uint8_t *in;		/* an answer over TCP, after its length; or NULL */
	uint8_t head[2];
	bool sent;
};

struct shunned {
	struct sockaddr_storage addr;
	uint64_t until;
};

struct forward {
	struct worker *worker;
	struct dns_cache cache;
	struct ipsvc_siphash_key key;
	struct question *pool;
	struct ipsvc_list free;
	struct ipsvc_list list;	/* those asked; the earliest deadline first */
	struct question *buckets[BUCKETS];
	size_t max, nwaiters;
	uint16_t clients[CLIENTS];
	struct shunned shunned[SHUNNED_MAX];
	size_t next_shunned;
	uint8_t in[UINT16_MAX];
};

static void question_ready(struct io *io, uint32_t events);

static struct question *question_of(const struct ipsvc_list *link)
{
	return IPSVC_CONTAINER(link, struct question, link);
}

struct forward *forward_new(struct worker *w, size_t max, size_t cache)
{
	struct forward *f = xcalloc(1, sizeof(*f));

	f->worker = w;
	f->max = max;
	f->pool = xcalloc(max, sizeof(*f->pool));
	ipsvc_list_init(&f->free);
	ipsvc_list_init(&f->list);
	for (size_t i = 0; i < max; i++) {
		f->pool[i].io = (struct io){ question_ready, -1 };
		f->pool[i].forward = f;
		ipsvc_list_add(&f->free, &f->pool[i].link);
	}
	ipsvc_siphash_key_init(&f->key);
	dns_cache_init(&f->cache, cache);
	return f;
}

/* ---- who waits ---------------------------------------------------------- */

static uint16_t *client_count(struct forward *f, const struct in6_addr *addr)
{
	return &f->clients[ipsvc_siphash(&f->key, addr, sizeof(*addr)) % CLIENTS];
}

/* False when there is no room, for anybody or for this client. */
static bool has_room(struct forward *f, const struct in6_addr *addr)
{
	return f->nwaiters < f->max &&
	       *client_count(f, addr) <= f->max / CLIENT_SHARE;
}

static void add_waiter(struct forward *f, struct question *q,
		       const struct dns_request *req, const struct reply_to *to,
		       const struct dns_query *query)
{
	struct waiter *wait = xcalloc(1, sizeof(*wait));

	wait->to = *to;
	wait->addr = req->addr;
	wait->len = dns_query_shorten(query, wait->packet);
	wait->next = q->waiters;
	q->waiters = wait;
	f->nwaiters++;
	++*client_count(f, &wait->addr);
}

static void free_waiter(struct forward *f, struct waiter *wait)
{
	f->nwaiters--;
	--*client_count(f, &wait->addr);
	free(wait);
}

void forward_forget(struct forward *f, const struct conn *conn)
{
	const struct ipsvc_list *link;

	ipsvc_list_foreach(&f->list, link) {
		struct waiter *wait = question_of(link)->waiters;

		for (; wait; wait = wait->next)
			wait->gone |= wait->to.conn == conn;
	}
}

/* ---- the set of questions ----------------------------------------------- */

static struct question **bucket(struct forward *f, const struct dns_name *name)
{
	return &f->buckets[ipsvc_siphash(&f->key, name->wire, name->len) %
			   BUCKETS];
}

static struct question *find(struct forward *f, const struct dns_name *name,
			     uint16_t type, uint8_t flags)
{
	struct question *q = *bucket(f, name);

	while (q && (q->type != type || q->flags != flags ||
		     q->name.len != name->len ||
		     memcmp(q->name.wire, name->wire, name->len) != 0))
		q = q->same;
	return q;
}

/* All attempts are given the same time: what begins last ends last. */
static void move_last(struct forward *f, struct question *q)
{
	q->deadline = f->worker->now + ATTEMPT_MS;
	ipsvc_list_remove(&q->link);
	ipsvc_list_add(&f->list, &q->link);
}

static struct question *take_question(struct forward *f,
				      const struct dns_name *name, uint16_t type,
				      uint8_t flags)
{
	struct question *q = question_of(f->free.next);
	struct question **head = bucket(f, name);

	q->name = *name;
	q->type = type;
	q->flags = flags;
	q->tried = q->attempts = 0;
	q->plain = false;
	q->waiters = NULL;
	q->start_us = worker_clock_us();
	q->same = *head;
	*head = q;
	move_last(f, q);
	return q;
}

/* Ends the attempt. */
static void hang_up(struct question *q)
{
	if (q->io.fd >= 0)
		close(q->io.fd);
	q->io.fd = -1;
	free(q->in);
	q->in = NULL;
}

/* Nobody finds @q any more; the waiters are the caller's. */
static struct waiter *drop_question(struct forward *f, struct question *q)
{
	struct question **at = bucket(f, &q->name);
	struct waiter *waiters = q->waiters;

	hang_up(q);
	while (*at != q)
		at = &(*at)->same;
	*at = q->same;
	q->waiters = NULL;
	ipsvc_list_remove(&q->link);
	ipsvc_list_add(&f->free, &q->link);
	return waiters;
}

void forward_free(struct forward *f)
{
	if (!f)
		return;
	while (!ipsvc_list_empty(&f->list)) {
		struct question *q = question_of(f->list.next);
		struct waiter *next, *wait = drop_question(f, q);

		for (; wait; wait = next) {
			next = wait->next;
			free_waiter(f, wait);
		}
	}
	dns_cache_free(&f->cache);
	free(f->pool);
	free(f);
}

/* ---- answers to clients ------------------------------------------------- */

static void send_reply(struct worker *w, const struct reply_to *to,
		       const struct dns_response *response)
{
	stats_answer(&w->stats, response);
	if (to->conn)
		tcp_reply(to->conn, w->answer, response->len);
	else
		udp_reply(to, w->answer + 2, response->len);
}

/* @answer NULL: there is none. */
static void reply(struct worker *w, const struct waiter *wait,
		  const struct dns_answer *answer)
{
	struct dns_request req = {
		.packet = wait->packet, .len = wait->len,
		.client = &wait->to.from, .addr = wait->addr,
		.tcp = wait->to.conn, .now = w->seconds, .turn = w->turn++,
		.answer = answer,
	};
	struct dns_response response;
	size_t size = wait->to.conn ? sizeof(w->answer) - 2 : DNS_UDP_MAX;

	dns_respond(&w->server->responder, &req, w->answer + 2, size, &response);
	if (!answer || response.outcome != DNS_REPLY)
		dns_respond_empty(&w->server->responder, &req,
				  KNOT_RCODE_SERVFAIL, false, w->answer + 2,
				  size, &response);
	send_reply(w, &wait->to, &response);
}

/* All of the waiters, which are freed. Any of them may close its connection. */
static void reply_all(struct forward *f, struct waiter *waiters,
		      const struct dns_answer *answer)
{
	struct waiter *next;

	for (struct waiter *wait = waiters; wait; wait = next) {
		next = wait->next;
		if (!wait->gone)
			reply(f->worker, wait, answer);
		free_waiter(f, wait);
	}
}

/* ---- servers ------------------------------------------------------------ */

static struct shunned *find_shunned(struct forward *f,
				    const struct sockaddr_storage *addr)
{
	for (size_t i = 0; i < SHUNNED_MAX; i++)
		if (!memcmp(&f->shunned[i].addr, addr, sizeof(*addr)))
			return &f->shunned[i];
	return NULL;
}

static void shun(struct forward *f, const struct sockaddr_storage *addr)
{
	struct shunned *s = find_shunned(f, addr);

	if (!s) {
		s = &f->shunned[f->next_shunned++ % SHUNNED_MAX];
		s->addr = *addr;
	}
	s->until = f->worker->now + SHUN_MS;
}

static bool is_shunned(struct forward *f, const struct sockaddr_storage *addr)
{
	const struct shunned *s = find_shunned(f, addr);

	return s && s->until > f->worker->now;
}

static bool all_were_tried(const struct question *q)
{
	return q->tried == (1u << q->servers.n) - 1;
}

/* The first that was not tried; of those the ones that have answered so far. */
static void pick_server(struct forward *f, struct question *q)
{
	if (all_were_tried(q))
		q->tried = 0;
	for (int any = 0; any < 2; any++)
		for (unsigned int i = 0; i < q->servers.n; i++) {
			if (q->tried >> i & 1 ||
			    (!any && is_shunned(f, &q->servers.addrs[i])))
				continue;
			q->server = i;
			q->tried |= 1u << i;
			return;
		}
}

/* ---- attempts ----------------------------------------------------------- */

enum called {
	CALLED,
	NO_SOCKET,		/* there is none to be had: no server is at fault */
	NO_WAY,			/* to this server */
};

/* A socket for this question alone: its port is another one each time. */
static enum called call(struct question *q)
{
	const struct sockaddr_storage *addr = &q->servers.addrs[q->server];
	int type = q->tcp ? SOCK_STREAM : SOCK_DGRAM;

	q->sent = false;
	q->done = 0;
	q->io.fd = socket(addr->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->io.fd < 0)
		return NO_SOCKET;
	if (connect(q->io.fd, (const struct sockaddr *)addr,
		    dns_address_size(addr)) < 0 && errno != EINPROGRESS)
		return NO_WAY;
	dns_ask_make(&q->ask, &q->name, q->type, q->flags, !q->plain);
	if (!q->tcp && send(q->io.fd, q->ask.packet, q->ask.len, 0) < 0)
		return NO_WAY;
	return worker_watch(q->forward->worker, &q->io,
			    q->tcp ? EPOLLOUT : EPOLLIN) ? CALLED : NO_SOCKET;
}

/* Asks the server of @q again, in another way. */
static bool ask_again(struct question *q)
{
	hang_up(q);
	if (call(q) == CALLED)
		return true;
	hang_up(q);
	return false;
}

/* Asks the next server; false when enough of them were asked. */
static bool ask_next(struct forward *f, struct question *q)
{
	hang_up(q);
	while (q->attempts < ATTEMPTS) {
		enum called called;

		q->attempts++;
		q->tcp = false;
		q->plain = false;
		pick_server(f, q);
		called = call(q);
		if (called == CALLED) {
			move_last(f, q);
			return true;
		}
		hang_up(q);
		if (called == NO_WAY)
			shun(f, &q->servers.addrs[q->server]);
	}
	return false;
}

static void give_up(struct forward *f, struct question *q)
{
	stats_add(&f->worker->stats.forward_failed, 1);
	reply_all(f, drop_question(f, q), NULL);
}

static void next_or_give_up(struct forward *f, struct question *q)
{
	if (!ask_next(f, q))
		give_up(f, q);
}

/* The server has said something else than an answer, and would say it again. */
static void try_another(struct forward *f, struct question *q)
{
	if (all_were_tried(q))
		give_up(f, q);
	else
		next_or_give_up(f, q);
}

static void server_is_bad(struct forward *f, struct question *q)
{
	shun(f, &q->servers.addrs[q->server]);
	next_or_give_up(f, q);
}

static void take_answer(struct forward *f, struct question *q, uint8_t *packet,
			size_t len)
{
	struct dns_answer *answer = dns_answer_read(packet, len, &q->name,
						    q->type);

	if (!answer) {
		try_another(f, q);
		return;
	}
	answer->flags = q->flags;
	stats_upstream(&f->worker->stats, worker_clock_us() - q->start_us);
	reply_all(f, drop_question(f, q), answer);
	dns_cache_put(&f->cache, answer, (uint32_t)(f->worker->now / 1000));
}

/* A message came that may be an answer to @q. */
static void judge(struct forward *f, struct question *q, uint8_t *packet,
		  size_t len)
{
	/* Over TCP nobody but the server can have sent it. */
	switch (dns_ask_check(&q->ask, packet, len, q->tcp)) {
	case DNS_ASKED_ANSWER:
		take_answer(f, q, packet, len);
		return;
	case DNS_ASKED_TRUNCATED:
	case DNS_ASKED_OTHER_CASE:
		if (q->tcp)
			break;
		q->tcp = true;
		stats_add(&f->worker->stats.forward_tcp, 1);
		if (ask_again(q))
			return;
		break;
	case DNS_ASKED_NO_EDNS:
		q->plain = true;
		if (ask_again(q))
			return;
		break;
	case DNS_ASKED_FOREIGN:
		stats_add(&f->worker->stats.forward_mismatch, 1);
		if (!q->tcp)
			return;
		break;
	default:
		break;
	}
	try_another(f, q);
}

/* ---- sockets ------------------------------------------------------------ */

/* One datagram; more of them are told of again. */
static void udp_answer(struct forward *f, struct question *q)
{
	ssize_t n = recv(q->io.fd, f->in, sizeof(f->in), MSG_DONTWAIT);

	if (n >= 0)
		judge(f, q, f->in, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		server_is_bad(f, q);
}

static bool tcp_send_question(struct question *q)
{
	uint8_t packet[2 + DNS_ASK_MAX];
	ssize_t n;

	knot_wire_write_u16(packet, (uint16_t)q->ask.len);
	memcpy(packet + 2, q->ask.packet, q->ask.len);
	n = send(q->io.fd, packet + q->done, 2 + q->ask.len - q->done,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	q->done += (size_t)n;
	if (q->done < 2 + q->ask.len)
		return true;
	q->sent = true;
	q->done = 0;
	worker_rewatch(q->forward->worker, &q->io, EPOLLIN);
	return true;
}

/* Reads on; *@whole when the answer is there. False when none will come. */
static bool tcp_read_answer(struct question *q, bool *whole)
{
	size_t size = knot_wire_read_u16(q->head), done = q->done;
	bool in_head = done < sizeof(q->head);
	uint8_t *to = in_head ? q->head + done : q->in + done - sizeof(q->head);
	size_t want = in_head ? sizeof(q->head) - done :
				size + sizeof(q->head) - done;
	ssize_t n = recv(q->io.fd, to, want, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	q->done += (size_t)n;
	if (n && in_head && q->done == sizeof(q->head)) {
		size = knot_wire_read_u16(q->head);
		q->in = xmalloc(size);
	}
	*whole = q->in && q->done == sizeof(q->head) + size;
	return n > 0;
}

static void tcp_answer(struct forward *f, struct question *q)
{
	size_t size;
	bool whole = false;
	uint8_t *in;

	if (!tcp_read_answer(q, &whole)) {
		server_is_bad(f, q);
		return;
	}
	if (!whole)
		return;
	size = knot_wire_read_u16(q->head);
	in = q->in;
	q->in = NULL;
	judge(f, q, in, size);
	free(in);
}

static void question_ready(struct io *io, uint32_t events)
{
	struct question *q = (struct question *)io;
	struct forward *f = q->forward;

	/* What was told of may be over by now. */
	if (io->fd < 0)
		return;
	if (!q->tcp)
		udp_answer(f, q);
	else if (q->sent)
		tcp_answer(f, q);
	else if (events & (EPOLLERR | EPOLLHUP) || !tcp_send_question(q))
		server_is_bad(f, q);
}

/* ---- questions ---------------------------------------------------------- */

static bool refuse(struct worker *w, const struct dns_request *req,
		   uint8_t *out, size_t size, struct dns_response *response)
{
	dns_respond_empty(&w->server->responder, req, KNOT_RCODE_SERVFAIL, false,
			  out, size, response);
	return true;
}

static uint8_t flags_of(const struct dns_query *query)
{
	return (uint8_t)((query->dnssec_ok ? DNS_ASK_DO : 0) |
			 (knot_wire_get_cd(query->packet) ? DNS_ASK_CD : 0));
}

static bool answer_kept(struct worker *w, const struct dns_request *req,
			const struct dns_answer *answer, uint32_t age,
			uint8_t *out, size_t size, struct dns_response *response)
{
	struct dns_request again = *req;

	again.answer = answer;
	again.age = age;
	dns_respond(&w->server->responder, &again, out, size, response);
	return response->outcome == DNS_REPLY;
}

bool forward_ask(struct worker *w, const struct dns_request *req,
		 const struct reply_to *to, uint8_t *out, size_t size,
		 struct dns_response *response)
{
	const struct dns_name name = response->target;
	const uint16_t type = response->query.type;
	const uint8_t flags = flags_of(&response->query);
	const struct dns_servers *servers;
	const struct dns_answer *kept;
	struct forward *f = w->forward;
	struct question *q;
	uint32_t age;

	kept = dns_cache_find(&f->cache, &name, type, flags,
			      (uint32_t)(w->now / 1000), &age);
	if (kept && answer_kept(w, req, kept, age, out, size, response)) {
		stats_add(&w->stats.cached, 1);
		return true;
	}
	servers = dns_routes_find(w->server->responder.routes, name.wire, name.len);
	q = find(f, &name, type, flags);
	if (!servers || !has_room(f, &req->addr) || (!q && ipsvc_list_empty(&f->free))) {
		stats_add(&w->stats.forward_full, 1);
		return refuse(w, req, out, size, response);
	}
	stats_add(&w->stats.forwarded, 1);
	if (!q) {
		q = take_question(f, &name, type, flags);
		q->servers = *servers;
		if (!ask_next(f, q)) {
			drop_question(f, q);
			stats_add(&w->stats.forward_failed, 1);
			return refuse(w, req, out, size, response);
		}
	}
	add_waiter(f, q, req, to, &response->query);
	return false;
}

int forward_sweep(struct worker *w)
{
	struct forward *f = w->forward;

	while (!ipsvc_list_empty(&f->list)) {
		struct question *q = question_of(f->list.next);

		if (q->deadline > w->now)
			return (int)(q->deadline - w->now);
		stats_add(&w->stats.forward_timeout, 1);
		server_is_bad(f, q);
	}
	return -1;
}
