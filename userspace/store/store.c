// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The front of the store: from a URL to a backend, and everything that only
 * reads. Writing is in write.c.
 */
#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/alloc.h"
#include "impl.h"

static const struct ipsvc_store_ops *const backends[] = {
	&ipsvc_store_sqlite_ops,
};

#define NBACKENDS (sizeof(backends) / sizeof(backends[0]))

/* The backend of @url and in *@where what it is to open; NULL when unknown. */
static const struct ipsvc_store_ops *find_backend(const char *url,
						  const char **where)
{
	size_t len = strcspn(url, ":/");

	*where = url;
	if (url[len] != ':')
		return &ipsvc_store_sqlite_ops;	/* a path */
	for (size_t i = 0; i < NBACKENDS; i++) {
		if (strlen(backends[i]->scheme) == len &&
		    !strncmp(backends[i]->scheme, url, len)) {
			*where = url + len + 1;
			return backends[i];
		}
	}
	return NULL;
}

static struct ipsvc_store *open_as(const char *url, enum ipsvc_store_mode mode,
				   char **message)
{
	const char *where;
	const struct ipsvc_store_ops *ops = find_backend(url, &where);
	struct ipsvc_store *store;

	*message = NULL;
	if (!ops) {
		errno = EINVAL;
		*message = xasprintf("unknown kind of store \"%s\": use a path, or sqlite:PATH",
				     url);
		return NULL;
	}
	if (!*where) {
		errno = EINVAL;
		*message = xasprintf("the store's URL \"%s\" names no file: use a path, or sqlite:PATH",
				     url);
		return NULL;
	}
	store = ops->open(where, mode, message);
	if (!store)
		return NULL;
	store->ops = ops;
	store->readonly = mode == IPSVC_STORE_READ;
	return store;
}

struct ipsvc_store *ipsvc_store_open(const char *url, bool readonly,
				     char **message)
{
	return open_as(url, readonly ? IPSVC_STORE_READ : IPSVC_STORE_WRITE,
		       message);
}

struct ipsvc_store *ipsvc_store_open_checked(const char *url, char **message)
{
	return open_as(url, IPSVC_STORE_WRITE_CHECKED, message);
}

void ipsvc_store_close(struct ipsvc_store *store)
{
	char *message;

	if (!store)
		return;
	message = store->message;
	store->ops->close(store);
	free(message);
}

void ipsvc_store_patience(struct ipsvc_store *store, int ms)
{
	store->ops->patience(store, ms);
}

void ipsvc_store_set_gone(struct ipsvc_store *store,
			  bool (*gone)(const struct ipsvc_owner *owner))
{
	store->gone = gone;
}

const char *ipsvc_store_message(const struct ipsvc_store *store)
{
	return store->message ? store->message : "";
}

static void set_message(struct ipsvc_store *store, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void set_message(struct ipsvc_store *store, const char *fmt, va_list ap)
{
	char *message = xvasprintf(fmt, ap);

	/* Only now: the old message may be one of the arguments. */
	free(store->message);
	store->message = message;
}

void ipsvc_store_say(struct ipsvc_store *store, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_message(store, fmt, ap);
	va_end(ap);
}

enum ipsvc_store_result ipsvc_store_fail(struct ipsvc_store *store,
					 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_message(store, fmt, ap);
	va_end(ap);
	return IPSVC_STORE_ERROR;
}

enum ipsvc_store_result ipsvc_store_begin(struct ipsvc_store *store, bool write)
{
	if (write && store->readonly)
		return ipsvc_store_fail(store, "the store was opened for reading only");
	return store->ops->begin(store, write);
}

enum ipsvc_store_result ipsvc_store_end(struct ipsvc_store *store, bool commit,
					enum ipsvc_store_result result)
{
	/* What went wrong first is what is to be said. */
	if (result != IPSVC_STORE_OK) {
		store->ops->end(store, false);
		return result;
	}
	return store->ops->end(store, commit);
}

/* ---- configuration ------------------------------------------------------ */

#define KEY_SERVICE_CIDR	"service-cidr"
#define KEY_NODE_PORT_MIN	"node-port-min"
#define KEY_NODE_PORT_MAX	"node-port-max"

/* @set says whether all of it is in the store, rather than defaults. */
static enum ipsvc_store_result read_config(struct ipsvc_store *store,
					   struct ipsvc_cluster_config *cfg,
					   bool *set)
{
	char *cidr = NULL, *min = NULL, *max = NULL;
	enum ipsvc_store_result result;

	*cfg = (struct ipsvc_cluster_config){
		.service_cidr = IPSVC_DEFAULT_SERVICE_CIDR,
		.node_port_min = IPSVC_DEFAULT_NODE_PORT_MIN,
		.node_port_max = IPSVC_DEFAULT_NODE_PORT_MAX,
	};
	result = store->ops->config_get(store, KEY_SERVICE_CIDR, &cidr);
	if (result == IPSVC_STORE_OK)
		result = store->ops->config_get(store, KEY_NODE_PORT_MIN, &min);
	if (result == IPSVC_STORE_OK)
		result = store->ops->config_get(store, KEY_NODE_PORT_MAX, &max);
	if (cidr)
		snprintf(cfg->service_cidr, sizeof(cfg->service_cidr), "%s",
			 cidr);
	if (min)
		cfg->node_port_min = atoi(min);
	if (max)
		cfg->node_port_max = atoi(max);
	*set = cidr && min && max;
	free(cidr);
	free(min);
	free(max);
	return result;
}

/* NULL, or what is wrong with @cfg; the caller frees it. */
static char *config_refusal(const struct ipsvc_cluster_config *cfg)
{
	struct ipsvc_cidr cidr;
	const char *why;

	if (!ipsvc_alloc_cidr_parse(cfg->service_cidr, &cidr, &why))
		return xasprintf("service-cidr: Invalid value: \"%s\": %s",
				 cfg->service_cidr, why);
	if (cfg->node_port_min < 1 || cfg->node_port_max > 65535 ||
	    cfg->node_port_min > cfg->node_port_max)
		return xasprintf("node-port-range: Invalid value: \"%d-%d\": must be two ports between 1 and 65535, the lower one first",
				 cfg->node_port_min, cfg->node_port_max);
	return NULL;
}

enum ipsvc_store_result
ipsvc_store_read_config(struct ipsvc_store *store,
			struct ipsvc_cluster_config *cfg)
{
	enum ipsvc_store_result result;
	char *why;
	bool set;

	result = read_config(store, cfg, &set);
	if (result != IPSVC_STORE_OK)
		return result;
	/* Written by something else, or by hand. */
	why = config_refusal(cfg);
	if (why) {
		result = ipsvc_store_fail(store, "the store's configuration cannot be used: %s",
					  why);
		free(why);
	}
	return result;
}

enum ipsvc_store_result
ipsvc_store_config(struct ipsvc_store *store, struct ipsvc_cluster_config *cfg)
{
	enum ipsvc_store_result result = ipsvc_store_begin(store, false);

	if (result != IPSVC_STORE_OK)
		return result;
	result = ipsvc_store_read_config(store, cfg);
	return ipsvc_store_end(store, false, result);
}

static bool same_config(const struct ipsvc_cluster_config *a,
			const struct ipsvc_cluster_config *b)
{
	return !strcmp(a->service_cidr, b->service_cidr) &&
	       a->node_port_min == b->node_port_min &&
	       a->node_port_max == b->node_port_max;
}

static enum ipsvc_store_result
write_config(struct ipsvc_store *store, const struct ipsvc_cluster_config *cfg)
{
	const struct ipsvc_store_ops *ops = store->ops;
	enum ipsvc_store_result result;
	int64_t revision;
	char min[16], max[16];

	snprintf(min, sizeof(min), "%d", cfg->node_port_min);
	snprintf(max, sizeof(max), "%d", cfg->node_port_max);
	/* What is kept may not be of these ranges. */
	result = ops->expire(store, INT64_MAX);
	if (result == IPSVC_STORE_OK)
		result = ops->config_set(store, KEY_SERVICE_CIDR,
					 cfg->service_cidr);
	if (result == IPSVC_STORE_OK)
		result = ops->config_set(store, KEY_NODE_PORT_MIN, min);
	if (result == IPSVC_STORE_OK)
		result = ops->config_set(store, KEY_NODE_PORT_MAX, max);
	if (result == IPSVC_STORE_OK)
		result = ops->bump(store, &revision);
	return result;
}

static enum ipsvc_store_result
change_config(struct ipsvc_store *store, const struct ipsvc_cluster_config *cfg)
{
	struct ipsvc_cluster_config old;
	enum ipsvc_store_result result;
	bool set, any;

	result = read_config(store, &old, &set);
	if (result != IPSVC_STORE_OK || (set && same_config(&old, cfg)))
		return result;
	result = store->ops->any_claims(store, &any);
	if (result != IPSVC_STORE_OK)
		return result;
	if (any && !same_config(&old, cfg)) {
		ipsvc_store_say(store, "services already have addresses or ports out of %s and %d-%d: delete them before changing these ranges to %s and %d-%d",
				old.service_cidr, old.node_port_min,
				old.node_port_max, cfg->service_cidr,
				cfg->node_port_min, cfg->node_port_max);
		return IPSVC_STORE_CONFLICT;
	}
	return write_config(store, cfg);
}

enum ipsvc_store_result
ipsvc_store_set_config(struct ipsvc_store *store,
		       const struct ipsvc_cluster_config *cfg)
{
	struct ipsvc_cluster_config old;
	enum ipsvc_store_result result;
	char *why = config_refusal(cfg);
	bool set;

	if (why) {
		ipsvc_store_say(store, "%s", why);
		free(why);
		return IPSVC_STORE_INVALID;
	}
	/* Each start of a daemon comes here; mostly there is nothing to write. */
	result = ipsvc_store_begin(store, false);
	if (result != IPSVC_STORE_OK)
		return result;
	result = ipsvc_store_end(store, false, read_config(store, &old, &set));
	if (result != IPSVC_STORE_OK || (set && same_config(&old, cfg)))
		return result;

	result = ipsvc_store_begin(store, true);
	if (result != IPSVC_STORE_OK)
		return result;
	return ipsvc_store_end(store, true, change_config(store, cfg));
}

/* ---- reading ------------------------------------------------------------ */

int64_t ipsvc_store_revision(struct ipsvc_store *store)
{
	int64_t revision = -1;
	enum ipsvc_store_result result = ipsvc_store_begin(store, false);

	if (result != IPSVC_STORE_OK)
		return -1;
	result = store->ops->revision(store, &revision);
	result = ipsvc_store_end(store, false, result);
	return result == IPSVC_STORE_OK ? revision : -1;
}

enum ipsvc_store_result ipsvc_store_not_found(struct ipsvc_store *store,
					      const struct ipsvc_kind *kind,
					      const char *name)
{
	ipsvc_store_say(store, "%s \"%s\" not found", kind->plural, name);
	return IPSVC_STORE_NOT_FOUND;
}

enum ipsvc_store_result
ipsvc_store_get(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		const char *ns, const char *name, struct ipsvc_objects *out)
{
	enum ipsvc_store_result result = ipsvc_store_begin(store, false);

	if (result != IPSVC_STORE_OK)
		return result;
	result = store->ops->get(store, kind, ns, name, out);
	if (result == IPSVC_STORE_NOT_FOUND)
		ipsvc_store_not_found(store, kind, name);
	return ipsvc_store_end(store, false, result);
}

static enum ipsvc_store_result list(struct ipsvc_store *store,
				    const struct ipsvc_kind *kind,
				    const char *ns, struct ipsvc_objects *out,
				    int64_t *revision)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++) {
		if (!kind || kind == *k)
			result = store->ops->list(store, *k, (*k)->namespaced ?
						  ns : NULL, out);
		if (result != IPSVC_STORE_OK)
			return result;
	}
	return revision ? store->ops->revision(store, revision) : result;
}

enum ipsvc_store_result
ipsvc_store_list(struct ipsvc_store *store, const struct ipsvc_kind *kind,
		 const char *ns, struct ipsvc_objects *out, int64_t *revision)
{
	enum ipsvc_store_result result = ipsvc_store_begin(store, false);

	if (result != IPSVC_STORE_OK)
		return result;
	result = list(store, kind, ns, out, revision);
	return ipsvc_store_end(store, false, result);
}

enum ipsvc_store_result
ipsvc_store_files(struct ipsvc_store *store, const char *source, char ***files,
		  size_t *n)
{
	enum ipsvc_store_result result = ipsvc_store_begin(store, false);

	*files = NULL;
	*n = 0;
	if (result != IPSVC_STORE_OK)
		return result;
	result = store->ops->files(store, source, files, n);
	return ipsvc_store_end(store, false, result);
}

/* ---- watching ----------------------------------------------------------- */

enum ipsvc_store_result
ipsvc_store_changes(struct ipsvc_store *store, int64_t from,
		    ipsvc_change_fn *fn, void *arg, int64_t *to)
{
	enum ipsvc_store_result result = ipsvc_store_begin(store, false);
	int64_t revision;

	if (result != IPSVC_STORE_OK)
		return result;
	result = store->ops->revision(store, &revision);
	if (result == IPSVC_STORE_OK && from > revision)
		result = IPSVC_STORE_COMPACTED;
	if (result == IPSVC_STORE_OK)
		result = store->ops->changes(store, from, fn, arg);
	if (result == IPSVC_STORE_OK)
		*to = revision;
	return ipsvc_store_end(store, false, result);
}

int ipsvc_store_watch_fd(struct ipsvc_store *store)
{
	int fd = store->ops->watch_fd(store);

	/* After it, so that no change can fall between them. */
	if (!store->watching)
		store->watched = ipsvc_store_revision(store);
	store->watching = true;
	return fd;
}

void ipsvc_store_watch_drain(struct ipsvc_store *store)
{
	store->ops->watch_drain(store);
}

bool ipsvc_store_watch_clear(struct ipsvc_store *store)
{
	int64_t revision;

	/* Drained first: what comes while the revision is read wakes again. */
	store->ops->watch_drain(store);
	revision = ipsvc_store_revision(store);
	/* A store that cannot be read is news as well: the caller will see. */
	if (revision >= 0 && revision == store->watched)
		return false;
	store->watched = revision;
	return true;
}
