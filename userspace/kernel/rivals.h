/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else may be changing the kernel's tables. The kernel's events do not say
 * who made a change, but a daemon that keeps the tables also listens to them.
 */
#ifndef IPSVC_RIVALS_H
#define IPSVC_RIVALS_H

#include <stdint.h>
#include <stdio.h>

/*
 * The processes of this network namespace that listen to the same netlink groups
 * as @fd, such as "pid 12 (ipsvcd), pid 34 (ipsvc)"; NULL when none is known.
 * The caller frees it.
 */
char *rivals_of(int fd);
/*
 * The same of @table, which is as /proc/net/netlink, for the socket with @port in
 * @groups.
 */
char *rivals_in(FILE *table, uint32_t port, uint32_t groups);

#endif
