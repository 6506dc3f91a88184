/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened to an object: the events of the store and of every source. */
#ifndef IPSVC_CHANGE_H
#define IPSVC_CHANGE_H

#include <stdbool.h>

#include "object.h"

struct ipsvc_change {
	int64_t revision;	/* that made it; several changes may share one */
	bool deleted;		/* otherwise the object was put: created or changed */
	/*
	 * As it is now, or as it was when it was deleted. Where that is not known
	 * any more, the document of a deleted one is NULL; kind, namespace and
	 * name are always there. Borrowed: who keeps the document refers to it
	 * (json_incref()) and does not change it.
	 */
	const struct ipsvc_object *obj;
};

typedef void ipsvc_change_fn(const struct ipsvc_change *change, void *arg);

#endif
