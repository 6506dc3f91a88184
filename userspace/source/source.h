/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where objects come from, as a stream of changes: first all objects there are,
 * each as put, then what happens to them, each object's changes in their order.
 * Several changes of an object may be told as the last one: what is put may also
 * be another object of that name (metadata.uid). After the changes of one reading
 * the reader has just what the source had at ipsvc_source_revision(). A source
 * that lost the thread, because the history was compacted, lists again and tells
 * the difference; the reader need not know.
 */
#ifndef IPSVC_SOURCE_H
#define IPSVC_SOURCE_H

#include "api/change.h"

struct ipsvc_source;

/* What a kind of source does; what follows this structure is its own. */
struct ipsvc_source_ops {
	/* As the functions below. */
	int (*read)(struct ipsvc_source *source, ipsvc_change_fn *fn, void *arg);
	const char *(*message)(const struct ipsvc_source *source);
	void (*free)(struct ipsvc_source *source);
};

struct ipsvc_source {
	const struct ipsvc_source_ops *ops;
	int64_t revision;
};

/*
 * Calls @fn for each change since the last reading, and returns how many there
 * were. Negative (-EIO) when the source cannot be read, ipsvc_source_message()
 * says why: the changes told before that count, the next reading goes on from
 * there.
 */
int ipsvc_source_read(struct ipsvc_source *source, ipsvc_change_fn *fn,
		      void *arg);
/* Of the source when it was read last; -1: it was not yet. */
int64_t ipsvc_source_revision(const struct ipsvc_source *source);
const char *ipsvc_source_message(const struct ipsvc_source *source);
void ipsvc_source_free(struct ipsvc_source *source);

struct ipsvc_store;

/* All objects of @store, which must outlive it. */
struct ipsvc_source *ipsvc_source_of_store(struct ipsvc_store *store);

#endif
