/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation rules of Kubernetes for ClusterIPs and node ports, without any
 * storage: which numbers a range has, which of them come first, and what is
 * said about a number that cannot be had.
 */
#ifndef IPSVC_ALLOC_H
#define IPSVC_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "api/families.h"
#include "base/ip.h"

/*
 * Numbers that may be handed out: [first, last]. Those below @dynamic are the
 * static band, which automatic allocation leaves to users who ask for a number
 * until there is nothing else.
 */
struct ipsvc_alloc_range {
	uint64_t first, dynamic, last;
};

/* The offset that is kept for the Service default/kubernetes. */
#define IPSVC_ALLOC_KUBERNETES_OFFSET	1

/*
 * The ranges of ClusterIPs, the main one first, as --service-cluster-ip-range of
 * kube-apiserver: each has at least one address to hand out. *@why as
 * ipsvc_cidrs_parse().
 */
bool ipsvc_alloc_cidrs_parse(const char *text, struct ipsvc_cidrs *cidrs,
			     const char **why);
struct ipsvc_families ipsvc_alloc_families(const struct ipsvc_cidrs *cidrs);

/*
 * Without the network, the broadcast address (which IPv6 does not have) and the
 * first usable address.
 */
struct ipsvc_alloc_range ipsvc_alloc_ip_range(const struct ipsvc_cidr *cidr);
struct ipsvc_alloc_range ipsvc_alloc_port_range(int min, int max);

/*
 * What is wrong with an address or port a user asks for, as Kubernetes says it;
 * NULL when it may be had if it is free. The caller frees it. @cidr may be NULL.
 */
char *ipsvc_alloc_ip_refusal(const struct ipsvc_cidr *cidr,
			     const struct in6_addr *addr);
char *ipsvc_alloc_port_refusal(int min, int max, int64_t port);

#define IPSVC_ALLOC_IP_TAKEN	"provided IP is already allocated"
#define IPSVC_ALLOC_PORT_TAKEN	"provided port is already allocated"
#define IPSVC_ALLOC_FULL	"range is full"

struct ipsvc_alloc_ops {
	/*
	 * The lowest free number of [from, to]: 1 and *@out, 0 when there is
	 * none, negative on failure.
	 */
	int (*next_free)(void *arg, uint64_t from, uint64_t to, uint64_t *out);
	/* A random number below @bound, which is not 0. */
	uint64_t (*random)(void *arg, uint64_t bound);
	void *arg;
};

/*
 * Picks a number: from a random start in the dynamic band upwards, around its
 * end, then the same in the static band. Returns as next_free() does; 0 means
 * that the range is full.
 */
int ipsvc_alloc_pick(const struct ipsvc_alloc_range *range,
		     const struct ipsvc_alloc_ops *ops, uint64_t *out);

/* For ipsvc_alloc_ops.random: the kernel's, without bias. */
uint64_t ipsvc_alloc_random(void *arg, uint64_t bound);

#endif
