/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: the one truth of a host or cluster. Objects, and the addresses and
 * ports allocated to them, change together in one transaction. Backends
 * implement struct ipsvc_store_ops; SQLite (sqlite/) is the embedded one.
 */
#ifndef IPSVC_STORE_H
#define IPSVC_STORE_H

#include "api/change.h"
#include "base/errors.h"
#include "base/ip.h"
#include "owner.h"

struct ipsvc_store;

/* What a cluster agrees on; kept in the store itself. */
struct ipsvc_cluster_config {
	/* "10.96.0.0/12", "10.96.0.0/12,fd00:10:96::/112" */
	char service_cidr[IPSVC_FAMILIES_MAX * IPSVC_CIDR_SIZE];
	int node_port_min, node_port_max;	/* 30000, 32767 */
};

#define IPSVC_STORE_DEFAULT_PATH	"/var/lib/ipsvc/store.db"
#define IPSVC_DEFAULT_SERVICE_CIDR	"10.96.0.0/12"
#define IPSVC_DEFAULT_NODE_PORT_MIN	30000
#define IPSVC_DEFAULT_NODE_PORT_MAX	32767

/* How a backend opens a store. */
enum ipsvc_store_mode {
	IPSVC_STORE_READ,
	IPSVC_STORE_WRITE,
	IPSVC_STORE_WRITE_CHECKED,
};

enum ipsvc_store_result {
	IPSVC_STORE_OK = 0,
	IPSVC_STORE_NOT_FOUND,		/* no such object */
	IPSVC_STORE_EXISTS,		/* create of what is there */
	IPSVC_STORE_CONFLICT,		/* changed since it was read */
	IPSVC_STORE_INVALID,		/* validation or allocation, see errs */
	IPSVC_STORE_OWNED,		/* a file owns it, see message */
	IPSVC_STORE_ERROR,		/* the store itself, see message */
	IPSVC_STORE_COMPACTED,		/* the history does not go back so far */
};

/*
 * Opens @url: a path, or "sqlite:PATH". Creates it (mode 0640 in a directory
 * that must exist) unless @readonly. On failure returns NULL with a sentence in
 * *@message (the caller frees) that says what to do, and errno is EACCES when
 * the user lacks a permission, ENOENT when there is no store.
 */
struct ipsvc_store *ipsvc_store_open(const char *url, bool readonly,
				     char **message);
/*
 * The same for writing, and reads all of it first, to find damage before
 * anything is written: for a program that stays.
 */
struct ipsvc_store *ipsvc_store_open_checked(const char *url, char **message);
void ipsvc_store_close(struct ipsvc_store *store);
/*
 * How long one call waits for a lock that others hold, 15 seconds unless set.
 * Who waited in vain does not wait again before the lock was free: as long as
 * it is held, the calls that follow fail at once.
 */
void ipsvc_store_patience(struct ipsvc_store *store, int ms);
/*
 * @gone tells whether the manifest that owns an object is known to be gone, and
 * the object anybody's. Unless set, the store takes all manifests for present:
 * it knows nothing of files.
 */
void ipsvc_store_set_gone(struct ipsvc_store *store,
			  bool (*gone)(const struct ipsvc_owner *owner));
/* The last failure in words; owned by the store. */
const char *ipsvc_store_message(const struct ipsvc_store *store);

/*
 * The cluster's configuration; set it before the first allocation. Setting other
 * values than those stored once services have allocations is CONFLICT, but for
 * a second range of addresses, ranges that cannot be used are INVALID, both with
 * a message.
 */
enum ipsvc_store_result
ipsvc_store_config(struct ipsvc_store *store, struct ipsvc_cluster_config *cfg);
enum ipsvc_store_result
ipsvc_store_set_config(struct ipsvc_store *store,
		       const struct ipsvc_cluster_config *cfg);

/*
 * Monotonic; grows with each transaction that changed something. -1 when the
 * store cannot be read.
 */
int64_t ipsvc_store_revision(struct ipsvc_store *store);

enum ipsvc_store_result
ipsvc_store_get(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		const char *ns, const char *name, struct ipsvc_objects *out);
/*
 * All objects of @kind (NULL: of every kind) in @ns (NULL: in all; those of a
 * kind without namespaces are in each), sorted by kind, namespace and name, from
 * one snapshot; *@revision (may be NULL) is its revision.
 */
enum ipsvc_store_result
ipsvc_store_list(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		 const char *ns, struct ipsvc_objects *out, int64_t *revision);
/*
 * Calls @fn for each object of one snapshot, in no order, as if it was just put:
 * one at a time is in memory, not all of them.
 */
enum ipsvc_store_result
ipsvc_store_tell_all(struct ipsvc_store *store, ipsvc_change_fn *fn, void *arg,
		     int64_t *revision);

/* What is said of an object that may be there already. */
enum ipsvc_write_mode {
	IPSVC_WRITE_CREATE,	/* it is not: EXISTS */
	/*
	 * A change: obj->written is merged with what is stored
	 * (ipsvc_apply()), and what others have set stays. Where it is NULL,
	 * the document was read from the store, and is the whole new version.
	 */
	IPSVC_WRITE_CHANGE,
	/*
	 * A statement of all of it, which comes to the same whatever is stored,
	 * but for what the store allocates.
	 */
	IPSVC_WRITE_STATEMENT,
};

enum ipsvc_write_outcome {
	IPSVC_WROTE_CREATED,
	IPSVC_WROTE_CONFIGURED,
	IPSVC_WROTE_UNCHANGED,
};

/* An object to be written, and what came of it. */
struct ipsvc_write {
	struct ipsvc_object *obj;	/* its document becomes what is stored */
	enum ipsvc_store_result result;
	enum ipsvc_write_outcome outcome;	/* when that is IPSVC_STORE_OK */
	bool done;			/* nothing is left to do for it */
	char *message;			/* otherwise, the store's; or NULL */
	struct ipsvc_errors errs;	/* for INVALID; warnings always */
};

/*
 * Writes objects (defaulted, and valid as written), each on its own: one that is
 * refused does not keep the others back. As many as possible share one
 * transaction, and one revision; the same object twice is written twice. Of
 * each: checks the owner, takes out what the type has no more, takes over or
 * allocates ClusterIP and node ports (static bands and messages of Kubernetes),
 * validates the update and the whole, sets metadata.uid, creationTimestamp and
 * resourceVersion, stores. @dry_run rolls back at the end.
 *
 * The owner is the CLI: obj->file may say for messages where the object was read
 * from. A metadata.resourceVersion in the document must be that of the stored
 * object (CONFLICT).
 */
void ipsvc_store_write_all(struct ipsvc_store *store, struct ipsvc_write *writes,
			   size_t n, enum ipsvc_write_mode mode, bool dry_run);
/* Frees what came of it, not the object. */
void ipsvc_write_clear(struct ipsvc_write *write);
/* The same of one object; the message is that of the store. */
enum ipsvc_store_result
ipsvc_store_write(struct ipsvc_store *store, struct ipsvc_object *obj,
		  enum ipsvc_write_mode mode, bool dry_run,
		  enum ipsvc_write_outcome *outcome, struct ipsvc_errors *errs);

/*
 * Deletes for the CLI, and keeps what was allocated for a while. What a manifest
 * owns is OWNED unless that is gone, ipsvc_store_set_gone(). @dry_run rolls back
 * at the end. What it was is added to @deleted (may be NULL).
 */
enum ipsvc_store_result
ipsvc_store_delete(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		   const char *ns, const char *name, bool dry_run,
		   struct ipsvc_objects *deleted);

/*
 * The status of an object, by whoever finds it out. Who owns the object does not
 * own its status: writes of the object keep it, and this changes nothing else, not
 * even spec_revision. Only kinds whose manifests state it (kind->status_written)
 * take it from there, as long as a manifest has one.
 */
struct ipsvc_status_write {
	const struct ipsvc_kind *kind;
	const char *ns, *name;
	const char *uid;	/* it must be this object; NULL: any of the name */
	/* What it was made from: another status is CONFLICT. NULL: there was none. */
	const json_t *seen;
	const json_t *status;	/* NULL: it has none any more */
};

/* INVALID, with @errs, when its fields are not those of the kind. */
enum ipsvc_store_result
ipsvc_store_write_status(struct ipsvc_store *store,
			 const struct ipsvc_status_write *write,
			 struct ipsvc_errors *errs);

/*
 * What the other manifests of a source say now, ahead of the store: an object that
 * moves from one to another keeps what it was given, whichever comes first.
 */
struct ipsvc_store_beside {
	/* The other file of the source that has @obj now; NULL: none. */
	const char *(*heir)(void *arg, const struct ipsvc_object *obj);
	/* Whether the manifest that owns @obj is known to have it no more. */
	bool (*left)(void *arg, const struct ipsvc_object *obj);
	/* Whether @obj stays, though its file has it no more and none has it. */
	bool (*keep)(void *arg, const struct ipsvc_object *obj);
	void *arg;
};

/*
 * Applies all objects of the manifest @owner in one transaction, all or nothing.
 * What the file had and has no more is removed unless @beside (may be NULL) has
 * an heir, whose it becomes, or keeps it. What belongs to another manifest is
 * taken over when the object left that. @changed is false when the store
 * already held just that (no write happened then).
 */
enum ipsvc_store_result
ipsvc_store_apply_file(struct ipsvc_store *store,
		       const struct ipsvc_owner *owner,
		       struct ipsvc_objects *objs,
		       const struct ipsvc_store_beside *beside, bool *changed,
		       struct ipsvc_errors *errs);
/*
 * The files of @source that own objects; the caller frees the strings and the
 * array.
 */
enum ipsvc_store_result
ipsvc_store_files(struct ipsvc_store *store, const char *source, char ***files,
		  size_t *n);

/*
 * Watching: calls @fn for what changed after the revision @from, in the order of
 * revisions, and sets *@to to the revision up to which that is all. Of several
 * changes of an object the last one is told at least; a deletion, with the object
 * as it was, comes before what was made again. @fn must not use the store.
 * COMPACTED when the deletions since @from are not all known any more, or @from
 * is no revision of this store: then what is there is to be listed again (as
 * after Kubernetes' 410 Gone).
 */
enum ipsvc_store_result
ipsvc_store_changes(struct ipsvc_store *store, int64_t from,
		    ipsvc_change_fn *fn, void *arg, int64_t *to);
/*
 * A descriptor that becomes readable (poll IN) when the store may have changed,
 * by any process, until it is drained. -1 when the backend has none.
 * ipsvc_store_watch_clear() drains it and says whether the revision moved since
 * the last call.
 */
int ipsvc_store_watch_fd(struct ipsvc_store *store);
void ipsvc_store_watch_drain(struct ipsvc_store *store);
bool ipsvc_store_watch_clear(struct ipsvc_store *store);

#endif
