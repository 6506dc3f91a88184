/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_NET_XFRM_H
#define IPSVC_COMPAT_NET_XFRM_H

#include_next <net/xfrm.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* The namespace was not an argument. */
#define xfrm_decode_session(net, skb, fl, family) \
	xfrm_decode_session(skb, fl, family)
#endif

#endif /* IPSVC_COMPAT_NET_XFRM_H */
