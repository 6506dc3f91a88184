/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands make of the kernel's services: they are applied here, one after
 * the other, and what comes of all of them goes to the kernel at once. Pure, apart
 * from what reads a service that is needed.
 */
#ifndef IPSVC_CLI_EDIT_H
#define IPSVC_CLI_EDIT_H

#include "base/map.h"
#include "command.h"
#include "kernel/diff.h"

/* A service port that is there, or that a command has named. */
struct edit_service {
	struct ipsvc_map_node node;
	char *name;
	uint8_t family;
	bool had, has;			/* whether it is there: before, and now */
	bool touched;			/* a command was about it: @want counts */
	bool indexed;			/* its endpoints are in edit.endpoints */
	struct ipsvc_kservice have, want;
	unsigned int line;		/* of the last command about it */
};

/* An endpoint of one. */
struct edit_place {
	struct ipsvc_map_node node;
	const struct edit_service *of;
	struct in6_addr addr;
	uint16_t port;
	size_t index;			/* in want.endpoints */
	unsigned int line;		/* of the command that gave it; 0: none */
};

/* Zero-initialise ({0}), and set what reads, before use. */
struct edit {
	struct ipsvc_map services, endpoints;
	bool complete;			/* what is not in @services is not there */
	/*
	 * Appends a service port to @out, which is empty. 0, or a negative errno:
	 * -ENOENT when it is not there.
	 */
	int (*read)(void *arg, const char *name, uint8_t family,
		    struct ipsvc_state *out);
	void *arg;
	int err;			/* of @read, but -ENOENT */
};

/* Takes over all that there is; @all is empty then. */
void edit_load(struct edit *e, struct ipsvc_state *all);
/*
 * NULL, or why not, which the caller frees; that says nothing where edit.err says
 * why. @line is where the command is from, for edit_line_of().
 */
char *edit_apply(struct edit *e, const struct edit_command *cmd,
		 unsigned int line);
/*
 * What is to be done. Ops point into @have and @want, which the caller frees; only
 * edit_find() and edit_line_of() may be called afterwards.
 */
void edit_ops(struct edit *e, struct ipsvc_state *have, struct ipsvc_state *want,
	      struct ipsvc_ops *ops);
/* NULL: no command was about it, and it was not read. */
const struct edit_service *edit_find(const struct edit *e, const char *name,
				     uint8_t family);
/* Of the command that gave the endpoint, or the last one about the service. */
unsigned int edit_line_of(const struct edit *e, const struct edit_service *svc,
			  const struct in6_addr *addr, uint16_t port);
/*
 * Why a frontend cannot be had: one of @want is that of another service, of @want
 * or of @all, which no command was about. *@line as above. NULL: there is none; the
 * caller frees it.
 */
char *edit_find_taken(const struct edit *e, const struct ipsvc_state *want,
		      const struct ipsvc_state *all, unsigned int *line);
void edit_free(struct edit *e);

#endif
