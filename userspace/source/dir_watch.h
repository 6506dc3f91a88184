/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells when a directory changed, by inotify. While there is none, its nearest
 * ancestor is watched for its appearance. inotify does not tell what becomes of
 * symbolic links' targets: they are looked at from time to time.
 */
#ifndef IPSVCD_DIR_WATCH_H
#define IPSVCD_DIR_WATCH_H

#include <systemd/sd-event.h>

struct dir_watch;

/*
 * Calls @changed some time after something in @dir (absolute) changed: once a
 * burst of events has paused, see pace_debounce().
 */
struct dir_watch *dir_watch_new(sd_event *event, const char *dir,
				void (*changed)(void *arg), void *arg);
/*
 * Watches what is to be watched now; to be called before the directory is read,
 * each time. 0, or a negative errno: then nothing is announced.
 */
int dir_watch_arm(struct dir_watch *w);
struct dir_watch *dir_watch_free(struct dir_watch *w);

#endif
