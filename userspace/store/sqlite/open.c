// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening the database: nothing is written to a file before it is known to be
 * a store, to be whole, and to be of a version this code knows.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/progress.h"
#include "store/records.h"

/* "IPSV", so that no other program's database is taken for a store. */
#define APPLICATION_ID	0x49505356

/* The log is cut back to this size when it was larger. */
#define WAL_SIZE_LIMIT	(4 * 1024 * 1024)

/*
 * The steps that lead from one PRAGMA user_version to the next. Never change
 * one that was released; add one.
 */
static const char *const migrations[] = {
	/* 0 to 1 */
	"CREATE TABLE meta ("
	"	key TEXT PRIMARY KEY,"
	"	value INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('revision', 0);"

	"CREATE TABLE config ("
	"	key TEXT PRIMARY KEY,"
	"	value TEXT NOT NULL"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE objects ("
	"	kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	uid TEXT NOT NULL UNIQUE,"
	"	revision INTEGER NOT NULL,"
	"	file TEXT,"
	"	doc TEXT NOT NULL,"
	"	PRIMARY KEY (kind, ns, name)"
	") STRICT;"
	"CREATE INDEX objects_file ON objects (file) WHERE file IS NOT NULL;"

	/* Network byte order, so that order is that of addresses. */
	"CREATE TABLE cluster_ips ("
	"	family INTEGER NOT NULL CHECK (family IN (4, 6)),"
	"	address BLOB NOT NULL"
	"		CHECK (length(address) = iif(family = 4, 4, 16)),"
	"	kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	PRIMARY KEY (family, address),"
	"	FOREIGN KEY (kind, ns, name) REFERENCES objects"
	"		ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX cluster_ips_owner ON cluster_ips (kind, ns, name);"

	"CREATE TABLE node_ports ("
	"	port INTEGER PRIMARY KEY CHECK (port BETWEEN 1 AND 65535),"
	"	kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	FOREIGN KEY (kind, ns, name) REFERENCES objects"
	"		ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
	") STRICT;"
	"CREATE INDEX node_ports_owner ON node_ports (kind, ns, name);",

	/* 1 to 2: what deleted objects had. */
	"CREATE TABLE kept ("
	"	kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	doc TEXT NOT NULL,"
	"	until INTEGER NOT NULL,"
	"	PRIMARY KEY (kind, ns, name)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX kept_until ON kept (until);"

	"CREATE TABLE kept_cluster_ips ("
	"	family INTEGER NOT NULL CHECK (family IN (4, 6)),"
	"	address BLOB NOT NULL"
	"		CHECK (length(address) = iif(family = 4, 4, 16)),"
	"	kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	PRIMARY KEY (family, address),"
	"	FOREIGN KEY (kind, ns, name) REFERENCES kept ON DELETE CASCADE"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX kept_cluster_ips_owner"
	"	ON kept_cluster_ips (kind, ns, name);"

	"CREATE TABLE kept_node_ports ("
	"	port INTEGER PRIMARY KEY CHECK (port BETWEEN 1 AND 65535),"
	"	kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	FOREIGN KEY (kind, ns, name) REFERENCES kept ON DELETE CASCADE"
	") STRICT;"
	"CREATE INDEX kept_node_ports_owner ON kept_node_ports (kind, ns, name);",

	/* 2 to 3: whose the files are. Of those there are, nobody knows it. */
	"ALTER TABLE objects ADD COLUMN source TEXT;"
	"UPDATE objects SET source = '' WHERE file IS NOT NULL;"
	"DROP INDEX objects_file;"
	"CREATE INDEX objects_owner ON objects (source, file)"
	"	WHERE source IS NOT NULL;",

	/*
	 * 3 to 4: records (records.h), which any backend can have, and what was
	 * deleted when. Views show people what they are about.
	 */
	"CREATE TABLE records ("
	"	key TEXT PRIMARY KEY,"
	"	value TEXT NOT NULL,"
	"	revision INTEGER NOT NULL,"
	"	expires INTEGER"
	") STRICT;"
	"CREATE INDEX records_watched ON records (revision)"
	"	WHERE key >= 'objects/' AND key < 'objects0';"
	"CREATE INDEX records_expires ON records (expires)"
	"	WHERE expires IS NOT NULL;"
	"CREATE TABLE tombstones ("
	"	seq INTEGER PRIMARY KEY,"
	"	revision INTEGER NOT NULL,"
	"	key TEXT NOT NULL,"
	"	value TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX tombstones_revision ON tombstones (revision);"
	"INSERT INTO meta SELECT 'compacted', value FROM meta"
	"	WHERE key = 'revision';"

	"INSERT INTO records SELECT 'objects/' || kind || '/' || ns || '/' || name,"
	"	iif(file IS NULL, json_object('doc', json(doc)),"
	"	json_object('doc', json(doc), 'source', key_escape(source),"
	"	'file', key_escape(file))), revision, NULL FROM objects;"
	"INSERT INTO records SELECT 'owners/' || key_escape(source) || char(9) ||"
	"	key_escape(file) || char(9) || kind || '/' || ns || '/' || name, '',"
	"	revision, NULL FROM objects WHERE file IS NOT NULL;"
	"INSERT INTO records SELECT 'ips/' || family || '/' || lower(hex(address)),"
	"	'objects/' || kind || '/' || ns || '/' || name, 1, NULL"
	"	FROM cluster_ips;"
	"INSERT INTO records SELECT printf('ports/%05d', port),"
	"	'objects/' || kind || '/' || ns || '/' || name, 1, NULL"
	"	FROM node_ports;"
	"CREATE TEMP TABLE kept_claims AS SELECT kind, ns, name,"
	"	'ips/' || family || '/' || lower(hex(address)) AS key"
	"	FROM kept_cluster_ips UNION ALL SELECT kind, ns, name,"
	"	printf('ports/%05d', port) FROM kept_node_ports;"
	"INSERT INTO records SELECT key, 'kept/' || kind || '/' || ns || '/' || name,"
	"	1, until FROM kept_claims JOIN kept USING (kind, ns, name);"
	"INSERT INTO records SELECT 'kept/' || kind || '/' || ns || '/' || name,"
	"	json_object('doc', json(doc), 'claims', (SELECT json_group_array(key)"
	"	FROM kept_claims c WHERE (c.kind, c.ns, c.name) ="
	"	(kept.kind, kept.ns, kept.name))), 1, until FROM kept;"
	"INSERT INTO records SELECT 'config', json_object("
	"	'serviceCidr', max(iif(key = 'service-cidr', value, NULL)),"
	"	'nodePortMin', max(iif(key = 'node-port-min', CAST(value AS INTEGER), NULL)),"
	"	'nodePortMax', max(iif(key = 'node-port-max', CAST(value AS INTEGER), NULL))),"
	"	1, NULL FROM config HAVING count(*) = 3;"
	"DROP TABLE kept_claims;"
	"DROP TABLE kept_cluster_ips; DROP TABLE kept_node_ports; DROP TABLE kept;"
	"DROP TABLE cluster_ips; DROP TABLE node_ports; DROP TABLE objects;"
	"DROP TABLE config;"

	"CREATE VIEW objects AS SELECT"
	"	substr(key, 9, instr(substr(key, 9), '/') - 1) AS kind,"
	"	value ->> '$.doc.metadata.namespace' AS ns,"
	"	value ->> '$.doc.metadata.name' AS name, revision,"
	"	value ->> '$.source' AS source, value ->> '$.file' AS file,"
	"	value -> '$.doc' AS doc FROM records"
	"	WHERE key >= 'objects/' AND key < 'objects0';"
	"CREATE VIEW cluster_ips AS SELECT substr(key, 5) AS address, value AS owner"
	"	FROM records WHERE key >= 'ips/' AND key < 'ips0' AND expires IS NULL;"
	"CREATE VIEW node_ports AS SELECT CAST(substr(key, 7) AS INTEGER) AS port,"
	"	value AS owner FROM records"
	"	WHERE key >= 'ports/' AND key < 'ports0' AND expires IS NULL;"
	"CREATE VIEW kept AS SELECT key, value AS owner, expires FROM records"
	"	WHERE expires IS NOT NULL;",
};

#define SCHEMA_VERSION	((int)(sizeof(migrations) / sizeof(migrations[0])))

const int ipsvc_sqlite_version = SCHEMA_VERSION;

/* ---- messages ----------------------------------------------------------- */

static char *damaged(const char *path, const char *detail)
{
	return xasprintf("the store %s is damaged (%s). Nothing was changed. Stop ipsvcd and move %s, %s-wal and %s-shm aside, together; then put a backup in its place, or start with an empty store and what can still be read (docs/store.md says how)",
			 path, detail, path, path, path);
}

char *ipsvc_sqlite_explain(sqlite3 *db, const char *path)
{
	const char *detail = sqlite3_errmsg(db);

	switch (sqlite3_errcode(db)) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return damaged(path, detail);
	case SQLITE_BUSY:
	case SQLITE_PROTOCOL:
		return xasprintf("the store %s is busy: another process keeps it locked; try again",
				 path);
	case SQLITE_FULL:
		return xasprintf("no space left for the store %s; nothing was changed",
				 path);
	case SQLITE_READONLY:
		return xasprintf("no permission to write to the store %s",
				 path);
	case SQLITE_IOERR:
		return xasprintf("I/O error on the store %s: %s (%s)",
				 path, strerror(sqlite3_system_errno(db)),
				 detail);
	default:
		return xasprintf("the store %s: %s", path, detail);
	}
}

static bool is_missing(const char *path, const char *suffix)
{
	char *name = xasprintf("%s%s", path, suffix);
	bool missing = access(name, F_OK) && errno == ENOENT;

	free(name);
	return missing;
}

/* A message of something that is not permitted. */
__attribute__((format(printf, 2, 3)))
static char *denied(struct ipsvc_sqlite *s, const char *fmt, ...)
{
	char *message;
	va_list ap;

	s->denied = true;
	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	return message;
}

/* That of a system call on the file, by errno. */
static char *cannot(struct ipsvc_sqlite *s, const char *what)
{
	s->denied = errno == EACCES || errno == EPERM;
	return xasprintf("cannot %s the store %s: %s", what, s->path,
			 strerror(errno));
}

/* Why the file cannot be opened, by what the system says about it. */
static char *cannot_open(struct ipsvc_sqlite *s, bool readonly)
{
	const char *path = s->path;
	int rc = sqlite3_errcode(s->db);

	if (is_missing(path, ""))
		return xasprintf("there is no store %s yet: start ipsvcd or apply a manifest",
				 path);
	if (access(path, readonly ? R_OK : R_OK | W_OK))
		return cannot(s, "open");
	if (readonly && (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY) &&
	    (is_missing(path, "-wal") || is_missing(path, "-shm")))
		return denied(s, "cannot read the store %s: its files %s-wal and %s-shm are missing, and this user may not create them; open it once as a user that may write to it",
			      path, path, path);
	if (rc == SQLITE_CANTOPEN) {
		errno = sqlite3_system_errno(s->db);
		return cannot(s, "open");
	}
	return ipsvc_sqlite_explain(s->db, path);
}

/* ---- the file ----------------------------------------------------------- */

/*
 * What root makes in another user's directory belongs to that user: the daemon
 * is to be able to write to what the administrator's CLI created first.
 */
static int give_to_owner_of(int fd, const char *dir)
{
	struct stat st;

	if (geteuid())
		return 0;
	if (stat(dir, &st))
		return -1;
	return st.st_uid || st.st_gid ? fchown(fd, st.st_uid, st.st_gid) : 0;
}

static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

/*
 * An empty file is a new database to SQLite. It gives the mode and owner of it
 * to -wal and -shm as well. The group may read, whatever the umask: it is the
 * directory that says who gets this far.
 */
static char *create_file(struct ipsvc_sqlite *s)
{
	char *copy = xstrdup(s->path), *dir = dirname(copy), *message = NULL;
	int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
			       O_CLOEXEC, 0640);

	if (fd < 0 && errno == ENOENT)
		message = xasprintf("cannot create the store %s: there is no directory %s; create it (mkdir -m 0750 %s) or name another store",
				    s->path, dir, dir);
	else if ((fd < 0 && errno != EEXIST) ||
		 (fd >= 0 && (give_to_owner_of(fd, dir) ||
			      fchmod(fd, 0640) || sync_dir(dir))))
		message = cannot(s, "create");
	if (fd >= 0)
		close(fd);
	free(copy);
	return message;
}

/* ---- the schema --------------------------------------------------------- */

static bool query_int(sqlite3 *db, const char *sql, int *value)
{
	sqlite3_stmt *stmt;
	bool ok = false;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		*value = sqlite3_column_int(stmt, 0);
		ok = true;
	}
	/* Keeps the error code of a step that failed. */
	return sqlite3_finalize(stmt) == SQLITE_OK && ok;
}

struct identity {
	int application_id, version, tables;
};

/* From one snapshot: another process may just be setting it up. */
static char *read_identity(struct ipsvc_sqlite *s, bool readonly,
			   struct identity *id)
{
	sqlite3 *db = s->db;
	char *message = NULL;

	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
	    !query_int(db, "PRAGMA application_id", &id->application_id) ||
	    !query_int(db, "PRAGMA user_version", &id->version) ||
	    !query_int(db, "SELECT count(*) FROM sqlite_schema", &id->tables))
		message = cannot_open(s, readonly);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return message;
}

/* NULL when the database is a store this code can use, or an empty one. */
static char *check_identity(const struct ipsvc_sqlite *s, bool readonly,
			    const struct identity *id)
{
	bool empty = !id->application_id && !id->version && !id->tables;

	if (!empty && id->application_id != APPLICATION_ID)
		return xasprintf("%s is a database of another program; name another store",
				 s->path);
	if (id->version > SCHEMA_VERSION)
		return xasprintf("the store %s was written by a newer ipsvc (schema %d, this one knows %d): install that version",
				 s->path, id->version, SCHEMA_VERSION);
	if (readonly && !id->version)
		return xasprintf("the store %s is not set up yet: start ipsvcd or apply a manifest",
				 s->path);
	if (readonly && id->version < SCHEMA_VERSION)
		return xasprintf("the store %s was written by an older ipsvc (schema %d, this one reads %d): restart ipsvcd, or apply a manifest, to bring it up to date",
				 s->path, id->version, SCHEMA_VERSION);
	return NULL;
}

/* Of what is found, the name of the database comes first. */
static const char *last_line(const char *found)
{
	const char *nl = found ? strrchr(found, '\n') : NULL;

	return nl ? nl + 1 : found ? found : "?";
}

/* Reads every page once. */
static char *check_pages(const struct ipsvc_sqlite *s)
{
	sqlite3_stmt *stmt;
	const char *found;
	char *message = NULL;

	if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt,
			       NULL) != SQLITE_OK)
		return ipsvc_sqlite_explain(s->db, s->path);
	if (sqlite3_step(stmt) != SQLITE_ROW) {
		message = ipsvc_sqlite_explain(s->db, s->path);
	} else {
		found = (const char *)sqlite3_column_text(stmt, 0);
		if (!found || strcmp(found, "ok"))
			message = damaged(s->path, last_line(found));
	}
	sqlite3_finalize(stmt);
	return message;
}

static bool set_wal(sqlite3 *db)
{
	sqlite3_stmt *stmt;
	const char *mode;
	bool ok = false;

	if (sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &stmt,
			       NULL) != SQLITE_OK)
		return false;
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		mode = (const char *)sqlite3_column_text(stmt, 0);
		ok = mode && !strcmp(mode, "wal");
	}
	return sqlite3_finalize(stmt) == SQLITE_OK && ok;
}

/*
 * Several processes may switch a new database to WAL at once; SQLite does not
 * wait then, lest they wait for each other.
 */
static char *set_up_wal(const struct ipsvc_sqlite *s)
{
	const int pause_ms = 10;

	for (int ms = 0; !set_wal(s->db); ms += pause_ms) {
		switch (sqlite3_errcode(s->db)) {
		case SQLITE_BUSY:
		case SQLITE_LOCKED:
		case SQLITE_PROTOCOL:
			break;
		case SQLITE_OK:
		case SQLITE_ROW:
		case SQLITE_DONE:
			return xasprintf("the store %s cannot have a write-ahead log: keep it on a local file system",
					 s->path);
		default:
			return ipsvc_sqlite_explain(s->db, s->path);
		}
		if (ms > IPSVC_SQLITE_PATIENCE_MS)
			return ipsvc_sqlite_explain(s->db, s->path);
		usleep(pause_ms * 1000);
	}
	return NULL;
}

/* Inside a transaction; whoever comes second finds nothing to do. */
static bool migrate_steps(sqlite3 *db)
{
	char set[96];
	int version;

	if (!query_int(db, "PRAGMA user_version", &version))
		return false;
	for (; version < SCHEMA_VERSION; version++) {
		if (sqlite3_exec(db, migrations[version], NULL, NULL, NULL) !=
		    SQLITE_OK)
			return false;
	}
	snprintf(set, sizeof(set),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, version);
	return sqlite3_exec(db, set, NULL, NULL, NULL) == SQLITE_OK;
}

/* ipsvc_key_escape() in SQL. */
static void escape(sqlite3_context *context, int n, sqlite3_value **values)
{
	(void)n;
	sqlite3_result_text(context,
			    ipsvc_key_escape((const char *)sqlite3_value_text(values[0])),
			    -1, free);
}

static char *migrate(const struct ipsvc_sqlite *s)
{
	char *message;

	if (sqlite3_create_function(s->db, "key_escape", 1, SQLITE_UTF8, NULL,
				    escape, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
	    SQLITE_OK && migrate_steps(s->db) &&
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return NULL;
	message = ipsvc_sqlite_explain(s->db, s->path);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return message;
}

/* ---- opening ------------------------------------------------------------ */

/* Steps of SQLite's machine between two signs that it goes on. */
#define PROGRESS_STEPS	100000

static int go_on(void *arg)
{
	(void)arg;
	ipsvc_progress();
	return 0;
}

static bool configure(sqlite3 *db)
{
	char limit[64];

	snprintf(limit, sizeof(limit), "PRAGMA journal_size_limit = %d",
		 WAL_SIZE_LIMIT);
	return sqlite3_exec(db, "PRAGMA synchronous = FULL;"
			    "PRAGMA foreign_keys = ON;"
			    "PRAGMA trusted_schema = OFF", NULL, NULL,
			    NULL) == SQLITE_OK &&
	       sqlite3_exec(db, limit, NULL, NULL, NULL) == SQLITE_OK;
}

static char *set_up(struct ipsvc_sqlite *s, enum ipsvc_store_mode mode)
{
	bool readonly = mode == IPSVC_STORE_READ;
	struct identity id;
	char *message = read_identity(s, readonly, &id);

	if (!message)
		message = check_identity(s, readonly, &id);
	/* Who does not stay finds damage where it meets it. */
	if (!message && mode == IPSVC_STORE_WRITE_CHECKED && id.tables)
		message = check_pages(s);
	if (!message && !readonly)
		message = set_up_wal(s);
	if (!message && !configure(s->db))
		message = ipsvc_sqlite_explain(s->db, s->path);
	if (!message && id.version < SCHEMA_VERSION)
		message = migrate(s);
	return message;
}

/* From now on closing may move the log into the database. */
static void trust_file(sqlite3 *db)
{
	int on = 1;

	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	/*
	 * The log stays when the last process closes: a reader that may not
	 * create files could not open the database without.
	 */
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

/*
 * Who may write to the directory must not make root write to another file.
 * NULL, or what is wrong.
 */
static char *refuse_links(const struct ipsvc_sqlite *s)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char *message = NULL;

	for (size_t i = 0; i < 3 && !message; i++) {
		char *name = xasprintf("%s%s", s->path, suffixes[i]);
		struct stat st;

		if (!lstat(name, &st) && S_ISLNK(st.st_mode))
			message = xasprintf("%s is a symbolic link, which is not followed: name the store itself",
					    name);
		free(name);
	}
	return message;
}

/*
 * The path without links in its directories, of which SQLite would follow none;
 * the file itself may be missing. To be freed.
 */
static char *real_path(const char *path)
{
	char *copy = xstrdup(path), *dir = realpath(dirname(copy), NULL);
	char *real = dir ? xasprintf("%s%s", strcmp(dir, "/") ? dir : "",
				     strrchr(path, '/')) : xstrdup(path);

	free(dir);
	free(copy);
	return real;
}

static int open_file(struct ipsvc_sqlite *s, bool readonly)
{
	int flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	char *real = real_path(s->path);
	int rc = sqlite3_open_v2(real, &s->db, flags | SQLITE_OPEN_NOFOLLOW,
				 NULL);

	free(real);
	return rc;
}

static char *open_database(struct ipsvc_sqlite *s, enum ipsvc_store_mode mode)
{
	bool readonly = mode == IPSVC_STORE_READ;
	char *message = refuse_links(s);

	if (!message && !readonly)
		message = create_file(s);
	if (message)
		return message;
	if (open_file(s, readonly) != SQLITE_OK)
		return cannot_open(s, readonly);
	/* SQLite falls back to reading by itself where it may not write. */
	if (!readonly && sqlite3_db_readonly(s->db, "main"))
		return denied(s, "no permission to write to the store %s",
			      s->path);
	sqlite3_busy_timeout(s->db, IPSVC_SQLITE_BUSY_MS);
	sqlite3_progress_handler(s->db, PROGRESS_STEPS, go_on, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	message = set_up(s, mode);
	if (!message)
		trust_file(s->db);
	return message;
}

struct ipsvc_store *ipsvc_sqlite_open(const char *path,
				      enum ipsvc_store_mode mode,
				      char **message)
{
	struct ipsvc_sqlite *s = xcalloc(1, sizeof(*s));
	int err;

	s->patience_ms = IPSVC_SQLITE_PATIENCE_MS;
	/* Never a name that SQLite has a special meaning for. */
	s->path = xasprintf("%s%s", *path == '/' ? "" : "./", path);
	*message = open_database(s, mode);
	if (!*message)
		return &s->base;
	err = s->denied ? EACCES : is_missing(s->path, "") ? ENOENT : EIO;
	ipsvc_sqlite_close(&s->base);
	errno = err;
	return NULL;
}

void ipsvc_sqlite_close(struct ipsvc_store *store)
{
	struct ipsvc_sqlite *s = (struct ipsvc_sqlite *)store;

	for (size_t i = 0; i < IPSVC_SQLITE_STMTS; i++)
		sqlite3_finalize(s->stmts[i]);
	sqlite3_close(s->db);
	ipsvc_sqlite_watch_free(s->watch);
	free(s->path);
	free(s);
}
