// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The embedded backend: one SQLite database, which any number of processes of
 * the host read and write. SQLite's write lock serialises commits; it is held for
 * one call only.
 */
#include "sqlite.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "statements.h"

/* Between attempts to have a lock that SQLite itself does not wait for. */
#define BUSY_PAUSE_US	10000

static struct ipsvc_sqlite *sqlite_of(struct ipsvc_store *store)
{
	return (struct ipsvc_sqlite *)store;
}

static enum ipsvc_store_result fail(struct ipsvc_sqlite *s)
{
	char *message = ipsvc_sqlite_explain(s->db, s->path);
	int rc = sqlite3_errcode(s->db);

	s->busy = rc == SQLITE_BUSY || rc == SQLITE_PROTOCOL;
	ipsvc_store_say(&s->base, "%s", message);
	free(message);
	return IPSVC_STORE_ERROR;
}

/* ---- statements --------------------------------------------------------- */

/* NULL with the message set when it cannot be prepared. */
static sqlite3_stmt *get_stmt(struct ipsvc_sqlite *s, int which)
{
	if (!s->stmts[which] &&
	    sqlite3_prepare_v3(s->db, ipsvc_sqlite_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
			       &s->stmts[which], NULL) != SQLITE_OK)
		fail(s);
	return s->stmts[which];
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

/* Ends the use of @stmt; @rc is what its last step returned. */
static enum ipsvc_store_result finish(struct ipsvc_sqlite *s,
				      sqlite3_stmt *stmt, int rc)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		result = fail(s);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return result;
}

/* Runs a statement that returns nothing. */
static enum ipsvc_store_result execute(struct ipsvc_sqlite *s,
				       sqlite3_stmt *stmt)
{
	return finish(s, stmt, sqlite3_step(stmt));
}

static enum ipsvc_store_result query_integer(struct ipsvc_store *store,
					     int which, int64_t *value)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, which);
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return ipsvc_store_fail(store, "the store %s is damaged: it has no revision",
					s->path);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	/* A change with RETURNING is complete only then. */
	while (rc == SQLITE_ROW)
		rc = sqlite3_step(stmt);
	return finish(s, stmt, rc);
}

/* ---- transactions ------------------------------------------------------- */

/* A database put in place of the one that is open is not written past. */
static bool was_moved(struct ipsvc_sqlite *s)
{
	int moved = 0;

	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved;
}

static void rollback(struct ipsvc_sqlite *s)
{
	sqlite3_stmt *stmt = s->stmts[S_ROLLBACK];

	/* Some errors have rolled back already. */
	if (sqlite3_get_autocommit(s->db))
		return;
	sqlite3_step(stmt);
	sqlite3_reset(stmt);
}

/* A newer program may have changed the schema since the database was opened. */
static enum ipsvc_store_result check_version(struct ipsvc_sqlite *s)
{
	enum ipsvc_store_result result;
	int64_t version;

	result = query_integer(&s->base, S_VERSION, &version);
	if (result != IPSVC_STORE_OK || version == ipsvc_sqlite_version)
		return result;
	return ipsvc_store_fail(&s->base, "the store %s was changed while it was open, by another version of ipsvc (schema %lld, this one knows %d): start the program anew",
				s->path, (long long)version,
				ipsvc_sqlite_version);
}

/* Waits for a lock no longer than @ms. */
static enum ipsvc_store_result try_begin(struct ipsvc_sqlite *s, bool write,
					 int ms)
{
	enum ipsvc_store_result result;
	sqlite3_stmt *stmt;
	int64_t revision;

	s->busy = false;
	sqlite3_busy_timeout(s->db, ms);
	stmt = get_stmt(s, write ? S_BEGIN_WRITE : S_BEGIN_READ);
	if (!stmt || !get_stmt(s, S_ROLLBACK))
		return IPSVC_STORE_ERROR;
	result = execute(s, stmt);
	if (result != IPSVC_STORE_OK)
		return result;
	s->writing = write;
	/* The first read is what takes the snapshot. */
	result = check_version(s);
	if (result == IPSVC_STORE_OK)
		result = query_integer(&s->base, S_REVISION, &revision);
	if (result != IPSVC_STORE_OK)
		rollback(s);
	return result;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum ipsvc_store_result begin(struct ipsvc_store *store, bool write)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	int64_t left = s->gave_up[write] ? 0 : s->patience_ms;
	int64_t until = now_ms() + left;
	enum ipsvc_store_result result;

	if (was_moved(s))
		return ipsvc_store_fail(store, "the store %s was replaced or removed while it was open: start the program anew",
					s->path);
	/* Some locks SQLite does not wait for, lest two wait for each other. */
	while ((result = try_begin(s, write, (int)left)) != IPSVC_STORE_OK &&
	       s->busy && (left = until - now_ms()) > 0)
		usleep(BUSY_PAUSE_US);
	s->gave_up[write] = s->busy;
	return result;
}

static void set_patience(struct ipsvc_store *store, int ms)
{
	sqlite_of(store)->patience_ms = ms;
}

/* Ends what begin() began; returns @result, or that of the commit. */
static enum ipsvc_store_result end(struct ipsvc_sqlite *s,
				   enum ipsvc_store_result result)
{
	sqlite3_stmt *stmt;

	if (s->writing && result == IPSVC_STORE_OK) {
		stmt = get_stmt(s, S_COMMIT);
		result = stmt ? execute(s, stmt) : IPSVC_STORE_ERROR;
		if (result == IPSVC_STORE_OK)
			ipsvc_sqlite_watch_wake(s);
	}
	rollback(s);
	return result;
}

/* ---- reading ------------------------------------------------------------ */

static const char *column(sqlite3_stmt *stmt, int i)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);

	return text ? text : "";
}

static struct ipsvc_record row(sqlite3_stmt *stmt)
{
	return (struct ipsvc_record){
		column(stmt, 0), column(stmt, 1), sqlite3_column_int64(stmt, 2),
	};
}

/* Inside of a transaction; @value may be NULL. */
static enum ipsvc_store_result read_one(struct ipsvc_sqlite *s, const char *key,
					char **value, int64_t *revision)
{
	sqlite3_stmt *stmt = get_stmt(s, S_GET);
	enum ipsvc_store_result result;
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, key);
	rc = sqlite3_step(stmt);
	*revision = rc == SQLITE_ROW ? row(stmt).revision : 0;
	if (value)
		*value = rc == SQLITE_ROW ? xstrdup(row(stmt).value) : NULL;
	result = finish(s, stmt, rc);
	return result == IPSVC_STORE_OK && rc == SQLITE_DONE ?
	       IPSVC_STORE_NOT_FOUND : result;
}

static enum ipsvc_store_result get(struct ipsvc_store *store, const char *key,
				   char **value, int64_t *revision)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	enum ipsvc_store_result result = begin(store, false);

	*value = NULL;
	*revision = 0;
	if (result != IPSVC_STORE_OK)
		return result;
	result = read_one(s, key, value, revision);
	return end(s, result);
}

/* Inside of a transaction. */
static enum ipsvc_store_result read_range(struct ipsvc_sqlite *s,
					  const char *from, const char *to,
					  ipsvc_record_fn *fn, void *arg)
{
	sqlite3_stmt *stmt = get_stmt(s, S_RANGE);
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, from);
	bind_text(stmt, 2, to);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const struct ipsvc_record record = row(stmt);

		if (!fn(&record, arg))
			break;
	}
	return finish(s, stmt, rc);
}

static enum ipsvc_store_result range(struct ipsvc_store *store,
				     const char *from, const char *to,
				     ipsvc_record_fn *fn, void *arg,
				     int64_t *revision)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	enum ipsvc_store_result result = begin(store, false);

	if (result != IPSVC_STORE_OK)
		return result;
	if (revision)
		result = query_integer(store, S_REVISION, revision);
	if (result == IPSVC_STORE_OK)
		result = read_range(s, from, to, fn, arg);
	return end(s, result);
}

/* Inside of a transaction. */
static enum ipsvc_store_result read_history(struct ipsvc_sqlite *s,
					    int64_t from, ipsvc_history_fn *fn,
					    void *arg)
{
	sqlite3_stmt *stmt = get_stmt(s, S_HISTORY);
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	sqlite3_bind_int64(stmt, 1, from);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const struct ipsvc_record record = row(stmt);

		fn(&record, sqlite3_column_int(stmt, 3), arg);
	}
	return finish(s, stmt, rc);
}

static enum ipsvc_store_result history(struct ipsvc_store *store, int64_t from,
				       ipsvc_history_fn *fn, void *arg,
				       int64_t *to)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	enum ipsvc_store_result result = begin(store, false);
	int64_t revision, compacted;

	if (result != IPSVC_STORE_OK)
		return result;
	result = query_integer(store, S_REVISION, &revision);
	if (result == IPSVC_STORE_OK)
		result = query_integer(store, S_COMPACTED, &compacted);
	if (result == IPSVC_STORE_OK && (from < compacted || from > revision))
		result = IPSVC_STORE_COMPACTED;
	if (result == IPSVC_STORE_OK)
		result = read_history(s, from, fn, arg);
	if (result == IPSVC_STORE_OK)
		*to = revision;
	return end(s, result);
}

/* ---- committing --------------------------------------------------------- */

/* ipsvc_record_fn */
static bool note_any(const struct ipsvc_record *record, void *arg)
{
	(void)record;
	*(bool *)arg = true;
	return false;
}

/* CONFLICT when it does not hold. */
static enum ipsvc_store_result compare(struct ipsvc_sqlite *s,
				       const struct ipsvc_compare *c)
{
	enum ipsvc_store_result result;
	int64_t revision;
	bool any = false;

	if (c->end) {
		result = read_range(s, c->key, c->end, note_any, &any);
		return result == IPSVC_STORE_OK && any ? IPSVC_STORE_CONFLICT :
							 result;
	}
	result = read_one(s, c->key, NULL, &revision);
	if (result == IPSVC_STORE_ERROR)
		return result;
	return revision == c->revision ? IPSVC_STORE_OK : IPSVC_STORE_CONFLICT;
}

static enum ipsvc_store_result put(struct ipsvc_sqlite *s,
				   const struct ipsvc_put *p, int64_t revision)
{
	sqlite3_stmt *stmt = get_stmt(s, S_PUT);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, p->key);
	bind_text(stmt, 2, p->value);
	sqlite3_bind_int64(stmt, 3, revision);
	/* NULL, and so is the sum, when it stays. */
	if (p->ttl)
		sqlite3_bind_int64(stmt, 4, p->ttl);
	return execute(s, stmt);
}

static enum ipsvc_store_result bury(struct ipsvc_sqlite *s, const char *key,
				    int64_t revision)
{
	sqlite3_stmt *stmt = get_stmt(s, S_BURY);
	enum ipsvc_store_result result;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, key);
	sqlite3_bind_int64(stmt, 2, revision);
	result = execute(s, stmt);
	stmt = get_stmt(s, S_DELETE);
	if (!stmt || result != IPSVC_STORE_OK)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, key);
	return execute(s, stmt);
}

static enum ipsvc_store_result execute_simple(struct ipsvc_sqlite *s, int which)
{
	sqlite3_stmt *stmt = get_stmt(s, which);

	return stmt ? execute(s, stmt) : IPSVC_STORE_ERROR;
}

/* Of the deletions only so many are known later. */
static enum ipsvc_store_result compact(struct ipsvc_sqlite *s)
{
	sqlite3_stmt *stmt = get_stmt(s, S_COMPACT);
	enum ipsvc_store_result result;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	sqlite3_bind_int(stmt, 1, IPSVC_SQLITE_TOMBSTONES);
	result = execute(s, stmt);
	return result == IPSVC_STORE_OK ? execute_simple(s, S_DROP_OLD) : result;
}

static enum ipsvc_store_result put_all(struct ipsvc_sqlite *s,
				       const struct ipsvc_commit *c,
				       int64_t revision)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	bool deletes = false;

	for (size_t i = 0; i < c->nputs && result == IPSVC_STORE_OK; i++) {
		const struct ipsvc_put *p = &c->puts[i];

		result = p->value ? put(s, p, revision) :
				    bury(s, p->key, revision);
		deletes |= !p->value;
	}
	return deletes && result == IPSVC_STORE_OK ? compact(s) : result;
}

static enum ipsvc_store_result commit(struct ipsvc_store *store,
				      const struct ipsvc_commit *c,
				      int64_t *revision)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	enum ipsvc_store_result result = begin(store, true);

	if (result != IPSVC_STORE_OK)
		return result;
	result = execute_simple(s, S_EXPIRE);
	for (size_t i = 0; i < c->ncompares && result == IPSVC_STORE_OK; i++)
		result = compare(s, &c->compares[i]);
	if (result == IPSVC_STORE_OK)
		result = query_integer(store, S_BUMP, revision);
	if (result == IPSVC_STORE_OK)
		result = put_all(s, c, *revision);
	return end(s, result);
}

const struct ipsvc_store_ops ipsvc_store_sqlite_ops = {
	.scheme = "sqlite",
	.open = ipsvc_sqlite_open,
	.close = ipsvc_sqlite_close,
	.patience = set_patience,
	.get = get,
	.range = range,
	.commit = commit,
	.history = history,
	.watch_fd = ipsvc_sqlite_watch_fd,
	.watch_drain = ipsvc_sqlite_watch_drain,
};
