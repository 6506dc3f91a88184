// SPDX-License-Identifier: GPL-2.0-or-later
#include "nl_codec.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static const uint8_t commands[] = {
	[IPSVC_OP_DEL] = IPSVC_CMD_SERVICE_DEL,
	[IPSVC_OP_SET] = IPSVC_CMD_SERVICE_SET,
	[IPSVC_OP_NEW] = IPSVC_CMD_SERVICE_NEW,
};

static struct nl_msg *message_of_size(int family, uint8_t cmd, int flags,
				      size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size);

	/* The port and the sequence number are filled in when it is sent. */
	if (!msg || !genlmsg_put(msg, 0, 0, family, 0, flags, cmd,
				 IPSVC_FAMILY_VERSION))
		abort();
	return msg;
}

struct nl_msg *ipsvc_nl_message_new(int family, uint8_t cmd, int flags)
{
	return message_of_size(family, cmd, flags, 4096);
}

static int put_addr4(struct nl_msg *msg, int attr, const struct ipsvc_addr *addr)
{
	/* The protocol has IPv4 only so far. */
	if (addr->family != AF_INET)
		return -EAFNOSUPPORT;
	return nla_put_u32(msg, attr, addr->ip4.s_addr) ? -EMSGSIZE : 0;
}

static int put_frontend(struct nl_msg *msg, const struct ipsvc_frontend *fe)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_FRONTEND);
	int err;

	if (!nest || nla_put_u8(msg, IPSVC_A_FRONTEND_CLASS, fe->class) ||
	    nla_put_u16(msg, IPSVC_A_FRONTEND_PORT, htons(fe->port)))
		return -EMSGSIZE;
	/* A node port has no address. */
	if (fe->addr.family != AF_UNSPEC) {
		err = put_addr4(msg, IPSVC_A_FRONTEND_ADDRESS4, &fe->addr);
		if (err)
			return err;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int put_endpoint(struct nl_msg *msg, const struct ipsvc_endpoint *ep)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_ENDPOINT);
	int err;

	if (!nest || nla_put_u16(msg, IPSVC_A_ENDPOINT_PORT, htons(ep->port)) ||
	    (ep->flags &&
	     nla_put_u32(msg, IPSVC_A_ENDPOINT_FLAGS, ep->flags)))
		return -EMSGSIZE;
	err = put_addr4(msg, IPSVC_A_ENDPOINT_ADDRESS4, &ep->addr);
	if (err)
		return err;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_frontends(struct nl_msg *msg, const struct ipsvc_kservice *svc)
{
	struct nlattr *list = nla_nest_start(msg, IPSVC_A_SERVICE_FRONTENDS);
	int err = list ? 0 : -EMSGSIZE;
	size_t i;

	for (i = 0; !err && i < svc->nfrontends; i++)
		err = put_frontend(msg, &svc->frontends[i]);
	/* Empty says "none", so it must not vanish as nla_nest_end() has it. */
	if (!err && nla_nest_end_keep_empty(msg, list))
		err = -EMSGSIZE;
	return err;
}

static int put_endpoints(struct nl_msg *msg, const struct ipsvc_kservice *svc)
{
	struct nlattr *list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	int err = list ? 0 : -EMSGSIZE;
	size_t i;

	for (i = 0; !err && i < svc->nendpoints; i++)
		err = put_endpoint(msg, &svc->endpoints[i]);
	if (!err && nla_nest_end_keep_empty(msg, list))
		err = -EMSGSIZE;
	return err;
}

static int put_service(struct nl_msg *msg, const struct ipsvc_op *op)
{
	const struct ipsvc_kservice *svc = op->svc;
	bool is_new = op->type == IPSVC_OP_NEW, set = op->type == IPSVC_OP_SET;
	int err = 0;

	if (nla_put_string(msg, IPSVC_A_SERVICE_NAME, svc->name) ||
	    (is_new && nla_put_u8(msg, IPSVC_A_SERVICE_PROTOCOL, svc->protocol)))
		return -EMSGSIZE;
	if (set ? op->frontends : is_new && svc->nfrontends)
		err = put_frontends(msg, svc);
	if (!err && (set ? op->endpoints : is_new && svc->nendpoints))
		err = put_endpoints(msg, svc);
	return err;
}

/* Leaves @msg as it was when it does not fit. */
static int put_op(struct nl_msg *msg, const struct ipsvc_op *op)
{
	uint32_t before = nlmsg_hdr(msg)->nlmsg_len;
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_SERVICE);
	int err = nest ? put_service(msg, op) : -EMSGSIZE;

	if (err)
		nlmsg_hdr(msg)->nlmsg_len = before;
	else
		nla_nest_end(msg, nest);
	return err;
}

static struct nl_msg *add_message(struct ipsvc_nl_messages *out, int family,
				  uint32_t txn, size_t max,
				  enum ipsvc_op_type type)
{
	struct nl_msg *msg = message_of_size(family, commands[type], 0, max);

	if (txn && nla_put_u32(msg, IPSVC_A_TXN, txn))
		abort();
	out->items = ipsvc_grow(out->items, out->n, &out->cap,
				sizeof(*out->items));
	out->items[out->n++] = msg;
	return msg;
}

int ipsvc_nl_encode(const struct ipsvc_ops *ops, int family, uint32_t txn,
		    size_t max, struct ipsvc_nl_messages *out,
		    const struct ipsvc_kservice **culprit)
{
	struct nl_msg *msg = NULL;
	size_t i;
	int err;

	for (i = 0; i < ops->n; i++) {
		const struct ipsvc_op *op = &ops->items[i];

		if (msg && op->type == op[-1].type && !put_op(msg, op))
			continue;
		msg = add_message(out, family, txn, max, op->type);
		err = put_op(msg, op);
		if (err) {
			*culprit = op->svc;
			ipsvc_nl_messages_free(out);
			return err;
		}
	}
	return 0;
}

void ipsvc_nl_messages_free(struct ipsvc_nl_messages *msgs)
{
	size_t i;

	for (i = 0; i < msgs->n; i++)
		nlmsg_free(msgs->items[i]);
	free(msgs->items);
	memset(msgs, 0, sizeof(*msgs));
}

int ipsvc_nl_put_name(struct nl_msg *msg, int nest, int attr, const char *name)
{
	struct nlattr *start = nla_nest_start(msg, nest);

	if (!start || nla_put_string(msg, attr, name))
		return -EMSGSIZE;
	nla_nest_end(msg, start);
	return 0;
}
