/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services as svctool's words name them, and how they get into the kernel: what fits in one request, the rest in a
 * transaction.
 */
#ifndef IPSVC_SVCPUT_H
#define IPSVC_SVCPUT_H

#include <stdlib.h>
#include <linux/ipsvc.h>

#include "nlraw.h"

#define SERVICES_MAX	1024
/* So many endpoints fit in one attribute. */
#define PIECE		1000

static uint16_t family;
/* Of the services that are named. */
static uint8_t svc_family = AF_INET;

struct target {
	struct in6_addr addr; /* an IPv4 address is mapped */
	uint16_t port;
	uint32_t flags;
	uint8_t class;
	uint8_t prefix; /* of a range */
	/* Of an endpoint. */
	uint16_t weight;
	uint32_t flows_max;
};

/* How an endpoint is chosen. */
struct options {
	bool given;
	uint8_t scheduler;
	uint8_t hash_key[16];
	uint32_t hash_size, flags, affinity;
	uint8_t affinity_prefix;
};

static const char *const schedulers[] = { "random", "rr", "wrr", "p2c", "lc", "wlc", "sh", "maglev" };

struct list {
	struct target *item;
	unsigned int n;
	bool given;
};

struct service {
	const char *name;
	uint8_t proto;
	struct options options;
	struct list frontends, endpoints, ranges;
};

static void add(struct list *list, struct target item)
{
	/* Doubled at powers of two. */
	if (!(list->n & (list->n - 1)))
		list->item = realloc(list->item, (list->n ? 2 * list->n : 1) * sizeof(item));
	if (!list->item)
		err(2, "realloc");
	list->item[list->n++] = item;
}

/* "A:P" or "[A]:P", of the family that services have */
static struct target parse_target(const char *text, char **rest)
{
	const char *port = text[0] == '[' ? strstr(text, "]:") : strchr(text, ':');
	struct target t = {};
	char buf[80], host[64];

	if (port)
		snprintf(host, sizeof(host), "%.*s", (int)(port - text - (text[0] == '[')), text + (text[0] == '['));
	snprintf(buf, sizeof(buf), svc_family == AF_INET ? "::ffff:%s" : "%s", port ? host : "");
	if (inet_pton(AF_INET6, buf, &t.addr) != 1)
		errx(2, "'%s' is not an address and port", text);
	t.port = htons(strtoul(port + 1 + (text[0] == '['), rest, 10));
	return t;
}

/* The words of the classes. */
static const char *const classes[] = {
	[IPSVC_FRONTEND_CLUSTER_IP] = "vip", [IPSVC_FRONTEND_NODE_PORT] = "nodeport",
	[IPSVC_FRONTEND_LOAD_BALANCER] = "lb", [IPSVC_FRONTEND_EXTERNAL_IP] = "external",
};

#define N_CLASSES	(sizeof(classes) / sizeof(*classes))

/* 0: none of them */
static uint8_t class_of(const char *kind)
{
	uint8_t class = N_CLASSES;

	while (--class && strcmp(kind, classes[class]))
		;
	return class;
}

/* ",WORD" at @at: goes behind it. */
static bool has_word(char **at, const char *word)
{
	size_t len = strlen(word);

	if (**at != ',' || strncmp(*at + 1, word, len) || ((*at)[1 + len] && (*at)[1 + len] != ','))
		return false;
	*at += 1 + len;
	return true;
}

/* As kube-proxy masquerades: what is external, unless its policy is Local. */
static void parse_frontend(struct list *list, const char *kind, const char *value)
{
	uint8_t class = class_of(kind);
	struct target t = {};
	char *rest;

	if (class == IPSVC_FRONTEND_NODE_PORT)
		t.port = htons(strtoul(value, &rest, 10));
	else
		t = parse_target(value, &rest);
	t.class = class;
	if (has_word(&rest, "local"))
		t.flags |= IPSVC_FRONTEND_F_LOCAL;
	else if (has_word(&rest, "masquerade") || class != IPSVC_FRONTEND_CLUSTER_IP)
		t.flags |= IPSVC_FRONTEND_F_MASQUERADE;
	if (has_word(&rest, "ranges"))
		t.flags |= IPSVC_FRONTEND_F_RANGES;
	if (*rest)
		errx(2, "what is '%s'?", value);
	add(list, t);
}

/* "A/N" */
static void parse_range(struct list *list, const char *value, uint32_t flags)
{
	struct target t = { .flags = flags };
	char buf[80];
	int len = strcspn(value, "/");

	snprintf(buf, sizeof(buf), "%s%.*s", svc_family == AF_INET ? "::ffff:" : "", len, value);
	if (!value[len] || inet_pton(AF_INET6, buf, &t.addr) != 1)
		errx(2, "'%s' is not a range", value);
	t.prefix = strtoul(value + len + 1, NULL, 10);
	add(list, t);
}

static void parse_endpoint(struct list *list, const char *value)
{
	char *rest;
	struct target t = parse_target(value, &rest);
	unsigned long n = 1;

	t.weight = 1;
	if (*rest == '*')
		n = strtoul(rest + 1, &rest, 10);
	while (*rest) {
		if (has_word(&rest, "drain"))
			t.flags |= IPSVC_ENDPOINT_F_DRAIN;
		else if (has_word(&rest, "local"))
			t.flags |= IPSVC_ENDPOINT_F_LOCAL;
		else if (!strncmp(rest, ",weight=", 8))
			t.weight = strtoul(rest + 8, &rest, 10);
		else if (!strncmp(rest, ",max=", 5))
			t.flows_max = strtoul(rest + 5, &rest, 10);
		else
			errx(2, "'%s' is not an address and port", value);
	}
	for (; n; n--, t.addr.s6_addr32[3] = htonl(ntohl(t.addr.s6_addr32[3]) + 1))
		add(list, t);
}

static bool parse_option(struct options *options, const char *word, const char *value)
{
	if (!strcmp(word, "hash-key"))
		strncpy((char *)options->hash_key, value, sizeof(options->hash_key));
	else if (!strcmp(word, "hash-size"))
		options->hash_size = strtoul(value, NULL, 10);
	else if (!strcmp(word, "flags"))
		options->flags = strtoul(value, NULL, 10);
	else if (!strcmp(word, "affinity"))
		options->affinity = strtoul(value, NULL, 10);
	else if (!strcmp(word, "prefix"))
		options->affinity_prefix = strtoul(value, NULL, 10);
	else if (strcmp(word, "scheduler"))
		return false;
	options->given = true;
	if (strcmp(word, "scheduler"))
		return true;
	options->scheduler = 0;
	while (strcmp(schedulers[options->scheduler], value))
		if (++options->scheduler == sizeof(schedulers) / sizeof(*schedulers))
			errx(2, "'%s' is no scheduler", value);
	return true;
}

/* How many words it takes, or 0. */
static int parse_range_item(struct list *list, char **word, int n)
{
	bool deny = !strcmp(word[0], "deny");

	if (!strcmp(word[0], "no-ranges")) {
		list->given = true;
		return 1;
	}
	if ((!deny && strcmp(word[0], "allow")) || n < 2)
		return 0;
	list->given = true;
	parse_range(list, word[1], deny ? IPSVC_RANGE_F_DENY : 0);
	return 2;
}

static void parse_items(struct service *svc, char **word, int n)
{
	for (int i = 0; i < n; i++) {
		if (i + 1 < n && parse_option(&svc->options, word[i], word[i + 1])) {
			i++;
			continue;
		}
		int used = parse_range_item(&svc->ranges, word + i, n - i);

		if (used) {
			i += used - 1;
			continue;
		}
		bool none = !strncmp(word[i], "no-", 3);
		bool fe = !strcmp(word[i], "no-frontends") || class_of(word[i]);
		struct list *list = fe ? &svc->frontends : &svc->endpoints;

		if (!fe && strcmp(word[i], "ep") && strcmp(word[i], "eps") && strcmp(word[i], "no-endpoints"))
			errx(2, "what is '%s'?", word[i]);
		if (!none && i + 1 == n)
			errx(2, "%s needs a value", word[i]);
		list->given = true;
		if (fe && !none)
			parse_frontend(list, word[i], word[i + 1]);
		else if (!none)
			parse_endpoint(list, word[i + 1]);
		i += !none;
	}
}

static struct target read_target(const struct nlattr *nest, bool frontend)
{
	struct target t = { .weight = 1 };
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, nest) {
		if (type_of(a) == (frontend ? IPSVC_A_FRONTEND_ADDRESS : IPSVC_A_ENDPOINT_ADDRESS))
			memcpy(&t.addr, str(a), sizeof(t.addr));
		else if (type_of(a) == (frontend ? IPSVC_A_FRONTEND_PORT : IPSVC_A_ENDPOINT_PORT))
			t.port = num(a);
		else if (type_of(a) == (frontend ? IPSVC_A_FRONTEND_FLAGS : IPSVC_A_ENDPOINT_FLAGS))
			t.flags = num(a);
		else if (frontend && type_of(a) == IPSVC_A_FRONTEND_CLASS)
			t.class = num(a);
		else if (!frontend && type_of(a) == IPSVC_A_ENDPOINT_WEIGHT)
			t.weight = num(a);
		else if (!frontend && type_of(a) == IPSVC_A_ENDPOINT_FLOWS_MAX)
			t.flows_max = num(a);
	}
	return t;
}

static struct target read_range(const struct nlattr *nest)
{
	struct target t = {};
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, nest) {
		if (type_of(a) == IPSVC_A_RANGE_ADDRESS)
			memcpy(&t.addr, str(a), sizeof(t.addr));
		else if (type_of(a) == IPSVC_A_RANGE_PREFIX)
			t.prefix = num(a);
		else if (type_of(a) == IPSVC_A_RANGE_FLAGS)
			t.flags = num(a);
	}
	return t;
}

static void read_option(struct options *options, const struct nlattr *a)
{
	if (type_of(a) == IPSVC_A_SERVICE_SCHEDULER)
		options->scheduler = num(a);
	else if (type_of(a) == IPSVC_A_SERVICE_FLAGS)
		options->flags = num(a);
	else if (type_of(a) == IPSVC_A_SERVICE_HASH_SIZE)
		options->hash_size = num(a);
	else if (type_of(a) == IPSVC_A_SERVICE_AFFINITY_TIMEOUT)
		options->affinity = num(a);
	else if (type_of(a) == IPSVC_A_SERVICE_AFFINITY_PREFIX)
		options->affinity_prefix = num(a);
	else if (type_of(a) == IPSVC_A_SERVICE_HASH_KEY)
		memcpy(options->hash_key, str(a), sizeof(options->hash_key));
}

/* What a service has now and the command does not name. */
static void answer_current(void *attrs, size_t len, const void *arg)
{
	struct service *svc = (struct service *)arg;
	size_t left, left_b, left_c;
	struct nlattr *a, *b, *c;

	for_each(a, left, attrs, len) {
		for_each_nested(b, left_b, a) {
			bool fe = type_of(b) == IPSVC_A_SERVICE_FRONTENDS;
			bool ranges = type_of(b) == IPSVC_A_SERVICE_RANGES;
			struct list *list = fe ? &svc->frontends : ranges ? &svc->ranges : &svc->endpoints;

			if (type_of(b) == IPSVC_A_SERVICE_PROTOCOL)
				svc->proto = num(b);
			else if (!svc->options.given)
				read_option(&svc->options, b);
			if ((!fe && !ranges && type_of(b) != IPSVC_A_SERVICE_ENDPOINTS) || list->given)
				continue;
			for_each_nested(c, left_c, b)
				add(list, ranges ? read_range(c) : read_target(c, fe));
		}
	}
}

static struct nlattr *begin_service(const char *name)
{
	struct nlattr *nest = begin(IPSVC_A_SERVICE);

	put(IPSVC_A_SERVICE_NAME, name, strlen(name) + 1);
	put(IPSVC_A_SERVICE_FAMILY, &svc_family, sizeof(svc_family));
	return nest;
}

static void put_frontend(const struct target *t)
{
	struct nlattr *nest = begin(IPSVC_A_FRONTEND);

	if (t->class != IPSVC_FRONTEND_NODE_PORT)
		put(IPSVC_A_FRONTEND_ADDRESS, &t->addr, sizeof(t->addr));
	put(IPSVC_A_FRONTEND_CLASS, &t->class, sizeof(t->class));
	put(IPSVC_A_FRONTEND_PORT, &t->port, sizeof(t->port));
	if (t->flags)
		put(IPSVC_A_FRONTEND_FLAGS, &t->flags, sizeof(t->flags));
	end(nest);
}

static void put_endpoints(const struct list *list, unsigned int from)
{
	struct nlattr *nest = begin(IPSVC_A_SERVICE_ENDPOINTS), *ep;

	for (unsigned int i = from; i < list->n && i < from + PIECE; i++) {
		const struct target *t = &list->item[i];

		ep = begin(IPSVC_A_ENDPOINT);
		put(IPSVC_A_ENDPOINT_ADDRESS, &t->addr, sizeof(t->addr));
		put(IPSVC_A_ENDPOINT_PORT, &t->port, sizeof(t->port));
		if (t->flags)
			put(IPSVC_A_ENDPOINT_FLAGS, &t->flags, sizeof(t->flags));
		if (t->weight != 1)
			put(IPSVC_A_ENDPOINT_WEIGHT, &t->weight, sizeof(t->weight));
		if (t->flows_max)
			put(IPSVC_A_ENDPOINT_FLOWS_MAX, &t->flows_max, sizeof(t->flows_max));
		end(ep);
	}
	end(nest);
}

static void put_options(const struct options *options)
{
	put(IPSVC_A_SERVICE_SCHEDULER, &options->scheduler, sizeof(options->scheduler));
	put(IPSVC_A_SERVICE_FLAGS, &options->flags, sizeof(options->flags));
	put(IPSVC_A_SERVICE_HASH_KEY, options->hash_key, sizeof(options->hash_key));
	put(IPSVC_A_SERVICE_HASH_SIZE, &options->hash_size, sizeof(options->hash_size));
	put(IPSVC_A_SERVICE_AFFINITY_TIMEOUT, &options->affinity, sizeof(options->affinity));
	put(IPSVC_A_SERVICE_AFFINITY_PREFIX, &options->affinity_prefix, sizeof(options->affinity_prefix));
}

static void put_ranges(const struct list *list)
{
	struct nlattr *nest = begin(IPSVC_A_SERVICE_RANGES), *range;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct target *t = &list->item[i];

		range = begin(IPSVC_A_RANGE);
		put(IPSVC_A_RANGE_ADDRESS, &t->addr, sizeof(t->addr));
		put(IPSVC_A_RANGE_PREFIX, &t->prefix, sizeof(t->prefix));
		put(IPSVC_A_RANGE_FLAGS, &t->flags, sizeof(t->flags));
		end(range);
	}
	end(nest);
}

static void put_service(const struct service *svc)
{
	struct nlattr *nest = begin_service(svc->name), *list;

	put(IPSVC_A_SERVICE_PROTOCOL, &svc->proto, sizeof(svc->proto));
	put_options(&svc->options);
	list = begin(IPSVC_A_SERVICE_FRONTENDS);
	for (unsigned int i = 0; i < svc->frontends.n; i++)
		put_frontend(&svc->frontends.item[i]);
	end(list);
	put_endpoints(&svc->endpoints, 0);
	put_ranges(&svc->ranges);
	end(nest);
}

static void answer_txn(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a;
	size_t left;

	for_each(a, left, attrs, len)
		if (type_of(a) == IPSVC_A_TXN)
			*(uint32_t *)arg = num(a);
}

static int append(const struct service *svc, uint32_t txn)
{
	struct nlattr *nest;
	int ret = 0;

	for (unsigned int from = PIECE; from < svc->endpoints.n && !ret; from += PIECE) {
		message(family, IPSVC_CMD_SERVICE_APPEND, 0);
		put(IPSVC_A_TXN, &txn, sizeof(txn));
		nest = begin_service(svc->name);
		put_endpoints(&svc->endpoints, from);
		end(nest);
		ret = request(NULL, NULL);
	}
	return ret;
}

/* In one request; what does not fit follows in a transaction. */
static int put_all(const struct service *svc, int n, uint8_t condition)
{
	uint32_t txn = 0;
	int i, ret;

	for (i = 0; i < n && svc[i].endpoints.n <= PIECE; i++)
		;
	if (i < n) {
		message(family, IPSVC_CMD_TXN_BEGIN, 0);
		ret = request(answer_txn, &txn);
		if (ret)
			return ret;
	}
	message(family, IPSVC_CMD_SERVICE_PUT, 0);
	put(IPSVC_A_CONDITION, &condition, sizeof(condition));
	if (txn)
		put(IPSVC_A_TXN, &txn, sizeof(txn));
	for (i = 0; i < n; i++)
		put_service(&svc[i]);
	ret = request(NULL, NULL);
	for (i = 0; i < n && !ret; i++)
		ret = append(&svc[i], txn);
	if (!txn)
		return ret;
	message(family, ret ? IPSVC_CMD_TXN_ABORT : IPSVC_CMD_TXN_COMMIT, 0);
	put(IPSVC_A_TXN, &txn, sizeof(txn));
	return request(NULL, NULL) | ret;
}

/* From words; of a service that is there, with what it has already. */
static int parse_service(struct service *svc, bool is_new, char **word, int n)
{
	int used = 1 + is_new;
	struct nlattr *nest;

	if (n < used)
		errx(2, "name%s, please", is_new ? " and protocol" : "");
	*svc = (struct service){ .name = word[0] };
	parse_items(svc, word + used, n - used);
	if (is_new) {
		svc->proto = !strcmp(word[1], "udp") ? IPPROTO_UDP :
			     !strcmp(word[1], "sctp") ? IPPROTO_SCTP : IPPROTO_TCP;
		return 0;
	}
	message(family, IPSVC_CMD_SERVICE_GET, 0);
	nest = begin_service(svc->name);
	end(nest);
	return request(answer_current, svc);
}

static int change(bool is_new, char **word, int n)
{
	static struct service svc[SERVICES_MAX];
	int i, from, count = 0, ret = 0;

	for (i = from = 0; i <= n && !ret; i++) {
		if (i < n && strcmp(word[i], "+"))
			continue;
		if (count == SERVICES_MAX)
			errx(2, "too many services");
		ret = parse_service(&svc[count++], is_new, word + from, i - from);
		from = i + 1;
	}
	if (!ret)
		ret = put_all(svc, count, is_new ? IPSVC_CONDITION_ABSENT : IPSVC_CONDITION_PRESENT);
	while (count--) {
		free(svc[count].frontends.item);
		free(svc[count].endpoints.item);
		free(svc[count].ranges.item);
	}
	return ret;
}

static int delete(char **word, int n)
{
	int i;

	message(family, IPSVC_CMD_SERVICE_DEL, 0);
	for (i = 0; i < n; i++)
		end(begin_service(word[i]));
	return request(NULL, NULL);
}

#endif /* IPSVC_SVCPUT_H */
