/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the kernel module as userspace sees it: what it has, or what it
 * is to have. Mirrors include/uapi/linux/ipsvc.h.
 */
#ifndef IPSVC_STATE_H
#define IPSVC_STATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AF_INET today; the union has room for what comes. */
struct ipsvc_addr {
	uint16_t family;	/* AF_INET, or AF_UNSPEC for "none" */
	union {
		struct in_addr ip4;
		struct in6_addr ip6;
	};
};

struct ipsvc_frontend {
	uint8_t class;		/* enum ipsvc_frontend_class */
	struct ipsvc_addr addr;	/* AF_UNSPEC for a node port */
	uint16_t port;		/* host byte order */
};

struct ipsvc_endpoint {
	struct ipsvc_addr addr;
	uint16_t port;		/* host byte order */
	uint32_t flags;		/* enum ipsvc_endpoint_flags */
	uint64_t connections;	/* as read back; not compared */
	uint32_t flows;
};

struct ipsvc_kservice {
	char *name;		/* "default/web:http"; the key */
	uint8_t protocol;	/* IPPROTO_TCP, IPPROTO_UDP */
	struct ipsvc_frontend *frontends;	/* sorted by (class, addr, port) */
	size_t nfrontends;
	struct ipsvc_endpoint *endpoints;	/* sorted by (addr, port), unique */
	size_t nendpoints;
	uint64_t connections;	/* as read back; not compared */
	uint32_t flows;
};

struct ipsvc_state {
	struct ipsvc_kservice *services;	/* sorted by name */
	size_t n, cap;
	uint32_t generation;	/* as read back */
};

struct ipsvc_kservice *ipsvc_state_add(struct ipsvc_state *st, const char *name,
				       uint8_t protocol);
void ipsvc_kservice_add_frontend(struct ipsvc_kservice *svc, uint8_t class,
				 const struct ipsvc_addr *addr, uint16_t port);
void ipsvc_kservice_add_endpoint(struct ipsvc_kservice *svc,
				 const struct ipsvc_addr *addr, uint16_t port,
				 uint32_t flags);
/* Sorts services, frontends and endpoints and drops duplicate endpoints. */
void ipsvc_state_sort(struct ipsvc_state *st);
void ipsvc_kservice_clear(struct ipsvc_kservice *svc);
void ipsvc_state_free(struct ipsvc_state *st);

bool ipsvc_addr_parse(const char *text, struct ipsvc_addr *addr);
/* Returns @buf (INET6_ADDRSTRLEN bytes). */
const char *ipsvc_addr_format(const struct ipsvc_addr *addr, char *buf);
int ipsvc_addr_cmp(const struct ipsvc_addr *a, const struct ipsvc_addr *b);

#endif
