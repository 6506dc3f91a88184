/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to ipsvcd. While there is none, the zone stays as it is: the
 * kernel, too, goes on with what it has.
 */
#ifndef IPSVC_DNSD_FEED_CLIENT_H
#define IPSVC_DNSD_FEED_CLIENT_H

#include <systemd/sd-event.h>

#include "dns/zone.h"

struct feed_client;

/*
 * Connects to @path, and again whenever that is lost. @changed is called after each
 * change of @zone. NULL, after a message, when the event loop does not take it.
 */
struct feed_client *feed_client_new(sd_event *event, const char *path,
				    struct dns_zone *zone,
				    void (*changed)(void *arg), void *arg);
void feed_client_free(struct feed_client *c);
bool feed_client_connected(const struct feed_client *c);

#endif
