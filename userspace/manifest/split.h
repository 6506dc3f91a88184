/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of documents, one after the other: YAML with "---" and "..." between
 * them, or JSON objects that follow each other. Only one is in memory at a time.
 */
#ifndef IPSVC_MANIFEST_SPLIT_H
#define IPSVC_MANIFEST_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ipsvc_split_result {
	IPSVC_SPLIT_OK,
	IPSVC_SPLIT_STOPPED,	/* @each returned false */
	IPSVC_SPLIT_TOO_LARGE,	/* a document has more than @max bytes */
	IPSVC_SPLIT_FAILED,	/* reading @in did, see errno */
};

/* One document, with its markers and comments; it starts in line @line. */
typedef bool ipsvc_split_fn(void *arg, const char *text, size_t size, int line);

/*
 * Calls @each for all documents of @in. *@line is that of the first byte of the
 * document that is too large.
 */
enum ipsvc_split_result ipsvc_split(FILE *in, size_t max, ipsvc_split_fn *each,
				    void *arg, int *line);

#endif
