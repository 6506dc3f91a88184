// SPDX-License-Identifier: GPL-2.0-or-later
#include "statements.h"

#define OBJECT	"SELECT kind, doc, file, revision, source FROM objects "

#define KEY	"kind = ?1 AND ns = ?2 AND name = ?3"

const char *const ipsvc_sqlite_sql[S_COUNT] = {
	[S_BEGIN_READ] = "BEGIN",
	[S_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_ROLLBACK] = "ROLLBACK",
	[S_VERSION] = "PRAGMA user_version",
	[S_REVISION] = "SELECT value FROM meta WHERE key = 'revision'",
	[S_BUMP] = "UPDATE meta SET value = value + 1 WHERE key = 'revision' "
		   "RETURNING value",
	[S_GET] = OBJECT "WHERE kind = ?1 AND ns = ?2 AND name = ?3",
	[S_LIST] = OBJECT "WHERE kind = ?1 ORDER BY ns, name",
	[S_LIST_NS] = OBJECT "WHERE kind = ?1 AND ns = ?2 ORDER BY name",
	[S_LIST_OWNER] = OBJECT "WHERE source = ?1 AND file = ?2 "
			 "ORDER BY kind, ns, name",
	[S_FILES] = "SELECT DISTINCT file FROM objects WHERE source = ?1 "
		    "ORDER BY file",
	/* No REPLACE: it would delete the old row, and its claims with it. */
	[S_PUT] = "INSERT INTO objects (kind, ns, name, uid, revision, file, doc, source) "
		  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
		  "ON CONFLICT (kind, ns, name) DO UPDATE SET uid = excluded.uid, "
		  "revision = excluded.revision, file = excluded.file, "
		  "doc = excluded.doc, source = excluded.source",
	[S_REMOVE] = "DELETE FROM objects WHERE kind = ?1 AND ns = ?2 AND name = ?3",
	[S_CONFIG_GET] = "SELECT value FROM config WHERE key = ?1",
	[S_CONFIG_SET] = "INSERT INTO config (key, value) VALUES (?1, ?2) "
			 "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
	[S_CLAIM_IP] = "INSERT INTO cluster_ips (kind, ns, name, family, address) "
		       "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
	[S_CLAIM_PORT] = "INSERT INTO node_ports (kind, ns, name, port) "
			 "VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
	[S_IPS] = "SELECT address FROM cluster_ips WHERE family = ?1 AND "
		  "address BETWEEN ?2 AND ?3 UNION ALL "
		  "SELECT address FROM kept_cluster_ips WHERE family = ?1 AND "
		  "address BETWEEN ?2 AND ?3 ORDER BY address",
	[S_PORTS] = "SELECT port FROM node_ports WHERE port BETWEEN ?1 AND ?2 "
		    "UNION ALL SELECT port FROM kept_node_ports "
		    "WHERE port BETWEEN ?1 AND ?2 ORDER BY port",
	[S_RELEASE_IPS] = "DELETE FROM cluster_ips "
			  "WHERE kind = ?1 AND ns = ?2 AND name = ?3",
	[S_RELEASE_PORTS] = "DELETE FROM node_ports "
			    "WHERE kind = ?1 AND ns = ?2 AND name = ?3",
	[S_ANY_CLAIMS] = "SELECT EXISTS (SELECT 1 FROM cluster_ips) OR "
			 "EXISTS (SELECT 1 FROM node_ports)",
	/* Replacing deletes what was kept before with its claims. */
	[S_KEEP] = "REPLACE INTO kept (kind, ns, name, doc, until) "
		   "SELECT kind, ns, name, doc, ?4 FROM objects "
		   "WHERE " KEY " AND "
		   "(EXISTS (SELECT 1 FROM cluster_ips WHERE " KEY ") OR "
		   "EXISTS (SELECT 1 FROM node_ports WHERE " KEY "))",
	[S_KEEP_IPS] = "INSERT INTO kept_cluster_ips (kind, ns, name, family, address) "
		       "SELECT kind, ns, name, family, address "
		       "FROM cluster_ips WHERE " KEY,
	[S_KEEP_PORTS] = "INSERT INTO kept_node_ports (kind, ns, name, port) "
			 "SELECT kind, ns, name, port FROM node_ports WHERE " KEY,
	[S_KEPT] = "SELECT kind, doc, NULL, 0, NULL FROM kept WHERE " KEY,
	[S_EXPIRE] = "DELETE FROM kept WHERE until <= ?1",
	/* Claimed by another object, with all that is kept with it. */
	[S_LOSE_IP] = "DELETE FROM kept WHERE (kind, ns, name) IN "
		      "(SELECT kind, ns, name FROM kept_cluster_ips "
		      "WHERE family = ?4 AND address = ?5) AND NOT (" KEY ")",
	[S_LOSE_PORT] = "DELETE FROM kept WHERE (kind, ns, name) IN "
			"(SELECT kind, ns, name FROM kept_node_ports "
			"WHERE port = ?4) AND NOT (" KEY ")",
	/* Claimed by the object it was kept for. */
	[S_TAKE_IP] = "DELETE FROM kept_cluster_ips "
		      "WHERE " KEY " AND family = ?4 AND address = ?5",
	[S_TAKE_PORT] = "DELETE FROM kept_node_ports WHERE " KEY " AND port = ?4",
	/* The revision is that which the transaction is going to make. */
	[S_BURY] = "INSERT INTO tombstones (revision, kind, doc, file, source) "
		   "SELECT (SELECT value + 1 FROM meta WHERE key = 'revision'), "
		   "kind, doc, file, source FROM objects WHERE " KEY,
	[S_COMPACT] = "UPDATE meta SET value = max(value, coalesce("
		      "(SELECT max(revision) FROM tombstones WHERE seq <= "
		      "(SELECT max(seq) FROM tombstones) - ?1), 0)) "
		      "WHERE key = 'compacted'",
	[S_COMPACTED] = "SELECT value FROM meta WHERE key = 'compacted'",
	[S_DROP_OLD] = "DELETE FROM tombstones WHERE revision <= "
		       "(SELECT value FROM meta WHERE key = 'compacted')",
	/* What is deleted and made again in a revision is deleted first. */
	[S_CHANGES] = "SELECT kind, doc, file, revision, source, true, 0 AS put "
		      "FROM tombstones WHERE revision > ?1 UNION ALL "
		      "SELECT kind, doc, file, revision, source, false, 1 "
		      "FROM objects WHERE revision > ?1 ORDER BY revision, put",
};
