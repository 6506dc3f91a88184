/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_NET_INET_SOCK_H
#define IPSVC_COMPAT_NET_INET_SOCK_H

#include_next <net/inet_sock.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* The flags were bit fields. */
#define IPSVC_COMPAT_INET_NODEFRAG(sk)	(inet_sk(sk)->nodefrag)
#define inet_test_bit(nr, sk)		IPSVC_COMPAT_INET_##nr(sk)
#endif

#endif /* IPSVC_COMPAT_NET_INET_SOCK_H */
