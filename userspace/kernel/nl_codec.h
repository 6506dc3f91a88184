/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Internal to the netlink code: between messages of include/uapi/linux/ipsvc.h
 * and the structures of state.h and nl.h. No sockets, so tests and fuzzers run
 * it without a kernel.
 */
#ifndef IPSVC_NL_CODEC_H
#define IPSVC_NL_CODEC_H

#include <netlink/msg.h>

#include "diff.h"
#include "nl.h"
#include "state.h"

/* Of a request. A service port is one attribute of it: 65,535 bytes at most. */
#define IPSVC_NL_MESSAGE_MAX	(32 * 1024)

/* ---- nl_encode.c -------------------------------------------------------- */

struct ipsvc_nl_messages {
	struct nl_msg **items;
	size_t n, cap;
};

/* A request of @family's command @cmd without attributes. */
struct nl_msg *ipsvc_nl_message_new(int family, uint8_t cmd, int flags);

/*
 * @ops in messages of at most @max bytes, in their order. A service port is in
 * one message or, where it does not fit even alone, in a SERVICE_PUT and as many
 * SERVICE_APPEND as it takes, which need a transaction. A nonzero @txn is put
 * into each. Returns 0, or -EMSGSIZE on account of the frontends and ranges of the service
 * *@culprit, @out is empty then.
 */
int ipsvc_nl_encode(const struct ipsvc_ops *ops, int family, uint32_t txn,
		    size_t max, struct ipsvc_nl_messages *out,
		    const struct ipsvc_kservice **culprit);
void ipsvc_nl_messages_free(struct ipsvc_nl_messages *msgs);

/* IPSVC_A_SERVICE{NAME, FAMILY}: which one a request is about. */
int ipsvc_nl_put_key(struct nl_msg *msg, const char *name, uint8_t family);
/*
 * IPSVC_A_INSTANCE{CLUSTER_ADDRESS, CLUSTER_PREFIX} and the same of IPv6; of a
 * family that @cluster has no network of, the prefix alone, which is 0. And
 * CLUSTER_LINK, empty where @link is NULL.
 */
int ipsvc_nl_put_cluster(struct nl_msg *msg, const struct ipsvc_cidrs *cluster,
			 const char *link);
/* IPSVC_A_FLOW and IPSVC_A_AFFINITY, in part: which are meant. */
int ipsvc_nl_put_flow_filter(struct nl_msg *msg,
			     const struct ipsvc_nl_filter *filter);
int ipsvc_nl_put_affinity_filter(struct nl_msg *msg,
				 const struct ipsvc_nl_filter *filter);
/* A whole one. */
int ipsvc_nl_put_affinity(struct nl_msg *msg,
			  const struct ipsvc_nl_affinity *affinity);

/* IPSVC_A_EXPLAIN: the packet. */
int ipsvc_nl_put_packet(struct nl_msg *msg,
			const struct ipsvc_nl_packet *packet);

/* ---- nl_decode.c -------------------------------------------------------- */

/*
 * All return 0, or -EBADMSG for what the protocol does not allow. They look at
 * the attributes behind the generic netlink header of @nlh.
 */

/*
 * Appends the service ports of a message to @st. One that has the key of the
 * last of @st continues it. One without a protocol has 0: it was removed, or it
 * continues what is not there. st->generation becomes IPSVC_A_GENERATION if that
 * is there.
 */
int ipsvc_nl_decode_services(const struct nlmsghdr *nlh, struct ipsvc_state *st);
int ipsvc_nl_decode_instance(const struct nlmsghdr *nlh,
			     struct ipsvc_nl_instance *out);
/* IPSVC_A_TXN or IPSVC_A_GENERATION; *@value stays when it is absent. */
int ipsvc_nl_decode_u32(const struct nlmsghdr *nlh, int attr, uint32_t *value);

/* Who is told of each flow, client or counter of a message. */
struct ipsvc_nl_flow_sink {
	void (*cb)(const struct ipsvc_nl_flow *flow, void *arg);
	void *arg;
};

struct ipsvc_nl_affinity_sink {
	void (*cb)(const struct ipsvc_nl_affinity *affinity, void *arg);
	void *arg;
};

struct ipsvc_nl_stat_sink {
	void (*cb)(const char *name, uint64_t value, void *arg);
	void *arg;
};

/* Each an ipsvc_nl_answer, whose argument is the sink of that name. */
int ipsvc_nl_decode_flows(const struct nlmsghdr *nlh, void *flow_sink);
int ipsvc_nl_decode_affinity(const struct nlmsghdr *nlh, void *affinity_sink);
int ipsvc_nl_decode_stats(const struct nlmsghdr *nlh, void *stat_sink);

/* All but in_flow, which is about another attribute. */
int ipsvc_nl_decode_explanation(const struct nlmsghdr *nlh,
				struct ipsvc_nl_explanation *out);
/* enum ipsvc_cmd of a message that is long enough to have one, else 0. */
uint8_t ipsvc_nl_command(const struct nlmsghdr *nlh);

/*
 * What is at @offset of a request of ours, in words: "service default/web,
 * endpoint 10.0.0.1:80". NULL if there is nothing to say; the caller frees it.
 */
char *ipsvc_nl_locate(const struct nlmsghdr *request, uint32_t offset);
/* The same for programs; place->service is to be freed. */
void ipsvc_nl_find_place(const struct nlmsghdr *request, uint32_t offset,
			 struct ipsvc_nl_place *place);

#endif
