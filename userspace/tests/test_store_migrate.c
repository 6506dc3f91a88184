// SPDX-License-Identifier: GPL-2.0-or-later
/* Stores of earlier versions go on as they are. */
#include "store_env.h"

#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"

/* As the first version made it. */
static const char version_1[] =
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
	"CREATE INDEX node_ports_owner ON node_ports (kind, ns, name);"
	"PRAGMA application_id = 1230000982;"
	"PRAGMA user_version = 1;";

/* A Service of a manifest and one of the command line. */
static const char content_1[] =
	"UPDATE meta SET value = 7;"
	"INSERT INTO objects VALUES ('Service', 'default', 'web', 'u-1', 6,"
	"	'/m/web.yaml', '{\"apiVersion\":\"v1\",\"kind\":\"Service\","
	"	\"metadata\":{\"name\":\"web\",\"namespace\":\"default\","
	"	\"uid\":\"u-1\",\"resourceVersion\":\"6\"},\"spec\":{"
	"	\"type\":\"ClusterIP\",\"clusterIP\":\"10.96.0.77\","
	"	\"clusterIPs\":[\"10.96.0.77\"],\"ports\":[{\"port\":80,"
	"	\"protocol\":\"TCP\",\"targetPort\":80}]}}');"
	"INSERT INTO cluster_ips VALUES (4, x'0a60004d', 'Service', 'default', 'web');"
	"INSERT INTO objects VALUES ('Service', 'default', 'cli', 'u-2', 7,"
	"	NULL, '{\"apiVersion\":\"v1\",\"kind\":\"Service\","
	"	\"metadata\":{\"name\":\"cli\",\"namespace\":\"default\","
	"	\"uid\":\"u-2\",\"resourceVersion\":\"7\"},\"spec\":{"
	"	\"type\":\"ClusterIP\",\"clusterIP\":\"10.96.0.78\","
	"	\"clusterIPs\":[\"10.96.0.78\"],\"ports\":[{\"port\":80,"
	"	\"protocol\":\"TCP\",\"targetPort\":80}]}}');"
	"INSERT INTO cluster_ips VALUES (4, x'0a60004e', 'Service', 'default', 'cli');";

static int env_version_1(void **state)
{
	sqlite3 *db;

	if (env_new(state) || sqlite3_open(env_path, &db) != SQLITE_OK)
		return -1;
	if (sqlite3_exec(db, version_1, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, content_1, NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	return sqlite3_close(db);
}

static void test_version_1(void **state)
{
	char *message;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool changed;

	(void)state;
	assert_null(ipsvc_store_open(env_path, true, &message));
	assert_non_null(strstr(message, "was written by an older ipsvc (schema 1, this one reads 4)"));
	free(message);
	store = open_store(false);
	assert_query("PRAGMA user_version", "4");
	assert_int_equal(ipsvc_store_revision(store), 7);
	assert_field("web", "spec.clusterIP", "'10.96.0.77'");
	assert_field("web", "metadata.uid", "'u-1'");
	assert_query("SELECT file FROM objects WHERE name = 'web'", "/m/web.yaml");
	/* Nobody knows whose the manifest is: who has it claims it. */
	add_service(&objs, "web", PLAIN);
	assert_int_equal(ipsvc_store_apply_file(store, OWNER("/m/other.yaml"),
						&objs, NULL, &changed, &errs),
			 IPSVC_STORE_INVALID);
	ipsvc_errors_free(&errs);
	assert_int_equal(ipsvc_store_apply_file(store, OWNER("/m/web.yaml"),
						&objs, NULL, &changed, &errs),
			 IPSVC_STORE_OK);
	ipsvc_objects_free(&objs);
	assert_query("SELECT source FROM objects WHERE name = 'web'", "host");
	assert_field("web", "spec.clusterIP", "'10.96.0.77'");
	/* And what later versions brought works with it. */
	delete("cli");
	apply("cli", PLAIN);
	assert_field("cli", "spec.clusterIP", "'10.96.0.78'");
	assert_consistent();
}

/* What the second and the third version added. */
static const char version_3[] =
	"CREATE TABLE kept (kind TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,"
	"	doc TEXT NOT NULL, until INTEGER NOT NULL,"
	"	PRIMARY KEY (kind, ns, name)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX kept_until ON kept (until);"
	"CREATE TABLE kept_cluster_ips (family INTEGER NOT NULL, address BLOB NOT NULL,"
	"	kind TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,"
	"	PRIMARY KEY (family, address), FOREIGN KEY (kind, ns, name)"
	"	REFERENCES kept ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
	"CREATE TABLE kept_node_ports (port INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
	"	ns TEXT NOT NULL, name TEXT NOT NULL, FOREIGN KEY (kind, ns, name)"
	"	REFERENCES kept ON DELETE CASCADE) STRICT;"
	"ALTER TABLE objects ADD COLUMN source TEXT;"
	"DROP INDEX objects_file;"
	"CREATE INDEX objects_owner ON objects (source, file) WHERE source IS NOT NULL;"
	"PRAGMA user_version = 3;";

/* A manifest with an odd name, what was deleted, and other ranges. */
static const char content_3[] =
	"UPDATE objects SET source = 'h%st', file = '/m/a%b.yaml' WHERE name = 'web';"
	"INSERT INTO node_ports VALUES (20007, 'Service', 'default', 'web');"
	"UPDATE objects SET doc = json_set(doc, '$.spec.type', 'NodePort',"
	"	'$.spec.ports[0].nodePort', 20007) WHERE name = 'web';"
	"INSERT INTO config VALUES ('service-cidr', '10.96.0.0/24'),"
	"	('node-port-min', '20000'), ('node-port-max', '20010');"
	"INSERT INTO kept VALUES ('Service', 'default', 'old', '{\"apiVersion\":\"v1\","
	"	\"kind\":\"Service\",\"metadata\":{\"name\":\"old\",\"namespace\":\"default\"},"
	"	\"spec\":{\"type\":\"NodePort\",\"clusterIP\":\"10.96.0.99\",\"clusterIPs\":"
	"	[\"10.96.0.99\"],\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"targetPort\":80,"
	"	\"nodePort\":20009}]}}', unixepoch() + 1000);"
	"INSERT INTO kept_cluster_ips VALUES (4, x'0a600063', 'Service', 'default', 'old');"
	"INSERT INTO kept_node_ports VALUES (20009, 'Service', 'default', 'old');";

static int env_version_3(void **state)
{
	sqlite3 *db;

	if (env_version_1(state) || sqlite3_open(env_path, &db) != SQLITE_OK)
		return -1;
	if (sqlite3_exec(db, version_3, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, content_3, NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	return sqlite3_close(db);
}

static void test_version_3(void **state)
{
	const struct ipsvc_owner owner = { "h%st", "/m/a%b.yaml" };
	struct ipsvc_cluster_config cfg;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	char **files;
	bool changed;
	size_t n;

	(void)state;
	store = open_store(false);
	assert_int_equal(ipsvc_store_config(store, &cfg), IPSVC_STORE_OK);
	assert_string_equal(cfg.service_cidr, "10.96.0.0/24");
	assert_int_equal(cfg.node_port_min, 20000);
	assert_int_equal(cfg.node_port_max, 20010);
	assert_int_equal(ipsvc_store_revision(store), 7);
	assert_field("web", "metadata.resourceVersion", "'6'");
	assert_int_equal(node_port("web", 0), 20007);
	assert_consistent();
	assert_int_equal(ipsvc_store_files(store, "h%st", &files, &n),
			 IPSVC_STORE_OK);
	assert_int_equal(n, 1);
	assert_string_equal(files[0], "/m/a%b.yaml");
	free(files[0]);
	free(files);
	/* What was kept is had again, by whom it was kept for. */
	assert_query("SELECT count(*) FROM kept", "3");
	apply("old", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP'}]}");
	assert_field("old", "spec.clusterIP", "'10.96.0.99'");
	assert_int_equal(node_port("old", 0), 20009);
	assert_query("SELECT count(*) FROM kept", "0");
	/* The manifest still owns what it had. */
	assert_int_equal(ipsvc_store_apply_file(store, &owner, &objs, NULL,
						&changed, &errs), IPSVC_STORE_OK);
	assert_query("SELECT group_concat(name) FROM objects", "cli,old");
	assert_consistent();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_version_1, env_version_1,
						env_remove),
		cmocka_unit_test_setup_teardown(test_version_3, env_version_3,
						env_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
