/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS as a Service: kube-system/kube-dns at the tenth of the cluster IPs, which all
 * nodes share, and a Pod for the ipsvc-dnsd of each node. As long as that is
 * connected the Pod is ready. The Pods are nobody's in particular: that of a node
 * which is gone can be deleted, that of one which is there is made again.
 */
#ifndef IPSVCD_DNS_SERVICE_H
#define IPSVCD_DNS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "store/store.h"

/* --dns: where ipsvc-dnsd of this node answers. */
struct dns_target {
	bool wanted;
	struct in6_addr addr;	/* none: an address of this host, whichever */
	uint16_t port;
};

/* "10.0.0.1", "10.0.0.1:53", "auto", "auto:53". */
bool dns_target_parse(const char *text, struct dns_target *target);

/* Whether ipsvc-dnsd of this node answers. */
enum dns_pod_state {
	DNS_POD_UNKNOWN,	/* yet: what the store says of it stays */
	DNS_POD_NOT_READY,
	DNS_POD_READY,
};

/*
 * Makes the Service unless there is one, whosever it is, and the Pod of @node what
 * it is to be; takes the Pod away when it is not wanted. NULL, or what is wrong and
 * what to do about it; the caller frees it.
 */
char *dns_service_apply(struct ipsvc_store *store, const struct dns_target *target,
			const char *node, enum dns_pod_state ready);

#endif
