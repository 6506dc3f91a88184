// SPDX-License-Identifier: GPL-2.0
/* Messages. All of these leave a message that did not fit out, whole. */
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

static bool fill_frontend(struct sk_buff *skb,
			  const struct ipsvc_frontend_key *key)
{
	struct nlattr *nest = nla_nest_start(skb, IPSVC_A_FRONTEND);

	if (!nest || nla_put_u8(skb, IPSVC_A_FRONTEND_CLASS, key->class) ||
	    nla_put_be16(skb, IPSVC_A_FRONTEND_PORT, key->port))
		return false;
	if (key->class != IPSVC_FRONTEND_NODE_PORT &&
	    nla_put_in_addr(skb, IPSVC_A_FRONTEND_ADDRESS4, key->addr.ip4))
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
	for (i = 0; i < svc->n_frontends; i++)
		if (!fill_frontend(skb, &svc->frontends[i]->key))
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
	    nla_put_in_addr(skb, IPSVC_A_ENDPOINT_ADDRESS4, ep->addr.ip4) ||
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
	return nla_total_size(nla_total_size(sizeof(__be32)) +
			      nla_total_size(sizeof(__be16)) +
			      nla_total_size(sizeof(u32)) * 2 +
			      nla_total_size(sizeof(u64)));
}

static size_t frontend_size(void)
{
	return nla_total_size(nla_total_size(sizeof(u8)) +
			      nla_total_size(sizeof(__be16)) +
			      nla_total_size(sizeof(__be32)));
}

/**
 * ipsvc_service_size() - room a service needs in one message
 * @inst: the instance
 * @svc: the service
 *
 * Context: &ipsvc_net.lock. Return: payload, in bytes.
 */
size_t ipsvc_service_size(const struct ipsvc_instance *inst,
			  const struct ipsvc_service *svc)
{
	/* The lengths of attributes are 16 bits wide. */
	BUILD_BUG_ON(IPSVC_ENDPOINTS_MAX * 48 + IPSVC_FRONTENDS_MAX * 28 +
		     512 > U16_MAX);

	return GENL_HDRLEN + nla_total_size(0) * 3 +
	       nla_total_size(svc->name_len + 1) +
	       nla_total_size(sizeof(u8)) + nla_total_size(sizeof(u32)) +
	       nla_total_size(sizeof(u64)) +
	       svc->n_frontends * frontend_size() +
	       ipsvc_service_set(inst, svc)->n * endpoint_size();
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

/**
 * ipsvc_fill_service() - write a service, or the next part of it
 * @msg: see there
 * @inst: the instance
 * @svc: the service
 * @endpoint: the first to be written; moved on to the next one. 0 again when
 *	the service is complete. NULL: it has to fit.
 *
 * Context: &ipsvc_net.lock. Return: 0 complete, 1 more to come in another
 * message, -EMSGSIZE nothing written.
 */
int ipsvc_fill_service(const struct ipsvc_msg *msg,
		       const struct ipsvc_instance *inst,
		       const struct ipsvc_service *svc, u32 *endpoint)
{
	const struct ipsvc_endpoint_set *set = ipsvc_service_set(inst, svc);
	u32 i = endpoint ? *endpoint : 0;
	struct sk_buff *skb = msg->skb;
	struct nlattr *nest = NULL;
	void *hdr;
	bool fits;

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IPSVC_A_SERVICE);
	fits = nest && !nla_put(skb, IPSVC_A_SERVICE_NAME, svc->name_len + 1,
				svc->name);
	if (fits && !i)
		fits = fill_service_head(skb, svc);
	if (fits)
		fits = fill_endpoints(skb, set, &i);
	if (!fits || (!endpoint && i < set->n))
		return msg_end(msg, hdr, false);
	nla_nest_end(skb, nest);
	msg_end(msg, hdr, true);
	if (!endpoint)
		return 0;
	*endpoint = i < set->n ? i : 0;
	return i < set->n;
}

/**
 * ipsvc_fill_service_name() - write of a service nothing but its name
 * @msg: see there
 * @name: the name
 *
 * Return: 0 or -EMSGSIZE.
 */
int ipsvc_fill_service_name(const struct ipsvc_msg *msg, const char *name)
{
	struct nlattr *nest;
	void *hdr;
	bool fits;

	hdr = msg_begin(msg);
	if (!hdr)
		return -EMSGSIZE;
	nest = nla_nest_start(msg->skb, IPSVC_A_SERVICE);
	fits = nest && !nla_put_string(msg->skb, IPSVC_A_SERVICE_NAME, name);
	if (fits)
		nla_nest_end(msg->skb, nest);
	return msg_end(msg, hdr, fits);
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
	       !nla_put_string(skb, IPSVC_A_INSTANCE_VERSION, IPSVC_VERSION);
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

/**
 * ipsvc_fill_stats() - write all counters
 * @msg: see there
 * @inst: the instance
 *
 * Return: 0 or -EMSGSIZE.
 */
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
			     const struct ipsvc_flow_half *half)
{
	if (nla_put_u8(skb, IPSVC_A_FLOW_PROTOCOL, half->proto) ||
	    nla_put_in_addr(skb, IPSVC_A_FLOW_CLIENT4, half->saddr) ||
	    nla_put_be16(skb, IPSVC_A_FLOW_CLIENT_PORT, half->sport) ||
	    nla_put_in_addr(skb, IPSVC_A_FLOW_FRONTEND4, half->daddr) ||
	    nla_put_be16(skb, IPSVC_A_FLOW_FRONTEND_PORT, half->dport) ||
	    nla_put_in_addr(skb, IPSVC_A_FLOW_ENDPOINT4, half->new_daddr) ||
	    nla_put_be16(skb, IPSVC_A_FLOW_ENDPOINT_PORT, half->new_dport))
		return false;
	if (!(READ_ONCE(half->flags) & IPSVC_HALF_MASQ))
		return true;
	return !nla_put_in_addr(skb, IPSVC_A_FLOW_MASQUERADE4,
				half->new_saddr) &&
	       !nla_put_be16(skb, IPSVC_A_FLOW_MASQUERADE_PORT,
			     half->new_sport);
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
	long left = ipsvc_flow_remaining(&inst->flows.timeouts, flow);
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
	       !nla_put_u8(skb, IPSVC_A_FLOW_STATE, ipsvc_flow_state(flow)) &&
	       !nla_put_u32(skb, IPSVC_A_FLOW_EXPIRES,
			    jiffies_to_msecs(max(left, 0L)));
	if (fits)
		nla_nest_end(skb, nest);
	return msg_end(msg, hdr, fits);
}
