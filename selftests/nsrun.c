// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nsrun NETNS COMMAND [ARG…]
 *
 * Becomes the command, in a network namespace; /sys stays as it is. What `ip netns exec` does besides, mounts of its
 * own, takes an emulated machine long.
 */
#include <errno.h>

#include "netns.h"

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: nsrun NETNS COMMAND [ARG…]");
	enter_netns(argv[1]);
	execvp(argv[2], argv + 2);
	err(errno == ENOENT ? 127 : 126, "%s", argv[2]);
}
