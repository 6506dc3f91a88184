// SPDX-License-Identifier: GPL-2.0-or-later
#include "nl_codec.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* An unsigned number in four bytes, or eight if it needs them. */
#define UINT_POLICY { .minlen = sizeof(uint32_t), .maxlen = sizeof(uint64_t) }

#define ADDR_POLICY { .minlen = sizeof(struct in6_addr), \
		      .maxlen = sizeof(struct in6_addr) }

/* libnl's policies are not const in its interface, though it does not write. */
static struct nla_policy service_policy[IPSVC_A_SERVICE_MAX + 1] = {
	[IPSVC_A_SERVICE_NAME] = { .type = NLA_STRING,
				   .maxlen = IPSVC_SERVICE_NAME_MAX + 1 },
	[IPSVC_A_SERVICE_FAMILY] = { .type = NLA_U8 },
	[IPSVC_A_SERVICE_PROTOCOL] = { .type = NLA_U8 },
	[IPSVC_A_SERVICE_FRONTENDS] = { .type = NLA_NESTED },
	[IPSVC_A_SERVICE_ENDPOINTS] = { .type = NLA_NESTED },
	[IPSVC_A_SERVICE_CONNECTIONS] = UINT_POLICY,
	[IPSVC_A_SERVICE_FLOWS] = { .type = NLA_U32 },
	[IPSVC_A_SERVICE_SCHEDULER] = { .type = NLA_U8 },
	[IPSVC_A_SERVICE_FLAGS] = { .type = NLA_U32 },
	[IPSVC_A_SERVICE_HASH_KEY] = { .minlen = 16, .maxlen = 16 },
	[IPSVC_A_SERVICE_HASH_SIZE] = { .type = NLA_U32 },
	[IPSVC_A_SERVICE_AFFINITY_TIMEOUT] = { .type = NLA_U32 },
	[IPSVC_A_SERVICE_AFFINITY_PREFIX] = { .type = NLA_U8 },
	[IPSVC_A_SERVICE_RANGES] = { .type = NLA_NESTED },
};

static struct nla_policy frontend_policy[IPSVC_A_FRONTEND_MAX + 1] = {
	[IPSVC_A_FRONTEND_CLASS] = { .type = NLA_U8 },
	[IPSVC_A_FRONTEND_ADDRESS] = ADDR_POLICY,
	[IPSVC_A_FRONTEND_PORT] = { .type = NLA_U16 },
	[IPSVC_A_FRONTEND_FLAGS] = { .type = NLA_U32 },
};

static struct nla_policy endpoint_policy[IPSVC_A_ENDPOINT_MAX + 1] = {
	[IPSVC_A_ENDPOINT_ADDRESS] = ADDR_POLICY,
	[IPSVC_A_ENDPOINT_PORT] = { .type = NLA_U16 },
	[IPSVC_A_ENDPOINT_FLAGS] = { .type = NLA_U32 },
	[IPSVC_A_ENDPOINT_CONNECTIONS] = UINT_POLICY,
	[IPSVC_A_ENDPOINT_FLOWS] = { .type = NLA_U32 },
	[IPSVC_A_ENDPOINT_WEIGHT] = { .type = NLA_U16 },
	[IPSVC_A_ENDPOINT_FLOWS_MAX] = { .type = NLA_U32 },
	[IPSVC_A_ENDPOINT_STANDING] = { .type = NLA_U8 },
};

static struct nla_policy range_policy[IPSVC_A_RANGE_MAX + 1] = {
	[IPSVC_A_RANGE_ADDRESS] = ADDR_POLICY,
	[IPSVC_A_RANGE_PREFIX] = { .type = NLA_U8 },
	[IPSVC_A_RANGE_FLAGS] = { .type = NLA_U32 },
};

static struct nla_policy flow_policy[IPSVC_A_FLOW_MAX + 1] = {
	[IPSVC_A_FLOW_SERVICE] = { .type = NLA_STRING },
	[IPSVC_A_FLOW_FAMILY] = { .type = NLA_U8 },
	[IPSVC_A_FLOW_PROTOCOL] = { .type = NLA_U8 },
	[IPSVC_A_FLOW_CLIENT] = ADDR_POLICY,
	[IPSVC_A_FLOW_CLIENT_PORT] = { .type = NLA_U16 },
	[IPSVC_A_FLOW_FRONTEND] = ADDR_POLICY,
	[IPSVC_A_FLOW_FRONTEND_PORT] = { .type = NLA_U16 },
	[IPSVC_A_FLOW_ENDPOINT] = ADDR_POLICY,
	[IPSVC_A_FLOW_ENDPOINT_PORT] = { .type = NLA_U16 },
	[IPSVC_A_FLOW_MASQUERADE] = ADDR_POLICY,
	[IPSVC_A_FLOW_MASQUERADE_PORT] = { .type = NLA_U16 },
	[IPSVC_A_FLOW_STATE] = { .type = NLA_U8 },
	[IPSVC_A_FLOW_EXPIRES] = { .type = NLA_U32 },
};

static struct nla_policy affinity_policy[IPSVC_A_AFFINITY_MAX + 1] = {
	[IPSVC_A_AFFINITY_SERVICE] = { .type = NLA_STRING },
	[IPSVC_A_AFFINITY_FAMILY] = { .type = NLA_U8 },
	[IPSVC_A_AFFINITY_CLIENT] = ADDR_POLICY,
	[IPSVC_A_AFFINITY_ENDPOINT] = ADDR_POLICY,
	[IPSVC_A_AFFINITY_ENDPOINT_PORT] = { .type = NLA_U16 },
	[IPSVC_A_AFFINITY_EXPIRES] = { .type = NLA_U32 },
};

static struct nla_policy explain_policy[IPSVC_A_EXPLAIN_MAX + 1] = {
	[IPSVC_A_EXPLAIN_SOURCE] = ADDR_POLICY,
	[IPSVC_A_EXPLAIN_IFINDEX] = { .type = NLA_U32 },
	[IPSVC_A_EXPLAIN_ACTION] = { .type = NLA_U8 },
	[IPSVC_A_EXPLAIN_REASON] = { .type = NLA_STRING },
	[IPSVC_A_EXPLAIN_SERVICE] = { .type = NLA_STRING,
				      .maxlen = IPSVC_SERVICE_NAME_MAX + 1 },
	[IPSVC_A_EXPLAIN_FRONTEND] = { .type = NLA_NESTED },
	[IPSVC_A_EXPLAIN_SCHEDULER] = { .type = NLA_U8 },
	[IPSVC_A_EXPLAIN_ENDPOINTS] = { .type = NLA_NESTED },
	[IPSVC_A_EXPLAIN_OMITTED] = { .type = NLA_U32 },
	[IPSVC_A_EXPLAIN_MASQUERADE] = { .type = NLA_U8 },
	[IPSVC_A_EXPLAIN_SEEN_SOURCE] = ADDR_POLICY,
};

static struct nla_policy stat_policy[IPSVC_A_STAT_MAX + 1] = {
	[IPSVC_A_STAT_NAME] = { .type = NLA_STRING },
	[IPSVC_A_STAT_VALUE] = UINT_POLICY,
};

static struct nla_policy instance_policy[IPSVC_A_INSTANCE_MAX + 1] = {
	[IPSVC_A_INSTANCE_IFINDEX] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_IFNAME] = { .type = NLA_STRING },
	[IPSVC_A_INSTANCE_GENERATION] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_SERVICES] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_SERVICES_MAX] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_ENDPOINTS] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_ENDPOINTS_MAX] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_FLOWS] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_FLOWS_MAX] = { .type = NLA_U32 },
	[IPSVC_A_INSTANCE_VERSION] = { .type = NLA_STRING },
	[IPSVC_A_INSTANCE_CLUSTER_ADDRESS] = ADDR_POLICY,
	[IPSVC_A_INSTANCE_CLUSTER_PREFIX] = { .type = NLA_U8 },
	[IPSVC_A_INSTANCE_CLUSTER6_ADDRESS] = ADDR_POLICY,
	[IPSVC_A_INSTANCE_CLUSTER6_PREFIX] = { .type = NLA_U8 },
	[IPSVC_A_INSTANCE_CLUSTER_LINK] = { .type = NLA_STRING },
};

#define HEADERS	(NLMSG_HDRLEN + GENL_HDRLEN)

uint8_t ipsvc_nl_command(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = nlmsg_data(nlh);

	return nlh->nlmsg_len < HEADERS ? 0 : genl->cmd;
}

/*
 * Attributes that @what() is called for; it returns 0 or a negative errno. What
 * is left behind the last attribute is an error: the message was cut.
 */
static int each_attr(struct nlattr *pos, int rem, int type,
		     int (*what)(struct nlattr *attr, void *arg), void *arg)
{
	int err;

	for (; nla_ok(pos, rem); pos = nla_next(pos, &rem)) {
		if (nla_type(pos) != type)
			continue;
		err = what(pos, arg);
		if (err)
			return err;
	}
	return rem > 0 ? -EBADMSG : 0;
}

static int each_top(const struct nlmsghdr *nlh, int type,
		    int (*what)(struct nlattr *attr, void *arg), void *arg)
{
	if (nlh->nlmsg_len < HEADERS)
		return -EBADMSG;
	return each_attr((struct nlattr *)((char *)nlh + HEADERS),
			 (int)(nlh->nlmsg_len - HEADERS), type, what, arg);
}

static int each_nested(struct nlattr *nest, int type,
		       int (*what)(struct nlattr *attr, void *arg), void *arg)
{
	return each_attr(nla_data(nest), nla_len(nest), type, what, arg);
}

static uint32_t u32_or(struct nlattr *attr, uint32_t otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

static uint8_t u8_or(struct nlattr *attr, uint8_t otherwise)
{
	return attr ? nla_get_u8(attr) : otherwise;
}

static uint64_t uint_of(struct nlattr *attr)
{
	uint64_t wide;

	if (nla_len(attr) < (int)sizeof(wide))
		return nla_get_u32(attr);
	memcpy(&wide, nla_data(attr), sizeof(wide));
	return wide;
}

static uint16_t port_of(struct nlattr *attr)
{
	return attr ? ntohs(nla_get_u16(attr)) : 0;
}

static struct in6_addr addr_of(struct nlattr *attr)
{
	struct in6_addr addr = in6addr_any;

	if (attr)
		memcpy(&addr, nla_data(attr), sizeof(addr));
	return addr;
}

/* ---- services ----------------------------------------------------------- */

static int decode_frontend(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_FRONTEND_MAX + 1];
	struct ipsvc_kservice *svc = arg;
	struct in6_addr addr;

	if (nla_parse_nested(tb, IPSVC_A_FRONTEND_MAX, attr, frontend_policy) ||
	    !tb[IPSVC_A_FRONTEND_CLASS] || !tb[IPSVC_A_FRONTEND_PORT])
		return -EBADMSG;
	addr = addr_of(tb[IPSVC_A_FRONTEND_ADDRESS]);
	ipsvc_kservice_add_frontend(svc, nla_get_u8(tb[IPSVC_A_FRONTEND_CLASS]),
				    &addr, port_of(tb[IPSVC_A_FRONTEND_PORT]),
				    u32_or(tb[IPSVC_A_FRONTEND_FLAGS], 0));
	return 0;
}

static int decode_endpoint(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_ENDPOINT_MAX + 1];
	struct ipsvc_kservice *svc = arg;
	struct ipsvc_endpoint *ep;
	struct in6_addr addr;

	if (nla_parse_nested(tb, IPSVC_A_ENDPOINT_MAX, attr, endpoint_policy) ||
	    !tb[IPSVC_A_ENDPOINT_ADDRESS] || !tb[IPSVC_A_ENDPOINT_PORT])
		return -EBADMSG;
	addr = addr_of(tb[IPSVC_A_ENDPOINT_ADDRESS]);
	ep = ipsvc_kservice_add_endpoint(svc, &addr,
					 port_of(tb[IPSVC_A_ENDPOINT_PORT]),
					 u32_or(tb[IPSVC_A_ENDPOINT_FLAGS], 0));
	if (tb[IPSVC_A_ENDPOINT_WEIGHT])
		ep->weight = nla_get_u16(tb[IPSVC_A_ENDPOINT_WEIGHT]);
	ep->flows_max = u32_or(tb[IPSVC_A_ENDPOINT_FLOWS_MAX], 0);
	if (tb[IPSVC_A_ENDPOINT_CONNECTIONS])
		ep->connections = uint_of(tb[IPSVC_A_ENDPOINT_CONNECTIONS]);
	ep->flows = u32_or(tb[IPSVC_A_ENDPOINT_FLOWS], 0);
	ep->standing = u8_or(tb[IPSVC_A_ENDPOINT_STANDING], 0);
	return 0;
}

/* The service to decode into: the last of @st if it is continued, else new. */
static struct ipsvc_kservice *target(struct ipsvc_state *st, const char *name,
				     uint8_t family)
{
	struct ipsvc_kservice *last = st->n ? &st->services[st->n - 1] : NULL;

	if (last && last->family == family && !strcmp(last->name, name))
		return last;
	return ipsvc_state_add(st, name, family, 0);
}

static int decode_range(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_RANGE_MAX + 1];
	struct ipsvc_cidr cidr;

	if (nla_parse_nested(tb, IPSVC_A_RANGE_MAX, attr, range_policy) ||
	    !tb[IPSVC_A_RANGE_ADDRESS] || !tb[IPSVC_A_RANGE_PREFIX])
		return -EBADMSG;
	cidr = (struct ipsvc_cidr){
		.net = addr_of(tb[IPSVC_A_RANGE_ADDRESS]),
		.prefix = nla_get_u8(tb[IPSVC_A_RANGE_PREFIX]),
	};
	ipsvc_kservice_add_range(arg, &cidr, u32_or(tb[IPSVC_A_RANGE_FLAGS], 0) &
				 IPSVC_RANGE_F_DENY);
	return 0;
}

/* A message that continues a service has no options: what was decoded stays. */
static void decode_options(struct nlattr **tb, struct ipsvc_koptions *options)
{
	if (tb[IPSVC_A_SERVICE_SCHEDULER])
		options->scheduler = nla_get_u8(tb[IPSVC_A_SERVICE_SCHEDULER]);
	options->flags = u32_or(tb[IPSVC_A_SERVICE_FLAGS], options->flags);
	options->hash_size = u32_or(tb[IPSVC_A_SERVICE_HASH_SIZE],
				    options->hash_size);
	options->affinity_timeout = u32_or(tb[IPSVC_A_SERVICE_AFFINITY_TIMEOUT],
					   options->affinity_timeout);
	if (tb[IPSVC_A_SERVICE_AFFINITY_PREFIX])
		options->affinity_prefix =
			nla_get_u8(tb[IPSVC_A_SERVICE_AFFINITY_PREFIX]);
	if (tb[IPSVC_A_SERVICE_HASH_KEY])
		memcpy(options->hash_key, nla_data(tb[IPSVC_A_SERVICE_HASH_KEY]),
		       sizeof(options->hash_key));
}

static int decode_service(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_SERVICE_MAX + 1];
	struct ipsvc_state *st = arg;
	struct ipsvc_kservice *svc;
	int err = 0;

	if (nla_parse_nested(tb, IPSVC_A_SERVICE_MAX, attr, service_policy) ||
	    !tb[IPSVC_A_SERVICE_NAME] || !tb[IPSVC_A_SERVICE_FAMILY] ||
	    !*nla_get_string(tb[IPSVC_A_SERVICE_NAME]))
		return -EBADMSG;
	svc = target(st, nla_get_string(tb[IPSVC_A_SERVICE_NAME]),
		     nla_get_u8(tb[IPSVC_A_SERVICE_FAMILY]));
	/* Not in a continuation, nor in the key of one that is gone. */
	if (tb[IPSVC_A_SERVICE_PROTOCOL])
		svc->protocol = nla_get_u8(tb[IPSVC_A_SERVICE_PROTOCOL]);
	if (tb[IPSVC_A_SERVICE_CONNECTIONS])
		svc->connections = uint_of(tb[IPSVC_A_SERVICE_CONNECTIONS]);
	svc->flows = u32_or(tb[IPSVC_A_SERVICE_FLOWS], svc->flows);
	decode_options(tb, &svc->options);
	if (tb[IPSVC_A_SERVICE_FRONTENDS])
		err = each_nested(tb[IPSVC_A_SERVICE_FRONTENDS],
				  IPSVC_A_FRONTEND, decode_frontend, svc);
	if (!err && tb[IPSVC_A_SERVICE_ENDPOINTS])
		err = each_nested(tb[IPSVC_A_SERVICE_ENDPOINTS],
				  IPSVC_A_ENDPOINT, decode_endpoint, svc);
	if (!err && tb[IPSVC_A_SERVICE_RANGES])
		err = each_nested(tb[IPSVC_A_SERVICE_RANGES], IPSVC_A_RANGE,
				  decode_range, svc);
	return err;
}

int ipsvc_nl_decode_services(const struct nlmsghdr *nlh, struct ipsvc_state *st)
{
	int err = each_top(nlh, IPSVC_A_SERVICE, decode_service, st);

	return err ? err : ipsvc_nl_decode_u32(nlh, IPSVC_A_GENERATION,
					       &st->generation);
}

/* ---- the rest ----------------------------------------------------------- */

static int decode_u32(struct nlattr *attr, void *arg)
{
	if (nla_len(attr) < (int)sizeof(uint32_t))
		return -EBADMSG;
	*(uint32_t *)arg = nla_get_u32(attr);
	return 0;
}

int ipsvc_nl_decode_u32(const struct nlmsghdr *nlh, int attr, uint32_t *value)
{
	return each_top(nlh, attr, decode_u32, value);
}

static void copy_string(char *to, size_t size, struct nlattr *attr)
{
	if (attr)
		nla_strlcpy(to, attr, size);
}

static void add_network(struct ipsvc_cidrs *to, struct nlattr *address,
			struct nlattr *prefix)
{
	if (!address || !prefix)
		return;
	to->items[to->n++] = (struct ipsvc_cidr){
		.net = addr_of(address), .prefix = nla_get_u8(prefix),
	};
}

static int decode_instance(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_INSTANCE_MAX + 1];
	struct ipsvc_nl_instance *out = arg;

	if (nla_parse_nested(tb, IPSVC_A_INSTANCE_MAX, attr, instance_policy))
		return -EBADMSG;
	out->ifindex = u32_or(tb[IPSVC_A_INSTANCE_IFINDEX], 0);
	out->generation = u32_or(tb[IPSVC_A_INSTANCE_GENERATION], 0);
	out->services = u32_or(tb[IPSVC_A_INSTANCE_SERVICES], 0);
	out->services_max = u32_or(tb[IPSVC_A_INSTANCE_SERVICES_MAX], 0);
	out->endpoints = u32_or(tb[IPSVC_A_INSTANCE_ENDPOINTS], 0);
	out->endpoints_max = u32_or(tb[IPSVC_A_INSTANCE_ENDPOINTS_MAX], 0);
	out->flows = u32_or(tb[IPSVC_A_INSTANCE_FLOWS], 0);
	out->flows_max = u32_or(tb[IPSVC_A_INSTANCE_FLOWS_MAX], 0);
	add_network(&out->cluster, tb[IPSVC_A_INSTANCE_CLUSTER_ADDRESS],
		    tb[IPSVC_A_INSTANCE_CLUSTER_PREFIX]);
	add_network(&out->cluster, tb[IPSVC_A_INSTANCE_CLUSTER6_ADDRESS],
		    tb[IPSVC_A_INSTANCE_CLUSTER6_PREFIX]);
	copy_string(out->cluster_link, sizeof(out->cluster_link),
		    tb[IPSVC_A_INSTANCE_CLUSTER_LINK]);
	copy_string(out->ifname, sizeof(out->ifname),
		    tb[IPSVC_A_INSTANCE_IFNAME]);
	copy_string(out->version, sizeof(out->version),
		    tb[IPSVC_A_INSTANCE_VERSION]);
	return 0;
}

int ipsvc_nl_decode_instance(const struct nlmsghdr *nlh,
			     struct ipsvc_nl_instance *out)
{
	memset(out, 0, sizeof(*out));
	return each_top(nlh, IPSVC_A_INSTANCE, decode_instance, out);
}

static int decode_flow(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_FLOW_MAX + 1];
	const struct ipsvc_nl_flow_sink *sink = arg;
	struct ipsvc_nl_flow flow;

	if (nla_parse_nested(tb, IPSVC_A_FLOW_MAX, attr, flow_policy) ||
	    !tb[IPSVC_A_FLOW_FAMILY] || !tb[IPSVC_A_FLOW_PROTOCOL] ||
	    !tb[IPSVC_A_FLOW_CLIENT] || !tb[IPSVC_A_FLOW_FRONTEND] ||
	    !tb[IPSVC_A_FLOW_ENDPOINT])
		return -EBADMSG;
	memset(&flow, 0, sizeof(flow));
	if (tb[IPSVC_A_FLOW_SERVICE])
		flow.service = nla_get_string(tb[IPSVC_A_FLOW_SERVICE]);
	flow.family = nla_get_u8(tb[IPSVC_A_FLOW_FAMILY]);
	flow.protocol = nla_get_u8(tb[IPSVC_A_FLOW_PROTOCOL]);
	if (tb[IPSVC_A_FLOW_STATE])
		flow.state = nla_get_u8(tb[IPSVC_A_FLOW_STATE]);
	flow.client = addr_of(tb[IPSVC_A_FLOW_CLIENT]);
	flow.frontend = addr_of(tb[IPSVC_A_FLOW_FRONTEND]);
	flow.endpoint = addr_of(tb[IPSVC_A_FLOW_ENDPOINT]);
	flow.masquerade = addr_of(tb[IPSVC_A_FLOW_MASQUERADE]);
	flow.client_port = port_of(tb[IPSVC_A_FLOW_CLIENT_PORT]);
	flow.frontend_port = port_of(tb[IPSVC_A_FLOW_FRONTEND_PORT]);
	flow.endpoint_port = port_of(tb[IPSVC_A_FLOW_ENDPOINT_PORT]);
	flow.masquerade_port = port_of(tb[IPSVC_A_FLOW_MASQUERADE_PORT]);
	flow.expires_ms = u32_or(tb[IPSVC_A_FLOW_EXPIRES], 0);
	sink->cb(&flow, sink->arg);
	return 0;
}

int ipsvc_nl_decode_flows(const struct nlmsghdr *nlh, void *flow_sink)
{
	return each_top(nlh, IPSVC_A_FLOW, decode_flow, flow_sink);
}

static int decode_affinity(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_AFFINITY_MAX + 1];
	const struct ipsvc_nl_affinity_sink *sink = arg;
	struct ipsvc_nl_affinity affinity;

	if (nla_parse_nested(tb, IPSVC_A_AFFINITY_MAX, attr, affinity_policy))
		return -EBADMSG;
	for (int i = 1; i <= IPSVC_A_AFFINITY_EXPIRES; i++)
		if (!tb[i])
			return -EBADMSG;
	affinity = (struct ipsvc_nl_affinity){
		.service = nla_get_string(tb[IPSVC_A_AFFINITY_SERVICE]),
		.family = nla_get_u8(tb[IPSVC_A_AFFINITY_FAMILY]),
		.client = addr_of(tb[IPSVC_A_AFFINITY_CLIENT]),
		.endpoint = addr_of(tb[IPSVC_A_AFFINITY_ENDPOINT]),
		.port = port_of(tb[IPSVC_A_AFFINITY_ENDPOINT_PORT]),
		.expires_ms = nla_get_u32(tb[IPSVC_A_AFFINITY_EXPIRES]),
	};
	sink->cb(&affinity, sink->arg);
	return 0;
}

int ipsvc_nl_decode_affinity(const struct nlmsghdr *nlh, void *affinity_sink)
{
	return each_top(nlh, IPSVC_A_AFFINITY, decode_affinity, affinity_sink);
}

static int decode_choice(struct nlattr **tb, struct ipsvc_nl_explanation *out)
{
	struct ipsvc_kservice *svc = &out->service;
	int err = 0;

	if (!tb[IPSVC_A_EXPLAIN_SERVICE])
		return 0;
	free(svc->name);
	svc->name = xstrdup(nla_get_string(tb[IPSVC_A_EXPLAIN_SERVICE]));
	svc->options.scheduler = u8_or(tb[IPSVC_A_EXPLAIN_SCHEDULER], 0);
	if (!tb[IPSVC_A_EXPLAIN_FRONTEND] ||
	    decode_frontend(tb[IPSVC_A_EXPLAIN_FRONTEND], svc))
		return -EBADMSG;
	if (tb[IPSVC_A_EXPLAIN_ENDPOINTS])
		err = each_nested(tb[IPSVC_A_EXPLAIN_ENDPOINTS],
				  IPSVC_A_ENDPOINT, decode_endpoint, svc);
	return err;
}

static int decode_explanation(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_EXPLAIN_MAX + 1];
	struct ipsvc_nl_explanation *out = arg;

	if (nla_parse_nested(tb, IPSVC_A_EXPLAIN_MAX, attr, explain_policy) ||
	    !tb[IPSVC_A_EXPLAIN_ACTION] || !tb[IPSVC_A_EXPLAIN_SOURCE])
		return -EBADMSG;
	out->source = addr_of(tb[IPSVC_A_EXPLAIN_SOURCE]);
	out->ifindex = u32_or(tb[IPSVC_A_EXPLAIN_IFINDEX], 0);
	out->action = nla_get_u8(tb[IPSVC_A_EXPLAIN_ACTION]);
	copy_string(out->reason, sizeof(out->reason),
		    tb[IPSVC_A_EXPLAIN_REASON]);
	out->direct = tb[IPSVC_A_EXPLAIN_DIRECT];
	out->local = tb[IPSVC_A_EXPLAIN_LOCAL];
	out->omitted = u32_or(tb[IPSVC_A_EXPLAIN_OMITTED], 0);
	out->masquerade = u8_or(tb[IPSVC_A_EXPLAIN_MASQUERADE], 0);
	out->seen_source = addr_of(tb[IPSVC_A_EXPLAIN_SEEN_SOURCE]);
	return decode_choice(tb, out);
}

int ipsvc_nl_decode_explanation(const struct nlmsghdr *nlh,
				struct ipsvc_nl_explanation *out)
{
	return each_top(nlh, IPSVC_A_EXPLAIN, decode_explanation, out);
}

static int decode_stat(struct nlattr *attr, void *arg)
{
	struct nlattr *tb[IPSVC_A_STAT_MAX + 1];
	const struct ipsvc_nl_stat_sink *sink = arg;

	if (nla_parse_nested(tb, IPSVC_A_STAT_MAX, attr, stat_policy) ||
	    !tb[IPSVC_A_STAT_NAME] || !tb[IPSVC_A_STAT_VALUE])
		return -EBADMSG;
	sink->cb(nla_get_string(tb[IPSVC_A_STAT_NAME]),
		 uint_of(tb[IPSVC_A_STAT_VALUE]), sink->arg);
	return 0;
}

int ipsvc_nl_decode_stats(const struct nlmsghdr *nlh, void *stat_sink)
{
	return each_top(nlh, IPSVC_A_STAT, decode_stat, stat_sink);
}
