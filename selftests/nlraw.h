/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw generic netlink in a few functions: a message is built in one buffer (message(), put(), begin(), end()), sent,
 * and its answers are walked attribute by attribute.
 */
#ifndef IPSVC_NLRAW_H
#define IPSVC_NLRAW_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The message being built, and the one being read. */
static union {
	struct nlmsghdr head;
	char bytes[1 << 20];
} out, in;

/* The socket in use, and what to call it in errors. */
static int nl_fd;
static const char *space = "";

/* ---- messages ------------------------------------------------------------------------------------------------------ */

static void message(uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *genl = (void *)(out.bytes + NLMSG_HDRLEN);

	memset(&out.head, 0, sizeof(out.head));
	out.head.nlmsg_type = type;
	out.head.nlmsg_flags = NLM_F_REQUEST | flags;
	out.head.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	*genl = (struct genlmsghdr){ .cmd = cmd, .version = 1 };
}

static struct nlattr *put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (void *)(out.bytes + out.head.nlmsg_len);

	if (out.head.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(out))
		errx(2, "the message is too long");
	memset(attr, 0, NLA_HDRLEN + NLA_ALIGN(len));
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	out.head.nlmsg_len += NLA_HDRLEN + NLA_ALIGN(len);
	return attr;
}

static struct nlattr *begin(uint16_t type)
{
	return put(type | NLA_F_NESTED, NULL, 0);
}

static void end(struct nlattr *nest)
{
	size_t len = out.bytes + out.head.nlmsg_len - (char *)nest;

	if (len > UINT16_MAX)
		errx(2, "the attribute is too long");
	nest->nla_len = len;
}

/* Walks attributes. */
static struct nlattr *first(void *data, size_t len, size_t *left)
{
	*left = len;
	return data;
}

static bool good(const struct nlattr *a, size_t left)
{
	return left >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= left;
}

static struct nlattr *next(struct nlattr *a, size_t *left)
{
	size_t step = NLA_ALIGN(a->nla_len);

	*left = step < *left ? *left - step : 0;
	return (void *)((char *)a + step);
}

#define for_each(a, left, data, len) \
	for ((a) = first((data), (len), &(left)); good((a), (left)); (a) = next((a), &(left)))
#define for_each_nested(a, left, nest) for_each(a, left, (char *)(nest) + NLA_HDRLEN, (nest)->nla_len - NLA_HDRLEN)

static int type_of(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static const char *str(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static uint64_t num(const struct nlattr *a)
{
	uint64_t v = 0;

	memcpy(&v, str(a), a->nla_len - NLA_HDRLEN > 8 ? 8 : a->nla_len - NLA_HDRLEN);
	return v;
}

static unsigned int port(const struct nlattr *a)
{
	return ntohs(num(a));
}

/* An IPv4 address is mapped to IPv6; others are in brackets. */
static const char *address(const struct nlattr *a)
{
	static char text[INET6_ADDRSTRLEN + 2];
	char host[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)str(a)))
		return inet_ntop(AF_INET, str(a) + 12, text, sizeof(text)) ?: "?";
	snprintf(text, sizeof(text), "[%s]", inet_ntop(AF_INET6, str(a), host, sizeof(host)));
	return text;
}

/* ---- talking to the kernel ----------------------------------------------------------------------------------------- */

/* An error, or how a dump ended: both begin with an errno. */
static int refused(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	size_t skip = sizeof(*e), left;
	const char *text = "";
	struct nlattr *a;
	long offset = -1;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(e->error)) || !e->error)
		return 0;
	if (nlh->nlmsg_type == NLMSG_DONE)
		skip = sizeof(e->error);
	else if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
		for_each(a, left, (char *)e + NLMSG_ALIGN(skip),
			 nlh->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip)) {
			if (type_of(a) == NLMSGERR_ATTR_MSG)
				text = str(a);
			else if (type_of(a) == NLMSGERR_ATTR_OFFS)
				offset = num(a);
		}
	}
	fprintf(stderr, "svctool: %s%s%s%s%s", space, *space ? ": " : "", strerror(-e->error), *text ? ": " : "", text);
	fprintf(stderr, offset >= 0 ? " (offset %ld)\n" : "\n", offset);
	return 1;
}

/* Sends what was built, calls @fn for each answer; returns 0, or 1 when the kernel refused, or 2 to repeat a dump. */
static int request(void (*fn)(void *attrs, size_t len, const void *arg), const void *arg)
{
	static uint32_t seq;
	struct nlmsghdr *h;
	int ret = 0;
	ssize_t n;

	out.head.nlmsg_seq = ++seq;
	if (!(out.head.nlmsg_flags & NLM_F_DUMP))
		out.head.nlmsg_flags |= NLM_F_ACK;
	if (send(nl_fd, out.bytes, out.head.nlmsg_len, 0) < 0)
		err(2, "send");
	for (;;) {
		n = recv(nl_fd, in.bytes, sizeof(in), 0);
		if (n < 0)
			err(2, "recv");
		for (h = &in.head; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_flags & NLM_F_DUMP_INTR)
				ret = 2;
			if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE)
				return refused(h) ?: ret;
			if (fn)
				fn((char *)h + NLMSG_HDRLEN + GENL_HDRLEN, h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN,
				   arg);
		}
	}
}

#endif /* IPSVC_NLRAW_H */
