/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3: a keyed hash for tables whose keys strangers choose. */
#ifndef IPSVC_SIPHASH_H
#define IPSVC_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct ipsvc_siphash_key {
	uint64_t k0, k1;
};

/* A random key; ends the process where the kernel has no random numbers. */
void ipsvc_siphash_key_init(struct ipsvc_siphash_key *key);
uint64_t ipsvc_siphash(const struct ipsvc_siphash_key *key, const void *data,
		       size_t len);

#endif
