/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a backend of the store does: keep objects and claims, and change them in
 * transactions. What is to be stored and allocated is decided above it
 * (write.c, claims.c), the same for every backend.
 */
#ifndef IPSVC_STORE_OPS_H
#define IPSVC_STORE_OPS_H

#include "base/ip.h"
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

/*
 * Unless said otherwise calls come inside begin() and end(), and return
 * IPSVC_STORE_OK or, with the message set (ipsvc_store_fail()),
 * IPSVC_STORE_ERROR.
 */
struct ipsvc_store_ops {
	const char *scheme;	/* of the URL, without ':' */

	/* Outside of transactions. As ipsvc_store_open(), errno too. */
	struct ipsvc_store *(*open)(const char *where,
				    enum ipsvc_store_mode mode, char **message);
	void (*close)(struct ipsvc_store *store);
	/* As ipsvc_store_patience(). */
	void (*patience)(struct ipsvc_store *store, int ms);

	/*
	 * One snapshot of everything. With @write nobody else writes until
	 * end(), so what was read is still true when it is committed.
	 */
	enum ipsvc_store_result (*begin)(struct ipsvc_store *store, bool write);
	/*
	 * With @commit of a write everything since begin() is durable when this
	 * returns IPSVC_STORE_OK, and nothing of it is there otherwise.
	 */
	enum ipsvc_store_result (*end)(struct ipsvc_store *store, bool commit);

	enum ipsvc_store_result (*revision)(struct ipsvc_store *store,
					    int64_t *revision);
	/* Once a transaction that changes something: its new revision. */
	enum ipsvc_store_result (*bump)(struct ipsvc_store *store,
					int64_t *revision);

	/* Appends to @out. NOT_FOUND, without message, when there is none. */
	enum ipsvc_store_result (*get)(struct ipsvc_store *store,
				       const struct ipsvc_kind *kind,
				       const char *ns, const char *name,
				       struct ipsvc_objects *out);
	/* Those of @ns (NULL: of all), sorted by namespace and name. */
	enum ipsvc_store_result (*list)(struct ipsvc_store *store,
					const struct ipsvc_kind *kind,
					const char *ns,
					struct ipsvc_objects *out);
	/* Those of a manifest. */
	enum ipsvc_store_result (*list_owner)(struct ipsvc_store *store,
					      const struct ipsvc_owner *owner,
					      struct ipsvc_objects *out);
	/* Sorted; as ipsvc_store_files(). */
	enum ipsvc_store_result (*files)(struct ipsvc_store *store,
					 const char *source, char ***files,
					 size_t *n);
	/* Creates or replaces obj->doc with its owner and obj->revision. */
	enum ipsvc_store_result (*put)(struct ipsvc_store *store,
				       const struct ipsvc_object *obj);
	/* With its claims: outside of what is kept, they are free then. */
	enum ipsvc_store_result (*remove)(struct ipsvc_store *store,
					  const struct ipsvc_object *obj);

	/* *@value is NULL when it was never set; else the caller frees it. */
	enum ipsvc_store_result (*config_get)(struct ipsvc_store *store,
					      const char *key, char **value);
	enum ipsvc_store_result (*config_set)(struct ipsvc_store *store,
					      const char *key,
					      const char *value);

	/*
	 * Claims: the addresses and ports an object has. The backend makes sure
	 * that none is had twice: EXISTS, without message, when it is taken,
	 * also by @owner itself. The owner may be put after its claims.
	 */
	enum ipsvc_store_result (*claim_ip)(struct ipsvc_store *store,
					    const struct in6_addr *addr,
					    const struct ipsvc_object *owner);
	enum ipsvc_store_result (*claim_port)(struct ipsvc_store *store,
					      int port,
					      const struct ipsvc_object *owner);
	/*
	 * Keeps the claims of @owner, which is about to be removed, and its
	 * document until @until, seconds of the epoch. Nothing when it has none.
	 */
	enum ipsvc_store_result (*keep)(struct ipsvc_store *store,
					const struct ipsvc_object *owner,
					int64_t until);
	/*
	 * The document whose claims are kept, as get(). It is not kept any more
	 * once one of its claims was had by another object.
	 */
	enum ipsvc_store_result (*kept)(struct ipsvc_store *store,
					const struct ipsvc_kind *kind,
					const char *ns, const char *name,
					struct ipsvc_objects *out);
	/* What is kept until @now or before is not any more. */
	enum ipsvc_store_result (*expire)(struct ipsvc_store *store,
					  int64_t now);
	/* The lowest of [from, to] that is free and not kept, or NOT_FOUND without message. */
	enum ipsvc_store_result (*free_ip)(struct ipsvc_store *store,
					   const struct in6_addr *from,
					   const struct in6_addr *to,
					   struct in6_addr *out);
	enum ipsvc_store_result (*free_port)(struct ipsvc_store *store,
					     int from, int to, int *out);
	/* All claims of @owner. */
	enum ipsvc_store_result (*release)(struct ipsvc_store *store,
					   const struct ipsvc_object *owner);
	enum ipsvc_store_result (*any_claims)(struct ipsvc_store *store,
					      bool *any);

	/* As ipsvc_store_changes(), but for *@to. */
	enum ipsvc_store_result (*changes)(struct ipsvc_store *store,
					   int64_t from, ipsvc_change_fn *fn,
					   void *arg);

	/* Outside of transactions. As ipsvc_store_watch_fd(). */
	int (*watch_fd)(struct ipsvc_store *store);
	/* Outside of transactions. Makes the descriptor wait for what is new. */
	void (*watch_drain)(struct ipsvc_store *store);
};

extern const struct ipsvc_store_ops ipsvc_store_sqlite_ops;

/* Sets the message and returns IPSVC_STORE_ERROR. */
enum ipsvc_store_result ipsvc_store_fail(struct ipsvc_store *store,
					 const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Sets the message only. */
void ipsvc_store_say(struct ipsvc_store *store, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
