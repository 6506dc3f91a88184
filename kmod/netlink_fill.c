// SPDX-License-Identifier: GPL-2.0
/* Messages. All of these leave a message that did not fit out, whole. */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <linux/ipsvc.h>

#include "change.h"
#include "flow.h"
#include "netlink_fill.h"
#include "netlink_gen.h"
#include "stats.h"

static void *msg_begin(const struct ipsvc_msg *msg)
{
	void *hdr = genlmsg_put(msg->skb, msg->portid, msg->seq,
				&ipsvc_nl_family, msg->flags, msg->cmd);

	if (hdr && msg->cb)
		genl_dump_check_consistent(msg->cb, hdr);
	return hdr;
}

static int msg_end(const struct ipsvc_msg *msg, void *hdr, bool fits)
{
	if (fits)
		genlmsg_end(msg->skb, hdr);
	else
		genlmsg_cancel(msg->skb, hdr);
	return fits ? 0 : -EMSGSIZE;
}

static bool fill_frontend(struct sk_buff *skb, const struct ipsvc_frontend *fe)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_FRONTEND);

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
		if (!fill_frontend(skb, svc->body.frontends[i]))
			return false;
	nla_nest_end(skb, nest);
	return true;
}

static bool fill_endpoint(struct sk_buff *skb,
			  const struct ipsvc_endpoint_slot *slot)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_ENDPOINT);
	const struct ipsvc_endpoint *ep = slot->ep;

	if (!nest ||
	    nla_put_in6_addr(skb, IPSVC_A_ENDPOINT_ADDRESS, &ep->addr.ip6) ||
	    nla_put_be16(skb, IPSVC_A_ENDPOINT_PORT, ep->port) ||
	    nla_put_u32(skb, IPSVC_A_ENDPOINT_FLAGS, slot->flags) ||
	    nla_put_uint(skb, IPSVC_A_ENDPOINT_CONNECTIONS,
			 atomic64_read(&ep->connections)) ||
	    nla_put_u32(skb, IPSVC_A_ENDPOINT_FLOWS, atomic_read(&ep->flows))) {
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

static size_t frontend_size(void)
{
	return nla_total_size(nla_total_size(sizeof(u8)) +
			      nla_total_size(sizeof(__be16)) +
			      nla_total_size(sizeof(u32)) +
			      nla_total_size(sizeof(struct in6_addr)));
}

/* Of a service port without frontends and endpoints. */
static size_t head_size(u8 name_len)
{
	return GENL_HDRLEN + nla_total_size(0) * 3 +
	       nla_total_size(name_len + 1) + nla_total_size(sizeof(u8)) * 2 +
	       nla_total_size(sizeof(u32)) + nla_total_size(sizeof(u64));
}

/**
 * ipsvc_service_size() - room a service port needs in one message
 * @svc: the service port
 *
 * Context: &ipsvc_net.lock. Return: payload, in bytes.
 */
size_t ipsvc_service_size(const struct ipsvc_service *svc)
{
	/* A dump begins each one in a buffer that may not be larger. */
	BUILD_BUG_ON(NLMSG_HDRLEN + head_size(IPSVC_SERVICE_NAME_MAX) +
		     IPSVC_FRONTENDS_MAX * frontend_size() + endpoint_size() >
		     NLMSG_DEFAULT_SIZE);

	return head_size(svc->name_len) +
	       svc->body.n_frontends * frontend_size() +
	       svc->body.set->n * endpoint_size();
}

/* What is told of a service once, whatever the number of its endpoints. */
static bool fill_service_head(struct sk_buff *skb,
			      const struct ipsvc_service *svc)
{
	return !nla_put_u8(skb, IPSVC_A_SERVICE_PROTOCOL, svc->proto) &&
	       !nla_put_uint(skb, IPSVC_A_SERVICE_CONNECTIONS,
			     atomic64_read(&svc->connections)) &&
	       !nla_put_u32(skb, IPSVC_A_SERVICE_FLOWS,
			    atomic_read(&svc->flows)) &&
	       fill_frontends(skb, svc);
}

/* As many endpoints as fit from *@i on; false when not even one does. */
static bool fill_endpoints(struct sk_buff *skb,
			   const struct ipsvc_endpoint_set *set, u32 *i)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_SERVICE_ENDPOINTS);
	u32 first = *i;

	if (!nest)
		return false;
	while (*i < set->n && fill_endpoint(skb, &set->slot[*i]))
		(*i)++;
	nla_nest_end(skb, nest);
	return *i > first || *i >= set->n;
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
 * @msg: see there
 * @svc: the service port
 * @endpoint: the first to be written; moved on to the next one. 0 again when
 *	the service port is complete.
 *
 * Context: &ipsvc_net.lock. Return: 0 complete, 1 more to come in another
 * message, -EMSGSIZE nothing written.
 */
int ipsvc_fill_service(const struct ipsvc_msg *msg,
		       const struct ipsvc_service *svc, u32 *endpoint)
{
	const struct ipsvc_endpoint_set *set = svc->body.set;
	struct sk_buff *skb = msg->skb;
	struct nlattr *nest;
	u32 i = *endpoint;
	void *hdr;
	bool fits;

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	nest = begin_service(skb, svc);
	fits = nest && (i || fill_service_head(skb, svc)) &&
	       fill_endpoints(skb, set, &i);
	if (!fits)
		return msg_end(msg, hdr, false);
	nla_nest_end(skb, nest);
	msg_end(msg, hdr, true);
	*endpoint = i < set->n ? i : 0;
	return i < set->n;
}

/* Of a service port nothing but its key. Return: 0 or -EMSGSIZE. */
int ipsvc_fill_service_key(const struct ipsvc_msg *msg,
			   const struct ipsvc_service *svc)
{
	struct nlattr *nest;
	void *hdr;

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	nest = begin_service(msg->skb, svc);
	if (nest)
		nla_nest_end(msg->skb, nest);
	return msg_end(msg, hdr, nest);
}

static int fill_u32(const struct ipsvc_msg *msg, int type, u32 value)
{
	void *hdr = msg_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	return msg_end(msg, hdr, !nla_put_u32(msg->skb, type, value));
}

/* Return: 0 or -EMSGSIZE. */
int ipsvc_fill_generation(const struct ipsvc_msg *msg, u32 generation)
{
	return fill_u32(msg, IPSVC_A_GENERATION, generation);
}

/* Return: 0 or -EMSGSIZE. */
int ipsvc_fill_txn(const struct ipsvc_msg *msg, u32 cookie)
{
	return fill_u32(msg, IPSVC_A_TXN, cookie);
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

static int put_addr(struct sk_buff *skb, int type, __be32 ip4)
{
	union ipsvc_addr addr = ipsvc_addr_v4(ip4);

	return nla_put_in6_addr(skb, type, &addr.ip6);
}

static bool fill_cluster(struct sk_buff *skb, u64 cidr)
{
	return !cidr ||
	       (!put_addr(skb, IPSVC_A_INSTANCE_CLUSTER_ADDRESS,
			  ipsvc_cidr_addr(cidr)) &&
		!nla_put_u8(skb, IPSVC_A_INSTANCE_CLUSTER_PREFIX,
			    inet_mask_len(ipsvc_cidr_mask(cidr))));
}

/**
 * ipsvc_fill_instance() - write limits, counts and generation
 * @msg: see there
 * @inst: the instance
 *
 * Context: &ipsvc_net.lock. Return: 0 or -EMSGSIZE.
 */
int ipsvc_fill_instance(const struct ipsvc_msg *msg,
			const struct ipsvc_instance *inst)
{
	struct sk_buff *skb = msg->skb;
	char ifname[IFNAMSIZ];
	struct nlattr *nest;
	void *hdr;
	bool fits;

	/* Being renamed it may be half of each name, but it ends. */
	memcpy(ifname, inst->dev->name, sizeof(ifname));
	ifname[IFNAMSIZ - 1] = '\0';

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IPSVC_A_INSTANCE);
	fits = nest &&
	       !nla_put_u32(skb, IPSVC_A_INSTANCE_IFINDEX,
			    inst->dev->ifindex) &&
	       !nla_put_string(skb, IPSVC_A_INSTANCE_IFNAME, ifname) &&
	       fill_counts(skb, inst) &&
	       !nla_put_string(skb, IPSVC_A_INSTANCE_VERSION, IPSVC_VERSION) &&
	       fill_cluster(skb, READ_ONCE(inst->cluster_cidr));
	if (fits)
		nla_nest_end(skb, nest);
	return msg_end(msg, hdr, fits);
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

/* Return: 0 or -EMSGSIZE. */
int ipsvc_fill_stats(const struct ipsvc_msg *msg,
		     const struct ipsvc_instance *inst)
{
	bool fits = true;
	void *hdr;
	int i;

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	for (i = 0; i < IPSVC_STAT_COUNT && fits; i++)
		fits = fill_stat(msg->skb, inst, i);
	return msg_end(msg, hdr, fits);
}

/* The three addresses every flow has, and the fourth of those that hide. */
static bool fill_flow_tuples(struct sk_buff *skb,
			     const struct ipsvc_half4 *half)
{
	if (nla_put_u8(skb, IPSVC_A_FLOW_FAMILY, AF_INET) ||
	    nla_put_u8(skb, IPSVC_A_FLOW_PROTOCOL, half->h.proto) ||
	    put_addr(skb, IPSVC_A_FLOW_CLIENT, half->saddr) ||
	    nla_put_be16(skb, IPSVC_A_FLOW_CLIENT_PORT, half->h.sport) ||
	    put_addr(skb, IPSVC_A_FLOW_FRONTEND, half->daddr) ||
	    nla_put_be16(skb, IPSVC_A_FLOW_FRONTEND_PORT, half->h.dport) ||
	    put_addr(skb, IPSVC_A_FLOW_ENDPOINT, half->new_daddr) ||
	    nla_put_be16(skb, IPSVC_A_FLOW_ENDPOINT_PORT, half->h.new_dport))
		return false;
	if (!(half->h.flags & IPSVC_HALF_MASQ))
		return true;
	return !put_addr(skb, IPSVC_A_FLOW_MASQUERADE, half->new_saddr) &&
	       !nla_put_be16(skb, IPSVC_A_FLOW_MASQUERADE_PORT,
			     half->h.new_sport);
}

/**
 * ipsvc_fill_flow() - write a flow
 * @msg: see there
 * @inst: the instance
 * @flow: the flow
 * @svc: its service or NULL
 *
 * Context: RCU. Return: 0 or -EMSGSIZE.
 */
int ipsvc_fill_flow(const struct ipsvc_msg *msg,
		    const struct ipsvc_instance *inst,
		    const struct ipsvc_flow *flow,
		    const struct ipsvc_service *svc)
{
	const struct ipsvc_half *orig = &flow->half[0].h;
	long left = ipsvc_flow_remaining(&inst->flows.timeouts, orig);
	struct sk_buff *skb = msg->skb;
	struct nlattr *nest;
	void *hdr;
	bool fits;

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IPSVC_A_FLOW);
	fits = nest &&
	       (!svc || !nla_put(skb, IPSVC_A_FLOW_SERVICE, svc->name_len + 1,
				 svc->name)) &&
	       fill_flow_tuples(skb, &flow->half[0]) &&
	       !nla_put_u8(skb, IPSVC_A_FLOW_STATE,
			   orig->flags & IPSVC_HALF_DIRECT ?
			   IPSVC_FLOW_DIRECT : ipsvc_flow_state(orig)) &&
	       !nla_put_u32(skb, IPSVC_A_FLOW_EXPIRES,
			    jiffies_to_msecs(max(left, 0L)));
	if (fits)
		nla_nest_end(skb, nest);
	return msg_end(msg, hdr, fits);
}
