/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a backend of the store does: keep records under keys, as etcd does, and
 * change them by compare-and-swap. Nothing holds a lock from one call to the next.
 * What records mean is decided above it (records.h), the same for every backend.
 */
#ifndef IPSVC_STORE_OPS_H
#define IPSVC_STORE_OPS_H

#include "store.h"

struct ipsvc_store_ops;

/* The first member of a backend's own structure. */
struct ipsvc_store {
	const struct ipsvc_store_ops *ops;
	bool readonly;
	bool (*gone)(const struct ipsvc_owner *owner);	/* or NULL */
	char *message;
	bool watching;
	int64_t watched;	/* revision ipsvc_store_watch_clear() saw last */
};

struct ipsvc_record {
	const char *key;	/* sorted as bytes are */
	const char *value;
	int64_t revision;	/* that put it last */
};

/* Returns false when it has seen enough; it must not use the store. */
typedef bool ipsvc_record_fn(const struct ipsvc_record *record, void *arg);
/* The same of history; @deleted: the record is as it was last. */
typedef void ipsvc_history_fn(const struct ipsvc_record *record, bool deleted,
			      void *arg);

/* What must be true for a commit. */
struct ipsvc_compare {
	const char *key;
	/* The record was put last by it; 0: there is no such record. */
	int64_t revision;
	/* If not NULL: there is no record in [key, end). */
	const char *end;
};

/* What a commit changes; a key at most once. */
struct ipsvc_put {
	const char *key;
	const char *value;	/* NULL: it is deleted, if it is there */
	/* Seconds after which the record is gone by itself; 0: it stays. */
	int64_t ttl;
};

struct ipsvc_commit {
	const struct ipsvc_compare *compares;
	size_t ncompares;
	const struct ipsvc_put *puts;
	size_t nputs;
};

/* Only records whose keys begin so are in the history. */
#define IPSVC_WATCHED		"objects/"
#define IPSVC_WATCHED_END	"objects0"

/*
 * Calls return IPSVC_STORE_OK or, with the message set (ipsvc_store_fail()),
 * IPSVC_STORE_ERROR; what else is said. Each sees one snapshot, as the last commit
 * of whomever left it.
 */
struct ipsvc_store_ops {
	const char *scheme;	/* of the URL, without ':' */
	/* Compares, and puts, of one commit at most; 0: any number. */
	size_t commit_max;

	/* As ipsvc_store_open(), errno too. */
	struct ipsvc_store *(*open)(const char *where,
				    enum ipsvc_store_mode mode, char **message);
	void (*close)(struct ipsvc_store *store);
	/* As ipsvc_store_patience(). */
	void (*patience)(struct ipsvc_store *store, int ms);

	/*
	 * The value of @key, which the caller frees, and its revision. NOT_FOUND,
	 * without message, with NULL and 0, when there is none.
	 */
	enum ipsvc_store_result (*get)(struct ipsvc_store *store,
				       const char *key, char **value,
				       int64_t *revision);
	/*
	 * Calls @fn for the records of [from, to) in the order of keys. @revision
	 * (may be NULL): that of the store.
	 */
	enum ipsvc_store_result (*range)(struct ipsvc_store *store,
					 const char *from, const char *to,
					 ipsvc_record_fn *fn, void *arg,
					 int64_t *revision);
	/*
	 * Makes all the puts in a new revision, durable when this returns, or
	 * none; CONFLICT, without message, when a comparison does not hold.
	 */
	enum ipsvc_store_result (*commit)(struct ipsvc_store *store,
					  const struct ipsvc_commit *commit,
					  int64_t *revision);
	/*
	 * Calls @fn for what was put or deleted after @from in the order of
	 * revisions, and sets *@to, as ipsvc_store_changes().
	 */
	enum ipsvc_store_result (*history)(struct ipsvc_store *store,
					   int64_t from, ipsvc_history_fn *fn,
					   void *arg, int64_t *to);
	/* As ipsvc_store_watch_fd(). */
	int (*watch_fd)(struct ipsvc_store *store);
	/* Makes the descriptor wait for what is new. */
	void (*watch_drain)(struct ipsvc_store *store);
};

extern const struct ipsvc_store_ops ipsvc_store_sqlite_ops;
/* No records, for decisions that are not committed: get and range only. */
extern const struct ipsvc_store_ops ipsvc_store_nothing_ops;

/* ipsvc_store_open() of a backend that is not asked for by a URL. */
struct ipsvc_store *ipsvc_store_open_ops(const struct ipsvc_store_ops *ops,
					 const char *where,
					 enum ipsvc_store_mode mode,
					 char **message);

/* Sets the message and returns IPSVC_STORE_ERROR. */
enum ipsvc_store_result ipsvc_store_fail(struct ipsvc_store *store,
					 const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Sets the message only. */
void ipsvc_store_say(struct ipsvc_store *store, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
