/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Internal to the netlink code: a socket, and requests on it. libnl has the
 * socket and the messages; sending and receiving are here, because libnl folds
 * errnos together and does not read the extended ACK.
 */
#ifndef IPSVC_NL_SOCK_H
#define IPSVC_NL_SOCK_H

#include <netlink/msg.h>
#include <stdbool.h>
#include <stdint.h>

struct ipsvc_nl_sock {
	struct nl_sock *sk;
	uint32_t seq;
	char *buf;		/* what recv() filled last */
	size_t size;
	char *message;		/* sentence of the last failure, or NULL */
	uint32_t refused_at;	/* offset of what it is about, in the request; 0 */
	/*
	 * What is at that offset of a request, in words, the caller frees them;
	 * or NULL. May be left out.
	 */
	char *(*locate)(const struct nlmsghdr *request, uint32_t offset);
};

/* A negative errno. */
int ipsvc_nl_sock_open(struct ipsvc_nl_sock *s, int protocol);
void ipsvc_nl_sock_close(struct ipsvc_nl_sock *s);
/* How many bytes the kernel may queue until it drops messages (-ENOBUFS). */
void ipsvc_nl_set_queue(struct ipsvc_nl_sock *s, int size);

/* Called for each message of an answer; a negative errno ends the request. */
typedef int (*ipsvc_nl_answer)(const struct nlmsghdr *nlh, void *arg);

/*
 * Sends @msg, of which only type, flags and payload need be set, and waits for
 * the answer to end. Returns 0, or a negative errno with s->message set where
 * the kernel gave a sentence. -EINTR: a dump was overtaken by a change.
 * @answer may be NULL.
 */
int ipsvc_nl_request(struct ipsvc_nl_sock *s, struct nl_msg *msg,
		     ipsvc_nl_answer answer, void *arg);

/*
 * One datagram into s->buf: its length, or a negative errno (-EAGAIN when there
 * is none and @wait is not given, -ENOBUFS when some were lost).
 */
int ipsvc_nl_receive(struct ipsvc_nl_sock *s, bool wait);

void ipsvc_nl_set_message(struct ipsvc_nl_sock *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
