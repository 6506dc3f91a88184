/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as objects and tables have them. Seconds are counted since the epoch. */
#ifndef IPSVC_TIME_H
#define IPSVC_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define IPSVC_TIME_SIZE	32	/* of the buffers below */

/* RFC 3339, "2023-11-14T22:13:20Z"; returns @buf. */
const char *ipsvc_time_format(int64_t seconds, char *buf);
/* The same from text, with any offset; false when it is none. */
bool ipsvc_time_parse(const char *text, int64_t *seconds);
/* "2m5s", as duration.HumanDuration of Kubernetes has it; returns @buf. */
const char *ipsvc_duration_format(int64_t seconds, char *buf);

#endif
