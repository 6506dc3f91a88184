/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ipsvc: Kubernetes Services in the kernel. Generic netlink protocol; docs/netlink.md
 * is its manual, Documentation/netlink/specs/ipsvc.yaml has the same for ynl.
 */
#ifndef _UAPI_LINUX_IPSVC_H
#define _UAPI_LINUX_IPSVC_H

#define IPSVC_FAMILY_NAME	"ipsvc"
#define IPSVC_FAMILY_VERSION	1
#define IPSVC_MCGRP_CONFIG	"config"

/* Longest service name, without the terminating zero. */
#define IPSVC_SERVICE_NAME_MAX	191
/* Longest affinity, in seconds: a day, as in Kubernetes. */
#define IPSVC_AFFINITY_TIMEOUT_MAX	86400
/* Largest table of a scheduler that hashes. */
#define IPSVC_HASH_SIZE_MAX	1048573
/* Most frontends, and most endpoints, of one service port. */
#define IPSVC_FRONTENDS_MAX	64
#define IPSVC_ENDPOINTS_MAX	65535
/* Most source ranges of one service port. */
#define IPSVC_RANGES_MAX	512
/* Longest IPSVC_A_INSTANCE_CLUSTER_LINK, without the terminating zero. */
#define IPSVC_LINK_NAME_MAX	16

/**
 * enum ipsvc_condition - IPSVC_A_CONDITION, what must hold before a PUT
 * @IPSVC_CONDITION_ABSENT: none of its service ports exists, else EEXIST
 * @IPSVC_CONDITION_PRESENT: all of them exist, else ENOENT
 */
enum ipsvc_condition {
	IPSVC_CONDITION_ABSENT = 1,
	IPSVC_CONDITION_PRESENT = 2,
};

/**
 * enum ipsvc_frontend_class - what kind of address a frontend is
 * @IPSVC_FRONTEND_CLUSTER_IP: a virtual address of the service CIDR; has an
 *	address and a port.
 * @IPSVC_FRONTEND_NODE_PORT: a port on each local address of this node; has no
 *	address.
 * @IPSVC_FRONTEND_LOAD_BALANCER: an address that a load balancer has given to
 *	the service; has an address and a port.
 * @IPSVC_FRONTEND_EXTERNAL_IP: an address that others route to this node for
 *	the service; has an address and a port.
 *
 * All but the first are external: what clients within the cluster send there
 * counts as if it went out and came back in.
 */
enum ipsvc_frontend_class {
	IPSVC_FRONTEND_CLUSTER_IP = 1,
	IPSVC_FRONTEND_NODE_PORT = 2,
	IPSVC_FRONTEND_LOAD_BALANCER = 3,
	IPSVC_FRONTEND_EXTERNAL_IP = 4,
};

/**
 * enum ipsvc_frontend_flags - IPSVC_A_FRONTEND_FLAGS
 * @IPSVC_FRONTEND_F_MASQUERADE: the endpoint always sees an address of this
 *	node instead of the client's, unless the endpoint is on this node
 * @IPSVC_FRONTEND_F_LOCAL: the traffic policy is Local: only endpoints with
 *	IPSVC_ENDPOINT_F_LOCAL get its flows. Where there is none of these, its
 *	packets are dropped, and rejected where there is no endpoint at all. With
 *	an external class, what this host sends, and what clients within the
 *	cluster send where these are known, goes to all endpoints nevertheless.
 * @IPSVC_FRONTEND_F_RANGES: takes the clients that the service port's ranges
 *	allow; all if there are no ranges
 */
enum ipsvc_frontend_flags {
	IPSVC_FRONTEND_F_MASQUERADE = 1,
	IPSVC_FRONTEND_F_LOCAL = 2,
	IPSVC_FRONTEND_F_RANGES = 4,
};

/**
 * enum ipsvc_scheduler - IPSVC_A_SERVICE_SCHEDULER, who gets a new flow
 * @IPSVC_SCHEDULER_RANDOM: any, in proportion to the weights
 * @IPSVC_SCHEDULER_RR: one after the other, whatever the weights
 * @IPSVC_SCHEDULER_WRR: in turn, as often as the weights say
 * @IPSVC_SCHEDULER_P2C: of two random ones that with fewer flows for its weight
 * @IPSVC_SCHEDULER_LC: that with the fewest flows
 * @IPSVC_SCHEDULER_WLC: that with the fewest flows for its weight
 * @IPSVC_SCHEDULER_SH: always the same for an address of a client
 * @IPSVC_SCHEDULER_MAGLEV: always the same for an address and port of a client
 */
enum ipsvc_scheduler {
	IPSVC_SCHEDULER_RANDOM = 0,
	IPSVC_SCHEDULER_RR = 1,
	IPSVC_SCHEDULER_WRR = 2,
	IPSVC_SCHEDULER_P2C = 3,
	IPSVC_SCHEDULER_LC = 4,
	IPSVC_SCHEDULER_WLC = 5,
	IPSVC_SCHEDULER_SH = 6,
	IPSVC_SCHEDULER_MAGLEV = 7,
};

/**
 * enum ipsvc_service_flags - IPSVC_A_SERVICE_FLAGS
 * @IPSVC_SERVICE_F_ONE_PACKET: each datagram of a client gets an endpoint of its
 *	own; answers of all of them come back to it. UDP only
 * @IPSVC_SERVICE_F_SHARED_AFFINITY: shares what is known of clients with the
 *	service ports of this family that have the same name up to a colon, and the
 *	flag; a client gets the endpoint of the same address
 */
enum ipsvc_service_flags {
	IPSVC_SERVICE_F_ONE_PACKET = 1,
	IPSVC_SERVICE_F_SHARED_AFFINITY = 2,
};

/**
 * enum ipsvc_endpoint_flags - IPSVC_A_ENDPOINT_FLAGS
 * @IPSVC_ENDPOINT_F_DRAIN: gets no new flows by frontends whose traffic policy
 *	is Cluster; keeps those it has (UDP too). A removed endpoint loses its
 *	UDP flows at once; its TCP flows go on until they end or time out.
 * @IPSVC_ENDPOINT_F_LOCAL: gets new flows by frontends whose traffic policy is
 *	Local, also where IPSVC_ENDPOINT_F_DRAIN is set.
 */
enum ipsvc_endpoint_flags {
	IPSVC_ENDPOINT_F_DRAIN = 1,
	IPSVC_ENDPOINT_F_LOCAL = 2,
};

/**
 * enum ipsvc_range_flags - IPSVC_A_RANGE_FLAGS
 * @IPSVC_RANGE_F_DENY: clients in it are not taken; else they are
 */
enum ipsvc_range_flags {
	IPSVC_RANGE_F_DENY = 1,
};

/**
 * enum ipsvc_flow_state - state of a flow, IPSVC_A_FLOW_STATE
 * @IPSVC_FLOW_NEW: packets in the client's direction only
 * @IPSVC_FLOW_ESTABLISHED: packets seen in both directions
 * @IPSVC_FLOW_CLOSING: TCP, one side has sent FIN
 * @IPSVC_FLOW_CLOSED: TCP, both sides have sent FIN, or one has sent RST
 * @IPSVC_FLOW_UNCONFIRMED: its first packet has not been accepted by the stack
 *	yet
 * @IPSVC_FLOW_DIRECT: a direct connection to an endpoint, which only reserves
 *	its tuple; it has no service, and its frontend is the endpoint
 */
enum ipsvc_flow_state {
	IPSVC_FLOW_NEW = 1,
	IPSVC_FLOW_ESTABLISHED = 2,
	IPSVC_FLOW_CLOSING = 3,
	IPSVC_FLOW_CLOSED = 4,
	IPSVC_FLOW_UNCONFIRMED = 5,
	IPSVC_FLOW_DIRECT = 6,
};

/**
 * enum ipsvc_action - IPSVC_A_EXPLAIN_ACTION, what happens to a packet
 * @IPSVC_ACTION_DROP: dropped
 * @IPSVC_ACTION_REJECT: ICMP port unreachable; the call of a socket of this host
 *	fails with ECONNREFUSED; in SCTP ABORT
 * @IPSVC_ACTION_RESET: RST, or ABORT
 * @IPSVC_ACTION_PASS: as if there were no ipsvc
 * @IPSVC_ACTION_UNREACHABLE: dropped; the call of a socket of this host fails with
 *	EHOSTUNREACH
 * @IPSVC_ACTION_FORWARD: translated
 */
enum ipsvc_action {
	IPSVC_ACTION_DROP = 0,
	IPSVC_ACTION_REJECT = 1,
	IPSVC_ACTION_RESET = 2,
	IPSVC_ACTION_PASS = 3,
	IPSVC_ACTION_UNREACHABLE = 4,
	IPSVC_ACTION_FORWARD = 5,
};

/**
 * enum ipsvc_standing - IPSVC_A_ENDPOINT_STANDING, of an endpoint in an answer
 * @IPSVC_STANDING_CHOSEN: gets the packet
 * @IPSVC_STANDING_REMEMBERED: gets it, since the client had it last
 * @IPSVC_STANDING_CANDIDATE: another may get it
 * @IPSVC_STANDING_FULL: has IPSVC_A_ENDPOINT_FLOWS_MAX flows
 * @IPSVC_STANDING_DRAINING: gets no new flows, by IPSVC_ENDPOINT_F_DRAIN or for
 *	its weight of 0
 * @IPSVC_STANDING_NOT_LOCAL: is left out by IPSVC_FRONTEND_F_LOCAL
 */
enum ipsvc_standing {
	IPSVC_STANDING_CHOSEN = 1,
	IPSVC_STANDING_REMEMBERED = 2,
	IPSVC_STANDING_CANDIDATE = 3,
	IPSVC_STANDING_FULL = 4,
	IPSVC_STANDING_DRAINING = 5,
	IPSVC_STANDING_NOT_LOCAL = 6,
};

/**
 * enum ipsvc_masquerade - IPSVC_A_EXPLAIN_MASQUERADE, why the endpoint sees an
 *	address of this node
 * @IPSVC_MASQUERADE_NONE: it sees the client's
 * @IPSVC_MASQUERADE_FRONTEND: IPSVC_FRONTEND_F_MASQUERADE
 * @IPSVC_MASQUERADE_HOST: a socket of this host sends it, whose source fits the
 *	route to the frontend
 * @IPSVC_MASQUERADE_HAIRPIN: the client is the endpoint
 * @IPSVC_MASQUERADE_OUTSIDE: a client outside the cluster uses a cluster IP
 * @IPSVC_MASQUERADE_LINK: it leaves by the link it came from, and the answer would
 *	not come back through this node
 */
enum ipsvc_masquerade {
	IPSVC_MASQUERADE_NONE = 0,
	IPSVC_MASQUERADE_FRONTEND = 1,
	IPSVC_MASQUERADE_HOST = 2,
	IPSVC_MASQUERADE_HAIRPIN = 3,
	IPSVC_MASQUERADE_OUTSIDE = 4,
	IPSVC_MASQUERADE_LINK = 5,
};

/**
 * enum ipsvc_cmd - commands; who may send them, request and answer above
 * @IPSVC_CMD_INSTANCE_GET: limits, counts and generation of the instance
 * @IPSVC_CMD_SERVICE_GET: one service port, or a dump of all
 * @IPSVC_CMD_SERVICE_PUT: create or change service ports
 * @IPSVC_CMD_SERVICE_DEL: remove service ports
 * @IPSVC_CMD_SERVICE_APPEND: add endpoints to service ports just put
 * @IPSVC_CMD_TXN_BEGIN: open a transaction
 * @IPSVC_CMD_TXN_COMMIT: apply what was staged
 * @IPSVC_CMD_TXN_ABORT: forget what was staged
 * @IPSVC_CMD_FLOW_GET: dump of the flows
 * @IPSVC_CMD_STATS_GET: the counters by name
 * @IPSVC_CMD_INSTANCE_SET: where clients within the cluster are
 * @IPSVC_CMD_SERVICE_NTF: a service port was created or changed
 * @IPSVC_CMD_SERVICE_DEL_NTF: a service port was removed
 * @IPSVC_CMD_COMMIT_NTF: a change is complete; the new generation
 * @IPSVC_CMD_AFFINITY_GET: dump of what is known of clients
 * @IPSVC_CMD_AFFINITY_PUT: take it over from a dump
 * @IPSVC_CMD_AFFINITY_DEL: forget it
 * @IPSVC_CMD_FLOW_DEL: end flows
 * @IPSVC_CMD_EXPLAIN: what would happen to a packet
 */
enum ipsvc_cmd {
	IPSVC_CMD_INSTANCE_GET = 1,
	IPSVC_CMD_SERVICE_GET,
	IPSVC_CMD_SERVICE_PUT,
	IPSVC_CMD_SERVICE_DEL,
	IPSVC_CMD_SERVICE_APPEND,
	IPSVC_CMD_TXN_BEGIN,
	IPSVC_CMD_TXN_COMMIT,
	IPSVC_CMD_TXN_ABORT,
	IPSVC_CMD_FLOW_GET,
	IPSVC_CMD_STATS_GET,
	IPSVC_CMD_INSTANCE_SET,
	IPSVC_CMD_SERVICE_NTF,
	IPSVC_CMD_SERVICE_DEL_NTF,
	IPSVC_CMD_COMMIT_NTF,
	IPSVC_CMD_AFFINITY_GET,
	IPSVC_CMD_AFFINITY_PUT,
	IPSVC_CMD_AFFINITY_DEL,
	IPSVC_CMD_FLOW_DEL,
	IPSVC_CMD_EXPLAIN,

	__IPSVC_CMD_MAX,
	IPSVC_CMD_MAX = (__IPSVC_CMD_MAX - 1)
};

/**
 * enum ipsvc_attr - attributes of a message
 * @IPSVC_A_SERVICE: nested enum ipsvc_service_attr, may repeat
 * @IPSVC_A_TXN: u32, cookie of a transaction, never 0
 * @IPSVC_A_GENERATION: u32, generation of the instance
 * @IPSVC_A_FLOW: nested enum ipsvc_flow_attr
 * @IPSVC_A_STAT: nested enum ipsvc_stat_attr, may repeat
 * @IPSVC_A_INSTANCE: nested enum ipsvc_instance_attr
 * @IPSVC_A_CONDITION: u8, enum ipsvc_condition; none if absent
 * @IPSVC_A_AFFINITY: nested enum ipsvc_affinity_attr, may repeat
 * @IPSVC_A_EXPLAIN: nested enum ipsvc_explain_attr
 */
enum ipsvc_attr {
	IPSVC_A_SERVICE = 1,
	IPSVC_A_TXN,
	IPSVC_A_GENERATION,
	IPSVC_A_FLOW,
	IPSVC_A_STAT,
	IPSVC_A_INSTANCE,
	IPSVC_A_CONDITION,
	IPSVC_A_AFFINITY,
	IPSVC_A_EXPLAIN,

	__IPSVC_A_MAX,
	IPSVC_A_MAX = (__IPSVC_A_MAX - 1)
};

/**
 * enum ipsvc_service_attr - a service port
 * @IPSVC_A_SERVICE_NAME: string; with the family its key
 * @IPSVC_A_SERVICE_FAMILY: u8, AF_INET or AF_INET6
 * @IPSVC_A_SERVICE_PROTOCOL: u8, IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @IPSVC_A_SERVICE_FRONTENDS: nested list of IPSVC_A_FRONTEND
 * @IPSVC_A_SERVICE_ENDPOINTS: nested list of IPSVC_A_ENDPOINT
 * @IPSVC_A_SERVICE_CONNECTIONS: uint, flows created since it exists, without
 *	those that another one replaced before they were accepted (answers)
 * @IPSVC_A_SERVICE_FLOWS: u32, flows it has now (answers)
 * @IPSVC_A_SERVICE_SCHEDULER: u8, enum ipsvc_scheduler, 0 if absent
 * @IPSVC_A_SERVICE_FLAGS: u32, enum ipsvc_service_flags, 0 if absent
 * @IPSVC_A_SERVICE_HASH_KEY: 16 bytes, key of IPSVC_SCHEDULER_SH and _MAGLEV, the
 *	same on all nodes; zero if absent
 * @IPSVC_A_SERVICE_AFFINITY_TIMEOUT: u32, seconds, up to
 *	IPSVC_AFFINITY_TIMEOUT_MAX; none if 0 or absent
 * @IPSVC_A_SERVICE_AFFINITY_PREFIX: u8, how much of a client's address counts, up
 *	to 32 in IPv4; all of it if 0 or absent
 * @IPSVC_A_SERVICE_HASH_SIZE: u32, entries of their table, at least; there are
 *	400 for each endpoint in any case, and IPSVC_HASH_SIZE_MAX at most
 * @IPSVC_A_SERVICE_RANGES: nested list of IPSVC_A_RANGE
 */
enum ipsvc_service_attr {
	IPSVC_A_SERVICE_NAME = 1,
	IPSVC_A_SERVICE_FAMILY,
	IPSVC_A_SERVICE_PROTOCOL,
	IPSVC_A_SERVICE_FRONTENDS,
	IPSVC_A_SERVICE_ENDPOINTS,
	IPSVC_A_SERVICE_CONNECTIONS,
	IPSVC_A_SERVICE_FLOWS,
	IPSVC_A_SERVICE_SCHEDULER,
	IPSVC_A_SERVICE_FLAGS,
	IPSVC_A_SERVICE_HASH_KEY,
	IPSVC_A_SERVICE_HASH_SIZE,
	IPSVC_A_SERVICE_AFFINITY_TIMEOUT,
	IPSVC_A_SERVICE_AFFINITY_PREFIX,
	IPSVC_A_SERVICE_RANGES,

	__IPSVC_A_SERVICE_MAX,
	IPSVC_A_SERVICE_MAX = (__IPSVC_A_SERVICE_MAX - 1)
};

/* Members of IPSVC_A_SERVICE_FRONTENDS, _ENDPOINTS and _RANGES. */
enum ipsvc_frontends_attr {
	IPSVC_A_FRONTEND = 1,

	__IPSVC_A_FRONTENDS_MAX,
	IPSVC_A_FRONTENDS_MAX = (__IPSVC_A_FRONTENDS_MAX - 1)
};

enum ipsvc_endpoints_attr {
	IPSVC_A_ENDPOINT = 1,

	__IPSVC_A_ENDPOINTS_MAX,
	IPSVC_A_ENDPOINTS_MAX = (__IPSVC_A_ENDPOINTS_MAX - 1)
};

enum ipsvc_ranges_attr {
	IPSVC_A_RANGE = 1,

	__IPSVC_A_RANGES_MAX,
	IPSVC_A_RANGES_MAX = (__IPSVC_A_RANGES_MAX - 1)
};

/**
 * enum ipsvc_frontend_attr - a frontend
 * @IPSVC_A_FRONTEND_CLASS: u8, enum ipsvc_frontend_class
 * @IPSVC_A_FRONTEND_ADDRESS: struct in6_addr; unicast, not loopback or
 *	link-local; absent with IPSVC_FRONTEND_NODE_PORT
 * @IPSVC_A_FRONTEND_PORT: be16, not 0
 * @IPSVC_A_FRONTEND_FLAGS: u32, enum ipsvc_frontend_flags, 0 if absent
 */
enum ipsvc_frontend_attr {
	IPSVC_A_FRONTEND_CLASS = 1,
	IPSVC_A_FRONTEND_ADDRESS,
	IPSVC_A_FRONTEND_PORT,
	IPSVC_A_FRONTEND_FLAGS,

	__IPSVC_A_FRONTEND_MAX,
	IPSVC_A_FRONTEND_MAX = (__IPSVC_A_FRONTEND_MAX - 1)
};

/**
 * enum ipsvc_endpoint_attr - an endpoint
 * @IPSVC_A_ENDPOINT_ADDRESS: struct in6_addr; unicast, not loopback or
 *	link-local
 * @IPSVC_A_ENDPOINT_PORT: be16, not 0
 * @IPSVC_A_ENDPOINT_FLAGS: u32, enum ipsvc_endpoint_flags, 0 if absent
 * @IPSVC_A_ENDPOINT_CONNECTIONS: uint, likewise (answers)
 * @IPSVC_A_ENDPOINT_FLOWS: u32, flows it has now (answers)
 * @IPSVC_A_ENDPOINT_WEIGHT: u16, 0 gets no new flows, keeps those it has; 1 if
 *	absent
 * @IPSVC_A_ENDPOINT_FLOWS_MAX: u32, gets no new flow at so many; 0, any number,
 *	if absent
 * @IPSVC_A_ENDPOINT_STANDING: u8, enum ipsvc_standing (answers to
 *	IPSVC_CMD_EXPLAIN)
 */
enum ipsvc_endpoint_attr {
	IPSVC_A_ENDPOINT_ADDRESS = 1,
	IPSVC_A_ENDPOINT_PORT,
	IPSVC_A_ENDPOINT_FLAGS,
	IPSVC_A_ENDPOINT_CONNECTIONS,
	IPSVC_A_ENDPOINT_FLOWS,
	IPSVC_A_ENDPOINT_WEIGHT,
	IPSVC_A_ENDPOINT_FLOWS_MAX,
	IPSVC_A_ENDPOINT_STANDING,

	__IPSVC_A_ENDPOINT_MAX,
	IPSVC_A_ENDPOINT_MAX = (__IPSVC_A_ENDPOINT_MAX - 1)
};

/**
 * enum ipsvc_range_attr - clients whose addresses begin alike
 * @IPSVC_A_RANGE_ADDRESS: struct in6_addr, the bits beyond the prefix zero
 * @IPSVC_A_RANGE_PREFIX: u8, how much of an address counts, up to 32 in IPv4; 0:
 *	all clients
 * @IPSVC_A_RANGE_FLAGS: u32, enum ipsvc_range_flags, 0 if absent
 */
enum ipsvc_range_attr {
	IPSVC_A_RANGE_ADDRESS = 1,
	IPSVC_A_RANGE_PREFIX,
	IPSVC_A_RANGE_FLAGS,

	__IPSVC_A_RANGE_MAX,
	IPSVC_A_RANGE_MAX = (__IPSVC_A_RANGE_MAX - 1)
};

/**
 * enum ipsvc_flow_attr - a flow, or what flows are to have
 * @IPSVC_A_FLOW_SERVICE: string, name of the service port; absent when that is
 *	gone, and with IPSVC_FLOW_DIRECT
 * @IPSVC_A_FLOW_FAMILY: u8, AF_INET or AF_INET6
 * @IPSVC_A_FLOW_PROTOCOL: u8
 * @IPSVC_A_FLOW_CLIENT: struct in6_addr, who connects
 * @IPSVC_A_FLOW_CLIENT_PORT: be16
 * @IPSVC_A_FLOW_FRONTEND: struct in6_addr, to which address
 * @IPSVC_A_FLOW_FRONTEND_PORT: be16
 * @IPSVC_A_FLOW_ENDPOINT: struct in6_addr, and ends up here
 * @IPSVC_A_FLOW_ENDPOINT_PORT: be16
 * @IPSVC_A_FLOW_MASQUERADE: struct in6_addr, source the endpoint sees; only if
 *	it is not the client
 * @IPSVC_A_FLOW_MASQUERADE_PORT: be16
 * @IPSVC_A_FLOW_STATE: u8, enum ipsvc_flow_state
 * @IPSVC_A_FLOW_EXPIRES: u32, milliseconds until it times out if idle
 */
enum ipsvc_flow_attr {
	IPSVC_A_FLOW_SERVICE = 1,
	IPSVC_A_FLOW_FAMILY,
	IPSVC_A_FLOW_PROTOCOL,
	IPSVC_A_FLOW_CLIENT,
	IPSVC_A_FLOW_CLIENT_PORT,
	IPSVC_A_FLOW_FRONTEND,
	IPSVC_A_FLOW_FRONTEND_PORT,
	IPSVC_A_FLOW_ENDPOINT,
	IPSVC_A_FLOW_ENDPOINT_PORT,
	IPSVC_A_FLOW_MASQUERADE,
	IPSVC_A_FLOW_MASQUERADE_PORT,
	IPSVC_A_FLOW_STATE,
	IPSVC_A_FLOW_EXPIRES,

	__IPSVC_A_FLOW_MAX,
	IPSVC_A_FLOW_MAX = (__IPSVC_A_FLOW_MAX - 1)
};

/**
 * enum ipsvc_affinity_attr - which endpoint a client has
 * @IPSVC_A_AFFINITY_SERVICE: string, name of the service port, or what those that
 *	share have in common
 * @IPSVC_A_AFFINITY_FAMILY: u8, AF_INET or AF_INET6
 * @IPSVC_A_AFFINITY_CLIENT: struct in6_addr, bits beyond the prefix zero
 * @IPSVC_A_AFFINITY_ENDPOINT: struct in6_addr
 * @IPSVC_A_AFFINITY_ENDPOINT_PORT: be16
 * @IPSVC_A_AFFINITY_EXPIRES: u32, milliseconds until it is forgotten
 */
enum ipsvc_affinity_attr {
	IPSVC_A_AFFINITY_SERVICE = 1,
	IPSVC_A_AFFINITY_FAMILY,
	IPSVC_A_AFFINITY_CLIENT,
	IPSVC_A_AFFINITY_ENDPOINT,
	IPSVC_A_AFFINITY_ENDPOINT_PORT,
	IPSVC_A_AFFINITY_EXPIRES,

	__IPSVC_A_AFFINITY_MAX,
	IPSVC_A_AFFINITY_MAX = (__IPSVC_A_AFFINITY_MAX - 1)
};

/**
 * enum ipsvc_explain_attr - a packet that is asked about, and the answer
 * @IPSVC_A_EXPLAIN_FAMILY: u8, AF_INET or AF_INET6
 * @IPSVC_A_EXPLAIN_PROTOCOL: u8
 * @IPSVC_A_EXPLAIN_SOURCE: struct in6_addr
 * @IPSVC_A_EXPLAIN_SOURCE_PORT: be16
 * @IPSVC_A_EXPLAIN_DESTINATION: struct in6_addr
 * @IPSVC_A_EXPLAIN_DESTINATION_PORT: be16
 * @IPSVC_A_EXPLAIN_IFINDEX: u32, of the link it arrives by
 * @IPSVC_A_EXPLAIN_MARK: u32, fwmark of the packet; 0 if absent
 * @IPSVC_A_EXPLAIN_ACTION: u8, enum ipsvc_action (answers, like what follows)
 * @IPSVC_A_EXPLAIN_REASON: string, name of the counter of such packets
 * @IPSVC_A_EXPLAIN_SERVICE: string
 * @IPSVC_A_EXPLAIN_FRONTEND: nested enum ipsvc_frontend_attr
 * @IPSVC_A_EXPLAIN_SCHEDULER: u8, enum ipsvc_scheduler
 * @IPSVC_A_EXPLAIN_LOCAL: flag, the traffic policy of the frontend counts, which is
 *	Local
 * @IPSVC_A_EXPLAIN_DIRECT: flag, the destination is an endpoint: the packet gets a
 *	flow that reserves its tuple
 * @IPSVC_A_EXPLAIN_ENDPOINTS: nested list of IPSVC_A_ENDPOINT
 * @IPSVC_A_EXPLAIN_OMITTED: u32, endpoints that are not in it
 * @IPSVC_A_EXPLAIN_MASQUERADE: u8, enum ipsvc_masquerade
 * @IPSVC_A_EXPLAIN_SEEN_SOURCE: struct in6_addr, what the endpoint sees
 */
enum ipsvc_explain_attr {
	IPSVC_A_EXPLAIN_FAMILY = 1,
	IPSVC_A_EXPLAIN_PROTOCOL,
	IPSVC_A_EXPLAIN_SOURCE,
	IPSVC_A_EXPLAIN_SOURCE_PORT,
	IPSVC_A_EXPLAIN_DESTINATION,
	IPSVC_A_EXPLAIN_DESTINATION_PORT,
	IPSVC_A_EXPLAIN_IFINDEX,
	IPSVC_A_EXPLAIN_MARK,
	IPSVC_A_EXPLAIN_ACTION,
	IPSVC_A_EXPLAIN_REASON,
	IPSVC_A_EXPLAIN_SERVICE,
	IPSVC_A_EXPLAIN_FRONTEND,
	IPSVC_A_EXPLAIN_SCHEDULER,
	IPSVC_A_EXPLAIN_LOCAL,
	IPSVC_A_EXPLAIN_DIRECT,
	IPSVC_A_EXPLAIN_ENDPOINTS,
	IPSVC_A_EXPLAIN_OMITTED,
	IPSVC_A_EXPLAIN_MASQUERADE,
	IPSVC_A_EXPLAIN_SEEN_SOURCE,

	__IPSVC_A_EXPLAIN_MAX,
	IPSVC_A_EXPLAIN_MAX = (__IPSVC_A_EXPLAIN_MAX - 1)
};

/**
 * enum ipsvc_stat_attr - a counter
 * @IPSVC_A_STAT_NAME: string, one of those in kmod/stats.h; names are stable
 * @IPSVC_A_STAT_VALUE: uint, packets or events since the instance exists
 */
enum ipsvc_stat_attr {
	IPSVC_A_STAT_NAME = 1,
	IPSVC_A_STAT_VALUE,

	__IPSVC_A_STAT_MAX,
	IPSVC_A_STAT_MAX = (__IPSVC_A_STAT_MAX - 1)
};

/**
 * enum ipsvc_instance_attr - the instance
 * @IPSVC_A_INSTANCE_IFINDEX: u32, of its link
 * @IPSVC_A_INSTANCE_IFNAME: string
 * @IPSVC_A_INSTANCE_GENERATION: u32
 * @IPSVC_A_INSTANCE_SERVICES: u32, how many there are
 * @IPSVC_A_INSTANCE_SERVICES_MAX: u32, how many there may be
 * @IPSVC_A_INSTANCE_ENDPOINTS: u32
 * @IPSVC_A_INSTANCE_ENDPOINTS_MAX: u32
 * @IPSVC_A_INSTANCE_FLOWS: u32
 * @IPSVC_A_INSTANCE_FLOWS_MAX: u32
 * @IPSVC_A_INSTANCE_VERSION: string, of the module
 * @IPSVC_A_INSTANCE_CLUSTER_ADDRESS: struct in6_addr, IPv4 mapped, the bits
 *	beyond the prefix zero; absent in answers if it is not known
 * @IPSVC_A_INSTANCE_CLUSTER_PREFIX: u8, length of its prefix as an IPv4 address
 * @IPSVC_A_INSTANCE_CLUSTER6_ADDRESS: struct in6_addr, the same of IPv6
 * @IPSVC_A_INSTANCE_CLUSTER6_PREFIX: u8, length of its prefix
 * @IPSVC_A_INSTANCE_CLUSTER_LINK: string, up to 16 bytes: the link that packets of
 *	clients within the cluster arrive by, or how the names of such links begin and
 *	"+"; empty for none; absent in answers if it is not known
 */
enum ipsvc_instance_attr {
	IPSVC_A_INSTANCE_IFINDEX = 1,
	IPSVC_A_INSTANCE_IFNAME,
	IPSVC_A_INSTANCE_GENERATION,
	IPSVC_A_INSTANCE_SERVICES,
	IPSVC_A_INSTANCE_SERVICES_MAX,
	IPSVC_A_INSTANCE_ENDPOINTS,
	IPSVC_A_INSTANCE_ENDPOINTS_MAX,
	IPSVC_A_INSTANCE_FLOWS,
	IPSVC_A_INSTANCE_FLOWS_MAX,
	IPSVC_A_INSTANCE_VERSION,
	IPSVC_A_INSTANCE_CLUSTER_ADDRESS,
	IPSVC_A_INSTANCE_CLUSTER_PREFIX,
	IPSVC_A_INSTANCE_CLUSTER6_ADDRESS,
	IPSVC_A_INSTANCE_CLUSTER6_PREFIX,
	IPSVC_A_INSTANCE_CLUSTER_LINK,

	__IPSVC_A_INSTANCE_MAX,
	IPSVC_A_INSTANCE_MAX = (__IPSVC_A_INSTANCE_MAX - 1)
};

#endif /* _UAPI_LINUX_IPSVC_H */
