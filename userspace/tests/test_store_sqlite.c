// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening the embedded store: what is refused, who may, and what stays whole. */
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/memory.h"
#include "store_env.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"
#define NODE	"{'type':'NodePort','ports':[{'port':80,'protocol':'TCP'}]}"

/* Opening @url must fail with @format, in which %s is the path. */
static void refuse_open(const char *url, bool readonly, const char *want)
{
	char *message;

	assert_null(ipsvc_store_open(url, readonly, &message));
	assert_int_not_equal(errno, EACCES);
	if (!strstr(message, want))
		fail_msg("\"%s\" is not in \"%s\"", want, message);
	if (*url == '/' && !strstr(message, url))
		fail_msg("\"%s\" does not name %s", message, url);
	free(message);
}

static void run_sql(const char *sql)
{
	free(query(sql));
}

static void test_urls(void **state)
{
	char *url = xasprintf("sqlite:%s", env_path), *message;
	char dir[128];

	(void)state;
	store = ipsvc_store_open(url, false, &message);
	assert_non_null(store);
	ipsvc_store_close(store);
	free(url);
	assert_non_null(getcwd(dir, sizeof(dir)));
	assert_int_equal(chdir(env_dir), 0);
	store = ipsvc_store_open("sqlite::memory:", false, &message);
	assert_non_null(store);
	assert_int_equal(access(":memory:", F_OK), 0);
	ipsvc_store_close(store);
	store = ipsvc_store_open("store.db", true, &message);
	assert_non_null(store);
	assert_int_equal(chdir(dir), 0);
	refuse_open("etcd://127.0.0.1:2379", false, "unknown kind of store \"etcd://127.0.0.1:2379\": use a path, or sqlite:PATH");
	refuse_open("sqlite:", false, "names no file");
	refuse_open("", false, "names no file");
}

static void test_refused(void **state)
{
	char *path = xasprintf("%s/no/store.db", env_dir);

	(void)state;
	refuse_open(path, false, "there is no directory");
	refuse_open(path, true, "there is no store");
	refuse_open(env_path, true, "there is no store");
	assert_int_equal(access(env_path, F_OK), -1);
	refuse_open(env_dir, false, "Is a directory");
	free(path);
}

static void test_empty_file(void **state)
{
	(void)state;
	close(open(env_path, O_CREAT | O_WRONLY, 0600));
	refuse_open(env_path, true, "is not set up yet");
	store = open_store(false);
	apply("web", PLAIN);
}

static void test_settings(void **state)
{
	struct stat st;
	const char *const suffixes[] = { "", "-wal", "-shm" };

	(void)state;
	/* As in ipsvcd.service. */
	umask(077);
	store = open_store(false);
	apply("web", PLAIN);
	umask(022);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		char *path = xasprintf("%s%s", env_path, suffixes[i]);

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		free(path);
	}
	assert_query("PRAGMA journal_mode", "wal");
	assert_query("PRAGMA user_version", "4");
	assert_query("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' "
		     "AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0", "0");
}

static void test_other_database(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(env_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	refuse_open(env_path, false, "is a database of another program");
	refuse_open(env_path, true, "is a database of another program");
	assert_query("SELECT count(*) FROM sqlite_schema", "1");
	assert_query("PRAGMA journal_mode", "delete");
}

static void test_newer(void **state)
{
	(void)state;
	store = open_store(false);
	run_sql("PRAGMA user_version = 99");
	refuse_open(env_path, false, "was written by a newer ipsvc (schema 99, this one knows 4)");
	refuse_open(env_path, true, "was written by a newer ipsvc");
	/* Who had it open before sees it as well. */
	assert_int_equal(ipsvc_store_revision(store), -1);
	assert_non_null(strstr(ipsvc_store_message(store),
			       "was changed while it was open, by another version of ipsvc (schema 99, this one knows 4)"));
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "web", false, NULL),
			 IPSVC_STORE_ERROR);
}

/* A link may lead to a file that is not for whoever made the link. */
static void test_links(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char *other = xasprintf("%s/other.db", env_dir), *linked;
	char *dir = xasprintf("%s/dir", env_dir);

	(void)state;
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		char *link = xasprintf("%s%s", env_path, suffixes[i]);

		assert_int_equal(symlink(other, link), 0);
		refuse_open(env_path, false, "is a symbolic link");
		refuse_open(env_path, true, "is a symbolic link");
		assert_int_equal(access(other, F_OK), -1);
		assert_int_equal(unlink(link), 0);
		free(link);
	}
	/* Those of its directory are the administrator's. */
	assert_int_equal(symlink(env_dir, dir), 0);
	linked = xasprintf("%s/store.db", dir);
	strcpy(env_path, linked);
	store = open_store(false);
	apply("web", PLAIN);
	assert_int_equal(access(env_path, F_OK), 0);
	free(other);
	free(linked);
	free(dir);
}

/* ---- damage ------------------------------------------------------------- */

struct content {
	char *data;
	size_t size;
};

static struct content slurp(const char *path)
{
	struct content c = {0};
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	c.size = ftell(f);
	c.data = xmalloc(c.size);
	rewind(f);
	assert_int_equal(fread(c.data, 1, c.size, f), c.size);
	fclose(f);
	return c;
}

static void overwrite(const char *path, long at, const char *data, size_t size)
{
	FILE *f = fopen(path, "r+b");

	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

static void test_not_a_database(void **state)
{
	struct content before, after;
	FILE *f = fopen(env_path, "wb");

	(void)state;
	for (int i = 0; i < 1000; i++)
		fprintf(f, "kind: Service\n");
	fclose(f);
	before = slurp(env_path);
	refuse_open(env_path, false, "is damaged (file is not a database). Nothing was changed.");
	refuse_open(env_path, true, "is damaged");
	after = slurp(env_path);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, before.size);
	free(before.data);
	free(after.data);
}

/* A damaged store is named, and neither it nor its log was written to. */
static void assert_refused(char *message, const struct content *damaged,
			   const struct content *log)
{
	char *wal = xasprintf("%s-wal", env_path);
	struct content db_now = slurp(env_path), log_now = slurp(wal);

	assert_non_null(strstr(message, "is damaged ("));
	assert_non_null(strstr(message, "Nothing was changed. Stop ipsvcd"));
	assert_int_equal(db_now.size, damaged->size);
	assert_memory_equal(db_now.data, damaged->data, db_now.size);
	assert_int_equal(log_now.size, log->size);
	assert_memory_equal(log_now.data, log->data, log_now.size);
	free(db_now.data);
	free(log_now.data);
	free(wal);
	free(message);
}

/*
 * Rubbish on any page but the first: told at opening, nothing is written, not
 * even what is in the log.
 */
static void test_damaged_page(void **state)
{
	char *wal = xasprintf("%s-wal", env_path), name[16], rubbish[4096];
	struct content db[1], log[1];
	int pages, opened = 0;

	(void)state;
	store = open_store(false);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		apply(name, NODE);
	}
	ipsvc_store_close(store);
	/* A little in the log: a process that was killed. */
	if (!fork()) {
		store = open_store(false);
		apply("last", NODE);
		_exit(0);
	}
	wait(NULL);
	store = NULL;
	memset(rubbish, 0x5a, sizeof(rubbish));
	db[0] = slurp(env_path);
	log[0] = slurp(wal);
	assert_true(log[0].size > 0);
	pages = db[0].size / sizeof(rubbish);
	assert_true(pages > 10);
	for (int i = 1; i < pages; i += 3) {
		struct content damaged;

		overwrite(env_path, 0, db[0].data, db[0].size);
		overwrite(wal, 0, log[0].data, log[0].size);
		overwrite(env_path, i * (long)sizeof(rubbish), rubbish,
			  sizeof(rubbish));
		damaged = slurp(env_path);
		char *message;

		/* Unless the log has a newer version of that page. */
		store = ipsvc_store_open_checked(env_path, &message);
		if (!store) {
			assert_refused(message, &damaged, &log[0]);
			/* Who does not stay does not read all of it. */
			store = ipsvc_store_open(env_path, false, &message);
			opened += store != NULL;
			free(message);
			ipsvc_store_close(store);
			store = NULL;
		} else {
			assert_query("PRAGMA integrity_check", "ok");
			ipsvc_store_close(store);
			store = NULL;
		}
		free(damaged.data);
	}
	assert_true(opened > 0);
	free(db[0].data);
	free(log[0].data);
	free(wal);
}

/* Put another file in its place, and nothing goes to the old one. */
static void test_replaced(void **state)
{
	char *other = xasprintf("%s/other.db", env_dir);
	struct ipsvc_objects objs = {0};

	(void)state;
	store = open_store(false);
	apply("web", PLAIN);
	assert_int_equal(rename(env_path, other), 0);
	assert_int_equal(ipsvc_store_list(store, NULL, NULL, &objs, NULL),
			 IPSVC_STORE_ERROR);
	assert_non_null(strstr(ipsvc_store_message(store),
			       "was replaced or removed while it was open"));
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "web", false, NULL), IPSVC_STORE_ERROR);
	assert_int_equal(ipsvc_store_revision(store), -1);
	free(other);
}

/* A backup as the documentation says, put back in place. */
static void test_backup(void **state)
{
	char *sql = xasprintf("VACUUM INTO '%s/backup.db'", env_dir);
	char *backup = xasprintf("%s/backup.db", env_dir);

	(void)state;
	store = open_store(false);
	apply("web", "{'type':'ClusterIP','clusterIP':'10.96.0.9','ports':[{'port':80,'protocol':'TCP'}]}");
	run_sql(sql);
	delete("web");
	ipsvc_store_close(store);
	store = NULL;
	run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(rename(backup, env_path), 0);
	store = open_store(false);
	assert_field("web", "spec.clusterIP", "'10.96.0.9'");
	assert_query("PRAGMA journal_mode", "wal");
	assert_consistent();
	free(sql);
	free(backup);
}

/* ---- readers ------------------------------------------------------------ */

static void test_readonly(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	struct ipsvc_cluster_config cfg;
	struct ipsvc_store *writer;

	(void)state;
	store = writer = open_store(false);
	apply("web", PLAIN);
	store = open_store(true);
	assert_int_equal(ipsvc_store_write(store, add_service(&objs, "b", PLAIN),
					   IPSVC_WRITE_CHANGE, false, &outcome,
					   &errs), IPSVC_STORE_ERROR);
	assert_string_equal(ipsvc_store_message(store),
			    "the store was opened for reading only");
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "web", false, NULL), IPSVC_STORE_ERROR);
	assert_int_equal(ipsvc_store_config(store, &cfg), IPSVC_STORE_OK);
	assert_int_equal(ipsvc_store_revision(store), 1);
	ipsvc_objects_free(&objs);
	ipsvc_store_close(writer);
	free(string_field("web", "spec.clusterIP"));
}

#define NOBODY	65534

/* Runs @f as another user; 0 when it went well. */
static int as_nobody(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(99);
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The number of services a reader sees; 99 when it may not. */
static int read_services(void)
{
	struct ipsvc_objects objs = {0};
	char *message;
	struct ipsvc_store *s = ipsvc_store_open(env_path, true, &message);
	int n = 99;

	if (!s)
		return errno == EACCES ? 99 : 98;
	if (ipsvc_store_list(s, NULL, NULL, &objs, NULL) == IPSVC_STORE_OK)
		n = objs.n;
	ipsvc_objects_free(&objs);
	ipsvc_store_close(s);
	return n;
}

static int write_service(void)
{
	store = open_store(false);
	apply("nobody", PLAIN);
	ipsvc_store_close(store);
	return 0;
}

static void chmod_store(int mode)
{
	char *wal = xasprintf("%s-wal", env_path);
	char *shm = xasprintf("%s-shm", env_path);

	assert_int_equal(chmod(env_path, mode) | chmod(wal, mode) |
			 chmod(shm, mode), 0);
	free(wal);
	free(shm);
}

/* Whoever may read the files may read the store, with or without a writer. */
static void test_unprivileged_reader(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chmod(env_dir, 0755), 0);
	store = open_store(false);
	apply("a", PLAIN);
	assert_int_equal(as_nobody(read_services), 99);
	chmod_store(0644);
	assert_int_equal(as_nobody(read_services), 1);
	apply("b", PLAIN);
	assert_int_equal(as_nobody(read_services), 2);
	ipsvc_store_close(store);
	store = NULL;
	assert_int_equal(as_nobody(read_services), 2);
	/* A writer that was killed, with its commits in the log. */
	if (!fork()) {
		store = open_store(false);
		apply("c", PLAIN);
		_exit(0);
	}
	wait(NULL);
	assert_int_equal(as_nobody(read_services), 3);
	/* Reading did not take it away from the next one. */
	store = open_store(false);
	apply("d", PLAIN);
	assert_int_equal(as_nobody(read_services), 4);
	assert_consistent();
}

/* As `install -d -m 0750 -g ipsvc /var/lib/ipsvc` and a member of the group. */
static void test_reader_of_the_group(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chown(env_dir, 0, NOBODY), 0);
	assert_int_equal(chmod(env_dir, 0750), 0);
	store = open_store(false);
	apply("a", PLAIN);
	assert_int_equal(as_nobody(read_services), 1);
	ipsvc_store_close(store);
	store = NULL;
	assert_int_equal(as_nobody(read_services), 1);
	assert_int_equal(chown(env_dir, 0, 0), 0);
	assert_int_equal(as_nobody(read_services), 99);
}

static void assert_owner(const char *suffix, uid_t uid)
{
	char *path = xasprintf("%s%s", env_path, suffix);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
	free(path);
}

/* Root's CLI and a daemon with a user of its own take turns. */
static void test_root_and_daemon(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chown(env_dir, NOBODY, NOBODY), 0);
	store = open_store(false);
	apply("root", PLAIN);
	assert_owner("", NOBODY);
	assert_owner("-wal", NOBODY);
	assert_owner("-shm", NOBODY);
	assert_int_equal(as_nobody(write_service), 0);
	apply("root", NODE);
	assert_int_equal(as_nobody(read_services), 2);
	ipsvc_store_close(store);
	/* Without -wal and -shm root makes them anew. */
	char *wal = xasprintf("%s-wal", env_path);
	char *shm = xasprintf("%s-shm", env_path);

	assert_int_equal(unlink(wal) | unlink(shm), 0);
	assert_int_equal(as_nobody(read_services), 2);
	assert_int_equal(unlink(wal) | unlink(shm), 0);
	store = open_store(false);
	apply("root", PLAIN);
	assert_owner("-wal", NOBODY);
	assert_owner("-shm", NOBODY);
	delete("nobody");
	assert_int_equal(as_nobody(write_service), 0);
	free(wal);
	free(shm);
	assert_consistent();
}

static void test_missing_log(void **state)
{
	char *wal = xasprintf("%s-wal", env_path);
	char *shm = xasprintf("%s-shm", env_path), *message;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chmod(env_dir, 0755), 0);
	store = open_store(false);
	apply("a", PLAIN);
	ipsvc_store_close(store);
	store = NULL;
	assert_int_equal(unlink(wal) | unlink(shm) | chmod(env_path, 0644), 0);
	if (!fork()) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(1);
		store = ipsvc_store_open(env_path, true, &message);
		_exit(store || !strstr(message, "are missing, and this user may not create them"));
	}
	int status;

	wait(&status);
	assert_int_equal(status, 0);
	free(wal);
	free(shm);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum ipsvc_store_result try_write(void)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	enum ipsvc_store_result result;

	result = ipsvc_store_write(store, add_service(&objs, "web", PLAIN),
				   IPSVC_WRITE_CREATE, false, &outcome, &errs);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return result;
}

/* Who waited for a lock in vain does not wait again while it is held. */
static void test_patience(void **state)
{
	int64_t start = now_ms();
	sqlite3 *db;

	(void)state;
	store = open_store(false);
	ipsvc_store_patience(store, 500);
	assert_int_equal(sqlite3_open(env_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(try_write(), IPSVC_STORE_ERROR);
		assert_non_null(strstr(ipsvc_store_message(store), "is busy"));
		/* Reading needs no lock. */
		assert_int_equal(ipsvc_store_revision(store), 0);
	}
	/* 20 times as long if each waited. */
	assert_in_range(now_ms() - start, 500, 7500);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(try_write(), IPSVC_STORE_OK);
	delete("web");

	/* It was free: now it is waited for again. */
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	start = now_ms();
	assert_int_equal(try_write(), IPSVC_STORE_ERROR);
	assert_true(now_ms() - start >= 500);
	sqlite3_close(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, env_new, env_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_urls),
		TEST(test_refused),
		TEST(test_empty_file),
		TEST(test_settings),
		TEST(test_other_database),
		TEST(test_newer),
		TEST(test_links),
		TEST(test_not_a_database),
		TEST(test_damaged_page),
		TEST(test_replaced),
		TEST(test_backup),
		TEST(test_readonly),
		TEST(test_unprivileged_reader),
		TEST(test_reader_of_the_group),
		TEST(test_root_and_daemon),
		TEST(test_missing_log),
		TEST(test_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
