/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the parts of the SQLite backend: sqlite.c (what it does), open.c
 * (opening, schema, messages), watch.c.
 */
#ifndef IPSVC_STORE_SQLITE_H
#define IPSVC_STORE_SQLITE_H

#include <sqlite3.h>

#include "store/ops.h"

#define IPSVC_SQLITE_STMTS	20

struct ipsvc_sqlite_watch;

struct ipsvc_sqlite {
	struct ipsvc_store base;
	sqlite3 *db;
	char *path;
	int patience_ms;	/* of begin() */
	bool gave_up[2];	/* reading, writing: waited for a lock in vain */
	bool busy;		/* what failed last, failed for their lock */
	bool denied;		/* opening failed for want of permission */
	bool writing;		/* what begin() began */
	sqlite3_stmt *stmts[IPSVC_SQLITE_STMTS];	/* as prepared on first use */
	struct ipsvc_sqlite_watch *watch;		/* NULL until asked for */
};

/* How long a lock is waited for: by begin(), and by each step of opening. */
#define IPSVC_SQLITE_PATIENCE_MS	15000
#define IPSVC_SQLITE_BUSY_MS		5000

/* Deletions that are known later: some ten megabytes, mostly. */
#define IPSVC_SQLITE_TOMBSTONES	10000

/* The version of the schema this code knows. */
extern const int ipsvc_sqlite_version;

struct ipsvc_store *ipsvc_sqlite_open(const char *path,
				      enum ipsvc_store_mode mode,
				      char **message);
void ipsvc_sqlite_close(struct ipsvc_store *store);
/* What SQLite said last about @db, in a sentence that says what to do. */
char *ipsvc_sqlite_explain(sqlite3 *db, const char *path);

int ipsvc_sqlite_watch_fd(struct ipsvc_store *store);
void ipsvc_sqlite_watch_drain(struct ipsvc_store *store);
void ipsvc_sqlite_watch_free(struct ipsvc_sqlite_watch *watch);
/* Wakes the watchers of all processes, after a commit. */
void ipsvc_sqlite_watch_wake(const struct ipsvc_sqlite *s);

#endif
