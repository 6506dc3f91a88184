/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the store above its backends have in common. */
#ifndef IPSVC_STORE_IMPL_H
#define IPSVC_STORE_IMPL_H

#include "ops.h"

#define IPSVC_STORE_READONLY	"the store was opened for reading only"
/* So often in a row others were faster. */
#define IPSVC_STORE_ATTEMPTS	1000
#define IPSVC_STORE_RESTLESS	"others change the same records of the store all the time: try again"

/* Sets the message and returns IPSVC_STORE_NOT_FOUND. */
enum ipsvc_store_result ipsvc_store_not_found(struct ipsvc_store *store,
					      const struct ipsvc_kind *kind,
					      const char *name);

#endif
