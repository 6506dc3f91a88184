/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_NET_INET_HASHTABLES_H
#define IPSVC_COMPAT_NET_INET_HASHTABLES_H

#include_next <net/inet_hashtables.h>

#include <linux/version.h>

/* The sockets of a port, under the lock of its bucket, until @fn returns true. */
static inline bool
ipsvc_bind_bucket_any(const struct inet_bind_bucket *tb,
		      bool (*fn)(const struct sock *sk, void *arg), void *arg)
{
	struct sock *sk;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	/* They were in one list. */
	sk_for_each_bound(sk, &tb->owners)
		if (fn(sk, arg))
			return true;
#else
	struct inet_bind2_bucket *tb2;

	hlist_for_each_entry(tb2, &tb->bhash2, bhash_node)
		sk_for_each_bound(sk, &tb2->owners)
			if (fn(sk, arg))
				return true;
#endif
	return false;
}

#endif /* IPSVC_COMPAT_NET_INET_HASHTABLES_H */
