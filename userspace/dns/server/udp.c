// SPDX-License-Identifier: GPL-2.0-or-later
#include "udp.h"

#include <libknot/consts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "dns/address.h"

#define BATCH		64	/* packets that one call reads */
#define QUERY_MAX	1500	/* a longer one is none */

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct udp_packet {
	struct sockaddr_storage from;
	struct iovec iov;
	union control control;
	uint8_t data[QUERY_MAX];
};

struct udp_batch {
	struct mmsghdr in[BATCH], out[BATCH];
	struct udp_packet packets[BATCH];
	struct iovec answers[BATCH];
	uint8_t data[BATCH][DNS_UDP_MAX];
};

struct udp_batch *udp_batch_new(void)
{
	struct udp_batch *b = xcalloc(1, sizeof(*b));

	for (size_t i = 0; i < BATCH; i++) {
		struct udp_packet *p = &b->packets[i];

		p->iov = (struct iovec){ p->data, sizeof(p->data) };
		b->in[i].msg_hdr = (struct msghdr){
			.msg_name = &p->from, .msg_iov = &p->iov,
			.msg_iovlen = 1,
		};
		b->answers[i].iov_base = b->data[i];
		b->out[i].msg_hdr = (struct msghdr){
			.msg_iov = &b->answers[i], .msg_iovlen = 1,
		};
	}
	return b;
}

void udp_batch_free(struct udp_batch *batch)
{
	free(batch);
}

static int receive(const struct listener *l, struct udp_batch *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *h = &b->in[i].msg_hdr;

		h->msg_namelen = sizeof(b->packets[i].from);
		h->msg_control = l->wildcard ? &b->packets[i].control : NULL;
		h->msg_controllen = l->wildcard ? sizeof(union control) : 0;
	}
	return recvmmsg(l->io.fd, b->in, BATCH, MSG_DONTWAIT, NULL);
}

/* The answer leaves from the address that was asked, by whatever link. */
static void answer_from(struct msghdr *out, const struct msghdr *in)
{
	struct cmsghdr *c = CMSG_FIRSTHDR((struct msghdr *)in);

	out->msg_control = NULL;
	out->msg_controllen = 0;
	if (!c)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
		((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
	else if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
		return;
	out->msg_control = in->msg_control;
	out->msg_controllen = in->msg_controllen;
}

/* Whether the limit lets the answer pass, which it may make an empty one. */
static bool limit(struct worker *w, const struct dns_request *req, uint8_t *out,
		  struct dns_response *response)
{
	enum dns_verdict verdict;

	if (response->known)
		return true;
	verdict = dns_limiter_ask(&w->limiter, &req->addr, (uint32_t)w->now);
	if (verdict == DNS_PASS)
		return true;
	stats_add(&w->stats.limited, 1);
	if (verdict == DNS_LIMIT_DROP)
		return false;
	dns_respond_empty(&w->server->responder, req, KNOT_RCODE_NOERROR, true,
			  out, DNS_UDP_MAX, response);
	return true;
}

/* Others are asked for the answer: false when it comes later. */
static bool ask_others(struct listener *l, const struct dns_request *req,
		       const struct msghdr *in, uint8_t *out,
		       struct dns_response *response)
{
	struct reply_to to = { .listener = l, .from = *req->client };
	struct msghdr head;

	answer_from(&head, in);
	if (head.msg_control) {
		to.control_len = (socklen_t)head.msg_controllen;
		memcpy(to.control, head.msg_control, to.control_len);
	}
	return forward_ask(l->worker, req, &to, out, DNS_UDP_MAX, response);
}

void udp_reply(const struct reply_to *to, const uint8_t *data, size_t len)
{
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = {
		.msg_name = (void *)&to->from,
		.msg_namelen = dns_address_size(&to->from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = to->control_len ? (void *)to->control : NULL,
		.msg_controllen = to->control_len,
	};

	if (sendmsg(to->listener->io.fd, &msg, MSG_DONTWAIT) < 0)
		stats_add(&to->listener->worker->stats.send_failed, 1);
}

/* The length of the answer; 0 when there is none now. */
static size_t answer(struct listener *l, const struct udp_packet *p,
		     const struct msghdr *in, size_t len, uint8_t *out)
{
	struct worker *w = l->worker;
	struct dns_request req = {
		.packet = p->data, .len = len, .client = &p->from,
		.addr = dns_address_ip(&p->from), .now = w->seconds,
		.turn = w->turn++,
	};
	struct dns_response response;

	stats_add(&w->stats.udp, 1);
	dns_respond(&w->server->responder, &req, out, DNS_UDP_MAX, &response);
	if (response.outcome == DNS_IGNORE) {
		stats_add(&w->stats.ignored, 1);
		return 0;
	}
	if (!limit(w, &req, out, &response))
		return 0;
	if (response.outcome == DNS_FORWARD &&
	    !ask_others(l, &req, in, out, &response))
		return 0;
	stats_answer(&w->stats, &response);
	return response.len;
}

static void send_all(struct worker *w, int fd, struct mmsghdr *out, unsigned int n)
{
	unsigned int done = 0;

	while (done < n) {
		int sent = sendmmsg(fd, out + done, n - done, MSG_DONTWAIT);

		if (sent > 0) {
			done += (unsigned int)sent;
			continue;
		}
		/* This one cannot be sent; the next may well be. */
		stats_add(&w->stats.send_failed, 1);
		done++;
	}
}

void udp_ready(struct io *io, uint32_t events)
{
	struct listener *l = (struct listener *)io;
	struct worker *w = l->worker;
	struct udp_batch *b = w->batch;
	uint64_t start = worker_clock_us();
	unsigned int n = 0;
	int got = receive(l, b);

	(void)events;
	for (int i = 0; i < got; i++) {
		size_t len = b->in[i].msg_len;

		if (b->in[i].msg_hdr.msg_flags & MSG_TRUNC)
			continue;
		len = answer(l, &b->packets[i], &b->in[i].msg_hdr, len,
			     b->data[n]);
		if (!len)
			continue;
		b->answers[n].iov_len = len;
		b->out[n].msg_hdr.msg_name = &b->packets[i].from;
		b->out[n].msg_hdr.msg_namelen = b->in[i].msg_hdr.msg_namelen;
		answer_from(&b->out[n].msg_hdr, &b->in[i].msg_hdr);
		n++;
	}
	send_all(w, io->fd, b->out, n);
	if (n)
		stats_latency(&w->stats, worker_clock_us() - start, n);
}
