/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When may memory be freed that others might still read? One writer takes it out of
 * sight and retires it; it is freed once each reader has been seen outside of its
 * reading since. Readers wait for nobody.
 */
#ifndef IPSVC_DNS_EPOCH_H
#define IPSVC_DNS_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns_reader {
	/* The time it began to read; 0: it does not. On a cache line of its own. */
	_Alignas(64) _Atomic uint64_t since;
};

struct dns_retired {
	void *ptr;
	uint64_t when;
};

struct dns_epoch {
	_Atomic uint64_t now;	/* counts what the writer retired */
	struct dns_reader *readers;
	size_t nreaders;
	struct dns_retired *retired;	/* oldest first */
	size_t n, cap;
};

/* For @readers readers, each of which uses its number. */
void dns_epoch_init(struct dns_epoch *epoch, size_t readers);
/* Frees all that is retired, too: no reader may be left. */
void dns_epoch_free(struct dns_epoch *epoch);

static inline void dns_read_begin(struct dns_epoch *epoch, size_t reader)
{
	atomic_store(&epoch->readers[reader].since,
		     atomic_load(&epoch->now));
	/* What is read next is read after that was seen. */
	atomic_thread_fence(memory_order_seq_cst);
}

static inline void dns_read_end(struct dns_epoch *epoch, size_t reader)
{
	atomic_store_explicit(&epoch->readers[reader].since, 0,
			      memory_order_release);
}

/* Of the writer: @ptr (NULL: nothing) is out of sight. */
void dns_retire(struct dns_epoch *epoch, void *ptr);
/* Frees what nobody can read any more; true when nothing is left. */
bool dns_reclaim(struct dns_epoch *epoch);

#endif
