/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the store share: a store in a directory of its own. */
#ifndef IPSVC_TESTS_STORE_ENV_H
#define IPSVC_TESTS_STORE_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "api/pod/pod.h"
#include "api/service/service.h"
#include "api/validate.h"
#include "base/buf.h"
#include "base/memory.h"
#include "store/store.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
/* A manifest of this host. */
#define OWNER(path)	(&(struct ipsvc_owner){ "host", (path) })
#define UNUSED		__attribute__((unused))

static char env_dir[64];
static char env_path[96];
static struct ipsvc_store *store;

UNUSED static struct ipsvc_store *open_store(bool readonly)
{
	char *message;
	struct ipsvc_store *s = ipsvc_store_open(env_path, readonly, &message);

	if (!s)
		fail_msg("%s", message);
	assert_null(message);
	return s;
}

UNUSED static int env_new(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(env_dir, sizeof(env_dir), "%s/ipsvc-store.XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(env_dir))
		return -1;
	snprintf(env_path, sizeof(env_path), "%s/store.db", env_dir);
	return 0;
}

UNUSED static int env_open(void **state)
{
	if (env_new(state))
		return -1;
	store = open_store(false);
	return 0;
}

UNUSED static int env_remove(void **state)
{
	char *command = xasprintf("rm -rf '%s'", env_dir);
	int rc = system(command);

	(void)state;
	free(command);
	ipsvc_store_close(store);
	store = NULL;
	return rc;
}

/* JSON with ' for ". */
UNUSED static json_t *json(const char *text)
{
	char *copy = xstrdup(text);
	json_error_t error;
	json_t *value;

	for (char *p = copy; (p = strchr(p, '\''));)
		*p = '"';
	value = json_loads(copy, JSON_DECODE_ANY, &error);
	if (!value)
		fail_msg("%s in: %s", error.text, text);
	free(copy);
	return value;
}

/* Appends the Service ns/name with @spec and the defaults. */
UNUSED static struct ipsvc_object *add_service_in(struct ipsvc_objects *objs,
						  const char *ns,
						  const char *name,
						  const char *spec)
{
	json_t *doc = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}",
				"apiVersion", "v1", "kind", "Service",
				"metadata", "name", name, "namespace", ns,
				"spec", json(spec));
	struct ipsvc_object *obj;

	assert_non_null(doc);
	obj = ipsvc_objects_add(objs, &ipsvc_service_kind, doc, NULL, 0);
	ipsvc_object_default(obj);
	return obj;
}

UNUSED static struct ipsvc_object *add_service(struct ipsvc_objects *objs,
					       const char *name,
					       const char *spec)
{
	return add_service_in(objs, "default", name, spec);
}

UNUSED static struct ipsvc_object *add_pod(struct ipsvc_objects *objs,
					   const char *name)
{
	json_t *doc = json_pack("{s:s, s:s, s:{s:s, s:s}, s:{}}",
				"apiVersion", "v1", "kind", "Pod",
				"metadata", "name", name, "namespace",
				"default", "spec");

	return ipsvc_objects_add(objs, &ipsvc_pod_kind, doc, NULL, 0);
}

/* All errors, a line each; the caller frees it. */
UNUSED static char *errors_text(struct ipsvc_errors *errs)
{
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < errs->n; i++) {
		char *line = ipsvc_error_format(&errs->items[i]);

		ipsvc_buf_printf(&buf, "%s%s", i ? "\n" : "", line);
		free(line);
	}
	return ipsvc_buf_take(&buf);
}

/* Writes the Service @name; all of it must go well. */
UNUSED static enum ipsvc_write_outcome apply(const char *name, const char *spec)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;

	if (ipsvc_store_write(store, add_service(&objs, name, spec),
			      IPSVC_WRITE_CHANGE, false, &outcome, &errs) !=
	    IPSVC_STORE_OK)
		fail_msg("%s: %s %s", name, errors_text(&errs),
			 ipsvc_store_message(store));
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return outcome;
}

/* Writes the Service @name, which must be refused with just @want. */
UNUSED static void refuse(const char *name, const char *spec, const char *want)
{
	int64_t revision = ipsvc_store_revision(store);
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	char *text;

	assert_int_equal(ipsvc_store_write(store,
					   add_service(&objs, name, spec),
					   IPSVC_WRITE_CHANGE, false, &outcome,
					   &errs), IPSVC_STORE_INVALID);
	text = errors_text(&errs);
	assert_string_equal(text, want);
	assert_int_equal(ipsvc_store_revision(store), revision);
	free(text);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

/* The stored Service; the caller drops it. */
UNUSED static json_t *stored(const char *name)
{
	struct ipsvc_objects objs = {0};
	json_t *doc;

	if (ipsvc_store_get(store, &ipsvc_service_kind, "default", name, &objs) !=
	    IPSVC_STORE_OK)
		fail_msg("%s", ipsvc_store_message(store));
	assert_int_equal(objs.n, 1);
	doc = json_incref(objs.items[0].doc);
	ipsvc_objects_free(&objs);
	return doc;
}

/* What "a.0.b" names in the stored Service; the caller drops it. */
UNUSED static json_t *field(const char *name, const char *path)
{
	json_t *doc = stored(name), *at = doc;
	char *copy = xstrdup(path), *rest = copy, *word;

	while ((word = strsep(&rest, ".")))
		at = json_is_array(at) ? json_array_get(at, atoi(word)) :
		     json_object_get(at, word);
	json_incref(at);
	json_decref(doc);
	free(copy);
	return at;
}

UNUSED static void assert_field(const char *name, const char *path,
				const char *want)
{
	json_t *got = field(name, path), *wanted = want ? json(want) : NULL;

	if (!(got && wanted ? json_equal(got, wanted) : got == wanted))
		fail_msg("%s of %s is %s, not %s", path, name,
			 got ? json_dumps(got, JSON_ENCODE_ANY) : "absent",
			 want ? want : "absent");
	json_decref(got);
	json_decref(wanted);
}

/* A string of the stored Service; the caller frees it. */
UNUSED static char *string_field(const char *name, const char *path)
{
	json_t *value = field(name, path);
	char *text;

	assert_true(json_is_string(value));
	text = xstrdup(json_string_value(value));
	json_decref(value);
	return text;
}

UNUSED static int node_port(const char *name, int i)
{
	char *path = xasprintf("spec.ports.%d.nodePort", i);
	json_t *value = field(name, path);
	int port = json_integer_value(value);

	json_decref(value);
	free(path);
	return port;
}

UNUSED static void delete(const char *name)
{
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind,
					    "default", name, false, NULL),
			 IPSVC_STORE_OK);
}

UNUSED static void set_config(const char *cidr, int min, int max)
{
	struct ipsvc_cluster_config cfg = {
		.node_port_min = min,
		.node_port_max = max,
	};

	snprintf(cfg.service_cidr, sizeof(cfg.service_cidr), "%s", cidr);
	if (ipsvc_store_set_config(store, &cfg) != IPSVC_STORE_OK)
		fail_msg("%s", ipsvc_store_message(store));
}

/* ---- looking into the database ------------------------------------------ */

/* The first column of the first row; the caller frees it. */
UNUSED static char *query(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *text;

	assert_int_equal(sqlite3_open_v2(env_path, &db, SQLITE_OPEN_READWRITE,
					 NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	text = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) ?
	       xstrdup((const char *)sqlite3_column_text(stmt, 0)) : xstrdup("");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

UNUSED static void assert_query(const char *sql, const char *want)
{
	char *got = query(sql);

	if (strcmp(got, want))
		fail_msg("%s gives %s, not %s", sql, got, want);
	free(got);
}

/*
 * The database is whole, and what the documents say is what is claimed: each
 * address and node port by the one Service that has it.
 */
UNUSED static void assert_consistent(void)
{
	assert_query("PRAGMA integrity_check", "ok");
	assert_query("SELECT count(*) FROM (SELECT owner, address FROM cluster_ips "
		     "EXCEPT SELECT 'objects/Service/' || ns || '/' || name, '4/' || "
		     "(SELECT group_concat(printf('%02x', value), '') FROM "
		     "json_each('[' || replace(doc ->> '$.spec.clusterIP', '.', ',') || ']')) "
		     "FROM objects WHERE kind = 'Service' AND "
		     "doc ->> '$.spec.clusterIP' <> 'None')", "0");
	assert_query("SELECT (SELECT count(*) FROM cluster_ips) - "
		     "(SELECT count(*) FROM objects WHERE kind = 'Service' AND "
		     "doc ->> '$.spec.clusterIP' <> 'None')", "0");
	assert_query("SELECT count(*) FROM (SELECT owner, port FROM node_ports "
		     "EXCEPT SELECT 'objects/Service/' || ns || '/' || name, "
		     "p.value ->> '$.nodePort' FROM objects, "
		     "json_each(doc, '$.spec.ports') p EXCEPT SELECT "
		     "'objects/Service/' || ns || '/' || name, "
		     "doc ->> '$.spec.healthCheckNodePort' FROM objects)", "0");
	assert_query("SELECT count(*) FROM (SELECT 'objects/Service/' || ns || '/' || name, "
		     "p.value ->> '$.nodePort' "
		     "AS np FROM objects, json_each(doc, '$.spec.ports') p "
		     "WHERE np > 0 EXCEPT SELECT owner, port FROM node_ports)",
		     "0");
	/* So is the index of manifests. */
	assert_query("SELECT count(*) FROM (SELECT key FROM records "
		     "WHERE key BETWEEN 'owners/' AND 'owners0' EXCEPT "
		     "SELECT 'owners/' || source || char(9) || file || char(9) || "
		     "kind || '/' || ns || '/' || name FROM objects)", "0");
	assert_query("SELECT (SELECT count(*) FROM records WHERE key "
		     "BETWEEN 'owners/' AND 'owners0') - (SELECT count(*) FROM objects "
		     "WHERE file IS NOT NULL)", "0");
}

#endif
