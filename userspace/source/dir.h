/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory of manifests as a source of the store: what its files say is
 * applied, file by file, and what left with a file is removed.
 */
#ifndef IPSVCD_SOURCE_FILE_H
#define IPSVCD_SOURCE_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "store/store.h"

struct source;

struct source_options {
	const char *dir;	/* absolute; it need not exist */
	const char *id;		/* struct ipsvc_owner: its source */
	/*
	 * What a file had that is gone is deleted once no file came or went for
	 * so long (microseconds): who replaces files does so one by one.
	 */
	uint64_t grace;
	/* Also when no file is left, as before the directory is mounted. */
	bool prune_all;
	/*
	 * Is told what happens, about @file unless that is NULL, with a priority
	 * of syslog(3); NULL: nobody listens.
	 */
	void (*say)(const char *file, int priority, const char *text);
};

#define SOURCE_GRACE_SEC	5

/*
 * Copies what it needs of @opts. @changed is called after each reading, whether
 * or not it found something new.
 */
struct source *source_new(sd_event *event, struct ipsvc_store *store,
			  const struct source_options *opts,
			  void (*changed)(void *arg), void *arg);
struct source *source_free(struct source *src);

/* Reads what is new; what failed last time is tried again. */
void source_read(struct source *src);
/* The store refused a file, which another change of the store may mend. */
bool source_has_refused(const struct source *src);

size_t source_files(const struct source *src);
/*
 * What is wrong, for status.json: [{file, line, path, message, hint}], and
 * [{file, message}]. References that the caller owns.
 */
json_t *source_errors(const struct source *src);
json_t *source_warnings(const struct source *src);

#endif
