// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "log.h"

enum options_result program_parse(int argc, char **argv,
				  const struct program_options *program)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "hVv", program->longs, NULL)) != -1) {
		if (opt == 'h') {
			fputs(program->help, stdout);
			return OPTIONS_DONE;
		}
		if (opt == 'V') {
			printf("%s " IPSVC_VERSION "\n", program->name);
			return OPTIONS_DONE;
		}
		if (!program->set(program->arg, opt))
			return OPTIONS_WRONG;
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\nTry '%s --help'.\n",
			program->name, argv[optind], program->name);
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

int program_loop(sd_event *event)
{
	int err;

	sd_notify(0, "READY=1");
	if (sd_event_set_watchdog(event, true) < 0)
		log_warning("no watchdog");
	err = sd_event_loop(event);
	sd_notify(0, "STOPPING=1");
	if (err < 0)
		log_error("event loop: %s", strerror(-err));
	return err < 0 ? 1 : 0;
}
