/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hands what DNS has to know to ipsvc-dnsd (dns/feed.h), once it is what the kernel
 * has. Nobody has to listen.
 */
#ifndef IPSVCD_DNS_FEED_H
#define IPSVCD_DNS_FEED_H

#include <systemd/sd-event.h>

#include "dns/feed.h"

struct dns_feed;

/*
 * Listens at @path. Root, the own user and the user ipsvc-dns may connect; @readers
 * (may be NULL) is called when the first one has come, or the last one gone. NULL,
 * after a message, when that cannot be.
 */
struct dns_feed *dns_feed_new(sd_event *event, const char *path,
			      void (*readers)(void *arg), void *arg);
/* Whether anybody is connected. */
bool dns_feed_is_read(const struct dns_feed *f);
void dns_feed_free(struct dns_feed *f);
/*
 * Sends what changed of @items, the same each time, which are borrowed; a new reader
 * gets all of them.
 */
void dns_feed_publish(struct dns_feed *f, struct dns_items *items,
		      uint32_t serial);

#endif
