/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statements of sqlite.c. */
#ifndef IPSVC_STORE_SQLITE_STATEMENTS_H
#define IPSVC_STORE_SQLITE_STATEMENTS_H

#include "sqlite.h"

enum {
	S_BEGIN_READ, S_BEGIN_WRITE, S_COMMIT, S_ROLLBACK,
	S_VERSION, S_REVISION, S_BUMP,
	S_GET, S_RANGE, S_PUT, S_DELETE, S_BURY, S_EXPIRE,
	S_COMPACT, S_COMPACTED, S_DROP_OLD, S_HISTORY,
	S_COUNT,
};

_Static_assert(S_COUNT <= IPSVC_SQLITE_STMTS, "room for all statements");

extern const char *const ipsvc_sqlite_sql[S_COUNT];

#endif
