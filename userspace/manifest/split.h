/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of documents, one after the other: YAML with "---" and "..." between
 * them, or JSON objects that follow each other. Small ones are told together, and
 * not much more than that is in memory at a time. The items of a large List are
 * told as several smaller ones.
 */
#ifndef IPSVC_MANIFEST_SPLIT_H
#define IPSVC_MANIFEST_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ipsvc_split_result {
	IPSVC_SPLIT_OK,
	IPSVC_SPLIT_STOPPED,	/* @each returned false */
	IPSVC_SPLIT_TOO_LARGE,	/* a document or an item has more than @max bytes */
	IPSVC_SPLIT_FAILED,	/* reading @in did, see errno */
};

enum ipsvc_split_answer {
	IPSVC_SPLIT_GO_ON,
	IPSVC_SPLIT_STOP,
	IPSVC_SPLIT_ONE_BY_ONE,	/* @each is to be called for each of them again */
};

/*
 * @n documents, with their markers and comments; the first starts in line @line.
 * YAML parsers take some time to begin with, so that few large texts are better
 * than many small ones.
 */
typedef enum ipsvc_split_answer ipsvc_split_fn(void *arg, const char *text,
					       size_t size, int line, size_t n);

/*
 * Calls @each for all documents of @in. *@line is that of the first byte of the
 * document that is too large.
 */
enum ipsvc_split_result ipsvc_split(FILE *in, size_t max, ipsvc_split_fn *each,
				    void *arg, int *line);

#endif
