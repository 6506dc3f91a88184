/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the verbs of the kernel: -4 and -6, as ip(8) has them. */
#ifndef IPSVC_CLI_KERNEL_OPTIONS_H
#define IPSVC_CLI_KERNEL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "options.h"

struct kernel_options {
	bool ipv4, ipv6;
};

/* Rows for the member @m of a structure @s. */
#define KERNEL_OPTIONS(s, m) \
	CLI_OPTION_BOOL(s, m.ipv4, '4', "ipv4", "of IPv4 only"), \
	CLI_OPTION_BOOL(s, m.ipv6, '6', "ipv6", "of IPv6 only")

/* AF_UNSPEC: both. */
static inline uint8_t kernel_family(const struct kernel_options *opts)
{
	if (opts->ipv4 == opts->ipv6)
		return AF_UNSPEC;
	return opts->ipv4 ? AF_INET : AF_INET6;
}

#endif
