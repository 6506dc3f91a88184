// SPDX-License-Identifier: GPL-2.0
/* From objects to messages. */
#include <net/genetlink.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "config.h"
#include "explain.h"
#include "flow.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "stats.h"

/* What an explanation has behind the list of endpoints. */
#define IPSVC_EXPLAIN_TAIL	128

static bool msg_begin(struct ipsvc_msg *msg)
{
	msg->hdr = genlmsg_put(msg->skb, msg->portid, msg->seq,
			       &ipsvc_nl_family, msg->flags, msg->cmd);
	if (msg->hdr && msg->cb)
		genl_dump_check_consistent(msg->cb, msg->hdr);
	return msg->hdr;
}

static int msg_end(struct ipsvc_msg *msg, bool fits)
{
	if (fits)
		genlmsg_end(msg->skb, msg->hdr);
	else
		genlmsg_cancel(msg->skb, msg->hdr);
	return fits ? 0 : -EMSGSIZE;
}

/* A message of one nest; @nest: NULL when it did not fit. */
static int msg_end_nest(struct ipsvc_msg *msg, struct nlattr *nest, bool fits)
{
	if (fits)
		nla_nest_end(msg->skb, nest);
	return msg_end(msg, fits);
}

static bool fill_frontend(struct sk_buff *skb, const struct ipsvc_frontend *fe,
			  int attr)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest || nla_put_u8(skb, IPSVC_A_FRONTEND_CLASS, fe->class) ||
	    nla_put_be16(skb, IPSVC_A_FRONTEND_PORT, fe->key.port) ||
	    nla_put_u32(skb, IPSVC_A_FRONTEND_FLAGS, fe->flags))
		return false;
	if (fe->class != IPSVC_FRONTEND_NODE_PORT &&
	    nla_put_in6_addr(skb, IPSVC_A_FRONTEND_ADDRESS, &fe->key.addr.ip6))
		return false;
	nla_nest_end(skb, nest);
	return true;
}

static bool fill_frontends(struct sk_buff *skb, const struct ipsvc_service *svc)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_SERVICE_FRONTENDS);
	u32 i;

	if (!nest)
		return false;
	for (i = 0; i < svc->body.n_frontends; i++)
		if (!fill_frontend(skb, svc->body.frontends[i],
				   IPSVC_A_FRONTEND))
			return false;
	nla_nest_end(skb, nest);
	return true;
}

static bool fill_range(struct sk_buff *skb, const struct ipsvc_range *range)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_RANGE);

	if (!nest ||
	    nla_put_in6_addr(skb, IPSVC_A_RANGE_ADDRESS, &range->addr.ip6) ||
	    nla_put_u8(skb, IPSVC_A_RANGE_PREFIX, range->prefix) ||
	    nla_put_u32(skb, IPSVC_A_RANGE_FLAGS, range->flags)) {
		nla_nest_cancel(skb, nest);
		return false;
	}
	nla_nest_end(skb, nest);
	return true;
}

/* What is as it is by default is left out: sets may be large. */
static bool fill_share(struct sk_buff *skb,
		       const struct ipsvc_endpoint_slot *slot)
{
	return (slot->weight == 1 ||
		!nla_put_u16(skb, IPSVC_A_ENDPOINT_WEIGHT, slot->weight)) &&
	       (!slot->flows_max ||
		!nla_put_u32(skb, IPSVC_A_ENDPOINT_FLOWS_MAX,
			     slot->flows_max));
}

/* @standing: enum ipsvc_standing, or 0 */
static bool fill_endpoint(struct sk_buff *skb,
			  const struct ipsvc_endpoint_slot *slot, u8 standing)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_ENDPOINT);
	const struct ipsvc_endpoint *ep = slot->ep;

	if (!nest ||
	    nla_put_in6_addr(skb, IPSVC_A_ENDPOINT_ADDRESS, &ep->addr.ip6) ||
	    nla_put_be16(skb, IPSVC_A_ENDPOINT_PORT, ep->port) ||
	    nla_put_u32(skb, IPSVC_A_ENDPOINT_FLAGS, slot->flags) ||
	    nla_put_uint(skb, IPSVC_A_ENDPOINT_CONNECTIONS,
			 atomic64_read(&ep->connections)) ||
	    nla_put_u32(skb, IPSVC_A_ENDPOINT_FLOWS, atomic_read(&ep->flows)) ||
	    !fill_share(skb, slot) ||
	    (standing &&
	     nla_put_u8(skb, IPSVC_A_ENDPOINT_STANDING, standing))) {
		nla_nest_cancel(skb, nest);
		return false;
	}
	nla_nest_end(skb, nest);
	return true;
}

static size_t endpoint_size(void)
{
	return nla_total_size(nla_total_size(sizeof(struct in6_addr)) +
			      nla_total_size(sizeof(__be16)) +
			      nla_total_size(sizeof(u32)) * 2 +
			      nla_total_size(sizeof(u64)));
}

/* What fill_share() adds to that. */
static __always_inline size_t share_size(u16 weight, u32 flows_max)
{
	return (weight != 1 ? nla_total_size(sizeof(u16)) : 0) +
	       (flows_max ? nla_total_size(sizeof(u32)) : 0);
}

static size_t endpoints_size(const struct ipsvc_endpoint_set *set)
{
	size_t size = set->n * endpoint_size();
	u32 i;

	for (i = 0; i < set->n; i++)
		size += share_size(set->slot[i].weight, set->slot[i].flows_max);
	return size;
}

static size_t frontend_size(void)
{
	return nla_total_size(nla_total_size(sizeof(u8)) +
			      nla_total_size(sizeof(__be16)) +
			      nla_total_size(sizeof(u32)) +
			      nla_total_size(sizeof(struct in6_addr)));
}

static size_t range_size(void)
{
	return nla_total_size(nla_total_size(sizeof(struct in6_addr)) +
			      nla_total_size(sizeof(u8)) +
			      nla_total_size(sizeof(u32)));
}

static size_t head_size(u8 name_len)
{
	return GENL_HDRLEN + nla_total_size(0) * 4 +
	       nla_total_size(name_len + 1) + nla_total_size(sizeof(u8)) * 4 +
	       nla_total_size(sizeof(u32)) * 4 + nla_total_size(sizeof(u64)) +
	       nla_total_size(sizeof_field(struct ipsvc_service_options,
					   hash_key));
}

size_t ipsvc_service_size(const struct ipsvc_service *svc)
{
	const struct ipsvc_ranges *ranges = svc->body.ranges;

	/* A dump begins each service port in a buffer of this size. */
	BUILD_BUG_ON(NLMSG_HDRLEN + head_size(IPSVC_SERVICE_NAME_MAX) +
		     IPSVC_FRONTENDS_MAX * frontend_size() + range_size() +
		     endpoint_size() + share_size(0, 1) > NLMSG_DEFAULT_SIZE);

	return head_size(svc->name_len) +
	       svc->body.n_frontends * frontend_size() +
	       (ranges ? ranges->n * range_size() : 0) +
	       endpoints_size(svc->body.set);
}

/* What is as it is by default is left out, but for the scheduler. */
static bool fill_options(struct sk_buff *skb,
			 const struct ipsvc_service_options *options)
{
	size_t key_len = sizeof(options->hash_key);

	if (nla_put_u8(skb, IPSVC_A_SERVICE_SCHEDULER, options->scheduler) ||
	    (options->flags &&
	     nla_put_u32(skb, IPSVC_A_SERVICE_FLAGS, options->flags)) ||
	    (memchr_inv(options->hash_key, 0, key_len) &&
	     nla_put(skb, IPSVC_A_SERVICE_HASH_KEY, key_len,
		     options->hash_key)) ||
	    (options->hash_size &&
	     nla_put_u32(skb, IPSVC_A_SERVICE_HASH_SIZE, options->hash_size)) ||
	    (options->affinity_timeout &&
	     nla_put_u32(skb, IPSVC_A_SERVICE_AFFINITY_TIMEOUT,
			 options->affinity_timeout)) ||
	    (options->affinity_prefix &&
	     nla_put_u8(skb, IPSVC_A_SERVICE_AFFINITY_PREFIX,
			options->affinity_prefix)))
		return false;
	return true;
}

/* In the first message of a service port only. */
static bool fill_service_head(struct sk_buff *skb,
			      const struct ipsvc_service *svc)
{
	return !nla_put_u8(skb, IPSVC_A_SERVICE_PROTOCOL, svc->proto) &&
	       !nla_put_uint(skb, IPSVC_A_SERVICE_CONNECTIONS,
			     atomic64_read(&svc->connections)) &&
	       !nla_put_u32(skb, IPSVC_A_SERVICE_FLOWS,
			    atomic_read(&svc->flows)) &&
	       fill_options(skb, &svc->body.set->options) &&
	       fill_frontends(skb, svc);
}

/* As many ranges as fit from *@i on; false when not all do. */
static bool fill_ranges(struct sk_buff *skb, const struct ipsvc_ranges *ranges,
			u32 *i)
{
	struct nlattr *nest;

	if (!ranges || *i >= ranges->n)
		return true;
	nest = nla_nest_start(skb, IPSVC_A_SERVICE_RANGES);
	if (!nest)
		return false;
	while (*i < ranges->n && fill_range(skb, &ranges->range[*i]))
		(*i)++;
	nla_nest_end(skb, nest);
	return *i >= ranges->n;
}

/* Likewise; @before: the number of the first one. */
static bool fill_endpoints(struct sk_buff *skb,
			   const struct ipsvc_endpoint_set *set, u32 before,
			   u32 *i)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_SERVICE_ENDPOINTS);

	if (!nest)
		return false;
	while (*i < before + set->n &&
	       fill_endpoint(skb, &set->slot[*i - before], 0))
		(*i)++;
	nla_nest_end(skb, nest);
	return *i >= before + set->n;
}

static struct nlattr *begin_service(struct sk_buff *skb,
				    const struct ipsvc_service *svc)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_SERVICE);

	if (!nest || nla_put(skb, IPSVC_A_SERVICE_NAME, svc->name_len + 1,
			     svc->name) ||
	    nla_put_u8(skb, IPSVC_A_SERVICE_FAMILY, svc->family))
		return NULL;
	return nest;
}

/**
 * ipsvc_fill_service() - write a service port, or the next part of it
 * @msg: the message
 * @svc: the service port
 * @item: the first to be written, of its ranges and then its endpoints; set to the
 *	next one, 0 at the end
 *
 * Context: &ipsvc_net.lock. Return: 0: complete, 1: more to come in another
 * message, -EMSGSIZE: nothing written.
 */
int ipsvc_fill_service(struct ipsvc_msg *msg, const struct ipsvc_service *svc,
		       u32 *item)
{
	const struct ipsvc_ranges *ranges = svc->body.ranges;
	u32 n = ranges ? ranges->n : 0, i = *item;
	bool fits, all = false;
	struct nlattr *nest;

	if (!msg_begin(msg))
		return -EMSGSIZE;
	nest = begin_service(msg->skb, svc);
	fits = nest && (i || fill_service_head(msg->skb, svc));
	if (fits)
		all = fill_ranges(msg->skb, ranges, &i) &&
		      fill_endpoints(msg->skb, svc->body.set, n, &i);
	if (msg_end_nest(msg, nest, fits && (all || i > *item)))
		return -EMSGSIZE;
	*item = all ? 0 : i;
	return !all;
}

int ipsvc_fill_service_key(struct ipsvc_msg *msg,
			   const struct ipsvc_service *svc)
{
	struct nlattr *nest;

	if (!msg_begin(msg))
		return -EMSGSIZE;
	nest = begin_service(msg->skb, svc);
	return msg_end_nest(msg, nest, nest);
}

int ipsvc_fill_u32(struct ipsvc_msg *msg, int type, u32 value)
{
	return msg_begin(msg) ?
	       msg_end(msg, !nla_put_u32(msg->skb, type, value)) : -EMSGSIZE;
}

static bool fill_counts(struct sk_buff *skb, const struct ipsvc_instance *inst)
{
	return !nla_put_u32(skb, IPSVC_A_INSTANCE_GENERATION,
			    inst->generation) &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_SERVICES,
			    inst->n_services) &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_SERVICES_MAX,
			    READ_ONCE(inst->services_max)) &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_ENDPOINTS,
			    inst->n_endpoints) &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_ENDPOINTS_MAX,
			    READ_ONCE(inst->endpoints_max)) &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_FLOWS,
			    atomic_read(&inst->flows.count)) &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_FLOWS_MAX,
			    READ_ONCE(inst->flows.max));
}

static bool fill_cluster(struct sk_buff *skb,
			 const struct ipsvc_instance *inst, u8 family,
			 int address, int prefix)
{
	const struct ipsvc_network net = ipsvc_cluster(inst, family);

	return !net.prefix || (!nla_put_in6_addr(skb, address, &net.addr.ip6) &&
			       !nla_put_u8(skb, prefix, net.prefix));
}

static bool fill_cluster_link(struct sk_buff *skb,
			      const struct ipsvc_instance *inst)
{
	const struct ipsvc_link link = ipsvc_cluster_link(inst);
	char text[IFNAMSIZ + 1];

	if (!link.len)
		return true;
	ipsvc_link_format(&link, text);
	return !nla_put_string(skb, IPSVC_A_INSTANCE_CLUSTER_LINK, text);
}

int ipsvc_fill_instance(struct ipsvc_msg *msg,
			const struct ipsvc_instance *inst)
{
	struct sk_buff *skb = msg->skb;
	char ifname[IFNAMSIZ];
	struct nlattr *nest;
	bool fits;

	/* A concurrent rename may mix both names; keep the result terminated. */
	memcpy(ifname, inst->dev->name, sizeof(ifname));
	ifname[IFNAMSIZ - 1] = '\0';

	if (!msg_begin(msg))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IPSVC_A_INSTANCE);
	fits = nest &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_IFINDEX,
			    inst->dev->ifindex) &&
	       !nla_put_string(skb, IPSVC_A_INSTANCE_IFNAME, ifname) &&
	       fill_counts(skb, inst) &&
	       !nla_put_string(skb, IPSVC_A_INSTANCE_VERSION, IPSVC_VERSION) &&
	       fill_cluster(skb, inst, AF_INET,
			    IPSVC_A_INSTANCE_CLUSTER_ADDRESS,
			    IPSVC_A_INSTANCE_CLUSTER_PREFIX) &&
	       fill_cluster(skb, inst, AF_INET6,
			    IPSVC_A_INSTANCE_CLUSTER6_ADDRESS,
			    IPSVC_A_INSTANCE_CLUSTER6_PREFIX) &&
	       fill_cluster_link(skb, inst);
	return msg_end_nest(msg, nest, fits);
}

static bool fill_stat(struct sk_buff *skb, const struct ipsvc_instance *inst,
		      enum ipsvc_stat stat)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_STAT);

	if (!nest ||
	    nla_put_string(skb, IPSVC_A_STAT_NAME, ipsvc_stat_name(stat)) ||
	    nla_put_uint(skb, IPSVC_A_STAT_VALUE, ipsvc_stat_read(inst, stat)))
		return false;
	nla_nest_end(skb, nest);
	return true;
}

int ipsvc_fill_stats(struct ipsvc_msg *msg, const struct ipsvc_instance *inst)
{
	bool fits = true;
	int i;

	if (!msg_begin(msg))
		return -EMSGSIZE;
	for (i = 0; i < IPSVC_STAT_COUNT && fits; i++)
		fits = fill_stat(msg->skb, inst, i);
	return msg_end(msg, fits);
}

static bool fill_flow_end(struct sk_buff *skb, const struct ipsvc_half *half,
			  enum ipsvc_half_addr which, int attr, __be16 port,
			  int port_attr)
{
	const union ipsvc_addr addr = ipsvc_half_get(half, which);

	return !nla_put_in6_addr(skb, attr, &addr.ip6) &&
	       !nla_put_be16(skb, port_attr, port);
}

static bool fill_flow_tuples(struct sk_buff *skb, const struct ipsvc_half *half)
{
	if (nla_put_u8(skb, IPSVC_A_FLOW_FAMILY, half->family) ||
	    nla_put_u8(skb, IPSVC_A_FLOW_PROTOCOL, half->proto) ||
	    !fill_flow_end(skb, half, IPSVC_SADDR, IPSVC_A_FLOW_CLIENT,
			   half->sport, IPSVC_A_FLOW_CLIENT_PORT) ||
	    !fill_flow_end(skb, half, IPSVC_DADDR, IPSVC_A_FLOW_FRONTEND,
			   half->dport, IPSVC_A_FLOW_FRONTEND_PORT) ||
	    !fill_flow_end(skb, half, IPSVC_NEW_DADDR, IPSVC_A_FLOW_ENDPOINT,
			   half->new_dport, IPSVC_A_FLOW_ENDPOINT_PORT))
		return false;
	return !(half->flags & IPSVC_HALF_MASQ) ||
	       fill_flow_end(skb, half, IPSVC_NEW_SADDR,
			     IPSVC_A_FLOW_MASQUERADE, half->new_sport,
			     IPSVC_A_FLOW_MASQUERADE_PORT);
}

int ipsvc_fill_affinity(struct ipsvc_msg *msg,
			const struct ipsvc_affinity_group *group,
			const struct ipsvc_affinity_entry *entry)
{
	u64 left = entry->expires - get_jiffies_64();
	struct sk_buff *skb = msg->skb;
	struct nlattr *nest;
	bool fits;

	if (!msg_begin(msg))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IPSVC_A_AFFINITY);
	fits = nest &&
	       !nla_put_string(skb, IPSVC_A_AFFINITY_SERVICE, group->name) &&
	       !nla_put_u8(skb, IPSVC_A_AFFINITY_FAMILY, group->family) &&
	       !nla_put_in6_addr(skb, IPSVC_A_AFFINITY_CLIENT,
				 &entry->client.ip6) &&
	       !nla_put_in6_addr(skb, IPSVC_A_AFFINITY_ENDPOINT,
				 &entry->addr.ip6) &&
	       !nla_put_be16(skb, IPSVC_A_AFFINITY_ENDPOINT_PORT,
			     entry->port) &&
	       !nla_put_u32(skb, IPSVC_A_AFFINITY_EXPIRES,
			    ipsvc_affinity_msecs(left));
	return msg_end_nest(msg, nest, fits);
}

static bool fill_flow(struct sk_buff *skb, const struct ipsvc_instance *inst,
		      const struct ipsvc_flow *flow,
		      const struct ipsvc_service *svc)
{
	const struct ipsvc_half *orig = &flow->orig;
	long left = ipsvc_flow_remaining(&inst->flows.timeouts, orig);
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_FLOW);
	bool fits;

	fits = nest &&
	       (!svc || !nla_put(skb, IPSVC_A_FLOW_SERVICE, svc->name_len + 1,
				 svc->name)) &&
	       fill_flow_tuples(skb, orig) &&
	       !nla_put_u8(skb, IPSVC_A_FLOW_STATE,
			   ipsvc_flow_shown_state(orig)) &&
	       !nla_put_u32(skb, IPSVC_A_FLOW_EXPIRES,
			    jiffies_to_msecs(max(left, 0L)));
	if (fits)
		nla_nest_end(skb, nest);
	return fits;
}

int ipsvc_fill_flow(struct ipsvc_msg *msg, const struct ipsvc_instance *inst,
		    const struct ipsvc_flow *flow,
		    const struct ipsvc_service *svc)
{
	return msg_begin(msg) ?
	       msg_end(msg, fill_flow(msg->skb, inst, flow, svc)) : -EMSGSIZE;
}

/* ---- an explanation --------------------------------------------------------- */

/* As many endpoints as fit beside what is to follow, with their standing. */
static bool fill_standings(struct sk_buff *skb,
			   const struct ipsvc_explanation *to)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_EXPLAIN_ENDPOINTS);
	const struct ipsvc_endpoint_set *set = to->fe->set;
	size_t room = endpoint_size() + share_size(0, 1) +
		      nla_total_size(sizeof(u8)) + IPSVC_EXPLAIN_TAIL;
	u32 i;

	if (!nest)
		return false;
	for (i = 0; i < set->n && skb_tailroom(skb) >= room; i++)
		if (!fill_endpoint(skb, &set->slot[i],
				   ipsvc_explain_standing(to, &set->slot[i])))
			return false;
	nla_nest_end(skb, nest);
	return i == set->n ||
	       !nla_put_u32(skb, IPSVC_A_EXPLAIN_OMITTED, set->n - i);
}

static bool fill_choice(struct sk_buff *skb, const struct ipsvc_explanation *to)
{
	const struct ipsvc_frontend *fe = to->fe;

	return !nla_put_string(skb, IPSVC_A_EXPLAIN_SERVICE,
			       fe->service->name) &&
	       fill_frontend(skb, fe, IPSVC_A_EXPLAIN_FRONTEND) &&
	       !nla_put_u8(skb, IPSVC_A_EXPLAIN_SCHEDULER,
			   fe->set->options.scheduler) &&
	       (!to->local || !nla_put_flag(skb, IPSVC_A_EXPLAIN_LOCAL)) &&
	       fill_standings(skb, to);
}

static bool fill_outcome(struct sk_buff *skb,
			 const struct ipsvc_explanation *to)
{
	enum ipsvc_stat stat = ipsvc_reason_stat(to->reason);

	if (nla_put_u8(skb, IPSVC_A_EXPLAIN_ACTION, to->action) ||
	    (to->direct && nla_put_flag(skb, IPSVC_A_EXPLAIN_DIRECT)))
		return false;
	if (to->reason)
		return !nla_put_string(skb, IPSVC_A_EXPLAIN_REASON,
				       ipsvc_stat_name(stat));
	return to->action != IPSVC_ACTION_FORWARD || to->flow ||
	       (!nla_put_u8(skb, IPSVC_A_EXPLAIN_MASQUERADE, to->masquerade) &&
		!nla_put_in6_addr(skb, IPSVC_A_EXPLAIN_SEEN_SOURCE,
				  &to->source.ip6));
}

int ipsvc_fill_explanation(struct ipsvc_msg *msg,
			   struct ipsvc_instance *inst,
			   const struct ipsvc_explain_query *query,
			   const struct ipsvc_explanation *to)
{
	const union ipsvc_addr source = ipsvc_tuple_saddr(&query->tuple);
	struct nlattr *nest;
	bool fits;

	if (!msg_begin(msg))
		return -EMSGSIZE;
	fits = !to->flow ||
	       fill_flow(msg->skb, inst, to->flow,
			 ipsvc_endpoint_service(inst,
						to->flow->orig.endpoint));
	nest = fits ? nla_nest_start(msg->skb, IPSVC_A_EXPLAIN) : NULL;
	fits = nest &&
	       !nla_put_in6_addr(msg->skb, IPSVC_A_EXPLAIN_SOURCE,
				 &source.ip6) &&
	       (!query->ifindex ||
		!nla_put_u32(msg->skb, IPSVC_A_EXPLAIN_IFINDEX,
			     query->ifindex)) &&
	       (!to->fe || fill_choice(msg->skb, to)) &&
	       fill_outcome(msg->skb, to);
	return msg_end_nest(msg, nest, fits);
}
