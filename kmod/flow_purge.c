// SPDX-License-Identifier: GPL-2.0
/* The end of UDP flows whose endpoint or frontend was removed. */
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "flow.h"
#include "ipsvc.h"
#include "stats.h"

/*
 * A flow is stale when its endpoint was removed, when the frontend leads to another
 * service port than the endpoint's by now, or when datagrams are shared out in
 * another way.
 */
static bool is_stale(struct ipsvc_instance *inst, const struct ipsvc_half *half)
{
	struct ipsvc_endpoint *ep = ipsvc_endpoint_find(inst, half->endpoint);
	const struct ipsvc_frontend *fe;

	if (!ep || READ_ONCE(ep->removed))
		return true;
	fe = ipsvc_frontend_find_of(&inst->frontends, half);
	return !fe || fe->service != ep->service ||
	       !(fe->set->options.flags & IPSVC_SERVICE_F_ONE_PACKET) !=
		       !(half->flags & IPSVC_HALF_ONE_PACKET);
}

static int purge_one(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	bool *any = arg;

	if (orig->proto == IPPROTO_UDP && orig->endpoint &&
	    !ipsvc_half_is_dead(orig) && is_stale(inst, orig)) {
		ipsvc_flow_kill(flow, IPSVC_HALF_DEAD);
		ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_PURGED);
		*any = true;
	}
	return 0;
}

/**
 * ipsvc_flow_purge_removed() - end the UDP flows of what a change removed
 * @inst: the instance
 *
 * The caller has marked endpoints and frontends, with a full barrier after
 * that; a hook checks the marks after it has inserted a flow. So no flow is
 * missed, and no datagram goes to a removed endpoint afterwards. TCP flows
 * stay, as in Kubernetes.
 *
 * Context: may sleep, &ipsvc_net.walkers. Walks all flows.
 */
void ipsvc_flow_purge_removed(struct ipsvc_instance *inst)
{
	bool any = false;

	ipsvc_flow_walk(inst, purge_one, &any);
	if (any)
		ipsvc_flow_gc_kick(&inst->flows);
}
