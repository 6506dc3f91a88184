/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSVCD_PRIVILEGES_H
#define IPSVCD_PRIVILEGES_H

#include <stdbool.h>

/*
 * Gives up all capabilities but CAP_NET_ADMIN, for good. Without that one it
 * only warns: ipsvcd is of use without the kernel's tables, to see what is wrong.
 */
bool privileges_drop(void);

#endif
