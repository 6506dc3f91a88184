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

/* A service of the most endpoints there may be fits into one message. */
#define IPSVC_NL_MESSAGE_MAX	(32 * 1024)

/* ---- nl_encode.c -------------------------------------------------------- */

struct ipsvc_nl_messages {
	struct nl_msg **items;
	size_t n, cap;
};

/* A request of @family's command @cmd without attributes. */
struct nl_msg *ipsvc_nl_message_new(int family, uint8_t cmd, int flags);

/*
 * @ops in as few messages of at most @max bytes as it takes, in their order. A
 * nonzero @txn is put into each. Returns 0, or an error on account of the
 * service *@culprit, @out is empty then: -EMSGSIZE when it does not fit into a
 * message even alone, -EAFNOSUPPORT for addresses the protocol has not.
 */
int ipsvc_nl_encode(const struct ipsvc_ops *ops, int family, uint32_t txn,
		    size_t max, struct ipsvc_nl_messages *out,
		    const struct ipsvc_kservice **culprit);
void ipsvc_nl_messages_free(struct ipsvc_nl_messages *msgs);

/* IPSVC_A_SERVICE{NAME} or IPSVC_A_FLOW{SERVICE}: whom a request is about. */
int ipsvc_nl_put_name(struct nl_msg *msg, int nest, int attr, const char *name);

/* ---- nl_decode.c -------------------------------------------------------- */

/*
 * All return 0, or -EBADMSG for what the protocol does not allow. They look at
 * the attributes behind the generic netlink header of @nlh.
 */

/*
 * Appends the services of a message to @st. One that has the name of the last
 * of @st continues it. st->generation becomes IPSVC_A_GENERATION if it is there.
 */
int ipsvc_nl_decode_services(const struct nlmsghdr *nlh, struct ipsvc_state *st);
int ipsvc_nl_decode_instance(const struct nlmsghdr *nlh,
			     struct ipsvc_nl_instance *out);
/* IPSVC_A_TXN or IPSVC_A_GENERATION; *@value stays when it is absent. */
int ipsvc_nl_decode_u32(const struct nlmsghdr *nlh, int attr, uint32_t *value);
int ipsvc_nl_decode_flows(const struct nlmsghdr *nlh,
			  void (*cb)(const struct ipsvc_nl_flow *, void *),
			  void *arg);
int ipsvc_nl_decode_stats(const struct nlmsghdr *nlh,
			  void (*cb)(const char *, uint64_t, void *), void *arg);
/* enum ipsvc_cmd of a message that is long enough to have one, else 0. */
uint8_t ipsvc_nl_command(const struct nlmsghdr *nlh);

/*
 * What is at @offset of a request of ours, in words: "service default/web,
 * endpoint 10.0.0.1:80". NULL if there is nothing to say; the caller frees it.
 */
char *ipsvc_nl_locate(const struct nlmsghdr *request, uint32_t offset);

#endif
