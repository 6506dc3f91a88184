// SPDX-License-Identifier: GPL-2.0-or-later
#include "keywords.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/ip.h"
#include "base/memory.h"
#include "cli.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

const struct cli_keyword *cli_keyword_named(const struct cli_keyword *table,
					    const char *word)
{
	for (; table && table->word; table++)
		if (!strcmp(table->word, word))
			return table;
	return NULL;
}

char *cli_keyword_spelling(const struct cli_keyword *word)
{
	const char *value = word->value ? word->value : "[on|off]";

	return xasprintf("%s%s%s", word->word, *value ? " " : "", value);
}

static char *unknown(const struct cli_keyword *table, const char *word)
{
	const char *names[32], *nearest;
	size_t n = 0;

	for (; table && table->word && n + 1 < N(names); table++)
		names[n++] = table->word;
	names[n] = NULL;
	nearest = cli_nearest(word, names);
	return xasprintf("unknown word '%s'%s%s%s", word,
			 nearest ? ", did you mean '" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
}

/* "weight: " in front of what is wrong with the value. */
static char *of_word(const struct cli_keyword *word, char *wrong)
{
	char *text = wrong ? xasprintf("%s: %s", word->word, wrong) : NULL;

	free(wrong);
	return text;
}

static char *give(void *into, const struct cli_keyword *word, const char *value)
{
	return of_word(word, word->set(into, word, value));
}

static bool is_switch(const char *word)
{
	return !strcmp(word, "on") || !strcmp(word, "off");
}

char *cli_keywords_parse(const struct cli_keyword *table, void *into,
			 char *const *words, int n,
			 char *(*other)(void *into, const char *word))
{
	char *wrong = NULL;

	for (int i = 0; i < n && !wrong; i++) {
		const struct cli_keyword *k = cli_keyword_named(table, words[i]);

		if (!k && other)
			wrong = other(into, words[i]);
		else if (!k)
			wrong = unknown(table, words[i]);
		else if (!k->value && i + 1 < n && is_switch(words[i + 1]))
			wrong = give(into, k, words[++i]);
		else if (!k->value || !*k->value)
			wrong = give(into, k, "on");
		else if (i + 1 == n)
			wrong = xasprintf("'%s' needs a value", k->word);
		else
			wrong = give(into, k, words[++i]);
	}
	return wrong;
}

/* ---- values ------------------------------------------------------------- */

char *cli_read_number(const char *text, uint32_t min, uint32_t max,
		      uint32_t *value)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long n = digits && digits <= 10 && !text[digits] ?
			       strtoull(text, NULL, 10) : UINT64_MAX;

	if (n < min || n > max)
		return xasprintf("'%s' is no number from %u to %u", text, min,
				 max);
	*value = (uint32_t)n;
	return NULL;
}

char *cli_read_family(const char *text, uint8_t *family)
{
	if (!strcmp(text, "inet") || !strcasecmp(text, "ipv4"))
		*family = AF_INET;
	else if (!strcmp(text, "inet6") || !strcasecmp(text, "ipv6"))
		*family = AF_INET6;
	else
		return xasprintf("'%s' is neither inet nor inet6", text);
	return NULL;
}

const char *cli_family_word(uint8_t family)
{
	return family == AF_INET6 ? "inet6" : "inet";
}

static const struct {
	const char *word;
	uint8_t number;
} protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "sctp", IPPROTO_SCTP },
};

char *cli_read_protocol(const char *text, uint8_t *protocol)
{
	for (size_t i = 0; i < N(protocols); i++)
		if (!strcasecmp(text, protocols[i].word)) {
			*protocol = protocols[i].number;
			return NULL;
		}
	return xasprintf("'%s' is none of tcp, udp, sctp", text);
}

const char *cli_protocol_word(uint8_t protocol)
{
	for (size_t i = 0; i < N(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].word;
	return NULL;
}

/*
 * Where the port of "10.0.0.1:80" or "[fd00::1]:80" begins, and in *@end where the
 * address ends; NULL: there is none.
 */
static const char *find_port(const char *text, const char **end)
{
	if (text[0] == '[') {
		*end = strchr(text, ']');
		return *end && (*end)[1] == ':' ? *end + 2 : NULL;
	}
	*end = strchr(text, ':');
	/* Several: an IPv6 address alone. */
	if (*end && strchr(*end + 1, ':'))
		*end = NULL;
	return *end ? *end + 1 : NULL;
}

static char *bad_address(const char *text)
{
	return xasprintf("'%s' is no address with a port, as 10.0.0.1:80 and [fd00::1]:80 are",
			 text);
}

char *cli_read_endpoint(const char *text, struct in6_addr *addr, uint16_t *port)
{
	const char *end, *digits = find_port(text, &end);
	bool bracket = text[0] == '[', good;
	char *host, *wrong;
	uint32_t n;

	if (!digits)
		return bad_address(text);
	host = xstrndup(text + bracket, (size_t)(end - text - bracket));
	good = ipsvc_ip_parse(host, addr, NULL) &&
	       bracket == !ipsvc_ip_is4(addr);
	free(host);
	if (!good)
		return bad_address(text);
	wrong = cli_read_number(digits, 1, UINT16_MAX, &n);
	if (!wrong)
		*port = (uint16_t)n;
	return wrong;
}

char *cli_read_address(const char *text, struct in6_addr *addr, uint16_t *port)
{
	*port = 0;
	if (ipsvc_ip_parse(text, addr, NULL))
		return NULL;
	if (!strpbrk(text, ":"))
		return xasprintf("'%s' is no address", text);
	return cli_read_endpoint(text, addr, port);
}
