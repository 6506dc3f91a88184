/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells when somebody removes our device or takes it down. */
#ifndef IPSVCD_LINK_WATCH_H
#define IPSVCD_LINK_WATCH_H

#include <systemd/sd-event.h>

struct link_watch;

/* NULL, with errno set, when there is no rtnetlink to listen to. */
struct link_watch *link_watch_new(sd_event *event, const char *device,
				  void (*changed)(void *arg), void *arg);
struct link_watch *link_watch_free(struct link_watch *w);

#endif
