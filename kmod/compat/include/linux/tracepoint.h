/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_LINUX_TRACEPOINT_H
#define IPSVC_COMPAT_LINUX_TRACEPOINT_H

#include_next <linux/tracepoint.h>

#include <linux/version.h>

/* The source of a string was an argument, where it is assigned as well. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define ipsvc_assign_str(dst, src)	__assign_str(dst, src)
#else
#define ipsvc_assign_str(dst, src)	__assign_str(dst)
#endif

#endif /* IPSVC_COMPAT_LINUX_TRACEPOINT_H */
