/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the kernel module as userspace sees it: what it has, or what it
 * is to have. Mirrors include/uapi/linux/ipsvc.h.
 */
#ifndef IPSVC_STATE_H
#define IPSVC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

struct ipsvc_frontend {
	uint8_t class;		/* enum ipsvc_frontend_class */
	struct in6_addr addr;	/* none for a node port */
	uint16_t port;		/* host byte order */
	uint32_t flags;		/* enum ipsvc_frontend_flags */
};

struct ipsvc_endpoint {
	struct in6_addr addr;
	uint16_t port;		/* host byte order */
	uint32_t flags;		/* enum ipsvc_endpoint_flags */
	uint16_t weight;	/* 0: no new flows */
	uint32_t flows_max;	/* 0: any number */
	uint64_t connections;	/* as read back; not compared */
	uint32_t flows;
	uint8_t standing;	/* enum ipsvc_standing, in an explanation */
};

/* Clients whose addresses begin alike. */
struct ipsvc_range {
	struct ipsvc_cidr cidr;
	uint32_t flags;		/* enum ipsvc_range_flags */
};

/* How an endpoint is chosen. All zero is what the kernel does by default. */
struct ipsvc_koptions {
	uint8_t scheduler;	/* enum ipsvc_scheduler */
	uint8_t hash_key[16];
	uint32_t hash_size;	/* at least */
	uint32_t flags;		/* enum ipsvc_service_flags */
	uint32_t affinity_timeout;	/* seconds; 0: no affinity */
	uint8_t affinity_prefix;	/* 0: the whole address */
};

/* A port of a Service in one family. */
struct ipsvc_kservice {
	char *name;		/* "default/web:http"; the key, with the family */
	uint8_t family;		/* AF_INET, AF_INET6 */
	uint8_t protocol;	/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	struct ipsvc_koptions options;
	struct ipsvc_frontend *frontends;	/* sorted by (class, addr, port) */
	size_t nfrontends;
	struct ipsvc_endpoint *endpoints;	/* sorted by (addr, port), unique */
	size_t nendpoints;
	struct ipsvc_range *ranges;	/* sorted by (net, prefix), unique */
	size_t nranges;
	uint64_t connections;	/* as read back; not compared */
	uint32_t flows;
};

struct ipsvc_state {
	struct ipsvc_kservice *services;	/* sorted by (name, family) */
	size_t n, cap;
	uint32_t generation;	/* as read back */
};

struct ipsvc_kservice *ipsvc_state_add(struct ipsvc_state *st, const char *name,
				       uint8_t family, uint8_t protocol);
/* Appends *@svc, which is empty then. */
void ipsvc_state_move(struct ipsvc_state *st, struct ipsvc_kservice *svc);
void ipsvc_kservice_add_frontend(struct ipsvc_kservice *svc, uint8_t class,
				 const struct in6_addr *addr, uint16_t port,
				 uint32_t flags);
/* Of weight 1 and without a limit; valid until the next one is added. */
struct ipsvc_endpoint *
ipsvc_kservice_add_endpoint(struct ipsvc_kservice *svc,
			    const struct in6_addr *addr, uint16_t port,
			    uint32_t flags);
void ipsvc_kservice_add_range(struct ipsvc_kservice *svc,
			      const struct ipsvc_cidr *cidr, bool deny);
/*
 * Sorts services, frontends, endpoints and ranges and drops duplicates of the last
 * two; a range that is both is denied.
 */
void ipsvc_state_sort(struct ipsvc_state *st);
/* By the key. */
int ipsvc_kservice_cmp(const struct ipsvc_kservice *a,
		       const struct ipsvc_kservice *b);
/* Into @to, which is overwritten; without counters. */
void ipsvc_kservice_copy(struct ipsvc_kservice *to,
			 const struct ipsvc_kservice *from);
void ipsvc_kservice_clear(struct ipsvc_kservice *svc);
void ipsvc_state_free(struct ipsvc_state *st);

#endif
