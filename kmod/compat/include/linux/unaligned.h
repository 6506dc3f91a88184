/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_LINUX_UNALIGNED_H
#define IPSVC_COMPAT_LINUX_UNALIGNED_H

#include <linux/version.h>

/* Was below asm/. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include_next <linux/unaligned.h>
#endif

#endif /* IPSVC_COMPAT_LINUX_UNALIGNED_H */
