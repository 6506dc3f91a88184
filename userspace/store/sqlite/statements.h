/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statements of sqlite.c. Where they are about one object, ?1 to ?3 are its key. */
#ifndef IPSVC_STORE_SQLITE_STATEMENTS_H
#define IPSVC_STORE_SQLITE_STATEMENTS_H

#include "sqlite.h"

enum {
	S_BEGIN_READ, S_BEGIN_WRITE, S_COMMIT, S_ROLLBACK,
	S_VERSION, S_REVISION, S_BUMP,
	S_GET, S_LIST, S_LIST_NS, S_LIST_OWNER, S_FILES, S_PUT, S_REMOVE,
	S_CONFIG_GET, S_CONFIG_SET,
	S_CLAIM_IP, S_CLAIM_PORT, S_IPS, S_PORTS, S_RELEASE_IPS,
	S_RELEASE_PORTS, S_ANY_CLAIMS,
	S_KEEP, S_KEEP_IPS, S_KEEP_PORTS, S_KEPT, S_EXPIRE,
	S_LOSE_IP, S_LOSE_PORT, S_TAKE_IP, S_TAKE_PORT,
	S_BURY, S_COMPACT, S_COMPACTED, S_DROP_OLD, S_CHANGES,
	S_COUNT,
};

_Static_assert(S_COUNT <= IPSVC_SQLITE_STMTS, "room for all statements");

extern const char *const ipsvc_sqlite_sql[S_COUNT];

#endif
