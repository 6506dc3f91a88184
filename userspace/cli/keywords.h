/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words with values, as ip(8) has them: "weight 2 local". A table says what they
 * are called and what a value may be; parsing, help and completion read it.
 */
#ifndef IPSVC_CLI_KEYWORDS_H
#define IPSVC_CLI_KEYWORDS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* A word; an array ends with one without a name. */
struct cli_keyword {
	const char *word;	/* "weight" */
	const char *value;	/* what help calls it; "": none; NULL: on, off */
	const char *values;	/* that help and completion know of, or NULL */
	/*
	 * Takes the value, which is "on" where none is written. NULL, or what is
	 * wrong with it, which the caller frees.
	 */
	char *(*set)(void *into, const struct cli_keyword *word,
		     const char *value);
	uint32_t arg;		/* for set() */
	const char *help;
};

const struct cli_keyword *cli_keyword_named(const struct cli_keyword *table,
					    const char *word);
/* "weight N", as help has it; the caller frees it. */
char *cli_keyword_spelling(const struct cli_keyword *word);

/*
 * Reads @n words. Those that are not in @table are for @other, or wrong where that
 * is NULL. NULL, or what is wrong; the caller frees it.
 */
char *cli_keywords_parse(const struct cli_keyword *table, void *into,
			 char *const *words, int n,
			 char *(*other)(void *into, const char *word));

/* ---- values: NULL, or what is wrong, which the caller frees --------------- */

/* Decimal, without a sign. */
char *cli_read_number(const char *text, uint32_t min, uint32_t max,
		      uint32_t *value);
/* inet or inet6, and what Kubernetes says for them. */
char *cli_read_family(const char *text, uint8_t *family);
/* tcp, udp or sctp, in either case. */
char *cli_read_protocol(const char *text, uint8_t *protocol);
/* "10.0.0.1:80" or "[fd00::1]:80". */
char *cli_read_endpoint(const char *text, struct in6_addr *addr, uint16_t *port);
/* The same, or an address alone: *@port is 0 then. */
char *cli_read_address(const char *text, struct in6_addr *addr, uint16_t *port);

/* "inet" or "inet6". */
const char *cli_family_word(uint8_t family);
/* "tcp"; NULL: it has none. */
const char *cli_protocol_word(uint8_t protocol);

#endif
