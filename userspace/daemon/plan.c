// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "source/pace.h"

/* As many times in a row a race is lost before it counts as a failure. */
#define RACES_MAX	8

uint64_t plan_soon(uint64_t last, uint64_t now)
{
	return now < last + PLAN_COALESCE ? last + PLAN_COALESCE - now : 0;
}

uint64_t plan_retry(int err, unsigned int failures)
{
	if (failures <= RACES_MAX) {
		if (err == -ESTALE)
			return 0;
		if (err == -EBUSY)	/* until the other one has committed */
			return PLAN_COALESCE;
	}
	return pace_retry(failures);
}

uint64_t plan_repair(unsigned int repairs)
{
	if (repairs < PLAN_RIVAL_REPAIRS)
		return PLAN_COALESCE;
	return pace_backoff(repairs - PLAN_RIVAL_REPAIRS + 1, PLAN_PERIOD);
}

bool plan_commit_singly(int err)
{
	switch (err) {
	case -EINVAL:
	case -ERANGE:
	case -EADDRINUSE:
	case -EADDRNOTAVAIL:
	case -EEXIST:
	case -ENOENT:
	case -ENOSPC:
	case -E2BIG:
	case -EMSGSIZE:
	case -EAFNOSUPPORT:
	case -EOPNOTSUPP:
		return true;
	default:
		return false;
	}
}

bool plan_is_foreign(uint32_t known, uint32_t event)
{
	/* Generations wrap. */
	return (int32_t)(event - known) > 0;
}

bool plan_link_matters(const char *device, const char *name, const char *kind,
		       bool deleted, bool up)
{
	return (strcmp(device, name) == 0 ||
		(kind && strcmp(kind, "ipsvc") == 0)) && (deleted || !up);
}

const char *plan_hint(int err, bool commit)
{
	switch (err) {
	case -ENOENT:
	case -EOPNOTSUPP:
		return commit ? NULL : "ipsvcd goes on by itself once the module is loaded";
	case -EPERM:
	case -EACCES:
		return "run ipsvcd with CAP_NET_ADMIN, as ipsvcd.service does";
	case -ENOSPC:
		return "a table of the kernel is full: see 'ipsvc status' for its limits";
	default:
		return NULL;
	}
}
