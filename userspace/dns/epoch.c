// SPDX-License-Identifier: GPL-2.0-or-later
#include "epoch.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void dns_epoch_init(struct dns_epoch *epoch, size_t readers)
{
	*epoch = (struct dns_epoch){ .nreaders = readers };
	epoch->readers = aligned_alloc(_Alignof(struct dns_reader),
				       (readers + 1) * sizeof(*epoch->readers));
	if (!epoch->readers)
		ipsvc_out_of_memory();
	for (size_t i = 0; i < readers; i++)
		atomic_init(&epoch->readers[i].since, 0);
	atomic_init(&epoch->now, 1);
}

void dns_epoch_free(struct dns_epoch *epoch)
{
	for (size_t i = 0; i < epoch->n; i++)
		free(epoch->retired[i].ptr);
	free(epoch->retired);
	free(epoch->readers);
}

void dns_retire(struct dns_epoch *epoch, void *ptr)
{
	if (!ptr)
		return;
	epoch->retired = ipsvc_grow(epoch->retired, epoch->n, &epoch->cap,
				    sizeof(*epoch->retired));
	/* Who begins to read from now on, does so later than this. */
	epoch->retired[epoch->n++] = (struct dns_retired){
		.ptr = ptr,
		.when = atomic_fetch_add(&epoch->now, 1),
	};
}

static uint64_t oldest_reader(const struct dns_epoch *epoch)
{
	uint64_t oldest = UINT64_MAX;

	atomic_thread_fence(memory_order_seq_cst);
	for (size_t i = 0; i < epoch->nreaders; i++) {
		uint64_t since = atomic_load(&epoch->readers[i].since);

		if (since && since < oldest)
			oldest = since;
	}
	return oldest;
}

bool dns_reclaim(struct dns_epoch *epoch)
{
	uint64_t oldest = oldest_reader(epoch);
	size_t n = 0;

	while (n < epoch->n && epoch->retired[n].when < oldest)
		free(epoch->retired[n++].ptr);
	if (n)
		memmove(epoch->retired, epoch->retired + n,
			(epoch->n - n) * sizeof(*epoch->retired));
	epoch->n -= n;
	return !epoch->n;
}
