/* SPDX-License-Identifier: GPL-2.0 */
/* The collector of the flow table. */
#ifndef IPSVC_FLOW_GC_H
#define IPSVC_FLOW_GC_H

#include "flow.h"

void ipsvc_flow_gc_work(struct work_struct *work);
/* Runs it soon, when it is not running already. */
void ipsvc_flow_gc_start(struct ipsvc_flows *flows);
/* Runs it now: there is something to free. */
void ipsvc_flow_gc_kick(struct ipsvc_flows *flows);
/* Runs it now, but not for each packet of a flood: the table is full. */
void ipsvc_flow_gc_pressed(struct ipsvc_flows *flows);

#endif /* IPSVC_FLOW_GC_H */
