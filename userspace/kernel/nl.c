// SPDX-License-Identifier: GPL-2.0-or-later
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nl_internal.h"

/* How often a dump that a change overtook is taken anew. */
#define DUMP_TRIES	5
/* ---- messages ----------------------------------------------------------- */

static const char *sentence_of(int err)
{
	switch (err) {
	case -ENOENT:
		return "the ipsvc kernel module is not loaded (modprobe ipsvc)";
	case -ENODEV:
		return "no ipsvc instance in this network namespace "
		       "(ip link add ipsvc0 type ipsvc)";
	case -EPERM:
	case -EACCES:
		return "permission denied: CAP_NET_ADMIN is needed";
	case -EBUSY:
		return "another writer has a transaction open; try again";
	case -ESTALE:
		return "another writer has changed the services meanwhile";
	case -EINTR:
		return "the services change faster than they can be read; try "
		       "again";
	case -EBADMSG:
		return "the kernel module's answer is malformed; is its version "
		       "that of this program?";
	default:
		return NULL;
	}
}

const char *ipsvc_nl_strerror(int err)
{
	const char *sentence = sentence_of(err);

	return sentence ? sentence : strerror(-err);
}

const char *ipsvc_nl_message(const struct ipsvc_nl *nl)
{
	/* These say what to do, which the kernel's words do not. */
	if (nl->err == -ENODEV || nl->err == -EPERM || nl->err == -ESTALE ||
	    !nl->sock.message)
		return ipsvc_nl_strerror(nl->err);
	return nl->sock.message;
}

/* ---- open --------------------------------------------------------------- */

static int read_group(struct nlattr *list, uint32_t *group)
{
	struct nlattr *pos, *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	int rem;

	nla_for_each_nested(pos, list, rem) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, pos, NULL) ||
		    !tb[CTRL_ATTR_MCAST_GRP_NAME] || !tb[CTRL_ATTR_MCAST_GRP_ID])
			return -EBADMSG;
		if (!nla_strcmp(tb[CTRL_ATTR_MCAST_GRP_NAME], IPSVC_MCGRP_CONFIG))
			*group = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return 0;
}

static int read_family(const struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct ipsvc_nl *nl = arg;

	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX,
			NULL) ||
	    !tb[CTRL_ATTR_FAMILY_ID])
		return -EBADMSG;
	nl->family = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	return tb[CTRL_ATTR_MCAST_GROUPS] ?
	       read_group(tb[CTRL_ATTR_MCAST_GROUPS], &nl->group) : 0;
}

static int find_family(struct ipsvc_nl *nl)
{
	struct nl_msg *msg = ipsvc_nl_message_new(GENL_ID_CTRL,
						  CTRL_CMD_GETFAMILY, 0);
	int err;

	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, IPSVC_FAMILY_NAME);
	err = ipsvc_nl_request(&nl->sock, msg, read_family, nl);
	nlmsg_free(msg);
	return !err && !nl->family ? -EBADMSG : err;
}

struct ipsvc_nl *ipsvc_nl_open(int *err)
{
	struct ipsvc_nl *nl = xcalloc(1, sizeof(*nl));

	*err = ipsvc_nl_sock_open(&nl->sock, NETLINK_GENERIC);
	if (!*err) {
		*err = find_family(nl);
		nl->sock.locate = ipsvc_nl_locate;
	}
	if (*err) {
		ipsvc_nl_close(nl);
		return NULL;
	}
	return nl;
}

void ipsvc_nl_close(struct ipsvc_nl *nl)
{
	if (!nl)
		return;
	ipsvc_nl_sock_close(&nl->sock);
	ipsvc_state_free(&nl->pending);
	free(nl->refused.service);
	free(nl);
}

int ipsvc_nl_call(struct ipsvc_nl *nl, struct nl_msg *msg,
		  ipsvc_nl_answer answer, void *arg)
{
	nl->err = ipsvc_nl_request(&nl->sock, msg, answer, arg);
	nlmsg_free(msg);
	return nl->err;
}

/* ---- reading ------------------------------------------------------------ */

/* A request without attributes. */
static int get(struct ipsvc_nl *nl, uint8_t cmd, int flags,
	       ipsvc_nl_answer answer, void *arg)
{
	return ipsvc_nl_call(nl, ipsvc_nl_message_new(nl->family, cmd, flags),
			     answer, arg);
}

static int answer_instance(const struct nlmsghdr *nlh, void *arg)
{
	return ipsvc_nl_decode_instance(nlh, arg);
}

int ipsvc_nl_instance(struct ipsvc_nl *nl, struct ipsvc_nl_instance *out)
{
	memset(out, 0, sizeof(*out));
	return get(nl, IPSVC_CMD_INSTANCE_GET, 0, answer_instance, out);
}

int ipsvc_nl_set_cluster(struct ipsvc_nl *nl, const struct ipsvc_cidrs *cluster,
			 const char *link)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family,
						  IPSVC_CMD_INSTANCE_SET, 0);

	/* It fits. */
	ipsvc_nl_put_cluster(msg, cluster, link);
	return ipsvc_nl_call(nl, msg, NULL, NULL);
}

static int answer_services(const struct nlmsghdr *nlh, void *arg)
{
	return ipsvc_nl_decode_services(nlh, arg);
}

/* One dump; its generation is known if it is the same before and after. */
static int dump_services(struct ipsvc_nl *nl, struct ipsvc_state *out)
{
	struct ipsvc_nl_instance before, after;
	int err;

	err = ipsvc_nl_instance(nl, &before);
	if (err)
		return err;
	err = get(nl, IPSVC_CMD_SERVICE_GET, NLM_F_DUMP, answer_services, out);
	if (err)
		return err;
	err = ipsvc_nl_instance(nl, &after);
	if (err)
		return err;
	out->generation = after.generation;
	return before.generation == after.generation ? 0 : -EINTR;
}

int ipsvc_nl_services(struct ipsvc_nl *nl, struct ipsvc_state *out)
{
	int tries, err;

	memset(out, 0, sizeof(*out));
	for (tries = 0; tries < DUMP_TRIES; tries++) {
		err = dump_services(nl, out);
		if (!err)
			ipsvc_state_sort(out);
		else
			ipsvc_state_free(out);
		if (err != -EINTR)
			break;
	}
	nl->err = err;
	return err;
}

/* Older kernels lose the module's sentence when a dump does not even begin. */
static void say_no_service(struct ipsvc_nl *nl, const char *name)
{
	if (nl->err == -ENOENT)
		ipsvc_nl_set_message(&nl->sock, "there is no service %s", name);
}

static int name_too_long(struct ipsvc_nl *nl, struct nl_msg *msg)
{
	nlmsg_free(msg);
	ipsvc_nl_set_message(&nl->sock, "the name is too long");
	return nl->err = -ENAMETOOLONG;
}

/* One whose answer is too large for a message, from a dump of all. */
static int find_service(struct ipsvc_nl *nl, const char *name, uint8_t family,
			struct ipsvc_state *out)
{
	struct ipsvc_state all;
	int err = ipsvc_nl_services(nl, &all);

	for (size_t i = 0; i < all.n && !out->n; i++) {
		struct ipsvc_kservice *svc = &all.services[i];

		if (svc->family != family || strcmp(svc->name, name))
			continue;
		ipsvc_state_move(out, svc);
	}
	ipsvc_state_free(&all);
	if (!err && !out->n)
		err = nl->err = -ENOENT;
	return err;
}

int ipsvc_nl_service(struct ipsvc_nl *nl, const char *name, uint8_t family,
		     struct ipsvc_state *out)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family,
						  IPSVC_CMD_SERVICE_GET, 0);
	int err;

	memset(out, 0, sizeof(*out));
	if (ipsvc_nl_put_key(msg, name, family))
		return name_too_long(nl, msg);
	err = ipsvc_nl_call(nl, msg, answer_services, out);
	if (err)
		ipsvc_state_free(out);
	if (err == -EMSGSIZE)
		err = find_service(nl, name, family, out);
	else
		ipsvc_state_sort(out);
	say_no_service(nl, name);
	return err;
}

static int about_flows(struct ipsvc_nl *nl, uint8_t cmd, int flags,
		       const struct ipsvc_nl_filter *filter,
		       ipsvc_nl_answer answer, void *arg)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family, cmd, flags);
	int err;

	if (ipsvc_nl_put_flow_filter(msg, filter))
		return name_too_long(nl, msg);
	err = ipsvc_nl_call(nl, msg, answer, arg);
	if (filter->service)
		say_no_service(nl, filter->service);
	return err;
}

int ipsvc_nl_flows(struct ipsvc_nl *nl, const struct ipsvc_nl_filter *filter,
		   void (*cb)(const struct ipsvc_nl_flow *flow, void *arg),
		   void *arg)
{
	struct ipsvc_nl_flow_sink sink = { cb, arg };
	int err = about_flows(nl, IPSVC_CMD_FLOW_GET, NLM_F_DUMP, filter,
			      ipsvc_nl_decode_flows, &sink);

	/* The table is never still; what was seen was there. */
	return nl->err = err == -EINTR ? 0 : err;
}

int ipsvc_nl_flow_delete(struct ipsvc_nl *nl,
			 const struct ipsvc_nl_filter *filter)
{
	return about_flows(nl, IPSVC_CMD_FLOW_DEL, 0, filter, NULL, NULL);
}

/* A request about what is known of clients. */
static int about_affinity(struct ipsvc_nl *nl, uint8_t cmd, int flags,
			  const struct ipsvc_nl_filter *filter,
			  ipsvc_nl_answer answer, void *arg)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family, cmd, flags);
	int err;

	if (ipsvc_nl_put_affinity_filter(msg, filter))
		return name_too_long(nl, msg);
	err = ipsvc_nl_call(nl, msg, answer, arg);
	if (err == -ENOENT)
		ipsvc_nl_set_message(&nl->sock,
				     "there is no service %s with affinity",
				     filter->service);
	return err;
}

int ipsvc_nl_affinities(struct ipsvc_nl *nl,
			const struct ipsvc_nl_filter *filter,
			void (*cb)(const struct ipsvc_nl_affinity *affinity,
				   void *arg),
			void *arg)
{
	struct ipsvc_nl_affinity_sink sink = { cb, arg };

	return about_affinity(nl, IPSVC_CMD_AFFINITY_GET, NLM_F_DUMP, filter,
			      ipsvc_nl_decode_affinity, &sink);
}

int ipsvc_nl_affinity_flush(struct ipsvc_nl *nl,
			    const struct ipsvc_nl_filter *filter)
{
	return about_affinity(nl, IPSVC_CMD_AFFINITY_DEL, 0, filter, NULL,
			      NULL);
}

int ipsvc_nl_affinity_put(struct ipsvc_nl *nl,
			  const struct ipsvc_nl_affinity *affinity)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family,
						  IPSVC_CMD_AFFINITY_PUT, 0);

	if (ipsvc_nl_put_affinity(msg, affinity))
		return name_too_long(nl, msg);
	return ipsvc_nl_call(nl, msg, NULL, NULL);
}

struct explain_sink {
	struct ipsvc_nl_explanation *out;
	struct ipsvc_nl_flow_sink flow, caller;
};

static void note_flow(const struct ipsvc_nl_flow *flow, void *arg)
{
	struct explain_sink *sink = arg;

	sink->out->in_flow = true;
	sink->caller.cb(flow, sink->caller.arg);
}

static int answer_explanation(const struct nlmsghdr *nlh, void *arg)
{
	struct explain_sink *sink = arg;

	return ipsvc_nl_decode_explanation(nlh, sink->out) ?:
	       ipsvc_nl_decode_flows(nlh, &sink->flow);
}

int ipsvc_nl_explain(struct ipsvc_nl *nl, const struct ipsvc_nl_packet *packet,
		     struct ipsvc_nl_explanation *out,
		     void (*flow)(const struct ipsvc_nl_flow *flow, void *arg),
		     void *arg)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family, IPSVC_CMD_EXPLAIN,
						  0);
	struct explain_sink sink = {
		.out = out, .flow = { note_flow, &sink }, .caller = { flow, arg },
	};

	memset(out, 0, sizeof(*out));
	/* It fits. */
	ipsvc_nl_put_packet(msg, packet);
	return ipsvc_nl_call(nl, msg, answer_explanation, &sink);
}

int ipsvc_nl_stats(struct ipsvc_nl *nl,
		   void (*cb)(const char *name, uint64_t value, void *arg),
		   void *arg)
{
	struct ipsvc_nl_stat_sink sink = { cb, arg };

	return get(nl, IPSVC_CMD_STATS_GET, 0, ipsvc_nl_decode_stats, &sink);
}
