// SPDX-License-Identifier: GPL-2.0-or-later
#include "progress.h"

#include <stddef.h>
#include <time.h>

static void (*tell)(void);
static time_t told;	/* monotonic */

void ipsvc_progress(void)
{
	struct timespec now;

	if (!tell)
		return;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec == told)
		return;
	told = now.tv_sec;
	tell();
}

void ipsvc_progress_tell(void (*f)(void))
{
	tell = f;
}
