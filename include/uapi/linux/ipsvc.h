/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ipsvc: Kubernetes Services in the kernel. Generic netlink protocol.
 *
 * The source of names, types and ranges is
 * Documentation/netlink/specs/ipsvc.yaml; this header is the manual.
 *
 * Objects
 * -------
 *
 * An *instance* is a link of kind "ipsvc" (ip link add ipsvc0 type ipsvc), at
 * most one a network namespace. Every request acts on the instance of the
 * network namespace of the socket and fails with ENODEV where there is none.
 *
 * A *service* is one port of a Kubernetes Service: a protocol, a set of
 * *frontends* (where clients connect to) and a set of *endpoints* (where they
 * end up). Its name is its key, unique in the instance; ipsvcd writes
 * "namespace/service" or "namespace/service:port".
 *
 *	IPSVC_A_SERVICE				(nested, may repeat)
 *		IPSVC_A_SERVICE_NAME		(string, 1..191 bytes)
 *		IPSVC_A_SERVICE_PROTOCOL	(u8, 6 TCP or 17 UDP)
 *		IPSVC_A_SERVICE_FRONTENDS	(nested)
 *			IPSVC_A_FRONTEND	(nested, may repeat)
 *				IPSVC_A_FRONTEND_CLASS	 (u8)
 *				IPSVC_A_FRONTEND_ADDRESS4 (be32)
 *				IPSVC_A_FRONTEND_PORT	 (be16)
 *		IPSVC_A_SERVICE_ENDPOINTS	(nested)
 *			IPSVC_A_ENDPOINT	(nested, may repeat)
 *				IPSVC_A_ENDPOINT_ADDRESS4 (be32)
 *				IPSVC_A_ENDPOINT_PORT	 (be16)
 *				IPSVC_A_ENDPOINT_FLAGS	 (u32)
 *
 * Changing services
 * -----------------
 *
 * IPSVC_CMD_SERVICE_NEW creates services: name and protocol are needed,
 * frontends and endpoints may be left out. EEXIST if there is one already.
 *
 * IPSVC_CMD_SERVICE_SET changes services: what is given replaces what was, what
 * is absent stays. An empty IPSVC_A_SERVICE_ENDPOINTS removes all endpoints,
 * its absence keeps them. The protocol cannot change. ENOENT if there is none.
 *
 * IPSVC_CMD_SERVICE_DEL removes services by name. ENOENT if there is none.
 *
 * A request with several IPSVC_A_SERVICE is all or nothing: a refused request
 * changes nothing. Each refusal carries an extended ACK with a sentence and,
 * where there is one, the offset of the offending attribute; but before Linux
 * 6.3 not that of a dump, where the kernel has no place for it.
 *
 * A frontend belongs to one service only. A request may move it from one
 * service to another; clients see the old or the new owner, never none. What a
 * packet sees is old or new as well, a frontend and its service at a time: while
 * a request with many services is applied, one of them may be ahead of another.
 *
 * Transactions
 * ------------
 *
 * What does not fit in one message is staged: IPSVC_CMD_TXN_BEGIN answers with
 * IPSVC_A_TXN, a cookie that the changes then carry. A change that carries it is
 * checked as it arrives and remembered; nothing is visible before
 * IPSVC_CMD_TXN_COMMIT, which applies all or nothing and answers with the new
 * IPSVC_A_GENERATION; either way the transaction is over. IPSVC_CMD_TXN_ABORT, or
 * closing the socket, forgets what was staged. An instance has one open
 * transaction at most (EBUSY), and as long as one is open, changes without its
 * cookie are refused with EBUSY as well.
 * IPSVC_A_GENERATION in IPSVC_CMD_TXN_BEGIN makes it fail with ESTALE when the
 * instance has moved on.
 *
 * The generation of an instance grows by one with each change that was applied
 * (a request or a commit, whatever the number of services in it). Where a link
 * is made anew, it goes on from that of the one before.
 *
 * Reading
 * -------
 *
 * IPSVC_CMD_SERVICE_GET with IPSVC_A_SERVICE{NAME} answers with one service,
 * dumped with all of them in no particular order. A service whose endpoints do
 * not fit in one message is continued in the next: the same name, further
 * endpoints. A dump that was overtaken by a change carries NLM_F_DUMP_INTR and
 * is to be repeated. IPSVC_CMD_FLOW_GET is dump only, of a moving table.
 *
 * Notifications
 * -------------
 *
 * Multicast group "config" gets IPSVC_CMD_SERVICE_NTF for each service created
 * or changed (as SERVICE_GET answers), IPSVC_CMD_SERVICE_DEL_NTF with the name
 * for each one removed, and then one IPSVC_CMD_COMMIT_NTF with the generation.
 * A listener that is told ENOBUFS has lost some and should dump.
 *
 * Permissions: everything that changes, and everything that shows addresses,
 * needs CAP_NET_ADMIN in the user namespace of the network namespace. Counters
 * (INSTANCE_GET, STATS_GET) are for everybody.
 */
#ifndef _UAPI_LINUX_IPSVC_H
#define _UAPI_LINUX_IPSVC_H

#define IPSVC_FAMILY_NAME	"ipsvc"
#define IPSVC_FAMILY_VERSION	1
#define IPSVC_MCGRP_CONFIG	"config"

/* Longest service name, without the terminating zero. */
#define IPSVC_SERVICE_NAME_MAX	191
/* Most frontends, and most endpoints, of one service. */
#define IPSVC_FRONTENDS_MAX	64
#define IPSVC_ENDPOINTS_MAX	1024

/**
 * enum ipsvc_frontend_class - what kind of address a frontend is
 * @IPSVC_FRONTEND_CLUSTER_IP: a virtual address of the service CIDR; has an
 *	address and a port.
 * @IPSVC_FRONTEND_NODE_PORT: a port on each local address of this node; has no
 *	address. Traffic to it is masqueraded unless it stays on the node.
 */
enum ipsvc_frontend_class {
	IPSVC_FRONTEND_CLUSTER_IP = 1,
	IPSVC_FRONTEND_NODE_PORT = 2,
};

/**
 * enum ipsvc_endpoint_flags - IPSVC_A_ENDPOINT_FLAGS
 * @IPSVC_ENDPOINT_F_DRAIN: gets no new flows, keeps those it has (UDP too). A
 *	removed endpoint loses its UDP flows at once; its TCP flows go on until
 *	they end or time out.
 */
enum ipsvc_endpoint_flags {
	IPSVC_ENDPOINT_F_DRAIN = 1,
};

/**
 * enum ipsvc_flow_state - state of a flow, IPSVC_A_FLOW_STATE
 * @IPSVC_FLOW_NEW: packets in the client's direction only
 * @IPSVC_FLOW_ESTABLISHED: packets seen in both directions
 * @IPSVC_FLOW_CLOSING: TCP, one side has sent FIN
 * @IPSVC_FLOW_CLOSED: TCP, both sides have sent FIN, or one has sent RST
 */
enum ipsvc_flow_state {
	IPSVC_FLOW_NEW = 1,
	IPSVC_FLOW_ESTABLISHED = 2,
	IPSVC_FLOW_CLOSING = 3,
	IPSVC_FLOW_CLOSED = 4,
};

/**
 * enum ipsvc_cmd - commands; who may send them, request and answer above
 * @IPSVC_CMD_INSTANCE_GET: limits, counts and generation of the instance
 * @IPSVC_CMD_SERVICE_GET: one service, or a dump of all
 * @IPSVC_CMD_SERVICE_NEW: create services
 * @IPSVC_CMD_SERVICE_SET: change services
 * @IPSVC_CMD_SERVICE_DEL: remove services
 * @IPSVC_CMD_TXN_BEGIN: open a transaction
 * @IPSVC_CMD_TXN_COMMIT: apply what was staged
 * @IPSVC_CMD_TXN_ABORT: forget what was staged
 * @IPSVC_CMD_FLOW_GET: dump of the flows
 * @IPSVC_CMD_STATS_GET: the counters by name
 * @IPSVC_CMD_SERVICE_NTF: a service was created or changed
 * @IPSVC_CMD_SERVICE_DEL_NTF: a service was removed
 * @IPSVC_CMD_COMMIT_NTF: a change is complete; the new generation
 */
enum ipsvc_cmd {
	IPSVC_CMD_INSTANCE_GET = 1,
	IPSVC_CMD_SERVICE_GET,
	IPSVC_CMD_SERVICE_NEW,
	IPSVC_CMD_SERVICE_SET,
	IPSVC_CMD_SERVICE_DEL,
	IPSVC_CMD_TXN_BEGIN,
	IPSVC_CMD_TXN_COMMIT,
	IPSVC_CMD_TXN_ABORT,
	IPSVC_CMD_FLOW_GET,
	IPSVC_CMD_STATS_GET,
	IPSVC_CMD_SERVICE_NTF,
	IPSVC_CMD_SERVICE_DEL_NTF,
	IPSVC_CMD_COMMIT_NTF,

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
 */
enum ipsvc_attr {
	IPSVC_A_SERVICE = 1,
	IPSVC_A_TXN,
	IPSVC_A_GENERATION,
	IPSVC_A_FLOW,
	IPSVC_A_STAT,
	IPSVC_A_INSTANCE,

	__IPSVC_A_MAX,
	IPSVC_A_MAX = (__IPSVC_A_MAX - 1)
};

/**
 * enum ipsvc_service_attr - a service
 * @IPSVC_A_SERVICE_NAME: string, its key
 * @IPSVC_A_SERVICE_PROTOCOL: u8, IPPROTO_TCP or IPPROTO_UDP
 * @IPSVC_A_SERVICE_FRONTENDS: nested list of IPSVC_A_FRONTEND
 * @IPSVC_A_SERVICE_ENDPOINTS: nested list of IPSVC_A_ENDPOINT
 * @IPSVC_A_SERVICE_CONNECTIONS: uint, flows created since it exists (answers)
 * @IPSVC_A_SERVICE_FLOWS: u32, flows it has now (answers)
 */
enum ipsvc_service_attr {
	IPSVC_A_SERVICE_NAME = 1,
	IPSVC_A_SERVICE_PROTOCOL,
	IPSVC_A_SERVICE_FRONTENDS,
	IPSVC_A_SERVICE_ENDPOINTS,
	IPSVC_A_SERVICE_CONNECTIONS,
	IPSVC_A_SERVICE_FLOWS,

	__IPSVC_A_SERVICE_MAX,
	IPSVC_A_SERVICE_MAX = (__IPSVC_A_SERVICE_MAX - 1)
};

/* Members of IPSVC_A_SERVICE_FRONTENDS and IPSVC_A_SERVICE_ENDPOINTS. */
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

/**
 * enum ipsvc_frontend_attr - a frontend
 * @IPSVC_A_FRONTEND_CLASS: u8, enum ipsvc_frontend_class
 * @IPSVC_A_FRONTEND_ADDRESS4: be32, not with IPSVC_FRONTEND_NODE_PORT
 * @IPSVC_A_FRONTEND_PORT: be16, not 0
 */
enum ipsvc_frontend_attr {
	IPSVC_A_FRONTEND_CLASS = 1,
	IPSVC_A_FRONTEND_ADDRESS4,
	IPSVC_A_FRONTEND_PORT,

	__IPSVC_A_FRONTEND_MAX,
	IPSVC_A_FRONTEND_MAX = (__IPSVC_A_FRONTEND_MAX - 1)
};

/**
 * enum ipsvc_endpoint_attr - an endpoint
 * @IPSVC_A_ENDPOINT_ADDRESS4: be32; unicast, not loopback, link-local or a
 *	cluster IP of this instance
 * @IPSVC_A_ENDPOINT_PORT: be16, not 0
 * @IPSVC_A_ENDPOINT_FLAGS: u32, enum ipsvc_endpoint_flags, 0 if absent
 * @IPSVC_A_ENDPOINT_CONNECTIONS: uint, flows created (answers)
 * @IPSVC_A_ENDPOINT_FLOWS: u32, flows it has now (answers)
 */
enum ipsvc_endpoint_attr {
	IPSVC_A_ENDPOINT_ADDRESS4 = 1,
	IPSVC_A_ENDPOINT_PORT,
	IPSVC_A_ENDPOINT_FLAGS,
	IPSVC_A_ENDPOINT_CONNECTIONS,
	IPSVC_A_ENDPOINT_FLOWS,

	__IPSVC_A_ENDPOINT_MAX,
	IPSVC_A_ENDPOINT_MAX = (__IPSVC_A_ENDPOINT_MAX - 1)
};

/**
 * enum ipsvc_flow_attr - a flow (answers; SERVICE and PROTOCOL filter a dump)
 * @IPSVC_A_FLOW_SERVICE: string, name of the service; absent when it is gone
 * @IPSVC_A_FLOW_PROTOCOL: u8
 * @IPSVC_A_FLOW_CLIENT4: be32, who connects
 * @IPSVC_A_FLOW_CLIENT_PORT: be16
 * @IPSVC_A_FLOW_FRONTEND4: be32, to which address
 * @IPSVC_A_FLOW_FRONTEND_PORT: be16
 * @IPSVC_A_FLOW_ENDPOINT4: be32, and ends up here
 * @IPSVC_A_FLOW_ENDPOINT_PORT: be16
 * @IPSVC_A_FLOW_MASQUERADE4: be32, source the endpoint sees; only if it is not
 *	the client
 * @IPSVC_A_FLOW_MASQUERADE_PORT: be16
 * @IPSVC_A_FLOW_STATE: u8, enum ipsvc_flow_state
 * @IPSVC_A_FLOW_EXPIRES: u32, milliseconds until it times out if idle
 */
enum ipsvc_flow_attr {
	IPSVC_A_FLOW_SERVICE = 1,
	IPSVC_A_FLOW_PROTOCOL,
	IPSVC_A_FLOW_CLIENT4,
	IPSVC_A_FLOW_CLIENT_PORT,
	IPSVC_A_FLOW_FRONTEND4,
	IPSVC_A_FLOW_FRONTEND_PORT,
	IPSVC_A_FLOW_ENDPOINT4,
	IPSVC_A_FLOW_ENDPOINT_PORT,
	IPSVC_A_FLOW_MASQUERADE4,
	IPSVC_A_FLOW_MASQUERADE_PORT,
	IPSVC_A_FLOW_STATE,
	IPSVC_A_FLOW_EXPIRES,

	__IPSVC_A_FLOW_MAX,
	IPSVC_A_FLOW_MAX = (__IPSVC_A_FLOW_MAX - 1)
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

	__IPSVC_A_INSTANCE_MAX,
	IPSVC_A_INSTANCE_MAX = (__IPSVC_A_INSTANCE_MAX - 1)
};

#endif /* _UAPI_LINUX_IPSVC_H */
