/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others can know of a running ipsvcd: a lock in its run directory, held as
 * long as it lives, and status.json beside it. `ipsvc status` reads both. What
 * keeps a second ipsvcd away is another lock, on a file nobody else can open.
 */
#ifndef IPSVCD_STATUS_H
#define IPSVCD_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sync.h"

struct status_lock {
	int exclusive;		/* keeps a second ipsvcd from the run directory */
	int shown;		/* tells everybody that this one lives */
};

/*
 * Makes @run_dir if it is missing and takes its locks, to be kept until the
 * process ends. False, after a message, when another ipsvcd has them.
 */
bool status_lock(const char *run_dir, struct status_lock *lock);
void status_unlock(struct status_lock *lock);

struct status {
	const char *node, *device, *store, *manifests;
	const char *cluster_cidr;	/* may be NULL */
	uint64_t since;			/* realtime, microseconds */
	const struct sync_report *sync;
	size_t files;
	json_t *errors, *warnings;	/* of the source; borrowed */
};

/* The document; a pure function. The caller owns the reference. */
json_t *status_document(const struct status *st);
/*
 * Writes @doc to <run_dir>/status.json; readers see the old or the new one,
 * whole. 0, or a negative errno.
 */
int status_write(const char *run_dir, json_t *doc);

#endif
