// SPDX-License-Identifier: GPL-2.0-or-later
#include "nl_codec.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

static int put_addr(struct nl_msg *msg, int attr, const struct in6_addr *addr)
{
	return nla_put(msg, attr, sizeof(*addr), addr);
}

static int put_frontend(struct nl_msg *msg, const struct ipsvc_frontend *fe)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_FRONTEND);

	if (!nest || nla_put_u8(msg, IPSVC_A_FRONTEND_CLASS, fe->class) ||
	    nla_put_u16(msg, IPSVC_A_FRONTEND_PORT, htons(fe->port)) ||
	    (fe->flags && nla_put_u32(msg, IPSVC_A_FRONTEND_FLAGS, fe->flags)) ||
	    /* A node port has no address. */
	    (!IN6_IS_ADDR_UNSPECIFIED(&fe->addr) &&
	     put_addr(msg, IPSVC_A_FRONTEND_ADDRESS, &fe->addr)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_endpoint(struct nl_msg *msg, const struct ipsvc_endpoint *ep)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_ENDPOINT);

	if (!nest || put_addr(msg, IPSVC_A_ENDPOINT_ADDRESS, &ep->addr) ||
	    nla_put_u16(msg, IPSVC_A_ENDPOINT_PORT, htons(ep->port)) ||
	    (ep->flags && nla_put_u32(msg, IPSVC_A_ENDPOINT_FLAGS, ep->flags)) ||
	    (ep->weight != 1 &&
	     nla_put_u16(msg, IPSVC_A_ENDPOINT_WEIGHT, ep->weight)) ||
	    (ep->flows_max &&
	     nla_put_u32(msg, IPSVC_A_ENDPOINT_FLOWS_MAX, ep->flows_max)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_frontends(struct nl_msg *msg, const struct ipsvc_kservice *svc)
{
	struct nlattr *list = nla_nest_start(msg, IPSVC_A_SERVICE_FRONTENDS);
	size_t i;

	if (!list)
		return -EMSGSIZE;
	for (i = 0; i < svc->nfrontends; i++)
		if (put_frontend(msg, &svc->frontends[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, list);
	return 0;
}

static int put_range(struct nl_msg *msg, const struct ipsvc_range *range)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_RANGE);

	if (!nest || put_addr(msg, IPSVC_A_RANGE_ADDRESS, &range->cidr.net) ||
	    nla_put_u8(msg, IPSVC_A_RANGE_PREFIX,
		       (uint8_t)range->cidr.prefix) ||
	    (range->flags &&
	     nla_put_u32(msg, IPSVC_A_RANGE_FLAGS, range->flags)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_ranges(struct nl_msg *msg, const struct ipsvc_kservice *svc)
{
	struct nlattr *list = nla_nest_start(msg, IPSVC_A_SERVICE_RANGES);

	if (!list)
		return -EMSGSIZE;
	for (size_t i = 0; i < svc->nranges; i++)
		if (put_range(msg, &svc->ranges[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, list);
	return 0;
}

/* As many as fit, from *@next on, which becomes the first that does not. */
static int put_endpoints(struct nl_msg *msg, const struct ipsvc_kservice *svc,
			 size_t *next)
{
	struct nlattr *list = nla_nest_start(msg, IPSVC_A_SERVICE_ENDPOINTS);
	size_t first = *next;
	uint32_t before;

	while (list && *next < svc->nendpoints) {
		before = nlmsg_hdr(msg)->nlmsg_len;
		if (put_endpoint(msg, &svc->endpoints[*next])) {
			nlmsg_hdr(msg)->nlmsg_len = before;
			break;
		}
		++*next;
	}
	if (*next == first && first < svc->nendpoints)
		return -EMSGSIZE;
	nla_nest_end(msg, list);
	return 0;
}

static int put_affinity_options(struct nl_msg *msg,
				const struct ipsvc_koptions *options)
{
	if ((options->affinity_timeout &&
	     nla_put_u32(msg, IPSVC_A_SERVICE_AFFINITY_TIMEOUT,
			 options->affinity_timeout)) ||
	    (options->affinity_prefix &&
	     nla_put_u8(msg, IPSVC_A_SERVICE_AFFINITY_PREFIX,
			options->affinity_prefix)))
		return -EMSGSIZE;
	return 0;
}

static int put_options(struct nl_msg *msg, const struct ipsvc_koptions *options)
{
	static const struct ipsvc_koptions none;

	if ((options->scheduler &&
	     nla_put_u8(msg, IPSVC_A_SERVICE_SCHEDULER, options->scheduler)) ||
	    (options->flags &&
	     nla_put_u32(msg, IPSVC_A_SERVICE_FLAGS, options->flags)) ||
	    (memcmp(options->hash_key, none.hash_key, sizeof(none.hash_key)) &&
	     nla_put(msg, IPSVC_A_SERVICE_HASH_KEY, sizeof(options->hash_key),
		     options->hash_key)) ||
	    (options->hash_size &&
	     nla_put_u32(msg, IPSVC_A_SERVICE_HASH_SIZE, options->hash_size)))
		return -EMSGSIZE;
	return put_affinity_options(msg, options);
}

/*
 * The part of a service port that @cmd takes. With SERVICE_PUT and
 * SERVICE_APPEND, the endpoints from *@next on that fit.
 */
static int put_part(struct nl_msg *msg, uint8_t cmd,
		    const struct ipsvc_kservice *svc, size_t *next)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_SERVICE);

	if (!nest || nla_put_string(msg, IPSVC_A_SERVICE_NAME, svc->name) ||
	    nla_put_u8(msg, IPSVC_A_SERVICE_FAMILY, svc->family))
		return -EMSGSIZE;
	if (cmd == IPSVC_CMD_SERVICE_PUT &&
	    (nla_put_u8(msg, IPSVC_A_SERVICE_PROTOCOL, svc->protocol) ||
	     put_options(msg, &svc->options) ||
	     (svc->nfrontends && put_frontends(msg, svc)) ||
	     (svc->nranges && put_ranges(msg, svc))))
		return -EMSGSIZE;
	if (cmd != IPSVC_CMD_SERVICE_DEL && *next < svc->nendpoints &&
	    put_endpoints(msg, svc, next))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* The requests that are being made. */
struct encoder {
	struct ipsvc_nl_messages *out;
	int family;
	uint32_t txn;
	size_t max;
	struct nl_msg *msg;	/* the last of @out */
	uint8_t cmd;		/* its command */
};

static void start_message(struct encoder *e, uint8_t cmd)
{
	struct ipsvc_nl_messages *out = e->out;

	e->msg = message_of_size(e->family, cmd, 0, e->max);
	e->cmd = cmd;
	if (e->txn && nla_put_u32(e->msg, IPSVC_A_TXN, e->txn))
		abort();
	out->items = ipsvc_grow(out->items, out->n, &out->cap,
				sizeof(*out->items));
	out->items[out->n++] = e->msg;
}

/* All of it behind what is in the message already, or nothing. */
static bool put_whole(struct encoder *e, uint8_t cmd,
		      const struct ipsvc_kservice *svc)
{
	uint32_t before;
	size_t next = 0;

	if (!e->msg || e->cmd != cmd)
		return false;
	before = nlmsg_hdr(e->msg)->nlmsg_len;
	if (!put_part(e->msg, cmd, svc, &next) &&
	    (cmd == IPSVC_CMD_SERVICE_DEL || next == svc->nendpoints))
		return true;
	nlmsg_hdr(e->msg)->nlmsg_len = before;
	return false;
}

static int encode_op(struct encoder *e, const struct ipsvc_op *op)
{
	uint8_t cmd = op->want ? IPSVC_CMD_SERVICE_PUT : IPSVC_CMD_SERVICE_DEL;
	const struct ipsvc_kservice *svc = ipsvc_op_service(op);
	size_t next = 0;

	if (put_whole(e, cmd, svc))
		return 0;
	do {
		start_message(e, cmd);
		if (put_part(e->msg, cmd, svc, &next))
			return -EMSGSIZE;
		cmd = IPSVC_CMD_SERVICE_APPEND;
	} while (op->want && next < svc->nendpoints);
	return 0;
}

int ipsvc_nl_encode(const struct ipsvc_ops *ops, int family, uint32_t txn,
		    size_t max, struct ipsvc_nl_messages *out,
		    const struct ipsvc_kservice **culprit)
{
	struct encoder e = {
		.out = out, .family = family, .txn = txn, .max = max,
	};
	size_t i;

	for (i = 0; i < ops->n; i++) {
		if (!encode_op(&e, &ops->items[i]))
			continue;
		*culprit = ipsvc_op_service(&ops->items[i]);
		ipsvc_nl_messages_free(out);
		return -EMSGSIZE;
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

int ipsvc_nl_put_key(struct nl_msg *msg, const char *name, uint8_t family)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_SERVICE);

	if (!nest || nla_put_string(msg, IPSVC_A_SERVICE_NAME, name) ||
	    nla_put_u8(msg, IPSVC_A_SERVICE_FAMILY, family))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_network(struct nl_msg *msg, int address, int prefix,
		       const struct ipsvc_cidr *network)
{
	if (!network)
		return nla_put_u8(msg, prefix, 0);
	return nla_put_u8(msg, prefix, (uint8_t)network->prefix) ?:
	       put_addr(msg, address, &network->net);
}

int ipsvc_nl_put_cluster(struct nl_msg *msg, const struct ipsvc_cidrs *cluster,
			 const char *link)
{
	const struct in6_addr any4 = ipsvc_ip_from4((struct in_addr){0});
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_INSTANCE);

	if (!nest ||
	    put_network(msg, IPSVC_A_INSTANCE_CLUSTER_ADDRESS,
			IPSVC_A_INSTANCE_CLUSTER_PREFIX,
			ipsvc_cidrs_like(cluster, &any4)) ||
	    put_network(msg, IPSVC_A_INSTANCE_CLUSTER6_ADDRESS,
			IPSVC_A_INSTANCE_CLUSTER6_PREFIX,
			ipsvc_cidrs_like(cluster, &in6addr_any)) ||
	    nla_put_string(msg, IPSVC_A_INSTANCE_CLUSTER_LINK,
			   link ? link : ""))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ipsvc_nl_put_affinity_filter(struct nl_msg *msg,
				 const struct ipsvc_nl_filter *f)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_AFFINITY);

	if (!nest ||
	    (f->service &&
	     nla_put_string(msg, IPSVC_A_AFFINITY_SERVICE, f->service)) ||
	    (f->family && nla_put_u8(msg, IPSVC_A_AFFINITY_FAMILY, f->family)) ||
	    (!IN6_IS_ADDR_UNSPECIFIED(&f->client.addr) &&
	     put_addr(msg, IPSVC_A_AFFINITY_CLIENT, &f->client.addr)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ipsvc_nl_put_affinity(struct nl_msg *msg,
			  const struct ipsvc_nl_affinity *affinity)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_AFFINITY);

	if (!nest ||
	    nla_put_string(msg, IPSVC_A_AFFINITY_SERVICE, affinity->service) ||
	    nla_put_u8(msg, IPSVC_A_AFFINITY_FAMILY, affinity->family) ||
	    put_addr(msg, IPSVC_A_AFFINITY_CLIENT, &affinity->client) ||
	    put_addr(msg, IPSVC_A_AFFINITY_ENDPOINT, &affinity->endpoint) ||
	    nla_put_u16(msg, IPSVC_A_AFFINITY_ENDPOINT_PORT,
			htons(affinity->port)) ||
	    nla_put_u32(msg, IPSVC_A_AFFINITY_EXPIRES, affinity->expires_ms))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_end(struct nl_msg *msg, int addr, int port,
		   const struct ipsvc_nl_end *end)
{
	if (!IN6_IS_ADDR_UNSPECIFIED(&end->addr) &&
	    put_addr(msg, addr, &end->addr))
		return -EMSGSIZE;
	return end->port ? nla_put_u16(msg, port, htons(end->port)) : 0;
}

static int put_ends(struct nl_msg *msg, const struct ipsvc_nl_filter *f)
{
	return put_end(msg, IPSVC_A_FLOW_CLIENT, IPSVC_A_FLOW_CLIENT_PORT,
		       &f->client) ?:
	       put_end(msg, IPSVC_A_FLOW_FRONTEND, IPSVC_A_FLOW_FRONTEND_PORT,
		       &f->frontend) ?:
	       put_end(msg, IPSVC_A_FLOW_ENDPOINT, IPSVC_A_FLOW_ENDPOINT_PORT,
		       &f->endpoint) ?:
	       put_end(msg, IPSVC_A_FLOW_MASQUERADE,
		       IPSVC_A_FLOW_MASQUERADE_PORT, &f->masquerade);
}

int ipsvc_nl_put_flow_filter(struct nl_msg *msg,
			     const struct ipsvc_nl_filter *f)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_FLOW);

	if (!nest ||
	    (f->service &&
	     nla_put_string(msg, IPSVC_A_FLOW_SERVICE, f->service)) ||
	    (f->family && nla_put_u8(msg, IPSVC_A_FLOW_FAMILY, f->family)) ||
	    (f->protocol &&
	     nla_put_u8(msg, IPSVC_A_FLOW_PROTOCOL, f->protocol)) ||
	    put_ends(msg, f) ||
	    (f->state && nla_put_u8(msg, IPSVC_A_FLOW_STATE, f->state)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ipsvc_nl_put_packet(struct nl_msg *msg, const struct ipsvc_nl_packet *packet)
{
	struct nlattr *nest = nla_nest_start(msg, IPSVC_A_EXPLAIN);

	if (!nest ||
	    nla_put_u8(msg, IPSVC_A_EXPLAIN_FAMILY, packet->family) ||
	    nla_put_u8(msg, IPSVC_A_EXPLAIN_PROTOCOL, packet->protocol) ||
	    put_addr(msg, IPSVC_A_EXPLAIN_DESTINATION, &packet->destination) ||
	    nla_put_u16(msg, IPSVC_A_EXPLAIN_DESTINATION_PORT,
			htons(packet->destination_port)) ||
	    nla_put_u16(msg, IPSVC_A_EXPLAIN_SOURCE_PORT,
			htons(packet->source_port)) ||
	    nla_put_u32(msg, IPSVC_A_EXPLAIN_MARK, packet->mark))
		return -EMSGSIZE;
	if (!IN6_IS_ADDR_UNSPECIFIED(&packet->source) &&
	    put_addr(msg, IPSVC_A_EXPLAIN_SOURCE, &packet->source))
		return -EMSGSIZE;
	if (packet->ifindex &&
	    nla_put_u32(msg, IPSVC_A_EXPLAIN_IFINDEX, packet->ifindex))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
