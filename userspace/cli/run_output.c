// SPDX-License-Identifier: GPL-2.0-or-later
/* The output of another program, within limits of time and size. */
#include "run_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0 once @fd is readable, -ETIMEDOUT, or what poll() says. */
static int wait_readable(int fd, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline - now_ms();
		int n = poll(&pfd, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return 0;
		if (!n)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* posix_spawnp() with a second place to look, for users without sbin in PATH. */
static int spawn_somewhere(pid_t *pid, const char *const argv[],
			   const posix_spawn_file_actions_t *actions)
{
	char *path;
	int err = posix_spawnp(pid, argv[0], actions, NULL,
			       (char *const *)argv, environ);

	if (err != ENOENT)
		return -err;
	path = xasprintf("/usr/sbin/%s", argv[0]);
	err = posix_spawn(pid, path, actions, NULL, (char *const *)argv,
			  environ);
	free(path);
	return -err;
}

/* The reading end of its standard output, or a negative errno. */
static int start(pid_t *pid, const char *const argv[])
{
	posix_spawn_file_actions_t actions;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	err = spawn_somewhere(pid, argv, &actions);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (!err)
		return fds[0];
	close(fds[0]);
	return err;
}

static int read_all(int fd, int64_t deadline, size_t max, struct ipsvc_buf *buf)
{
	char part[16384];
	ssize_t n;
	int err;

	for (;;) {
		err = wait_readable(fd, deadline);
		if (err)
			return err;
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (buf->len + (size_t)n > max)
			return -EFBIG;
		ipsvc_buf_add(buf, part, (size_t)n);
	}
}

/* Reaps @pid, which is killed if it does not end by itself; 0 if it succeeded. */
static int finish(pid_t pid, int err, int64_t deadline)
{
	int fd = err ? -1 : pidfd_open(pid, 0), status;

	if (!err)
		err = fd < 0 ? -errno : wait_readable(fd, deadline);
	if (fd >= 0)
		close(fd);
	if (err)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (err)
		return err;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int run_output(const char *const argv[], int ms, size_t max, char **output)
{
	int64_t deadline = now_ms() + ms;
	struct ipsvc_buf buf = {0};
	int fd, err;
	pid_t pid;

	fd = start(&pid, argv);
	if (fd < 0)
		return fd;
	err = read_all(fd, deadline, max, &buf);
	close(fd);
	err = finish(pid, err, deadline);
	if (err)
		ipsvc_buf_free(&buf);
	else
		*output = ipsvc_buf_take(&buf);
	return err;
}
