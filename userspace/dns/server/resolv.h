/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom workers ask for names of others, when a resolv.conf says so: it is read again
 * when it has changed, and may not be there before the network is.
 */
#ifndef IPSVC_DNSD_RESOLV_H
#define IPSVC_DNSD_RESOLV_H

#include <systemd/sd-event.h>

#include "worker.h"

struct resolv;

/* Sets the routes of @server's responder. NULL after a message. */
struct resolv *resolv_new(sd_event *event, struct server *server);
/* Once no worker runs any more. */
void resolv_free(struct resolv *r);

#endif
