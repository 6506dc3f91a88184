/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ipsvcd and ipsvc-dnsd have in common: a command line, and an event loop. */
#ifndef IPSVC_PROGRAM_H
#define IPSVC_PROGRAM_H

#include <getopt.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

/**
 * struct program_options - the command line of a program
 * @name: the program, as messages begin
 * @help: the text for --help
 * @longs: for getopt_long(); -h, -V and -v are there as well
 * @set: takes an option, whose value is in optarg, into @arg; false after a
 *	message
 */
struct program_options {
	const char *name, *help;
	const struct option *longs;
	bool (*set)(void *arg, int opt);
	void *arg;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE,		/* help or version were printed: exit with 0 */
	OPTIONS_WRONG,		/* after a message: exit with 2 */
};

enum options_result program_parse(int argc, char **argv,
				  const struct program_options *program);

/*
 * Tells the service manager that the program is ready, and runs @event until it
 * ends. Returns the exit code.
 */
int program_loop(sd_event *event);

#endif
