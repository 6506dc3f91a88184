/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces by the names that ip-netns(8) gives them, for the test programs. */
#ifndef SELFTESTS_NETNS_H
#define SELFTESTS_NETNS_H

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* Moves the process there, or ends it with status 2. */
static inline void enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(2, "%s", path);
	close(fd);
}

#endif /* SELFTESTS_NETNS_H */
