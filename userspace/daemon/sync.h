/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the kernel's tables what the store says, and keeps them so: follows the
 * store's changes, commits what comes of them, tries again when that is refused.
 * The kernel's tables are read when it is not known what they are: at first, when
 * somebody else changed them, and after a failure.
 */
#ifndef IPSVCD_SYNC_H
#define IPSVCD_SYNC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/ip.h"
#include "cluster/nodeview.h"
#include "store/store.h"

struct sync;

/* How the last attempt went. */
struct sync_report {
	bool ok;
	char *message;		/* what failed, when not @ok */
	const char *hint;	/* what to do about it, or NULL */
	uint64_t time;		/* realtime, microseconds; 0: none yet */
	uint64_t duration;	/* microseconds */
	uint64_t retry_in;	/* microseconds, when not @ok */
	size_t changes;		/* committed */
	size_t services, endpoints;	/* in the kernel now, when @ok */
	uint32_t generation;
	int64_t revision;	/* of the store */
	const char *unrouted;	/* why the service CIDR has no route; or NULL */
	char *rival;		/* who undoes our changes, for people; or NULL */
	json_t *refused;	/* [{service, message}]: refused one by one */
};

/**
 * struct sync_config - what this node is, and how it serves
 * @device: its link of kind ipsvc
 * @node: its name
 * @cluster: clients outside are masqueraded when they use a cluster IP; of a
 *	family without a network none are
 * @cluster_link: or they arrive by other links than this; NULL: see nl.h
 * @view: see nodeview.h; what it points to stays
 */
struct sync_config {
	const char *device, *node;
	struct ipsvc_cidrs cluster;
	const char *cluster_link;
	struct ipsvc_nodeview_config view;
};

/*
 * @done is called after each attempt. NULL, after a message, when the event loop
 * does not take it.
 */
struct sync *sync_new(sd_event *event, struct ipsvc_store *store,
		      const struct sync_config *cfg,
		      void (*done)(void *arg), void *arg);
struct sync *sync_free(struct sync *s);

/*
 * @committed is called when the kernel has what the store said at @revision, but for
 * what @refused (may be NULL) lists, see struct sync_report.
 */
void sync_on_commit(struct sync *s,
		    void (*committed)(void *arg, int64_t revision,
				      const json_t *refused),
		    void *arg);

/* @changed is called for each Service that may have, before the kernel is told. */
void sync_on_service(struct sync *s,
		     void (*changed)(void *arg, const struct ipsvc_cache *cache,
				     const struct ipsvc_cluster_service *service),
		     void *arg);

/* Attempts it now. */
void sync_now(struct sync *s);
/* Attempts it soon: calls within a short time become one attempt. */
void sync_soon(struct sync *s);
/* The same, and looks at the device and the kernel's tables again. */
void sync_check_soon(struct sync *s);

const struct sync_report *sync_last(const struct sync *s);

#endif
