// SPDX-License-Identifier: GPL-2.0-or-later
#include "pace.h"

#define RETRY_MIN	(250 * PACE_MS)
#define RETRY_MAX	(10 * PACE_SEC)

uint64_t pace_debounce(uint64_t first, uint64_t last)
{
	uint64_t due = last + PACE_DEBOUNCE, latest = first + PACE_DEBOUNCE_MAX;

	return due < latest ? due : latest;
}

uint64_t pace_backoff(unsigned int times, uint64_t max)
{
	uint64_t delay = RETRY_MIN;

	while (--times && delay < max)
		delay *= 2;
	return delay < max ? delay : max;
}

uint64_t pace_retry(unsigned int failures)
{
	return pace_backoff(failures, RETRY_MAX);
}
