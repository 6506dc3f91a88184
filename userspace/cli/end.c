// SPDX-License-Identifier: GPL-2.0-or-later
#include "end.h"

#include <signal.h>
#include <sys/signalfd.h>

int cli_end_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}
