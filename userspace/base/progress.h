/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long work says that it goes on, so that a watchdog tells it from work that hangs:
 * each step that is short by itself calls ipsvc_progress().
 */
#ifndef IPSVC_PROGRESS_H
#define IPSVC_PROGRESS_H

/* Cheap: it may be called for each object. */
void ipsvc_progress(void);
/* Calls @told for steps from now on, about once a second while there are any. */
void ipsvc_progress_tell(void (*told)(void));

#endif
