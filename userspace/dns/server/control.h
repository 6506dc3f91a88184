/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket that says to everybody who connects how ipsvc-dnsd is, as JSON. */
#ifndef IPSVC_DNSD_CONTROL_H
#define IPSVC_DNSD_CONTROL_H

#include <jansson.h>
#include <systemd/sd-event.h>

struct control;

/*
 * Listens at <run_dir>/stats.sock; @document makes what is said. NULL, after a
 * message, when that cannot be.
 */
struct control *control_new(sd_event *event, const char *run_dir,
			    json_t *(*document)(void *arg), void *arg);
void control_free(struct control *c);

#endif
