// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "log.h"
#include "plan.h"

/* ---- the locks ---------------------------------------------------------- */

static void say_who_holds_it(int fd, const char *run_dir)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
	log_error("another ipsvcd%s%s%s already runs with run directory %s: stop it, or give this one another --run-dir",
		  *pid ? ", pid " : "", pid, *pid ? "," : "", run_dir);
}

/*
 * Any user can lock a file that this user can open, so nobody else may. Returns a
 * descriptor with the lock, or -1 after a message.
 */
static int lock_exclusive(const char *run_dir)
{
	char *path = xasprintf("%s/exclusive.lock", run_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool locked = false;

	if (fd < 0)
		log_error("%s: %s; name a run directory you may write to with --run-dir",
			  path, strerror(errno));
	else if (fchmod(fd, 0600) < 0)
		log_error("%s: %s", path, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		locked = true;
	else if (errno == EWOULDBLOCK)
		say_who_holds_it(fd, run_dir);
	else
		log_error("%s: cannot lock it: %s", path, strerror(errno));
	if (locked && (ftruncate(fd, 0) < 0 ||
		       dprintf(fd, "%ld\n", (long)getpid()) < 0))
		log_warning("%s: %s", path, strerror(errno));
	free(path);
	if (fd >= 0 && !locked)
		close(fd);
	return locked ? fd : -1;
}

/*
 * The file is made anew, and locked before it appears: whoever has the old one
 * locked is in nobody's way. -1, after a warning, when that cannot be done.
 */
static int lock_shown(const char *run_dir)
{
	char *path = xasprintf("%s/ipsvcd.lock", run_dir);
	char *tmp = xasprintf("%s.new", path);
	int fd;

	unlink(tmp);
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    dprintf(fd, "%ld\n", (long)getpid()) < 0 || fchmod(fd, 0644) < 0 ||
	    rename(tmp, path) < 0)
		log_warning("%s: %s; ipsvc status cannot tell that ipsvcd runs",
			    path, strerror(errno));
	free(tmp);
	free(path);
	return fd;
}

bool status_lock(const char *run_dir, struct status_lock *lock)
{
	*lock = (struct status_lock){ -1, -1 };
	if (mkdir(run_dir, 0755) < 0 && errno != EEXIST)
		log_error("cannot make run directory %s: %s", run_dir,
			  strerror(errno));
	lock->exclusive = lock_exclusive(run_dir);
	if (lock->exclusive < 0)
		return false;
	lock->shown = lock_shown(run_dir);
	return true;
}

void status_unlock(struct status_lock *lock)
{
	if (lock->shown >= 0)
		close(lock->shown);
	if (lock->exclusive >= 0)
		close(lock->exclusive);
}

/* ---- the document ------------------------------------------------------- */

static json_t *timestamp(uint64_t us)
{
	char text[IPSVC_TIME_SIZE];

	return json_string(ipsvc_time_format((int64_t)(us / PLAN_SEC), text));
}

static json_t *sync_document(const struct sync_report *r)
{
	json_t *doc = json_pack("{s:o, s:f, s:I, s:s}",
		"time", timestamp(r->time),
		"durationMs", (double)r->duration / PLAN_MS,
		"changes", (json_int_t)r->changes,
		"result", r->ok ? "ok" : "failed");

	if (r->ok)
		return doc;
	json_object_set_new(doc, "message", ipsvc_json_any_text(r->message));
	json_object_set_new(doc, "retryInMs",
			    json_integer((json_int_t)(r->retry_in / PLAN_MS)));
	if (r->hint)
		json_object_set_new(doc, "hint", json_string(r->hint));
	if (r->refused)
		json_object_set(doc, "refused", r->refused);
	return doc;
}

json_t *status_document(const struct status *st)
{
	const struct sync_report *r = st->sync;
	json_t *doc = json_pack(
		"{s:s, s:i, s:o, s:o, s:s, s:s?, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:O, s:O}",
		"version", IPSVC_VERSION,
		"pid", (int)getpid(),
		"node", ipsvc_json_any_text(st->node),
		"since", timestamp(st->since),
		"device", st->device,
		"clusterCidr", st->cluster_cidr,
		"store", ipsvc_json_any_text(st->store),
		"manifests", ipsvc_json_any_text(st->manifests),
		"files", (json_int_t)st->files,
		"services", (json_int_t)r->services,
		"endpoints", (json_int_t)r->endpoints,
		"generation", (json_int_t)r->generation,
		"revision", (json_int_t)r->revision,
		"errors", st->errors,
		"warnings", st->warnings);

	if (r->time)
		json_object_set_new(doc, "lastSync", sync_document(r));
	return doc;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int status_write(const char *run_dir, json_t *doc)
{
	char *path = xasprintf("%s/status.json", run_dir);
	char *tmp = xasprintf("%s.new", path);
	char *text = json_dumps(doc, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err = fd < 0 ? -errno : 0;

	if (!err)
		err = text ? write_all(fd, text, strlen(text)) : -ENOMEM;
	if (!err && (fchmod(fd, 0644) < 0 || rename(tmp, path) < 0))
		err = -errno;
	if (fd >= 0)
		close(fd);
	free(text);
	free(tmp);
	free(path);
	return err;
}
