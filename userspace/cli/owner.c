// SPDX-License-Identifier: GPL-2.0-or-later
#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "kernel/nl.h"
#include "kernel/rivals.h"

/* What ipsvcd has written into its lock. */
static pid_t read_pid(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ?
	       (pid_t)strtol(text, NULL, 10) : 0;
}

enum daemon_state owner_probe(const char *run_dir, pid_t *pid, char **message)
{
	char *path = xasprintf("%s/ipsvcd.lock", run_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum daemon_state state = DAEMON_STOPPED;

	*pid = 0;
	*message = NULL;
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
		state = DAEMON_UNKNOWN;
		*message = xasprintf("%s: %s", path, strerror(errno));
	} else if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0) {
		state = DAEMON_RUNNING;
		*pid = read_pid(fd);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return state;
}

/* Where nobody can tell, it might be ours. */
static bool in_our_netns(pid_t pid)
{
	char *path = xasprintf("/proc/%ld/ns/net", (long)pid);
	struct stat theirs, ours;
	bool known = !stat(path, &theirs) && !stat("/proc/self/ns/net", &ours);

	free(path);
	return !known || (theirs.st_dev == ours.st_dev &&
			  theirs.st_ino == ours.st_ino);
}

/* One with another run directory. */
static char *listening_daemon(void)
{
	struct ipsvc_nl *listener;
	char *all, *found = NULL;
	int err;

	listener = ipsvc_nl_listen(&err);
	if (!listener)
		return NULL;
	all = rivals_of(ipsvc_nl_fd(listener));
	if (all && strstr(all, "(ipsvcd)"))
		found = xstrdup(all);
	free(all);
	ipsvc_nl_close(listener);
	return found;
}

char *owner_of_table(const char *run_dir)
{
	char *message;
	pid_t pid;

	if (owner_probe(run_dir, &pid, &message) == DAEMON_RUNNING &&
	    in_our_netns(pid))
		return xasprintf("pid %ld (ipsvcd)", (long)pid);
	free(message);
	return listening_daemon();
}
