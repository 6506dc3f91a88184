/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decisions of ipsvcd, apart from all I/O: when to try again,
 * and whether what happened outside concerns it. Times are microseconds.
 */
#ifndef IPSVCD_PLAN_H
#define IPSVCD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_MS			UINT64_C(1000)
#define PLAN_SEC		(1000 * PLAN_MS)

/* A burst of other events is acted on once. */
#define PLAN_COALESCE		(10 * PLAN_MS)
/* Everything is looked at again, whatever was or was not announced. */
#define PLAN_PERIOD		(60 * PLAN_SEC)
/* So many repairs without that long a pause mean that somebody undoes them. */
#define PLAN_RIVAL_REPAIRS	3
#define PLAN_RIVAL_CALM		(3 * PLAN_PERIOD)

/*
 * How long to wait with an attempt, now, after the one of @last: what comes alone
 * is acted on at once.
 */
uint64_t plan_soon(uint64_t last, uint64_t now);

/*
 * How long to wait after @failures (1 or more) attempts in a row, the last with
 * @err (negative errno). That others were faster is no reason to wait.
 */
uint64_t plan_retry(int err, unsigned int failures);

/*
 * When to repair what somebody else changed, after @repairs that did not last:
 * two that undo each other's work are not to do so all the time.
 */
uint64_t plan_repair(unsigned int repairs);

/*
 * Commits of one attempt: between attempts other events have their turn, and the
 * watchdog is fed.
 */
#define PLAN_COMMITS_MAX	256

/* The same attempt may succeed for a part of the changes. */
bool plan_commit_singly(int err);

/* Generation @event is newer than what we know: somebody else made it. */
bool plan_is_foreign(uint32_t known, uint32_t event);

/*
 * A link event that may mean that our device needs work: one of its name or, as
 * there is one instance at most, one of its kind (NULL when it has none).
 */
bool plan_link_matters(const char *device, const char *name, const char *kind,
		       bool deleted, bool up);

/*
 * What to do about an error, of a commit or of what comes before it, for
 * people; NULL when its message says it all.
 */
const char *plan_hint(int err, bool commit);

#endif
