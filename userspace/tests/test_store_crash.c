// SPDX-License-Identifier: GPL-2.0-or-later
/* Several processes at once, some of which die: nothing is had twice or lost. */
#include "api/service/service.h"
#include "base/memory.h"
#include "store/ops.h"
#include "store_env.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"
#define NODE	"{'type':'NodePort','ports':[{'port':80,'protocol':'TCP'}]}"

#define WRITERS		4
#define PER_WRITER	50
#define KILLS		100

static void wait_for(const pid_t *pids, int n)
{
	for (int i = 0; i < n; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

static void count_services(int want)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", want);
	assert_query("SELECT count(*) FROM objects WHERE kind = 'Service'", text);
}

/* All of them create the database, and then services. */
static void test_writers(void **state)
{
	pid_t pids[WRITERS];
	char text[64];

	(void)state;
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		if (pids[w])
			continue;
		store = open_store(false);
		for (int i = 0; i < PER_WRITER; i++) {
			snprintf(text, sizeof(text), "s-%d-%d", w, i);
			apply(text, NODE);
		}
		_exit(0);
	}
	wait_for(pids, WRITERS);
	store = open_store(false);
	count_services(WRITERS * PER_WRITER);
	assert_int_equal(ipsvc_store_revision(store), WRITERS * PER_WRITER);
	assert_query("SELECT count(*) - count(DISTINCT doc ->> '$.spec.clusterIP') + "
		     "count(*) - count(DISTINCT doc ->> '$.spec.ports[0].nodePort') FROM objects",
		     "0");
	assert_consistent();
}

/* Few numbers, so that everyone wants the same ones, and some get none. */
static void test_scarce(void **state)
{
	pid_t pids[WRITERS];

	(void)state;
	store = open_store(false);
	set_config("10.0.0.0/27", 30000, 30009);
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		if (pids[w])
			continue;
		store = open_store(false);
		for (int i = 0; i < 4 * PER_WRITER; i++) {
			struct ipsvc_objects objs = {0};
			struct ipsvc_errors errs = {0};
			enum ipsvc_write_outcome outcome;
			enum ipsvc_store_result result;
			char name[16];

			snprintf(name, sizeof(name), "s-%d-%d", w, i % 5);
			result = i % 3 ?
				ipsvc_store_write(store, add_service(&objs, name, i % 2 ? NODE : PLAIN),
						  IPSVC_WRITE_CHANGE, false,
						  &outcome, &errs) :
				ipsvc_store_delete(store, &ipsvc_service_kind,
						   "default", name, false, NULL);
			if (result != IPSVC_STORE_OK &&
			    result != IPSVC_STORE_NOT_FOUND &&
			    result != IPSVC_STORE_INVALID) {
				fprintf(stderr, "%s\n",
					ipsvc_store_message(store));
				_exit(1);
			}
			ipsvc_objects_free(&objs);
			ipsvc_errors_free(&errs);
		}
		_exit(0);
	}
	wait_for(pids, WRITERS);
	assert_consistent();
}

/* What several processes wait at for each other. */
static pthread_barrier_t *new_barrier(unsigned int n)
{
	pthread_barrier_t *barrier = mmap(NULL, sizeof(*barrier),
					  PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t attr;

	assert_true(barrier != MAP_FAILED);
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	assert_int_equal(pthread_barrier_init(barrier, &attr, n), 0);
	return barrier;
}

/* Applies the same 60 files as the others do, each at the same time as they. */
__attribute__((noreturn))
static void apply_files(pthread_barrier_t *barrier)
{
	char file[32], name[32];

	store = open_store(false);
	for (int i = 0; i < 60; i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors errs = {0};
		bool changed;

		snprintf(file, sizeof(file), "/m/%d.yaml", i);
		for (int j = 0; j < 3; j++) {
			snprintf(name, sizeof(name), "s-%d-%d", i, j);
			add_service(&objs, name, NODE);
		}
		pthread_barrier_wait(barrier);
		if (ipsvc_store_apply_file(store, OWNER(file), &objs, NULL, &changed,
					   &errs) != IPSVC_STORE_OK)
			_exit(1);
		ipsvc_objects_free(&objs);
	}
	_exit(0);
}

/* Three daemons with the same directory: one of them writes, the others agree. */
static void test_same_file(void **state)
{
	pthread_barrier_t *barrier;
	pid_t pids[3];

	(void)state;
	barrier = new_barrier(COUNT(pids));
	for (size_t w = 0; w < COUNT(pids); w++) {
		pids[w] = fork();
		if (!pids[w])
			apply_files(barrier);
	}
	wait_for(pids, COUNT(pids));
	munmap(barrier, sizeof(*barrier));
	store = open_store(false);
	/* As if one had been alone. */
	assert_int_equal(ipsvc_store_revision(store), 60);
	count_services(180);
	assert_consistent();
}

/* ---- kill -9 ------------------------------------------------------------ */

/* Writes services until it is killed, and tells through @fd which are in. */
__attribute__((noreturn))
static void write_until_killed(int round, int fd)
{
	store = open_store(false);
	for (int i = 0;; i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors errs = {0};
		char name[32] = {0}, file[32], again[48];
		bool changed;

		snprintf(name, sizeof(name), "k-%d-%d", round, i);
		snprintf(again, sizeof(again), "%s-b", name);
		snprintf(file, sizeof(file), "/m/%d-%d.yaml", round, i);
		if (i % 2) {
			add_service(&objs, name, NODE);
			add_service(&objs, again, PLAIN);
			if (ipsvc_store_apply_file(store, OWNER(file), &objs, NULL,
						   &changed, &errs) !=
			    IPSVC_STORE_OK)
				_exit(1);
			ipsvc_objects_free(&objs);
		} else {
			apply(name, NODE);
		}
		if (write(fd, name, sizeof(name)) != sizeof(name))
			_exit(1);
		/* Some of what was released must be had again. */
		if (i % 4 == 2)
			delete(name);
	}
}

/*
 * Kills a writer after @us, which count from its first write if @wrote, else from
 * its birth: it may be just opening the store then. The
 * caller reads from @fds[0] what it told.
 */
static void kill_a_writer(int round, bool wrote, int us, int fds[2])
{
	struct pollfd told = { .fd = fds[0], .events = POLLIN };
	int status;
	pid_t pid = fork();

	if (!pid) {
		close(fds[0]);
		write_until_killed(round, fds[1]);
	}
	if (wrote)
		assert_int_equal(poll(&told, 1, 60000), 1);
	usleep(us);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool in_store(const char *name)
{
	struct ipsvc_objects objs = {0};
	enum ipsvc_store_result result;

	result = ipsvc_store_get(store, &ipsvc_service_kind, "default", name, &objs);
	assert_true(result == IPSVC_STORE_OK || result == IPSVC_STORE_NOT_FOUND);
	ipsvc_objects_free(&objs);
	return result == IPSVC_STORE_OK;
}

static void test_kill(void **state)
{
	int told = 0, round, fds[2];
	char name[32], again[48];

	(void)state;
	srand(time(NULL));
	for (round = 0; round < KILLS; round++) {
		assert_int_equal(pipe(fds), 0);
		kill_a_writer(round, round % 4, rand() % 40000, fds);
		close(fds[1]);
		store = open_store(false);
		while (read(fds[0], name, sizeof(name)) == sizeof(name)) {
			int i = atoi(strrchr(name, '-') + 1);

			told++;
			snprintf(again, sizeof(again), "%s-b", name);
			/* The deleted ones may be there or not. */
			if (i % 4 != 2 && !in_store(name))
				fail_msg("%s was acknowledged and is lost", name);
			/* Both of a file or none. */
			if (i % 2 && !in_store(again))
				fail_msg("%s is there without %s", name, again);
		}
		close(fds[0]);
		assert_consistent();
		ipsvc_store_close(store);
		store = NULL;
	}
	print_message("# %d writes were acknowledged before %d kills\n", told,
		      round);
	assert_true(told >= KILLS / 4 * 3);
}

/* ---- a log that was not written whole ----------------------------------- */

/* Copies @size bytes (-1: all) of the file with @suffix to @to's. */
static void copy_part(const char *to, const char *suffix, long size)
{
	char *command;

	command = size < 0 ?
		xasprintf("cp %s%s %s%s", env_path, suffix, to, suffix) :
		xasprintf("head -c %ld %s%s > %s%s", size, env_path, suffix, to,
			  suffix);
	assert_int_equal(system(command), 0);
	free(command);
}

/*
 * Power cuts: whatever end of the log is missing, what is left is some earlier
 * revision with all that belongs to it.
 */
static void test_torn_log(void **state)
{
	char *copy = xasprintf("%s/copy.db", env_dir);
	char *wal = xasprintf("%s-wal", env_path), name[16];
	struct ipsvc_store *whole;
	char original[sizeof(env_path)];
	struct stat st;

	(void)state;
	/* Too little for a checkpoint: all is in the log. */
	store = whole = open_store(false);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		apply(name, NODE);
	}
	assert_int_equal(stat(wal, &st), 0);
	strcpy(original, env_path);
	for (int i = 0; i < 40; i++) {
		int revision;

		copy_part(copy, "", -1);
		copy_part(copy, "-wal", rand() % (st.st_size + 1));
		strcpy(env_path, copy);
		store = open_store(false);
		revision = ipsvc_store_revision(store);
		assert_in_range(revision, 0, 20);
		count_services(revision);
		for (int j = 0; j < revision; j++) {
			snprintf(name, sizeof(name), "s%d", j);
			assert_true(in_store(name));
		}
		assert_consistent();
		ipsvc_store_close(store);
		store = whole;
		strcpy(env_path, original);
	}
	free(copy);
	free(wal);
}

/* ---- watching ----------------------------------------------------------- */

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Until the revision moves; spurious wake-ups are fine. */
static bool wait_change(struct ipsvc_store *s, int ms)
{
	int fd = ipsvc_store_watch_fd(s);

	while (readable(fd, ms)) {
		if (ipsvc_store_watch_clear(s))
			return true;
	}
	return false;
}

static void test_watch(void **state)
{
	struct ipsvc_store *reader;
	pid_t pid;

	(void)state;
	store = open_store(false);
	reader = open_store(true);
	assert_true(ipsvc_store_watch_fd(store) >= 0);
	assert_true(ipsvc_store_watch_fd(reader) >= 0);
	assert_false(ipsvc_store_watch_clear(store));
	assert_false(ipsvc_store_watch_clear(reader));

	/* Its own writes, those of others in this process and in another one. */
	apply("web", PLAIN);
	assert_true(wait_change(store, 1000));
	assert_true(wait_change(reader, 1000));
	assert_false(ipsvc_store_watch_clear(reader));
	pid = fork();
	if (!pid) {
		store = open_store(false);
		apply("web", NODE);
		_exit(0);
	}
	wait_for(&pid, 1);
	assert_true(wait_change(store, 1000));
	assert_true(wait_change(reader, 1000));
	/* What changes nothing wakes nobody for long. */
	apply("web", NODE);
	assert_false(wait_change(reader, 600));
	ipsvc_store_close(reader);
}

/* A commit is followed by a sign to watchers, who may have looked before it. */
static void test_watch_sign(void **state)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct inotify_event *ev = (const void *)buf;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	(void)state;
	store = open_store(false);
	assert_true(inotify_add_watch(fd, env_dir, IN_ATTRIB) >= 0);
	apply("web", PLAIN);
	assert_true(read(fd, buf, sizeof(buf)) > 0);
	assert_string_equal(ev->name, "store.db-wal");
	/* Nor is there one without. */
	apply("web", PLAIN);
	assert_true(read(fd, buf, sizeof(buf)) < 0);
	close(fd);
}

/* Whoever looked too early and gets no sign looks again all the same. */
static void test_watch_later(void **state)
{
	(void)state;
	store = open_store(false);
	ipsvc_store_watch_fd(store);
	free(query("UPDATE meta SET value = value + 1"));
	store->ops->watch_drain(store);
	assert_true(wait_change(store, 1000));
}

/* Each change is seen soon, when looks and commits race. */
static void test_watch_race(void **state)
{
	const int changes = 300;
	struct ipsvc_store *reader;
	int64_t revision = 0;
	int late = 0;
	pid_t pid;

	(void)state;
	store = open_store(false);
	reader = open_store(true);
	ipsvc_store_watch_fd(reader);
	pid = fork();
	if (!pid) {
		store = open_store(false);
		for (int i = 0; i < changes; i++) {
			apply("web", i % 2 ? PLAIN : NODE);
			/* So that this change is the last one now and then. */
			usleep(i % 10 ? 0 : 30000);
		}
		_exit(0);
	}
	while (revision < changes) {
		if (!readable(ipsvc_store_watch_fd(reader), 10000))
			fail_msg("revision %lld is the last that was seen",
				 (long long)revision);
		if (ipsvc_store_watch_clear(reader))
			revision = ipsvc_store_revision(reader);
		else
			late++;
	}
	print_message("# %d of the wake-ups found nothing\n", late);
	wait_for(&pid, 1);
	ipsvc_store_close(reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, env_new, env_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_writers),
		TEST(test_scarce),
		TEST(test_same_file),
		TEST(test_kill),
		TEST(test_torn_log),
		TEST(test_watch),
		TEST(test_watch_sign),
		TEST(test_watch_later),
		TEST(test_watch_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
