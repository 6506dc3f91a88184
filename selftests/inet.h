/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 addresses as words of a command line, time, and names of errors, for the test programs. */
#ifndef SELFTESTS_INET_H
#define SELFTESTS_INET_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static inline long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static inline bool is_udp(const char *proto)
{
	if (strcmp(proto, "tcp") && strcmp(proto, "udp"))
		errx(2, "'%s' is neither tcp nor udp", proto);
	return proto[0] == 'u';
}

/* "A:P" */
static inline struct sockaddr_in target(const char *text)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	char host[32];
	unsigned int port;

	if (sscanf(text, "%31[^:]:%u", host, &port) != 2 || inet_pton(AF_INET, host, &addr.sin_addr) != 1)
		errx(2, "'%s' is not an address and port", text);
	addr.sin_port = htons(port);
	return addr;
}

/* Waits for a socket until that time; 0 or an errno. */
static inline int wait_for(int fd, short events, long until)
{
	struct pollfd p = { .fd = fd, .events = events };
	long left = until - now_ms();
	int n = poll(&p, 1, left > 0 ? left : 0);

	return n > 0 ? 0 : n < 0 ? errno : ETIMEDOUT;
}

static inline const char *reason(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case ETIMEDOUT:
	case EAGAIN:
		return "timeout";
	case ECONNRESET:
	case EPIPE:
		return "reset";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "no-route";
	case ESHUTDOWN:
		return "closed";
	default:
		return strerror(error);
	}
}

#endif /* SELFTESTS_INET_H */
