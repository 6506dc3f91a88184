/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was counted at one time, to be compared with what is at another. */
#ifndef IPSVC_CLI_SAMPLES_H
#define IPSVC_CLI_SAMPLES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/* Of a counter, a service port or an endpoint; what it has none of is zero. */
struct sample {
	struct ipsvc_map_node node;
	char *name;		/* of the counter or the service port */
	uint8_t family;
	struct in6_addr addr;	/* of the endpoint */
	uint16_t port;
	uint64_t total;		/* only grows: the counter, or connections */
	uint32_t level;		/* flows there are */
};

/* Zero-initialise ({0}) before use. */
struct samples {
	struct ipsvc_map map;
	struct sample **items;
	size_t n, cap;
};

/* Of what @like is about, in the order that they are added in. */
void samples_add(struct samples *samples, const struct sample *like);
void samples_free(struct samples *samples);

/*
 * Makes of @now what has changed since @before: what was not there before, and a
 * total that has begun anew, count from zero. The level may have become less.
 */
void samples_difference(const struct samples *before, const struct sample *now,
			uint64_t *total, int64_t *level);

#endif
