/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of another program. */
#ifndef IPSVC_CLI_RUN_OUTPUT_H
#define IPSVC_CLI_RUN_OUTPUT_H

#include <stddef.h>

/*
 * Runs argv[0], which is looked for in PATH and in /usr/sbin, with nothing on its
 * standard input and its standard error thrown away. Returns 0 with all that it
 * printed in *@output, which the caller frees, or a negative errno: -ENOENT there
 * is no such program, -EIO it failed, -ETIMEDOUT it took more than @ms
 * milliseconds, -EFBIG it printed more than @max bytes. It has ended then, in
 * either case.
 */
int run_output(const char *const argv[], int ms, size_t max, char **output);

#endif
