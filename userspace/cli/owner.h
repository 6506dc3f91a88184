/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether ipsvcd runs, and whether it keeps the tables of this network namespace. */
#ifndef IPSVC_CLI_OWNER_H
#define IPSVC_CLI_OWNER_H

#include <sys/types.h>

enum daemon_state {
	DAEMON_RUNNING,
	DAEMON_STOPPED,
	DAEMON_UNKNOWN,
};

/*
 * Of the daemon with that run directory: ipsvcd holds a lock as long as it lives.
 * *@pid is 0 when it is not known; *@message, which the caller frees, is why the
 * state is unknown, or NULL.
 */
enum daemon_state owner_probe(const char *run_dir, pid_t *pid, char **message);

/*
 * The daemon that would undo what somebody else changes, such as "pid 12
 * (ipsvcd)": that of @run_dir where it runs in this network namespace, or one that
 * listens there. NULL: there is none. The caller frees it.
 */
char *owner_of_table(const char *run_dir);

#endif
