// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The embedded backend: one SQLite database, which any number of processes of
 * the host read and write. SQLite's write lock is what serialises writers, and
 * primary keys are what keeps an address or port from being had twice.
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

static void bind_key(sqlite3_stmt *stmt, const struct ipsvc_kind *kind,
		     const char *ns, const char *name)
{
	bind_text(stmt, 1, kind->kind);
	bind_text(stmt, 2, ns);
	bind_text(stmt, 3, name);
}

static void bind_owner(sqlite3_stmt *stmt, const struct ipsvc_object *obj)
{
	bind_key(stmt, obj->kind, obj->ns, obj->name);
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

static enum ipsvc_store_result end(struct ipsvc_store *store, bool commit)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	enum ipsvc_store_result result = IPSVC_STORE_OK;
	sqlite3_stmt *stmt;

	if (commit && s->writing) {
		stmt = get_stmt(s, S_COMMIT);
		result = stmt ? execute(s, stmt) : IPSVC_STORE_ERROR;
		if (result == IPSVC_STORE_OK)
			ipsvc_sqlite_watch_wake(s);
	}
	rollback(s);
	return result;
}

static enum ipsvc_store_result revision_of(struct ipsvc_store *store,
					   int64_t *revision)
{
	return query_integer(store, S_REVISION, revision);
}

static enum ipsvc_store_result bump(struct ipsvc_store *store,
				    int64_t *revision)
{
	return query_integer(store, S_BUMP, revision);
}

/* ---- objects ------------------------------------------------------------ */

static const char *column(sqlite3_stmt *stmt, int i)
{
	return (const char *)sqlite3_column_text(stmt, i);
}

/* The object of a row of OBJECT. */
static enum ipsvc_store_result add_row(struct ipsvc_sqlite *s,
				       sqlite3_stmt *stmt,
				       struct ipsvc_objects *out)
{
	const struct ipsvc_kind *kind = ipsvc_kind_by_name(column(stmt, 0));
	struct ipsvc_object *obj;
	json_error_t error;
	json_t *doc;

	doc = json_loads(column(stmt, 1), JSON_ALLOW_NUL, &error);
	if (!kind || !doc)
		return ipsvc_store_fail(&s->base, "the store %s has an object that cannot be read (%s): %s",
					s->path, column(stmt, 0),
					doc ? "unknown kind" : error.text);
	obj = ipsvc_objects_add(out, kind, doc, column(stmt, 2), 0);
	obj->revision = sqlite3_column_int64(stmt, 3);
	ipsvc_object_set_source(obj, column(stmt, 4));
	return IPSVC_STORE_OK;
}

/* Runs a query for objects. */
static enum ipsvc_store_result add_rows(struct ipsvc_sqlite *s,
					sqlite3_stmt *stmt,
					struct ipsvc_objects *out)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK, finished;
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW &&
	       result == IPSVC_STORE_OK)
		result = add_row(s, stmt, out);
	finished = finish(s, stmt, rc);
	return result != IPSVC_STORE_OK ? result : finished;
}

static enum ipsvc_store_result get_one(struct ipsvc_store *store, int which,
				       const struct ipsvc_kind *kind,
				       const char *ns, const char *name,
				       struct ipsvc_objects *out)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, which);
	enum ipsvc_store_result result;
	size_t before = out->n;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_key(stmt, kind, ns, name);
	result = add_rows(s, stmt, out);
	if (result == IPSVC_STORE_OK && out->n == before)
		return IPSVC_STORE_NOT_FOUND;
	return result;
}

static enum ipsvc_store_result get(struct ipsvc_store *store,
				   const struct ipsvc_kind *kind, const char *ns,
				   const char *name, struct ipsvc_objects *out)
{
	return get_one(store, S_GET, kind, ns, name, out);
}

static enum ipsvc_store_result list(struct ipsvc_store *store,
				    const struct ipsvc_kind *kind, const char *ns,
				    struct ipsvc_objects *out)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, ns ? S_LIST_NS : S_LIST);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, kind->kind);
	if (ns)
		bind_text(stmt, 2, ns);
	return add_rows(s, stmt, out);
}

static enum ipsvc_store_result list_owner(struct ipsvc_store *store,
					  const struct ipsvc_owner *owner,
					  struct ipsvc_objects *out)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_LIST_OWNER);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, owner->source);
	bind_text(stmt, 2, owner->file);
	return add_rows(s, stmt, out);
}

static enum ipsvc_store_result files_of(struct ipsvc_store *store,
					const char *source, char ***files,
					size_t *n)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_FILES);
	size_t cap = 0;
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, source);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*files = ipsvc_grow(*files, *n, &cap, sizeof(**files));
		(*files)[(*n)++] = xstrdup(column(stmt, 0));
	}
	return finish(s, stmt, rc);
}

static enum ipsvc_store_result put(struct ipsvc_store *store,
				   const struct ipsvc_object *obj)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_PUT);
	const json_t *metadata = json_object_get(obj->doc, "metadata");
	char *doc = json_dumps(obj->doc, JSON_COMPACT);
	enum ipsvc_store_result result;

	if (!stmt || !doc) {
		free(doc);
		return stmt ? ipsvc_store_fail(store, "%s \"%s\" cannot be written as JSON",
					       obj->kind->singular,
					       obj->name) : IPSVC_STORE_ERROR;
	}
	bind_owner(stmt, obj);
	bind_text(stmt, 4, json_string_value(json_object_get(metadata, "uid")));
	sqlite3_bind_int64(stmt, 5, obj->revision);
	bind_text(stmt, 6, obj->file);
	bind_text(stmt, 7, doc);
	bind_text(stmt, 8, obj->source);
	result = execute(s, stmt);
	free(doc);
	return result;
}

/* Runs a statement whose parameters are the key of @obj. */
static enum ipsvc_store_result execute_key(struct ipsvc_store *store, int which,
					   const struct ipsvc_object *obj)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, which);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_owner(stmt, obj);
	return execute(s, stmt);
}

/* Of the deletions only so many are known later. */
static enum ipsvc_store_result compact(struct ipsvc_sqlite *s)
{
	sqlite3_stmt *stmt = get_stmt(s, S_COMPACT);
	sqlite3_stmt *drop = get_stmt(s, S_DROP_OLD);
	enum ipsvc_store_result result;

	if (!stmt || !drop)
		return IPSVC_STORE_ERROR;
	sqlite3_bind_int(stmt, 1, s->tombstones_max);
	result = execute(s, stmt);
	return result == IPSVC_STORE_OK ? execute(s, drop) : result;
}

static enum ipsvc_store_result remove_object(struct ipsvc_store *store,
					     const struct ipsvc_object *obj)
{
	enum ipsvc_store_result result = execute_key(store, S_BURY, obj);

	if (result == IPSVC_STORE_OK)
		result = execute_key(store, S_REMOVE, obj);
	if (result == IPSVC_STORE_OK)
		result = compact(sqlite_of(store));
	return result;
}

static enum ipsvc_store_result tell_change(struct ipsvc_sqlite *s,
					   sqlite3_stmt *stmt,
					   ipsvc_change_fn *fn, void *arg)
{
	struct ipsvc_objects one = {0};
	enum ipsvc_store_result result = add_row(s, stmt, &one);

	if (result == IPSVC_STORE_OK)
		fn(&(struct ipsvc_change){ one.items[0].revision,
					   sqlite3_column_int(stmt, 5),
					   &one.items[0] }, arg);
	ipsvc_objects_free(&one);
	return result;
}

static enum ipsvc_store_result changes(struct ipsvc_store *store, int64_t from,
				       ipsvc_change_fn *fn, void *arg)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_CHANGES);
	enum ipsvc_store_result result, finished;
	int64_t compacted;
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	result = query_integer(store, S_COMPACTED, &compacted);
	if (result != IPSVC_STORE_OK)
		return result;
	if (from < compacted)
		return IPSVC_STORE_COMPACTED;
	sqlite3_bind_int64(stmt, 1, from);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW &&
	       result == IPSVC_STORE_OK)
		result = tell_change(s, stmt, fn, arg);
	finished = finish(s, stmt, rc);
	return result != IPSVC_STORE_OK ? result : finished;
}

/* ---- configuration ------------------------------------------------------ */

static enum ipsvc_store_result config_get(struct ipsvc_store *store,
					  const char *key, char **value)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_CONFIG_GET);
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, key);
	rc = sqlite3_step(stmt);
	*value = rc == SQLITE_ROW ? xstrdup(column(stmt, 0)) : NULL;
	return finish(s, stmt, rc);
}

static enum ipsvc_store_result config_set(struct ipsvc_store *store,
					  const char *key, const char *value)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_CONFIG_SET);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_text(stmt, 1, key);
	bind_text(stmt, 2, value);
	return execute(s, stmt);
}

/* ---- claims ------------------------------------------------------------- */

/* Network byte order: that of memcmp() and of the database. */
struct key {
	int family;	/* 4 or 6 */
	int len;
	unsigned char bytes[16];
};

static struct key key_of(const struct in6_addr *addr)
{
	bool ip4 = ipsvc_ip_is4(addr);
	struct key key = { .family = ip4 ? 4 : 6, .len = ip4 ? 4 : 16 };

	memcpy(key.bytes, &addr->s6_addr[16 - key.len], key.len);
	return key;
}

static void increment(struct key *key)
{
	int i = key->len;

	while (i-- > 0 && !++key->bytes[i])
		;
}

/* Runs a statement about @owner and an address. */
static enum ipsvc_store_result execute_ip(struct ipsvc_store *store, int which,
					  const struct in6_addr *addr,
					  const struct ipsvc_object *owner)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, which);
	struct key key = key_of(addr);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_owner(stmt, owner);
	sqlite3_bind_int(stmt, 4, key.family);
	sqlite3_bind_blob(stmt, 5, key.bytes, key.len, SQLITE_TRANSIENT);
	return execute(s, stmt);
}

/* Runs a statement about @owner and a number. */
static enum ipsvc_store_result execute_number(struct ipsvc_store *store,
					      int which, int64_t number,
					      const struct ipsvc_object *owner)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, which);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	bind_owner(stmt, owner);
	sqlite3_bind_int64(stmt, 4, number);
	return execute(s, stmt);
}

static enum ipsvc_store_result claim_ip(struct ipsvc_store *store,
					const struct in6_addr *addr,
					const struct ipsvc_object *owner)
{
	enum ipsvc_store_result result;

	result = execute_ip(store, S_CLAIM_IP, addr, owner);
	if (result == IPSVC_STORE_OK && !sqlite3_changes(sqlite_of(store)->db))
		return IPSVC_STORE_EXISTS;
	if (result == IPSVC_STORE_OK)
		result = execute_ip(store, S_LOSE_IP, addr, owner);
	if (result == IPSVC_STORE_OK)
		result = execute_ip(store, S_TAKE_IP, addr, owner);
	return result;
}

static enum ipsvc_store_result claim_port(struct ipsvc_store *store, int port,
					  const struct ipsvc_object *owner)
{
	enum ipsvc_store_result result;

	result = execute_number(store, S_CLAIM_PORT, port, owner);
	if (result == IPSVC_STORE_OK && !sqlite3_changes(sqlite_of(store)->db))
		return IPSVC_STORE_EXISTS;
	if (result == IPSVC_STORE_OK)
		result = execute_number(store, S_LOSE_PORT, port, owner);
	if (result == IPSVC_STORE_OK)
		result = execute_number(store, S_TAKE_PORT, port, owner);
	return result;
}

/* ---- claims of deleted objects ------------------------------------------ */

static enum ipsvc_store_result keep(struct ipsvc_store *store,
				    const struct ipsvc_object *owner,
				    int64_t until)
{
	enum ipsvc_store_result result;

	result = execute_number(store, S_KEEP, until, owner);
	if (result == IPSVC_STORE_OK)
		result = execute_key(store, S_KEEP_IPS, owner);
	if (result == IPSVC_STORE_OK)
		result = execute_key(store, S_KEEP_PORTS, owner);
	return result;
}

static enum ipsvc_store_result kept(struct ipsvc_store *store,
				    const struct ipsvc_kind *kind,
				    const char *ns, const char *name,
				    struct ipsvc_objects *out)
{
	return get_one(store, S_KEPT, kind, ns, name, out);
}

static enum ipsvc_store_result expire(struct ipsvc_store *store, int64_t now)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_EXPIRE);

	if (!stmt)
		return IPSVC_STORE_ERROR;
	sqlite3_bind_int64(stmt, 1, now);
	return execute(s, stmt);
}

/* ---- what is free ------------------------------------------------------- */

static enum ipsvc_store_result free_ip(struct ipsvc_store *store,
				       const struct in6_addr *from,
				       const struct in6_addr *to,
				       struct in6_addr *out)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_IPS);
	struct key next = key_of(from), last = key_of(to);
	enum ipsvc_store_result result;
	bool full = false;
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	sqlite3_bind_int(stmt, 1, next.family);
	sqlite3_bind_blob(stmt, 2, next.bytes, next.len, SQLITE_TRANSIENT);
	sqlite3_bind_blob(stmt, 3, last.bytes, last.len, SQLITE_TRANSIENT);
	/* Until the taken ones leave a gap. */
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && !full &&
	       !memcmp(sqlite3_column_blob(stmt, 0), next.bytes, next.len)) {
		full = !memcmp(next.bytes, last.bytes, last.len);
		increment(&next);
	}
	result = finish(s, stmt, rc);
	if (result != IPSVC_STORE_OK)
		return result;
	*out = *from;
	memcpy(&out->s6_addr[16 - next.len], next.bytes, next.len);
	return full ? IPSVC_STORE_NOT_FOUND : IPSVC_STORE_OK;
}

static enum ipsvc_store_result free_port(struct ipsvc_store *store, int from,
					 int to, int *out)
{
	struct ipsvc_sqlite *s = sqlite_of(store);
	sqlite3_stmt *stmt = get_stmt(s, S_PORTS);
	enum ipsvc_store_result result;
	int rc;

	if (!stmt)
		return IPSVC_STORE_ERROR;
	sqlite3_bind_int(stmt, 1, from);
	sqlite3_bind_int(stmt, 2, to);
	*out = from;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW &&
	       sqlite3_column_int(stmt, 0) == *out)
		(*out)++;
	result = finish(s, stmt, rc);
	if (result == IPSVC_STORE_OK && *out > to)
		return IPSVC_STORE_NOT_FOUND;
	return result;
}

static enum ipsvc_store_result release(struct ipsvc_store *store,
				       const struct ipsvc_object *owner)
{
	enum ipsvc_store_result result;

	result = execute_key(store, S_RELEASE_IPS, owner);
	if (result == IPSVC_STORE_OK)
		result = execute_key(store, S_RELEASE_PORTS, owner);
	return result;
}

static enum ipsvc_store_result any_claims(struct ipsvc_store *store, bool *any)
{
	int64_t value = 0;
	enum ipsvc_store_result result;

	result = query_integer(store, S_ANY_CLAIMS, &value);
	*any = value;
	return result;
}

const struct ipsvc_store_ops ipsvc_store_sqlite_ops = {
	.scheme = "sqlite",
	.open = ipsvc_sqlite_open,
	.close = ipsvc_sqlite_close,
	.patience = set_patience,
	.begin = begin,
	.end = end,
	.revision = revision_of,
	.bump = bump,
	.get = get,
	.list = list,
	.list_owner = list_owner,
	.files = files_of,
	.put = put,
	.remove = remove_object,
	.config_get = config_get,
	.config_set = config_set,
	.claim_ip = claim_ip,
	.claim_port = claim_port,
	.keep = keep,
	.kept = kept,
	.expire = expire,
	.free_ip = free_ip,
	.free_port = free_port,
	.release = release,
	.any_claims = any_claims,
	.changes = changes,
	.watch_fd = ipsvc_sqlite_watch_fd,
	.watch_drain = ipsvc_sqlite_watch_drain,
};
