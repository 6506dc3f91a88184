// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/choice.h"
#include "base/memory.h"

/* ---- service ports ------------------------------------------------------ */

static char *set_family(void *into, const struct cli_keyword *word,
			const char *value)
{
	struct edit_command *cmd = into;
	uint8_t family = AF_UNSPEC;
	char *wrong = cli_read_family(value, &family);

	(void)word;
	if (!wrong && cmd->family && cmd->family != family)
		return xstrdup("it was said to be the other one");
	cmd->family = family;
	return wrong;
}

static char *set_protocol(void *into, const struct cli_keyword *word,
			  const char *value)
{
	struct edit_command *cmd = into;

	(void)word;
	return cli_read_protocol(value, &cmd->protocol);
}

static char *set_scheduler(void *into, const struct cli_keyword *word,
			   const char *value)
{
	struct edit_command *cmd = into;
	const char *name;

	for (uint8_t i = 0; (name = ipsvc_scheduler_word(i)); i++)
		if (!strcmp(name, value)) {
			cmd->options.scheduler = i;
			cmd->given |= word->arg;
			return NULL;
		}
	return xasprintf("'%s' is none of %s", value, word->values);
}

static char *set_hash_key(void *into, const struct cli_keyword *word,
			  const char *value)
{
	struct edit_command *cmd = into;

	if (!ipsvc_hash_key_parse(value, cmd->options.hash_key))
		return xasprintf("'%s' is not 32 hexadecimal digits", value);
	cmd->given |= word->arg;
	return NULL;
}

static char *set_number(void *into, const struct cli_keyword *word,
			const char *value)
{
	struct edit_command *cmd = into;
	uint32_t *to = word->arg == GIVEN_HASH_SIZE ? &cmd->options.hash_size :
		       &cmd->options.affinity_timeout;

	cmd->given |= word->arg;
	return cli_read_number(value, 0, word->arg == GIVEN_HASH_SIZE ?
			       IPSVC_HASH_SIZE_MAX : IPSVC_AFFINITY_TIMEOUT_MAX,
			       to);
}

static char *set_prefix(void *into, const struct cli_keyword *word,
			const char *value)
{
	struct edit_command *cmd = into;
	uint32_t prefix = 0;
	char *wrong = cli_read_number(value, 0, 128, &prefix);

	cmd->options.affinity_prefix = (uint8_t)prefix;
	cmd->given |= word->arg;
	return wrong;
}

static void set_flag(uint32_t *flags, uint32_t *given, uint32_t flag,
		     const char *value)
{
	*flags = !strcmp(value, "on") ? *flags | flag : *flags & ~flag;
	*given |= flag;
}

static char *set_service_flag(void *into, const struct cli_keyword *word,
			      const char *value)
{
	struct edit_command *cmd = into;

	set_flag(&cmd->options.flags, &cmd->flags_given, word->arg, value);
	return NULL;
}

/* ---- frontends and endpoints -------------------------------------------- */

/* All addresses of a service port are of its family. */
static char *take_family(struct edit_command *cmd, const struct in6_addr *addr,
			 const char *text)
{
	uint8_t family = ipsvc_ip_family(addr);

	if (cmd->family && cmd->family != family)
		return xasprintf("'%s' is not %s, as what comes before it is",
				 text, cli_family_word(cmd->family));
	cmd->family = family;
	return NULL;
}

static bool same_place(const struct ipsvc_frontend *a,
		       const struct ipsvc_frontend *b)
{
	return a->port == b->port && !ipsvc_ip_cmp(&a->addr, &b->addr);
}

static char *add_frontend(struct edit_command *cmd,
			  const struct ipsvc_frontend *fe, const char *text)
{
	for (size_t i = 0; i < cmd->n_frontends; i++)
		if (same_place(&cmd->frontends[i], fe))
			return xasprintf("'%s' is there twice", text);
	cmd->frontends = ipsvc_grow(cmd->frontends, cmd->n_frontends,
				    &cmd->cap_frontends, sizeof(*fe));
	cmd->frontends[cmd->n_frontends++] = *fe;
	cmd->given |= GIVEN_FRONTENDS;
	cmd->endpoint_last = false;
	return NULL;
}

static char *set_frontend(void *into, const struct cli_keyword *word,
			  const char *value)
{
	struct ipsvc_frontend fe = { .class = (uint8_t)word->arg };
	struct edit_command *cmd = into;
	uint32_t port = 0;
	char *wrong;

	if (fe.class == IPSVC_FRONTEND_NODE_PORT) {
		wrong = cli_read_number(value, 1, UINT16_MAX, &port);
		fe.port = (uint16_t)port;
	} else {
		wrong = cli_read_endpoint(value, &fe.addr, &fe.port);
		if (!wrong)
			wrong = take_family(cmd, &fe.addr, value);
	}
	return wrong ? wrong : add_frontend(cmd, &fe, value);
}

static char *set_frontend_flag(void *into, const struct cli_keyword *word,
			       const char *value)
{
	struct edit_command *cmd = into;
	uint32_t unused = 0;

	if (!cmd->n_frontends || cmd->endpoint_last)
		return xstrdup("it is said of a frontend, behind that");
	set_flag(&cmd->frontends[cmd->n_frontends - 1].flags, &unused, word->arg,
		 value);
	return NULL;
}

static char *set_endpoint(void *into, const struct cli_keyword *word,
			  const char *value)
{
	struct edit_endpoint item = { .endpoint.weight = 1 };
	struct edit_command *cmd = into;
	char *wrong = cli_read_endpoint(value, &item.endpoint.addr,
					&item.endpoint.port);

	(void)word;
	if (!wrong)
		wrong = take_family(cmd, &item.endpoint.addr, value);
	if (wrong)
		return wrong;
	cmd->endpoints = ipsvc_grow(cmd->endpoints, cmd->n_endpoints,
				    &cmd->cap_endpoints, sizeof(item));
	cmd->endpoints[cmd->n_endpoints++] = item;
	cmd->given |= GIVEN_ENDPOINTS;
	cmd->endpoint_last = true;
	return NULL;
}

static struct edit_endpoint *last_endpoint(const struct edit_command *cmd)
{
	return cmd->endpoint_last ? &cmd->endpoints[cmd->n_endpoints - 1] : NULL;
}

static char *not_of_endpoint(void)
{
	return xstrdup("it is said of an endpoint, behind that");
}

static char *set_endpoint_number(void *into, const struct cli_keyword *word,
				 const char *value)
{
	struct edit_endpoint *item = last_endpoint(into);
	uint32_t number = 0;
	char *wrong;

	if (!item)
		return not_of_endpoint();
	wrong = cli_read_number(value, 0, word->arg == GIVEN_WEIGHT ?
				UINT16_MAX : UINT32_MAX, &number);
	if (word->arg == GIVEN_WEIGHT)
		item->endpoint.weight = (uint16_t)number;
	else
		item->endpoint.flows_max = number;
	item->given |= word->arg;
	return wrong;
}

static char *set_drain(void *into, const struct cli_keyword *word,
		       const char *value)
{
	struct edit_endpoint *item = last_endpoint(into);

	if (!item)
		return not_of_endpoint();
	set_flag(&item->endpoint.flags, &item->flags_given, word->arg, value);
	return NULL;
}

/* Of the frontend or the endpoint that was named last. */
static char *set_local(void *into, const struct cli_keyword *word,
		       const char *value)
{
	struct edit_endpoint *item = last_endpoint(into);
	struct cli_keyword frontend = *word;

	if (item) {
		set_flag(&item->endpoint.flags, &item->flags_given,
			 IPSVC_ENDPOINT_F_LOCAL, value);
		return NULL;
	}
	frontend.arg = IPSVC_FRONTEND_F_LOCAL;
	return set_frontend_flag(into, &frontend, value);
}

/* Ranges that are allowed and denied, of the family of the addresses. */
static char *set_range(void *into, const struct cli_keyword *word,
		       const char *value)
{
	struct ipsvc_range range = { .flags = word->arg };
	struct edit_command *cmd = into;
	uint8_t family;
	const char *why;

	if (!ipsvc_cidr_parse(value, &range.cidr, &why))
		return xasprintf("'%s' %s", value, why);
	family = ipsvc_ip_is4(&range.cidr.net) ? AF_INET : AF_INET6;
	if (cmd->family && cmd->family != family)
		return xasprintf("'%s' is not %s, as what comes before it is",
				 value, cli_family_word(cmd->family));
	cmd->family = family;
	cmd->ranges = ipsvc_grow(cmd->ranges, cmd->n_ranges, &cmd->cap_ranges,
				 sizeof(range));
	cmd->ranges[cmd->n_ranges++] = range;
	cmd->given |= GIVEN_RANGES;
	return NULL;
}

static char *set_none(void *into, const struct cli_keyword *word,
		      const char *value)
{
	struct edit_command *cmd = into;

	(void)value;
	cmd->given |= word->arg;
	return NULL;
}

#define FAMILY_WORD \
	{ .word = "family", .value = "FAMILY", .values = "inet inet6", \
	  .set = set_family, .help = "the family, where addresses do not say it" }

#define ENDPOINT_WORDS \
	{ .word = "weight", .value = "N", .set = set_endpoint_number, \
	  .arg = GIVEN_WEIGHT, \
	  .help = "the share of an endpoint; 0: no new flows (1)" }, \
	{ .word = "max-flows", .value = "N", .set = set_endpoint_number, \
	  .arg = GIVEN_FLOWS_MAX, \
	  .help = "so many flows an endpoint takes; 0: any number (0)" }, \
	{ .word = "drain", .set = set_drain, .arg = IPSVC_ENDPOINT_F_DRAIN, \
	  .help = "an endpoint gets no new flows, but by local frontends" }

const struct cli_keyword edit_service_words[] = {
	FAMILY_WORD,
	{ .word = "protocol", .value = "PROTOCOL", .values = "tcp udp sctp",
	  .set = set_protocol, .help = "which service add needs" },
	{ .word = "cluster-ip", .value = "ADDRESS:PORT", .set = set_frontend,
	  .arg = IPSVC_FRONTEND_CLUSTER_IP,
	  .help = "a frontend: an address of the service's own" },
	{ .word = "node-port", .value = "PORT", .set = set_frontend,
	  .arg = IPSVC_FRONTEND_NODE_PORT,
	  .help = "a frontend: a port of each address of this host" },
	{ .word = "load-balancer", .value = "ADDRESS:PORT", .set = set_frontend,
	  .arg = IPSVC_FRONTEND_LOAD_BALANCER,
	  .help = "a frontend: an address of a load balancer" },
	{ .word = "external-ip", .value = "ADDRESS:PORT", .set = set_frontend,
	  .arg = IPSVC_FRONTEND_EXTERNAL_IP,
	  .help = "a frontend: an address that others route here" },
	{ .word = "masquerade", .set = set_frontend_flag,
	  .arg = IPSVC_FRONTEND_F_MASQUERADE,
	  .help = "endpoints do not see clients of that frontend" },
	{ .word = "source-ranges", .set = set_frontend_flag,
	  .arg = IPSVC_FRONTEND_F_RANGES,
	  .help = "that frontend takes clients in the ranges only" },
	{ .word = "allow", .value = "CIDR", .set = set_range,
	  .help = "a source range: clients in it are taken" },
	{ .word = "deny", .value = "CIDR", .set = set_range,
	  .arg = IPSVC_RANGE_F_DENY,
	  .help = "a source range: clients in it are not, whatever is allowed" },
	{ .word = "endpoint", .value = "ADDRESS:PORT", .set = set_endpoint,
	  .help = "an endpoint; see 'ipsvc help endpoint', too" },
	{ .word = "local", .set = set_local,
	  .help = "a frontend uses local endpoints only; an endpoint is one" },
	ENDPOINT_WORDS,
	{ .word = "scheduler", .value = "NAME",
	  .values = "random rr wrr p2c lc wlc sh maglev",
	  .set = set_scheduler, .arg = GIVEN_SCHEDULER,
	  .help = "who gets a new flow (random)" },
	{ .word = "hash-key", .value = "HEX", .set = set_hash_key,
	  .arg = GIVEN_HASH_KEY,
	  .help = "32 digits, for sh and maglev; the same on all nodes (0)" },
	{ .word = "hash-size", .value = "N", .set = set_number,
	  .arg = GIVEN_HASH_SIZE,
	  .help = "entries of the table of sh and maglev, at least" },
	{ .word = "affinity", .value = "SECONDS", .set = set_number,
	  .arg = GIVEN_AFFINITY,
	  .help = "so long clients come back to their endpoint; 0: never" },
	{ .word = "affinity-prefix", .value = "BITS", .set = set_prefix,
	  .arg = GIVEN_AFFINITY_PREFIX,
	  .help = "clients whose addresses begin alike are one; 0: none" },
	{ .word = "shared-affinity", .set = set_service_flag,
	  .arg = IPSVC_SERVICE_F_SHARED_AFFINITY,
	  .help = "by all with the same name up to a colon" },
	{ .word = "one-packet", .set = set_service_flag,
	  .arg = IPSVC_SERVICE_F_ONE_PACKET,
	  .help = "an endpoint for each datagram, of UDP" },
	{ .word = "no-frontends", .value = "", .set = set_none,
	  .arg = GIVEN_FRONTENDS,
	  .help = "of service change: take them away" },
	{ .word = "no-endpoints", .value = "", .set = set_none,
	  .arg = GIVEN_ENDPOINTS,
	  .help = "of service change: take them away" },
	{ .word = "no-ranges", .value = "", .set = set_none,
	  .arg = GIVEN_RANGES,
	  .help = "of service change: take them away" },
	{ 0 },
};

const struct cli_keyword edit_endpoint_words[] = {
	ENDPOINT_WORDS,
	{ .word = "local", .set = set_local,
	  .help = "an endpoint is one for local frontends" },
	{ 0 },
};

const struct cli_keyword edit_family_words[] = {
	FAMILY_WORD,
	{ 0 },
};

/* ---- commands ----------------------------------------------------------- */

static char *other_name(void *into, const char *word)
{
	struct edit_command *cmd = into;
	const struct cli cli = { .ns = cmd->ns };

	cmd->names = ipsvc_grow(cmd->names, cmd->n_names, &cmd->cap_names,
				sizeof(*cmd->names));
	cmd->names[cmd->n_names++] = cli_service_name(&cli, word);
	return NULL;
}

/* Endpoints need not be of one family: each is of the service port of its own. */
static char *other_endpoint(void *into, const char *word)
{
	struct edit_command *cmd = into;
	uint8_t family = cmd->family;
	char *wrong;

	wrong = set_endpoint(into, NULL, word);
	cmd->family = family;
	return wrong;
}

static const struct {
	const char *object, *verb;
	enum edit_object is_object;
	enum edit_verb is_verb;
	int names;		/* in front of the words */
	const struct cli_keyword *words;
	char *(*other)(void *into, const char *word);
} commands[] = {
	{ "service", "add", EDIT_SERVICE, EDIT_ADD, 1, edit_service_words, NULL },
	{ "service", "change", EDIT_SERVICE, EDIT_CHANGE, 1,
	  edit_service_words, NULL },
	{ "service", "delete", EDIT_SERVICE, EDIT_DELETE, 0, edit_family_words,
	  other_name },
	{ "service", "flush", EDIT_SERVICE, EDIT_FLUSH, 0, edit_family_words,
	  NULL },
	{ "endpoint", "add", EDIT_ENDPOINT, EDIT_ADD, 1, edit_endpoint_words,
	  other_endpoint },
	{ "endpoint", "change", EDIT_ENDPOINT, EDIT_CHANGE, 1,
	  edit_endpoint_words, other_endpoint },
	{ "endpoint", "delete", EDIT_ENDPOINT, EDIT_DELETE, 1, NULL,
	  other_endpoint },
};

/* What is missing, after all words. */
static char *check(const struct edit_command *cmd)
{
	if (cmd->verb != EDIT_FLUSH && !cmd->n_names)
		return xstrdup("the name of a service is missing");
	if (cmd->object == EDIT_ENDPOINT && !cmd->n_endpoints)
		return xstrdup("the address and port of an endpoint are missing");
	if (cmd->object == EDIT_SERVICE && cmd->verb == EDIT_ADD &&
	    !cmd->protocol)
		return xstrdup("the protocol is missing: protocol tcp, udp or sctp");
	if (cmd->given & GIVEN_AFFINITY_PREFIX && cmd->family == AF_INET &&
	    cmd->options.affinity_prefix > 32)
		return xstrdup("affinity-prefix: an IPv4 address has 32 bits");
	return NULL;
}

static char *unknown_command(char *const *words, int n)
{
	return xasprintf("unknown command '%s%s%s': service add, change, delete or flush, endpoint add, change or delete",
			 words[0], n > 1 ? " " : "", n > 1 ? words[1] : "");
}

char *edit_command_parse(struct edit_command *cmd, const char *ns,
			 uint8_t family, char *const *words, int n)
{
	size_t i, many = sizeof(commands) / sizeof(commands[0]);
	char *wrong;
	int from;

	*cmd = (struct edit_command){ .ns = ns, .family = family };
	for (i = 0; i < many; i++)
		if (n > 1 && !strcmp(commands[i].object, words[0]) &&
		    !strcmp(commands[i].verb, words[1]))
			break;
	if (i == many)
		return unknown_command(words, n);
	cmd->object = commands[i].is_object;
	cmd->verb = commands[i].is_verb;
	from = 2 + (commands[i].names && n > 2);
	if (from > 2)
		other_name(cmd, words[2]);
	wrong = cli_keywords_parse(commands[i].words, cmd, words + from,
				   n - from, commands[i].other);
	return wrong ? wrong : check(cmd);
}

void edit_command_free(struct edit_command *cmd)
{
	for (size_t i = 0; i < cmd->n_names; i++)
		free(cmd->names[i]);
	free(cmd->names);
	free(cmd->frontends);
	free(cmd->endpoints);
	free(cmd->ranges);
	*cmd = (struct edit_command){ 0 };
}
