// SPDX-License-Identifier: GPL-2.0
/*
 * From attributes to plain structures. Every request has passed the policies of
 * netlink_gen.c; this file checks what those cannot express.
 */
#include <linux/ctype.h>
#include <linux/inet.h>
#include <linux/ipv6.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <linux/ipsvc.h>

#include "config.h"
#include "netlink.h"
#include "netlink_parse.h"

/* Refuses attributes given twice; the policies bound their types. */
static int check_unique(const struct nlattr *head, int len, u16 multi,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	u32 seen = 0;
	int rem;

	nla_for_each_attr(attr, head, len, rem) {
		u32 bit = BIT(nla_type(attr));

		if (seen & bit && nla_type(attr) != multi)
			return ipsvc_refuse(extack, attr, -EINVAL,
					    "an attribute is given twice");
		seen |= bit;
	}
	return 0;
}

int ipsvc_parse_single(const struct nlmsghdr *nlh, u16 multi,
		       struct netlink_ext_ack *extack)
{
	BUILD_BUG_ON(IPSVC_A_MAX > 31);
	return check_unique(nlmsg_attrdata(nlh, GENL_HDRLEN),
			    nlmsg_attrlen(nlh, GENL_HDRLEN), multi, extack);
}

static int require(struct nlattr **tb, int type, const struct nlattr *nest,
		   struct netlink_ext_ack *extack)
{
	if (!NL_REQ_ATTR_CHECK(extack, nest, tb, type))
		return 0;
	return ipsvc_refuse(extack, nest, -EINVAL,
			    "a required attribute is missing");
}

/* Attributes of a nest by type; those in the mask @required must be there. */
int ipsvc_parse_nest(struct nlattr **tb, int max, unsigned long required,
		     const struct nlattr *nest, struct netlink_ext_ack *extack)
{
	int type, err;

	err = nla_parse_nested(tb, max, nest, NULL, extack) ?:
	      check_unique(nla_data(nest), nla_len(nest), 0, extack);
	for_each_set_bit(type, &required, max + 1)
		err = err ?: require(tb, type, nest, extack);
	return err;
}

/* Printable, no spaces: names stand in columns and in URLs. */
int ipsvc_parse_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr);
	int i, len = strnlen(name, nla_len(attr));

	if (!len)
		return ipsvc_refuse(extack, attr, -EINVAL, "the name is empty");
	if (len + 1 != nla_len(attr))
		return ipsvc_refuse(extack, attr, -EINVAL,
				    "the name goes on after a zero");
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isgraph(name[i]))
			return ipsvc_refuse(extack, attr, -EINVAL,
					    "the name has characters that are not printable ASCII");
	return 0;
}

int ipsvc_parse_family(const struct nlattr *attr, u8 *family,
		       struct netlink_ext_ack *extack)
{
	*family = nla_get_u8(attr);
	if (*family == AF_INET || (*family == AF_INET6 && ipv6_mod_enabled()))
		return 0;
	if (*family == AF_INET6)
		return ipsvc_refuse(extack, attr, -EAFNOSUPPORT,
				    "IPv6 is disabled on this host");
	return ipsvc_refuse(extack, attr, -EINVAL,
			    "the family is neither AF_INET nor AF_INET6");
}

int ipsvc_parse_proto(const struct nlattr *attr, u8 *proto,
		      struct netlink_ext_ack *extack)
{
	*proto = nla_get_u8(attr);
	if (ipsvc_proto_has_flows(*proto))
		return 0;
	return ipsvc_refuse(extack, attr, -EINVAL,
			    "the protocol is neither TCP, UDP nor SCTP");
}

int ipsvc_parse_of_family(const struct nlattr *attr, u8 family,
			  union ipsvc_addr *addr,
			  struct netlink_ext_ack *extack)
{
	bool is_ipv4 = family == AF_INET;

	nla_memcpy(addr, attr, sizeof(*addr));
	if (ipv6_addr_v4mapped(&addr->ip6) == is_ipv4)
		return 0;
	return ipsvc_refuse(extack, attr, -EINVAL,
			    "the address is not of the family: only those of IPv4 are mapped");
}

/* Addresses that no frontend and no endpoint can have. */
static bool is_not_unicast4(__be32 addr)
{
	bool this_network = !(addr & htonl(0xff000000));

	return this_network || ipv4_is_loopback(addr) ||
	       ipv4_is_linklocal_169(addr) || ipv4_is_multicast(addr) ||
	       ipv4_is_lbcast(addr);
}

static bool is_not_unicast6(const struct in6_addr *addr)
{
	int type = ipv6_addr_type(addr);

	return !(type & IPV6_ADDR_UNICAST) ||
	       type & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL);
}

static int parse_address(const struct nlattr *attr, u8 family,
			 union ipsvc_addr *addr, struct netlink_ext_ack *extack)
{
	int err = ipsvc_parse_of_family(attr, family, addr, extack);

	if (err)
		return err;
	if (family == AF_INET ? !is_not_unicast4(addr->ip4) :
				!is_not_unicast6(&addr->ip6))
		return 0;
	return ipsvc_refuse(extack, attr, -EINVAL,
			    "the address is not a global unicast address");
}

static u32 get_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static int parse_frontend(struct ipsvc_frontend_spec *spec,
			  const struct nlattr *nest, u8 family,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_FRONTEND_MAX + 1], *addr;
	int err;

	err = ipsvc_parse_nest(tb, IPSVC_A_FRONTEND_MAX,
			       BIT(IPSVC_A_FRONTEND_CLASS) |
			       BIT(IPSVC_A_FRONTEND_PORT), nest, extack);
	if (err)
		return err;
	spec->attr = nest;
	spec->class = nla_get_u8(tb[IPSVC_A_FRONTEND_CLASS]);
	spec->flags = get_u32(tb[IPSVC_A_FRONTEND_FLAGS]);
	spec->key.port = nla_get_be16(tb[IPSVC_A_FRONTEND_PORT]);
	addr = tb[IPSVC_A_FRONTEND_ADDRESS];
	if (spec->class == IPSVC_FRONTEND_NODE_PORT) {
		spec->key.addr = ipsvc_addr_any(family);
		return !addr ? 0 : ipsvc_refuse(extack, addr, -EINVAL,
						"a node port has no address");
	}
	err = require(tb, IPSVC_A_FRONTEND_ADDRESS, nest, extack);
	return err ?: parse_address(addr, family, &spec->key.addr, extack);
}

static int parse_endpoint(struct ipsvc_endpoint_spec *spec,
			  const struct nlattr *nest, u8 family,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_ENDPOINT_MAX + 1];
	int err;

	err = ipsvc_parse_nest(tb, IPSVC_A_ENDPOINT_MAX,
			       BIT(IPSVC_A_ENDPOINT_ADDRESS) |
			       BIT(IPSVC_A_ENDPOINT_PORT), nest, extack);
	if (err)
		return err;
	spec->attr = nest;
	spec->port = nla_get_be16(tb[IPSVC_A_ENDPOINT_PORT]);
	spec->flags = get_u32(tb[IPSVC_A_ENDPOINT_FLAGS]);
	spec->weight = 1;
	if (tb[IPSVC_A_ENDPOINT_WEIGHT])
		spec->weight = nla_get_u16(tb[IPSVC_A_ENDPOINT_WEIGHT]);
	if (tb[IPSVC_A_ENDPOINT_FLOWS_MAX])
		spec->flows_max = nla_get_u32(tb[IPSVC_A_ENDPOINT_FLOWS_MAX]);
	return parse_address(tb[IPSVC_A_ENDPOINT_ADDRESS], family, &spec->addr,
			     extack);
}

/* How many members a nest has, at most @max. */
static int count_members(const struct nlattr *nest, int max,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, n = 0;

	nla_for_each_nested(attr, nest, rem)
		if (n++ >= max)
			return ipsvc_refuse(extack, attr, -E2BIG,
					    "a service cannot have that many");
	return n;
}

static bool has_frontend(const struct ipsvc_op *op,
			 const struct ipsvc_frontend_key *key)
{
	u32 i;

	for (i = 0; i < op->n_frontends; i++)
		if (!memcmp(&op->frontends[i].key, key, sizeof(*key)))
			return true;
	return false;
}

static int parse_frontends(struct ipsvc_op *op, const struct nlattr *nest,
			   struct netlink_ext_ack *extack)
{
	struct ipsvc_frontend_spec *spec;
	const struct nlattr *attr;
	int rem, n, err;

	n = count_members(nest, IPSVC_FRONTENDS_MAX, extack);
	if (n <= 0)
		return n;
	op->frontends = kvcalloc(n, sizeof(*op->frontends), GFP_KERNEL_ACCOUNT);
	if (!op->frontends)
		return -ENOMEM;
	nla_for_each_nested(attr, nest, rem) {
		spec = &op->frontends[op->n_frontends];
		spec->key.proto = op->proto;
		err = parse_frontend(spec, attr, op->family, extack);
		if (err)
			return err;
		if (has_frontend(op, &spec->key))
			return ipsvc_refuse(extack, attr, -EINVAL,
					    "the service has a frontend twice");
		op->n_frontends++;
	}
	return 0;
}

static int parse_endpoints(struct ipsvc_op *op, const struct nlattr *nest,
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, n, i = 0, err;

	n = count_members(nest, IPSVC_ENDPOINTS_MAX, extack);
	if (n <= 0)
		return n;
	op->endpoints = kvcalloc(n, sizeof(*op->endpoints), GFP_KERNEL_ACCOUNT);
	if (!op->endpoints)
		return -ENOMEM;
	op->n_endpoints = n;
	nla_for_each_nested(attr, nest, rem) {
		err = parse_endpoint(&op->endpoints[i++], attr, op->family,
				     extack);
		if (err)
			return err;
	}
	sort(op->endpoints, n, sizeof(*op->endpoints), ipsvc_endpoint_spec_cmp,
	     NULL);
	for (i = 1; i < n; i++)
		if (!ipsvc_endpoint_spec_cmp(&op->endpoints[i - 1],
					     &op->endpoints[i]))
			return ipsvc_refuse(extack, op->endpoints[i].attr,
					    -EINVAL,
					    "the service has an endpoint twice");
	return 0;
}

static int parse_range(struct ipsvc_range *range, const struct nlattr *nest,
		       u8 family, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_RANGE_MAX + 1];
	struct ipsvc_network net;
	int err;

	err = ipsvc_parse_nest(tb, IPSVC_A_RANGE_MAX,
			       BIT(IPSVC_A_RANGE_ADDRESS) |
			       BIT(IPSVC_A_RANGE_PREFIX), nest, extack) ?:
	      ipsvc_parse_of_family(tb[IPSVC_A_RANGE_ADDRESS], family,
				    &net.addr, extack);
	if (err)
		return err;
	net.prefix = nla_get_u8(tb[IPSVC_A_RANGE_PREFIX]);
	if (family == AF_INET && net.prefix > 32)
		return ipsvc_refuse(extack, tb[IPSVC_A_RANGE_PREFIX], -ERANGE,
				    "an IPv4 address has no prefix of that length");
	if (!ipsvc_network_has_no_host(&net, family))
		return ipsvc_refuse(extack, tb[IPSVC_A_RANGE_ADDRESS], -EINVAL,
				    "the address has bits beyond the prefix");
	*range = (struct ipsvc_range) {
		.addr = net.addr,
		.prefix = net.prefix,
		.flags = get_u32(tb[IPSVC_A_RANGE_FLAGS]),
		.attr = nest,
	};
	return 0;
}

static int parse_ranges(struct ipsvc_op *op, const struct nlattr *nest,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, n, i = 0, err;

	n = count_members(nest, IPSVC_RANGES_MAX, extack);
	if (n <= 0)
		return n;
	op->ranges = kvcalloc(n, sizeof(*op->ranges), GFP_KERNEL_ACCOUNT);
	if (!op->ranges)
		return -ENOMEM;
	op->n_ranges = n;
	nla_for_each_nested(attr, nest, rem) {
		err = parse_range(&op->ranges[i++], attr, op->family, extack);
		if (err)
			return err;
	}
	sort(op->ranges, n, sizeof(*op->ranges), ipsvc_range_cmp, NULL);
	for (i = 1; i < n; i++)
		if (!ipsvc_range_cmp(&op->ranges[i - 1], &op->ranges[i]))
			return ipsvc_refuse(extack, op->ranges[i].attr, -EINVAL,
					    "the service has a range twice");
	return 0;
}

static int parse_service_nest(struct nlattr **tb, int max,
			      const struct nlattr *nest,
			      struct ipsvc_service_key *key,
			      struct netlink_ext_ack *extack)
{
	int err;

	err = ipsvc_parse_nest(tb, max, BIT(IPSVC_A_SERVICE_NAME) |
			       BIT(IPSVC_A_SERVICE_FAMILY), nest, extack);
	if (!err)
		err = ipsvc_parse_name(tb[IPSVC_A_SERVICE_NAME], extack);
	if (err)
		return err;
	key->name = nla_data(tb[IPSVC_A_SERVICE_NAME]);
	key->name_len = nla_len(tb[IPSVC_A_SERVICE_NAME]) - 1;
	return ipsvc_parse_family(tb[IPSVC_A_SERVICE_FAMILY], &key->family,
				  extack);
}

static int parse_affinity_options(struct ipsvc_op *op, struct nlattr **tb,
				  struct netlink_ext_ack *extack)
{
	struct nlattr *timeout = tb[IPSVC_A_SERVICE_AFFINITY_TIMEOUT];
	struct nlattr *prefix = tb[IPSVC_A_SERVICE_AFFINITY_PREFIX];

	if (timeout)
		op->options.affinity_timeout = nla_get_u32(timeout);
	if (op->options.affinity_timeout > IPSVC_AFFINITY_TIMEOUT_MAX)
		return ipsvc_refuse(extack, timeout, -ERANGE,
				    "no affinity lasts longer than a day");
	if (prefix)
		op->options.affinity_prefix = nla_get_u8(prefix);
	if (op->family == AF_INET && op->options.affinity_prefix > 32)
		return ipsvc_refuse(extack, prefix, -ERANGE,
				    "an IPv4 address has no prefix of that length");
	return 0;
}

static int parse_options(struct ipsvc_op *op, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	struct ipsvc_service_options *options = &op->options;

	if (tb[IPSVC_A_SERVICE_SCHEDULER])
		options->scheduler = nla_get_u8(tb[IPSVC_A_SERVICE_SCHEDULER]);
	if (tb[IPSVC_A_SERVICE_HASH_KEY])
		nla_memcpy(options->hash_key, tb[IPSVC_A_SERVICE_HASH_KEY],
			   sizeof(options->hash_key));
	if (tb[IPSVC_A_SERVICE_HASH_SIZE])
		options->hash_size = nla_get_u32(tb[IPSVC_A_SERVICE_HASH_SIZE]);
	options->flags = get_u32(tb[IPSVC_A_SERVICE_FLAGS]);
	if (options->flags & IPSVC_SERVICE_F_ONE_PACKET &&
	    op->proto != IPPROTO_UDP)
		return ipsvc_refuse(extack, tb[IPSVC_A_SERVICE_FLAGS], -EINVAL,
				    "only datagrams of UDP can get an endpoint each");
	return parse_affinity_options(op, tb, extack);
}

/* All of an op but for its key. */
static int parse_service(struct ipsvc_op *op, struct nlattr **tb,
			 struct netlink_ext_ack *extack)
{
	int err = 0;

	if (op->kind == IPSVC_OP_PUT) {
		err = require(tb, IPSVC_A_SERVICE_PROTOCOL, op->attr, extack);
		if (!err)
			err = ipsvc_parse_proto(tb[IPSVC_A_SERVICE_PROTOCOL],
						&op->proto, extack);
	}
	if (!err)
		err = parse_options(op, tb, extack);
	if (!err && tb[IPSVC_A_SERVICE_FRONTENDS])
		err = parse_frontends(op, tb[IPSVC_A_SERVICE_FRONTENDS],
				      extack);
	if (!err && tb[IPSVC_A_SERVICE_ENDPOINTS])
		err = parse_endpoints(op, tb[IPSVC_A_SERVICE_ENDPOINTS],
				      extack);
	if (!err && tb[IPSVC_A_SERVICE_RANGES])
		err = parse_ranges(op, tb[IPSVC_A_SERVICE_RANGES], extack);
	return err;
}

static int parse_op(const struct nlattr *nest, enum ipsvc_op_kind kind,
		    struct ipsvc_change *change, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_SERVICE_MAX + 1];
	struct ipsvc_service_key key;
	struct ipsvc_op *op;
	int err;

	err = parse_service_nest(tb, IPSVC_A_SERVICE_MAX, nest, &key, extack);
	if (err)
		return err;

	op = ipsvc_op_alloc(kind, key.name, key.name_len, key.family);
	if (!op)
		return -ENOMEM;
	op->attr = nest;
	err = parse_service(op, tb, extack);
	if (!err)
		err = ipsvc_change_add(change, op, extack);
	if (err)
		ipsvc_op_free(op);
	return err;
}

int ipsvc_parse_change(const struct nlmsghdr *nlh, enum ipsvc_op_kind kind,
		       struct ipsvc_change *change,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, err;

	err = ipsvc_parse_single(nlh, IPSVC_A_SERVICE, extack);
	if (err)
		return err;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (nla_type(attr) != IPSVC_A_SERVICE)
			continue;
		err = parse_op(attr, kind, change, extack);
		if (err == -ENOMEM)
			NL_SET_ERR_MSG(extack, "no memory for the request");
		if (err)
			return err;
	}
	if (RB_EMPTY_ROOT(&change->ops)) {
		NL_SET_ERR_ATTR_MISS(extack, NULL, IPSVC_A_SERVICE);
		return ipsvc_refuse(extack, NULL, -EINVAL,
				    "the request has no service");
	}
	return 0;
}

int ipsvc_parse_service_key(const struct nlattr *nest,
			    struct ipsvc_service_key *key,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_SERVICE_FAMILY + 1];

	return parse_service_nest(tb, IPSVC_A_SERVICE_FAMILY, nest, key, extack);
}

/* Without a prefix the request does not name the family. */
static int parse_network(struct ipsvc_cluster_spec *spec, u8 family,
			 struct nlattr **tb, int address, int prefix,
			 const struct nlattr *nest,
			 struct netlink_ext_ack *extack)
{
	u32 f = ipsvc_family_index(family);
	int err;

	if (!tb[prefix])
		return tb[address] ? require(tb, prefix, nest, extack) : 0;
	spec->given[f] = true;
	spec->net[f].prefix = nla_get_u8(tb[prefix]);
	if (!spec->net[f].prefix)
		return 0;
	err = require(tb, address, nest, extack);
	if (!err)
		err = ipsvc_parse_of_family(tb[address], family,
					    &spec->net[f].addr, extack);
	if (err || ipsvc_network_is_valid(&spec->net[f], family))
		return err;
	return ipsvc_refuse(extack, tb[address], -EINVAL,
			    "the address has bits beyond the prefix");
}

static int parse_link(struct ipsvc_cluster_spec *spec, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	spec->has_link = true;
	if (strnlen(nla_data(attr), nla_len(attr)) + 1 != nla_len(attr))
		return ipsvc_refuse(extack, attr, -EINVAL,
				    "the name goes on after a zero");
	if (ipsvc_link_parse(nla_data(attr), &spec->link))
		return 0;
	return ipsvc_refuse(extack, attr, -EINVAL,
			    "no link can have such a name");
}

int ipsvc_parse_cluster(const struct nlmsghdr *nlh,
			struct ipsvc_cluster_spec *spec,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IPSVC_A_INSTANCE_CLUSTER_LINK + 1], *nest;
	int err;

	memset(spec, 0, sizeof(*spec));
	err = ipsvc_parse_single(nlh, 0, extack);
	if (err)
		return err;
	nest = nlmsg_find_attr(nlh, GENL_HDRLEN, IPSVC_A_INSTANCE);
	if (!nest) {
		NL_SET_ERR_ATTR_MISS(extack, NULL, IPSVC_A_INSTANCE);
		return ipsvc_refuse(extack, NULL, -EINVAL,
				    "the request has no instance");
	}
	err = ipsvc_parse_nest(tb, IPSVC_A_INSTANCE_CLUSTER_LINK, 0, nest,
			       extack) ?:
	      parse_network(spec, AF_INET, tb, IPSVC_A_INSTANCE_CLUSTER_ADDRESS,
			    IPSVC_A_INSTANCE_CLUSTER_PREFIX, nest, extack) ?:
	      parse_network(spec, AF_INET6, tb,
			    IPSVC_A_INSTANCE_CLUSTER6_ADDRESS,
			    IPSVC_A_INSTANCE_CLUSTER6_PREFIX, nest, extack) ?:
	      parse_link(spec, tb[IPSVC_A_INSTANCE_CLUSTER_LINK], extack);
	if (!err && !spec->given[IPSVC_IPV4] && !spec->given[IPSVC_IPV6] &&
	    !spec->has_link)
		err = require(tb, IPSVC_A_INSTANCE_CLUSTER_PREFIX, nest,
			      extack);
	return err;
}
