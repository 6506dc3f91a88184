// SPDX-License-Identifier: GPL-2.0-or-later
#include "nl_sock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/progress.h"

/*
 * Room for an answer of one large service and the ACK behind it. libnl's own
 * choice of 32 KiB makes the kernel drop the ACK.
 */
#define QUEUE_SIZE	(1024 * 1024)

/* Kernels fill dumps up to 32 KiB when they see that much room. */
#define RECEIVE_SIZE	(64 * 1024)

void ipsvc_nl_set_message(struct ipsvc_nl_sock *s, const char *fmt, ...)
{
	va_list ap;

	free(s->message);
	va_start(ap, fmt);
	s->message = xvasprintf(fmt, ap);
	va_end(ap);
}

static void forget_message(struct ipsvc_nl_sock *s)
{
	free(s->message);
	s->message = NULL;
	s->refused_at = 0;
}

static void set_option(int fd, int option)
{
	int one = 1;

	/* Each of them only makes errors better; old kernels lack some. */
	setsockopt(fd, SOL_NETLINK, option, &one, sizeof(one));
}

void ipsvc_nl_set_queue(struct ipsvc_nl_sock *s, int size)
{
	int fd = nl_socket_get_fd(s->sk);

	/* FORCE goes beyond net.core.rmem_max, and needs privilege for it. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int ipsvc_nl_sock_open(struct ipsvc_nl_sock *s, int protocol)
{
	int fd;

	memset(s, 0, sizeof(*s));
	s->sk = nl_socket_alloc();
	if (!s->sk)
		return -ENOMEM;
	errno = 0;
	if (nl_connect(s->sk, protocol)) {
		int err = errno ? -errno : -EIO;

		ipsvc_nl_sock_close(s);
		return err;
	}
	fd = nl_socket_get_fd(s->sk);
	set_option(fd, NETLINK_EXT_ACK);
	set_option(fd, NETLINK_CAP_ACK);
	set_option(fd, NETLINK_GET_STRICT_CHK);
	ipsvc_nl_set_queue(s, QUEUE_SIZE);
	s->size = RECEIVE_SIZE;
	s->buf = xmalloc(s->size);
	return 0;
}

void ipsvc_nl_sock_close(struct ipsvc_nl_sock *s)
{
	nl_socket_free(s->sk);
	free(s->buf);
	forget_message(s);
	memset(s, 0, sizeof(*s));
}

int ipsvc_nl_receive(struct ipsvc_nl_sock *s, bool wait)
{
	int fd = nl_socket_get_fd(s->sk), flags = wait ? 0 : MSG_DONTWAIT;
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	ssize_t n;

	for (;;) {
		/* The length first: a message may be larger than the buffer. */
		n = recv(fd, s->buf, s->size, flags | MSG_PEEK | MSG_TRUNC);
		if (n > (ssize_t)s->size) {
			s->size = (size_t)n;
			s->buf = xrealloc(s->buf, s->size);
		}
		if (n >= 0)
			n = recvfrom(fd, s->buf, s->size, flags,
				     (struct sockaddr *)&from, &len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* Only the kernel is listened to: it has port 0. */
		if (len == sizeof(from) && !from.nl_pid)
			return (int)n;
	}
}

static int send_message(struct ipsvc_nl_sock *s, struct nlmsghdr *nlh)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	nlh->nlmsg_seq = ++s->seq;
	nlh->nlmsg_pid = nl_socket_get_local_port(s->sk);
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	/* A dump ends with NLMSG_DONE, all else with an ACK. */
	if ((nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	do {
		n = sendto(nl_socket_get_fd(s->sk), nlh, nlh->nlmsg_len, 0,
			   (struct sockaddr *)&kernel, sizeof(kernel));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* The sentence of an extended ACK whose attributes begin at @offset of @nlh. */
static void read_extack(struct ipsvc_nl_sock *s, const struct nlmsghdr *nlh,
			size_t offset, const struct nlmsghdr *request)
{
	static struct nla_policy policy[NLMSGERR_ATTR_MAX + 1] = {
		[NLMSGERR_ATTR_MSG] = { .type = NLA_STRING },
		[NLMSGERR_ATTR_OFFS] = { .type = NLA_U32 },
	};
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	char *where = NULL;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || offset > nlh->nlmsg_len)
		return;
	if (nla_parse(tb, NLMSGERR_ATTR_MAX,
		      (struct nlattr *)((const char *)nlh + offset),
		      (int)(nlh->nlmsg_len - offset), policy))
		return;
	if (tb[NLMSGERR_ATTR_OFFS])
		s->refused_at = nla_get_u32(tb[NLMSGERR_ATTR_OFFS]);
	if (s->refused_at && s->locate)
		where = s->locate(request, s->refused_at);
	if (tb[NLMSGERR_ATTR_MSG])
		ipsvc_nl_set_message(s, "%s%s%s%s",
				     nla_get_string(tb[NLMSGERR_ATTR_MSG]),
				     where ? " (" : "", where ? where : "",
				     where ? ")" : "");
	free(where);
}

/* An NLMSG_ERROR: the errno in it, 0 for an ACK. */
static int read_error(struct ipsvc_nl_sock *s, const struct nlmsghdr *nlh,
		      const struct nlmsghdr *request)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);
	size_t offset = NLMSG_HDRLEN + sizeof(*e);

	if (nlh->nlmsg_len < offset)
		return -EBADMSG;
	/* The request is sent back after its header, unless it was cut off. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < NLMSG_HDRLEN)
			return -EBADMSG;
		offset += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	}
	if (e->error)
		read_extack(s, nlh, offset, request);
	return e->error > 0 ? -EBADMSG : e->error;
}

/* The end of a dump may carry an error too. */
static int read_done(struct ipsvc_nl_sock *s, const struct nlmsghdr *nlh,
		     const struct nlmsghdr *request)
{
	int32_t err = 0;

	if (nlh->nlmsg_len >= NLMSG_HDRLEN + sizeof(err))
		memcpy(&err, nlmsg_data(nlh), sizeof(err));
	if (err < 0)
		read_extack(s, nlh, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(err)),
			    request);
	return err < 0 ? err : 0;
}

/* The messages of one datagram; 1: the answer goes on in the next. */
static int read_datagram(struct ipsvc_nl_sock *s, int len,
			 const struct nlmsghdr *request, bool *interrupted,
			 ipsvc_nl_answer answer, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)s->buf;
	int err;

	for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
		/* Left from a request that was given up. */
		if (nlh->nlmsg_seq != request->nlmsg_seq)
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return read_error(s, nlh, request);
		if (nlh->nlmsg_type == NLMSG_DONE)
			return read_done(s, nlh, request);
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE || !answer)
			continue;
		err = answer(nlh, arg);
		if (err < 0)
			return err;
	}
	return 1;
}

int ipsvc_nl_request(struct ipsvc_nl_sock *s, struct nl_msg *msg,
		     ipsvc_nl_answer answer, void *arg)
{
	struct nlmsghdr *request = nlmsg_hdr(msg);
	bool interrupted = false;
	int ret;

	forget_message(s);
	ret = send_message(s, request);
	if (ret)
		return ret;
	do {
		ipsvc_progress();
		ret = ipsvc_nl_receive(s, true);
		if (ret >= 0)
			ret = read_datagram(s, ret, request, &interrupted,
					    answer, arg);
	} while (ret > 0);
	return ret ? ret : interrupted ? -EINTR : 0;
}
