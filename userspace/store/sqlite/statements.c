// SPDX-License-Identifier: GPL-2.0-or-later
#include "statements.h"

/* In a commit whatever has expired is deleted first. */
#define ALIVE	"(expires IS NULL OR expires > unixepoch())"
#define WATCHED	"key >= '" IPSVC_WATCHED "' AND key < '" IPSVC_WATCHED_END "'"

const char *const ipsvc_sqlite_sql[S_COUNT] = {
	[S_BEGIN_READ] = "BEGIN",
	[S_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_ROLLBACK] = "ROLLBACK",
	[S_VERSION] = "PRAGMA user_version",
	[S_REVISION] = "SELECT value FROM meta WHERE key = 'revision'",
	[S_BUMP] = "UPDATE meta SET value = value + 1 WHERE key = 'revision' "
		   "RETURNING value",
	[S_GET] = "SELECT key, value, revision FROM records "
		  "WHERE key = ?1 AND " ALIVE,
	[S_RANGE] = "SELECT key, value, revision FROM records "
		    "WHERE key >= ?1 AND key < ?2 AND " ALIVE " ORDER BY key",
	[S_PUT] = "INSERT INTO records (key, value, revision, expires) "
		  "VALUES (?1, ?2, ?3, unixepoch() + ?4) ON CONFLICT (key) "
		  "DO UPDATE SET value = excluded.value, "
		  "revision = excluded.revision, expires = excluded.expires",
	[S_DELETE] = "DELETE FROM records WHERE key = ?1",
	[S_BURY] = "INSERT INTO tombstones (revision, key, value) "
		   "SELECT ?2, key, value FROM records WHERE key = ?1 AND "
		   WATCHED,
	[S_EXPIRE] = "DELETE FROM records WHERE expires <= unixepoch()",
	[S_COMPACT] = "UPDATE meta SET value = max(value, coalesce("
		      "(SELECT max(revision) FROM tombstones WHERE seq <= "
		      "(SELECT max(seq) FROM tombstones) - ?1), 0)) "
		      "WHERE key = 'compacted'",
	[S_COMPACTED] = "SELECT value FROM meta WHERE key = 'compacted'",
	[S_DROP_OLD] = "DELETE FROM tombstones WHERE revision <= "
		       "(SELECT value FROM meta WHERE key = 'compacted')",
	/*
	 * What was deleted and made again in one revision is deleted first. Left
	 * to itself, SQLite reads all that is watched, by its keys.
	 */
	[S_HISTORY] = "SELECT key, value, revision, 1 AS deleted "
		      "FROM tombstones WHERE revision > ?1 UNION ALL "
		      "SELECT key, value, revision, 0 FROM records "
		      "INDEXED BY records_watched "
		      "WHERE revision > ?1 AND " WATCHED " "
		      "ORDER BY revision, deleted DESC",
};
