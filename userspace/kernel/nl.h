/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only netlink code of userspace: libnl-3 behind a few calls. All calls are
 * synchronous; errors carry the kernel's extended ACK.
 */
#ifndef IPSVC_NL_H
#define IPSVC_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diff.h"
#include "state.h"

struct ipsvc_nl;

/*
 * Opens a socket in the current network namespace. On failure returns NULL and
 * sets *@err to a negative errno: -ENOENT when the module is not loaded.
 */
struct ipsvc_nl *ipsvc_nl_open(int *err);
void ipsvc_nl_close(struct ipsvc_nl *nl);
/*
 * What went wrong last, in a sentence: the kernel's own words (and the
 * attribute) where it gave some, else one made of the errno: module not loaded,
 * no instance in this namespace, no permission. Owned by @nl.
 */
const char *ipsvc_nl_message(const struct ipsvc_nl *nl);
/* The same sentence for an error of ipsvc_nl_open(). */
const char *ipsvc_nl_strerror(int err);

/* What of a service port the kernel has refused. */
struct ipsvc_nl_place {
	char *service;		/* NULL: nobody knows */
	uint8_t family;
	const char *what;	/* "frontend", "endpoint", "scheduler"; or NULL */
	/* Of a frontend or an endpoint; otherwise the port is 0. */
	struct in6_addr addr;
	uint16_t port;
};

/* Of the last ipsvc_nl_commit(); valid until the next one. Owned by @nl. */
const struct ipsvc_nl_place *ipsvc_nl_refused(const struct ipsvc_nl *nl);

struct ipsvc_nl_instance {
	uint32_t ifindex, generation, services, services_max, endpoints,
		 endpoints_max, flows, flows_max;
	char ifname[16];
	char version[32];
	struct ipsvc_cidrs cluster;	/* where its clients are, IPv4 first */
	char cluster_link[20];		/* or what they arrive by; "": none */
};

/* All calls below return 0 or a negative errno. */
int ipsvc_nl_instance(struct ipsvc_nl *nl, struct ipsvc_nl_instance *out);

/*
 * Says where clients within the cluster are: others are masqueraded when they
 * use a cluster IP. Of a family without a network none are, unless @link says by
 * which link they arrive, "cni0", or by links called how, "cali+"; NULL: none.
 */
int ipsvc_nl_set_cluster(struct ipsvc_nl *nl, const struct ipsvc_cidrs *cluster,
			 const char *link);

/* Dumps are retried, a bounded number of times, when a change overtook them. */
int ipsvc_nl_services(struct ipsvc_nl *nl, struct ipsvc_state *out);
int ipsvc_nl_service(struct ipsvc_nl *nl, const char *name, uint8_t family,
		     struct ipsvc_state *out);

/*
 * Applies @ops atomically: in one message where they fit, else in a transaction
 * of as many messages as needed. *@generation (may be NULL) is the new one.
 * Expects generation @expect when it is not 0 (-ESTALE otherwise).
 */
int ipsvc_nl_commit(struct ipsvc_nl *nl, const struct ipsvc_ops *ops,
		    uint32_t expect, uint32_t *generation);

struct ipsvc_nl_flow {
	const char *service;	/* NULL when it is gone, or there was none */
	uint8_t family, protocol, state;
	struct in6_addr client, frontend, endpoint, masquerade;
	uint16_t client_port, frontend_port, endpoint_port, masquerade_port;
	uint32_t expires_ms;
};

/* An address and a port, or one of them; none and 0: any. */
struct ipsvc_nl_end {
	struct in6_addr addr;
	uint16_t port;
};

/* What flows, or clients with affinity, are to have; zero is anything. */
struct ipsvc_nl_filter {
	const char *service;
	uint8_t family;
	struct ipsvc_nl_end client;	/* of affinity, the address only */
	/* Of flows: */
	uint8_t protocol, state;
	struct ipsvc_nl_end frontend, endpoint, masquerade;
};

/* Calls @cb for each flow that has all of @filter. */
int ipsvc_nl_flows(struct ipsvc_nl *nl, const struct ipsvc_nl_filter *filter,
		   void (*cb)(const struct ipsvc_nl_flow *flow, void *arg),
		   void *arg);
/* Ends them. */
int ipsvc_nl_flow_delete(struct ipsvc_nl *nl,
			 const struct ipsvc_nl_filter *filter);

/* Which endpoint a client of a service with affinity has. */
struct ipsvc_nl_affinity {
	const char *service;	/* or what the ports that share have in common */
	uint8_t family;
	struct in6_addr client, endpoint;
	uint16_t port;
	uint32_t expires_ms;
};

/* Calls @cb for each that has all of @filter. */
int ipsvc_nl_affinities(struct ipsvc_nl *nl,
			const struct ipsvc_nl_filter *filter,
			void (*cb)(const struct ipsvc_nl_affinity *affinity,
				   void *arg),
			void *arg);
/* Takes one over; -ENOENT when the service or the endpoint is not there. */
int ipsvc_nl_affinity_put(struct ipsvc_nl *nl,
			  const struct ipsvc_nl_affinity *affinity);
/* Forgets those that have all of @filter. */
int ipsvc_nl_affinity_flush(struct ipsvc_nl *nl,
			    const struct ipsvc_nl_filter *filter);

/* The first packet of a connection. */
struct ipsvc_nl_packet {
	uint8_t family, protocol;
	struct in6_addr source;	/* unspecified: this host sends it, and chooses */
	struct in6_addr destination;
	uint16_t source_port, destination_port;
	uint32_t ifindex;	/* it arrives by; 0: found by the source */
	uint32_t mark;
};

/* What would happen to it. */
struct ipsvc_nl_explanation {
	struct in6_addr source;	/* of the packet */
	uint32_t ifindex;	/* 0: this host sends it */
	uint8_t action;		/* enum ipsvc_action */
	char reason[32];	/* name of a counter; empty: none */
	bool in_flow;		/* the packet is of one; nothing more is known */
	bool direct;		/* it is for an endpoint, and of no service */
	bool local;		/* the traffic policy counts, which is Local */
	/*
	 * Without a name: the packet is for none. The frontend is the first one;
	 * of the options the scheduler; endpoints in the kernel's order.
	 */
	struct ipsvc_kservice service;
	uint32_t omitted;	/* endpoints that are not among these */
	uint8_t masquerade;	/* enum ipsvc_masquerade */
	struct in6_addr seen_source;
};

/*
 * @flow is called with the flow that the packet is of, if there is one. The caller
 * clears out->service, on failure too.
 */
int ipsvc_nl_explain(struct ipsvc_nl *nl, const struct ipsvc_nl_packet *packet,
		     struct ipsvc_nl_explanation *out,
		     void (*flow)(const struct ipsvc_nl_flow *flow, void *arg),
		     void *arg);

int ipsvc_nl_stats(struct ipsvc_nl *nl,
		   void (*cb)(const char *name, uint64_t value, void *arg),
		   void *arg);

enum ipsvc_nl_event_type {
	IPSVC_EVENT_SERVICE,		/* created or changed */
	IPSVC_EVENT_SERVICE_DELETED,	/* only name and family are set */
	IPSVC_EVENT_COMMIT,		/* only the generation is set */
	IPSVC_EVENT_OVERRUN,		/* events were lost: dump anew */
};

struct ipsvc_nl_event {
	enum ipsvc_nl_event_type type;
	const struct ipsvc_kservice *service;
	uint32_t generation;
};

/* A second socket that listens to group "config"; its fd for poll. */
struct ipsvc_nl *ipsvc_nl_listen(int *err);
int ipsvc_nl_fd(const struct ipsvc_nl *nl);
/* Handles what is there; 0, or a negative errno (-EAGAIN is 0). */
int ipsvc_nl_events(struct ipsvc_nl *nl,
		    void (*cb)(const struct ipsvc_nl_event *ev, void *arg),
		    void *arg);

/*
 * rtnetlink: makes sure that a link of kind ipsvc called @ifname exists and is
 * up, and that @cidrs ("10.96.0.0/12,fd00:10:96::/112", or one of them) are
 * routed to it, and no others. Idempotent. *@message, which the caller frees, is
 * what is wrong; or NULL. When that is only that this node has no way to the second
 * of the ranges, as without IPv6, the result is 0 all the same.
 */
int ipsvc_nl_ensure_device(const char *ifname, const char *cidrs,
			   char **message);

#endif
