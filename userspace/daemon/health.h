/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The health check ports of Services: over HTTP, balancers ask each node whether it
 * has endpoints of its own. As kube-proxy's ServiceHealthServer answers, on all
 * addresses of the node, whatever the path.
 */
#ifndef IPSVCD_HEALTH_H
#define IPSVCD_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cluster/local_endpoints.h"

struct health;

/* NULL, after a message, when the event loop does not take it. */
struct health *health_new(sd_event *event);
/* What @name, "default/web", is to answer; @port: 0: nothing. Closes and opens. */
void health_set(struct health *h, const char *name, uint16_t port,
		const struct ipsvc_local_endpoints *local);
/*
 * Whether the kernel has what it is to have, which answers tell. Ports that could
 * not be opened are tried again.
 */
void health_tell(struct health *h, bool healthy);
void health_free(struct health *h);

#endif
