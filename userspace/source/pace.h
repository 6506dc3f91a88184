/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the manifests directory is read, apart from all I/O. Times are microseconds. */
#ifndef IPSVC_SOURCE_PACE_H
#define IPSVC_SOURCE_PACE_H

#include <stdint.h>

#define PACE_MS			UINT64_C(1000)
#define PACE_SEC		(1000 * PACE_MS)

/* A burst of file events is read once it paused, or after this at the latest. */
#define PACE_DEBOUNCE		(100 * PACE_MS)
#define PACE_DEBOUNCE_MAX	(1 * PACE_SEC)
/* What is behind symbolic links is looked at so often, and read when it stays. */
#define PACE_LOOK		(300 * PACE_MS)

/* When to read, after events from @first to @last. */
uint64_t pace_debounce(uint64_t first, uint64_t last);
/* Twice as long each time (1 or more), but no longer than @max. */
uint64_t pace_backoff(unsigned int times, uint64_t max);
/* How long to wait after @failures (1 or more) of anything in a row. */
uint64_t pace_retry(unsigned int failures);

#endif
