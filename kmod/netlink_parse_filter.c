// SPDX-License-Identifier: GPL-2.0
/* From attributes that say which clients, flows or packets are meant. */
#include <net/genetlink.h>
#include <linux/ipsvc.h>

#include "explain.h"
#include "netlink.h"
#include "netlink_parse.h"

static u32 get_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static __be16 get_port(const struct nlattr *attr)
{
	return attr ? nla_get_be16(attr) : 0;
}

/* What only a whole one has. */
static int parse_affinity_endpoint(struct nlattr **tb,
				   struct ipsvc_affinity_spec *spec,
				   struct netlink_ext_ack *extack)
{
	int err = ipsvc_parse_of_family(tb[IPSVC_A_AFFINITY_CLIENT],
					spec->family, &spec->client, extack) ?:
		  ipsvc_parse_of_family(tb[IPSVC_A_AFFINITY_ENDPOINT],
					spec->family, &spec->endpoint, extack);

	if (err)
		return err;
	spec->port = nla_get_be16(tb[IPSVC_A_AFFINITY_ENDPOINT_PORT]);
	spec->expires = nla_get_u32(tb[IPSVC_A_AFFINITY_EXPIRES]);
	if (spec->expires <= IPSVC_AFFINITY_TIMEOUT_MAX * MSEC_PER_SEC)
		return 0;
	return ipsvc_refuse(extack, tb[IPSVC_A_AFFINITY_EXPIRES], -ERANGE,
			    "no affinity lasts that long");
}

int ipsvc_parse_affinity(const struct nlattr *nest, bool whole,
			 struct ipsvc_affinity_spec *spec,
			 struct netlink_ext_ack *extack)
{
	int max = whole ? IPSVC_A_AFFINITY_EXPIRES : IPSVC_A_AFFINITY_CLIENT;
	struct nlattr *tb[IPSVC_A_AFFINITY_EXPIRES + 1];
	unsigned long all = GENMASK(IPSVC_A_AFFINITY_EXPIRES,
				    IPSVC_A_AFFINITY_SERVICE);
	int err;

	memset(spec, 0, sizeof(*spec));
	spec->attr = nest;
	err = ipsvc_parse_nest(tb, max, whole ? all : 0, nest, extack);
	if (!err && tb[IPSVC_A_AFFINITY_SERVICE]) {
		spec->service = nla_data(tb[IPSVC_A_AFFINITY_SERVICE]);
		err = ipsvc_parse_name(tb[IPSVC_A_AFFINITY_SERVICE], extack);
	}
	if (!err && tb[IPSVC_A_AFFINITY_FAMILY])
		err = ipsvc_parse_family(tb[IPSVC_A_AFFINITY_FAMILY],
					 &spec->family, extack);
	if (!err && tb[IPSVC_A_AFFINITY_CLIENT]) {
		nla_memcpy(&spec->client, tb[IPSVC_A_AFFINITY_CLIENT],
			   sizeof(spec->client));
		spec->has_client = true;
	}
	if (!err && whole)
		err = parse_affinity_endpoint(tb, spec, extack);
	return err;
}

int ipsvc_parse_explain(const struct nlattr *nest,
			struct ipsvc_explain_query *query,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_EXPLAIN_MARK + 1], *source, *ifindex;
	struct ipsvc_tuple *tuple = &query->tuple;
	union ipsvc_addr saddr = {}, daddr;
	int err;

	memset(query, 0, sizeof(*query));
	err = ipsvc_parse_nest(tb, IPSVC_A_EXPLAIN_MARK,
			       BIT(IPSVC_A_EXPLAIN_FAMILY) |
			       BIT(IPSVC_A_EXPLAIN_PROTOCOL) |
			       BIT(IPSVC_A_EXPLAIN_DESTINATION) |
			       BIT(IPSVC_A_EXPLAIN_DESTINATION_PORT), nest,
			       extack);
	err = err ?: ipsvc_parse_family(tb[IPSVC_A_EXPLAIN_FAMILY],
					&tuple->family, extack);
	err = err ?: ipsvc_parse_proto(tb[IPSVC_A_EXPLAIN_PROTOCOL],
				       &tuple->proto, extack);
	err = err ?: ipsvc_parse_of_family(tb[IPSVC_A_EXPLAIN_DESTINATION],
					   tuple->family, &daddr, extack);
	source = err ? NULL : tb[IPSVC_A_EXPLAIN_SOURCE];
	if (source)
		err = ipsvc_parse_of_family(source, tuple->family, &saddr,
					    extack);
	if (err)
		return err;
	ifindex = tb[IPSVC_A_EXPLAIN_IFINDEX];
	if (ifindex && !source)
		return ipsvc_refuse(extack, nest, -EINVAL,
				    "a packet that arrives by a link has a source");
	tuple->saddr = saddr;
	tuple->daddr = daddr;
	tuple->sport = get_port(tb[IPSVC_A_EXPLAIN_SOURCE_PORT]);
	tuple->dport = get_port(tb[IPSVC_A_EXPLAIN_DESTINATION_PORT]);
	query->has_source = source;
	query->ifindex = get_u32(ifindex);
	query->mark = get_u32(tb[IPSVC_A_EXPLAIN_MARK]);
	return 0;
}

static int parse_flow_end(struct nlattr **tb, enum ipsvc_flow_end_kind kind,
			  struct ipsvc_flow_filter *filter,
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *addr = tb[IPSVC_A_FLOW_CLIENT + 2 * kind];
	const struct nlattr *port = tb[IPSVC_A_FLOW_CLIENT_PORT + 2 * kind];
	struct ipsvc_flow_end *end = &filter->end[kind];

	if (port) {
		end->has_port = true;
		end->port = nla_get_be16(port);
	}
	if (!addr)
		return 0;
	end->has_addr = true;
	if (filter->family)
		return ipsvc_parse_of_family(addr, filter->family, &end->addr,
					     extack);
	nla_memcpy(&end->addr, addr, sizeof(end->addr));
	return 0;
}

static int parse_flow_attrs(struct nlattr **tb, struct ipsvc_flow_filter *filter,
			    struct netlink_ext_ack *extack)
{
	enum ipsvc_flow_end_kind kind;
	int err = 0;

	if (tb[IPSVC_A_FLOW_SERVICE]) {
		filter->attr = tb[IPSVC_A_FLOW_SERVICE];
		filter->service = nla_data(filter->attr);
		err = ipsvc_parse_name(filter->attr, extack);
	}
	if (!err && tb[IPSVC_A_FLOW_FAMILY])
		err = ipsvc_parse_family(tb[IPSVC_A_FLOW_FAMILY],
					 &filter->family, extack);
	if (!err && tb[IPSVC_A_FLOW_PROTOCOL])
		err = ipsvc_parse_proto(tb[IPSVC_A_FLOW_PROTOCOL],
					&filter->proto, extack);
	if (tb[IPSVC_A_FLOW_STATE])
		filter->state = nla_get_u8(tb[IPSVC_A_FLOW_STATE]);
	for (kind = 0; !err && kind < IPSVC_ENDS; kind++)
		err = parse_flow_end(tb, kind, filter, extack);
	return err;
}

int ipsvc_parse_flow_filter(const struct nlmsghdr *nlh,
			    struct ipsvc_flow_filter *filter,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_FLOW_STATE + 1], *nest;
	int err;

	memset(filter, 0, sizeof(*filter));
	err = ipsvc_parse_single(nlh, 0, extack);
	nest = nlmsg_find_attr(nlh, GENL_HDRLEN, IPSVC_A_FLOW);
	if (err || !nest)
		return err;
	return ipsvc_parse_nest(tb, IPSVC_A_FLOW_STATE, 0, nest, extack) ?:
	       parse_flow_attrs(tb, filter, extack);
}
