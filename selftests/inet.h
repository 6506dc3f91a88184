/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as words of a command line, time, and names of errors, for the test programs. */
#ifndef SELFTESTS_INET_H
#define SELFTESTS_INET_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* An address and port of either family. */
union place {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static inline socklen_t place_len(const union place *p)
{
	return p->any.sa_family == AF_INET6 ? sizeof(p->in6) : sizeof(p->in);
}

static inline void place_set_port(union place *p, unsigned int port)
{
	if (p->any.sa_family == AF_INET6)
		p->in6.sin6_port = htons(port);
	else
		p->in.sin_port = htons(port);
}

static inline unsigned int place_port(const union place *p)
{
	return ntohs(p->any.sa_family == AF_INET6 ? p->in6.sin6_port : p->in.sin_port);
}

/* An address, in brackets if it is of IPv6. */
static inline union place place_of_address(const char *text)
{
	union place p = { .in6.sin6_family = AF_INET6 };
	char host[64];

	if (sscanf(text, "[%63[^]]", host) == 1 && inet_pton(AF_INET6, host, &p.in6.sin6_addr) == 1)
		return p;
	p = (union place){ .in.sin_family = AF_INET };
	if (inet_pton(AF_INET, text, &p.in.sin_addr) != 1)
		errx(2, "'%s' is not an address", text);
	return p;
}

/* "A:P" or "[A]:P" */
static inline union place place_of(const char *text)
{
	const char *port = strrchr(text, ':');
	union place p;
	char host[64];

	if (!port || port - text >= (int)sizeof(host))
		errx(2, "'%s' is not an address and port", text);
	snprintf(host, sizeof(host), "%.*s", (int)(port - text), text);
	p = place_of_address(host);
	place_set_port(&p, atoi(port + 1));
	return p;
}

#define PLACE_TEXT	64

static inline void place_print(const union place *p, char *text)
{
	char host[INET6_ADDRSTRLEN];

	if (p->any.sa_family == AF_INET6)
		snprintf(text, PLACE_TEXT, "[%s]:%u", inet_ntop(AF_INET6, &p->in6.sin6_addr, host, sizeof(host)),
			 place_port(p));
	else
		snprintf(text, PLACE_TEXT, "%s:%u", inet_ntoa(p->in.sin_addr), place_port(p));
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
