// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs and reads ipsvc instances, for the tests: quick to start, in any namespace, and nothing but the uapi header
 * in common with the programs that users have.
 *
 *   svctool [-6] [-n NETNS[,NETNS…]] COMMAND…   does it in each of the namespaces; -6: with services of IPv6
 *   svctool [-k] -f FILE                   a command a line ("-": stdin); -k goes on after errors
 *
 *   new NAME tcp|udp|sctp ITEM… [+ NAME …]      creates services; those joined by "+" in one request
 *   set NAME ITEM… [+ NAME …]              replaces the frontends, or the endpoints, if there is an ITEM of the kind
 *        ITEM: vip A:P, lb A:P, external A:P, nodeport N, each with [,local] (the traffic policy) or [,masquerade], then
 *              [,ranges]; allow A/N, deny A/N (source ranges), no-ranges;
 *              ep A:P[,drain][,local][,weight=N][,max=N], eps A:P*N (of N addresses), no-frontends, no-endpoints; any of
 *              scheduler NAME, hash-key TEXT, hash-size N, flags N, affinity SECONDS, prefix N makes the others default
 *   del NAME…                              removes services, in one request
 *   flush                                  removes all services
 *   services, flows                        one a line
 *   affinities                             which clients have which endpoints, one a line
 *   affinity-put NAME A A:P MS             a client of a service is to have an endpoint for so long
 *   affinity-flush [NAME]                  forgets all clients, or those of a service
 *   stats [NAME], instance [KEY]           all of them, or the value of one
 *   begin-dump SECONDS                     begins a dump of services and leaves it unread that long
 *
 * Exit status 1 and the extended ACK on stderr when the kernel refuses.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/ipsvc.h>

#include "netns.h"
#include "nlraw.h"
#include "svcput.h"

#define WORDS_MAX	4096
#define SPACES_MAX	16

static struct {
	char name[64];
	int fd;
} spaces[SPACES_MAX];

static int home_fd;

/* ---- sockets ------------------------------------------------------------------------------------------------------- */

static void answer_family(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a;
	size_t left;

	(void)arg;
	for_each(a, left, attrs, len)
		if (type_of(a) == CTRL_ATTR_FAMILY_ID)
			family = num(a);
}

static int open_here(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), one = 1, size = 4 << 20;

	if (fd < 0)
		err(2, "netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

/* A socket in a namespace; those once opened stay open. */
static void enter(const char *name)
{
	int i;

	space = name;
	for (i = 0; i < SPACES_MAX && spaces[i].name[0]; i++) {
		if (!strcmp(spaces[i].name, name)) {
			nl_fd = spaces[i].fd;
			return;
		}
	}
	if (i == SPACES_MAX)
		errx(2, "too many namespaces");
	if (*name)
		enter_netns(name);
	nl_fd = open_here();
	if (*name && setns(home_fd, CLONE_NEWNET))
		err(2, "setns");
	snprintf(spaces[i].name, sizeof(spaces[i].name), "%s", name);
	spaces[i].fd = nl_fd;
}

static int find_family(void)
{
	if (family)
		return 0;
	message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(CTRL_ATTR_FAMILY_NAME, IPSVC_FAMILY_NAME, sizeof(IPSVC_FAMILY_NAME));
	return request(answer_family, NULL);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static const char *const states[] = {
	"?", "new", "established", "closing", "closed", "unconfirmed", "direct",
};

static const char *proto_name(const struct nlattr *a)
{
	switch (num(a)) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	default:
		return num(a) == IPPROTO_SCTP ? "sctp" : "?";
	}
}

static void show_frontend(const struct nlattr *fe)
{
	unsigned int class = 0, p = 0, flags = 0;
	const char *addr = "";
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, fe) {
		if (type_of(a) == IPSVC_A_FRONTEND_CLASS)
			class = num(a);
		else if (type_of(a) == IPSVC_A_FRONTEND_ADDRESS)
			addr = address(a);
		else if (type_of(a) == IPSVC_A_FRONTEND_PORT)
			p = port(a);
		else if (type_of(a) == IPSVC_A_FRONTEND_FLAGS)
			flags = num(a);
	}
	if (class == IPSVC_FRONTEND_NODE_PORT)
		printf(" nodeport=%u", p);
	else
		printf(" %s=%s:%u", class < N_CLASSES ? classes[class] : "?", addr, p);
	if (flags & IPSVC_FRONTEND_F_LOCAL)
		printf(",local");
	if (flags & IPSVC_FRONTEND_F_RANGES)
		printf(",ranges");
}

static void show_endpoint(const struct nlattr *ep)
{
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, ep) {
		if (type_of(a) == IPSVC_A_ENDPOINT_ADDRESS)
			printf(" ep=%s", address(a));
		else if (type_of(a) == IPSVC_A_ENDPOINT_PORT)
			printf(":%u", port(a));
		else if (type_of(a) == IPSVC_A_ENDPOINT_FLAGS)
			printf("%s%s", num(a) & IPSVC_ENDPOINT_F_DRAIN ? ",drain" : "",
			       num(a) & IPSVC_ENDPOINT_F_LOCAL ? ",local" : "");
		else if (type_of(a) == IPSVC_A_ENDPOINT_CONNECTIONS)
			printf(",connections=%llu", (unsigned long long)num(a));
		else if (type_of(a) == IPSVC_A_ENDPOINT_FLOWS)
			printf(",flows=%llu", (unsigned long long)num(a));
		else if (type_of(a) == IPSVC_A_ENDPOINT_WEIGHT)
			printf(",weight=%llu", (unsigned long long)num(a));
		else if (type_of(a) == IPSVC_A_ENDPOINT_FLOWS_MAX)
			printf(",max=%llu", (unsigned long long)num(a));
	}
}

static void show_range(const struct nlattr *range)
{
	const char *addr = "";
	unsigned int prefix = 0, flags = 0;
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, range) {
		if (type_of(a) == IPSVC_A_RANGE_ADDRESS)
			addr = address(a);
		else if (type_of(a) == IPSVC_A_RANGE_PREFIX)
			prefix = num(a);
		else if (type_of(a) == IPSVC_A_RANGE_FLAGS)
			flags = num(a);
	}
	printf(" %s=%s/%u", flags & IPSVC_RANGE_F_DENY ? "deny" : "allow", addr, prefix);
}

static void show_service(const struct nlattr *svc)
{
	struct nlattr *a, *b;
	size_t left, left_b;

	for_each_nested(a, left, svc) {
		switch (type_of(a)) {
		case IPSVC_A_SERVICE_NAME:
			printf("%s", str(a));
			break;
		case IPSVC_A_SERVICE_PROTOCOL:
			printf(" %s", proto_name(a));
			break;
		case IPSVC_A_SERVICE_FRONTENDS:
			for_each_nested(b, left_b, a)
				show_frontend(b);
			break;
		case IPSVC_A_SERVICE_ENDPOINTS:
			for_each_nested(b, left_b, a)
				show_endpoint(b);
			break;
		case IPSVC_A_SERVICE_RANGES:
			for_each_nested(b, left_b, a)
				show_range(b);
			break;
		case IPSVC_A_SERVICE_CONNECTIONS:
			printf(" connections=%llu", (unsigned long long)num(a));
			break;
		case IPSVC_A_SERVICE_FLOWS:
			printf(" flows=%llu", (unsigned long long)num(a));
			break;
		case IPSVC_A_SERVICE_SCHEDULER:
			if (num(a))
				printf(" scheduler=%s", schedulers[num(a)]);
			break;
		case IPSVC_A_SERVICE_FLAGS:
			printf(" flags=%llu", (unsigned long long)num(a));
			break;
		}
	}
	putchar('\n');
}

static void answer_services(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a;
	size_t left;

	(void)arg;
	for_each(a, left, attrs, len)
		if (type_of(a) == IPSVC_A_SERVICE)
			show_service(a);
}

/* Names of all services of a family, for flush. */
static char *names[1 << 17];
static int n_names;

static uint8_t family_of(const struct nlattr *svc)
{
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, svc)
		if (type_of(a) == IPSVC_A_SERVICE_FAMILY)
			return num(a);
	return AF_UNSPEC;
}

static void answer_names(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a, *b;
	size_t left, left_b;

	(void)arg;
	for_each(a, left, attrs, len) {
		if (type_of(a) != IPSVC_A_SERVICE || family_of(a) != svc_family)
			continue;
		for_each_nested(b, left_b, a)
			if (type_of(b) == IPSVC_A_SERVICE_NAME && n_names < 1 << 17 &&
			    (!n_names || strcmp(names[n_names - 1], str(b))))
				names[n_names++] = strdup(str(b));
	}
}

static int flush_family(void)
{
	int i, step, ret = 0;

	n_names = 0;
	message(family, IPSVC_CMD_SERVICE_GET, NLM_F_DUMP);
	ret = request(answer_names, NULL);
	for (i = 0; i < n_names && !ret; i += step) {
		step = n_names - i < 512 ? n_names - i : 512;
		ret = delete(names + i, step);
	}
	return ret;
}

static int flush(void)
{
	int ret;

	svc_family = AF_INET;
	ret = flush_family();
	svc_family = AF_INET6;
	return flush_family() | ret;
}

static void show_flow(const struct nlattr *flow)
{
	static const char *const label[] = {
		[IPSVC_A_FLOW_SERVICE] = " service=", [IPSVC_A_FLOW_PROTOCOL] = "",
		[IPSVC_A_FLOW_CLIENT] = " client=", [IPSVC_A_FLOW_CLIENT_PORT] = ":",
		[IPSVC_A_FLOW_FRONTEND] = " frontend=", [IPSVC_A_FLOW_FRONTEND_PORT] = ":",
		[IPSVC_A_FLOW_ENDPOINT] = " endpoint=", [IPSVC_A_FLOW_ENDPOINT_PORT] = ":",
		[IPSVC_A_FLOW_MASQUERADE] = " masquerade=", [IPSVC_A_FLOW_MASQUERADE_PORT] = ":",
		[IPSVC_A_FLOW_STATE] = " state=", [IPSVC_A_FLOW_EXPIRES] = " expires=",
	};
	struct nlattr *a;
	size_t left;

	for_each_nested(a, left, flow) {
		int type = type_of(a);

		if (type < 1 || type > IPSVC_A_FLOW_MAX || type == IPSVC_A_FLOW_FAMILY)
			continue;
		fputs(label[type], stdout);
		switch (type) {
		case IPSVC_A_FLOW_SERVICE:
			fputs(str(a), stdout);
			break;
		case IPSVC_A_FLOW_PROTOCOL:
			printf(" %s", proto_name(a));
			break;
		case IPSVC_A_FLOW_CLIENT:
		case IPSVC_A_FLOW_FRONTEND:
		case IPSVC_A_FLOW_ENDPOINT:
		case IPSVC_A_FLOW_MASQUERADE:
			fputs(address(a), stdout);
			break;
		case IPSVC_A_FLOW_STATE:
			fputs(states[num(a) < sizeof(states) / sizeof(*states) ? num(a) : 0], stdout);
			break;
		case IPSVC_A_FLOW_EXPIRES:
			printf("%llu", (unsigned long long)num(a));
			break;
		default:
			printf("%u", port(a));
		}
	}
	putchar('\n');
}

static void answer_flows(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a;
	size_t left;

	(void)arg;
	for_each(a, left, attrs, len)
		if (type_of(a) == IPSVC_A_FLOW)
			show_flow(a);
}

static void show_value(const char *name, unsigned long long value, const char *only)
{
	if (!only)
		printf("%s %llu\n", name, value);
	else if (!strcmp(name, only))
		printf("%llu\n", value);
}

static void answer_stats(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a, *b;
	size_t left, left_b;

	for_each(a, left, attrs, len) {
		const char *name = "?";

		if (type_of(a) != IPSVC_A_STAT)
			continue;
		for_each_nested(b, left_b, a) {
			if (type_of(b) == IPSVC_A_STAT_NAME)
				name = str(b);
			else if (type_of(b) == IPSVC_A_STAT_VALUE)
				show_value(name, num(b), arg);
		}
	}
}

static void answer_instance(void *attrs, size_t len, const void *arg)
{
	static const char *const key[] = {
		[IPSVC_A_INSTANCE_IFINDEX] = "ifindex", [IPSVC_A_INSTANCE_GENERATION] = "generation",
		[IPSVC_A_INSTANCE_SERVICES] = "services", [IPSVC_A_INSTANCE_SERVICES_MAX] = "services_max",
		[IPSVC_A_INSTANCE_ENDPOINTS] = "endpoints", [IPSVC_A_INSTANCE_ENDPOINTS_MAX] = "endpoints_max",
		[IPSVC_A_INSTANCE_FLOWS] = "flows", [IPSVC_A_INSTANCE_FLOWS_MAX] = "flows_max",
		[IPSVC_A_INSTANCE_IFNAME] = NULL, [IPSVC_A_INSTANCE_VERSION] = NULL,
	};
	struct nlattr *a, *b;
	size_t left, left_b;

	for_each(a, left, attrs, len) {
		if (type_of(a) != IPSVC_A_INSTANCE)
			continue;
		for_each_nested(b, left_b, a)
			if (type_of(b) <= IPSVC_A_INSTANCE_VERSION && key[type_of(b)])
				show_value(key[type_of(b)], num(b), arg);
	}
}

/* ---- affinity ------------------------------------------------------------------------------------------------------ */

static void answer_affinities(void *attrs, size_t len, const void *arg)
{
	struct nlattr *a, *b;
	size_t left, left_b;

	(void)arg;
	for_each(a, left, attrs, len) {
		if (type_of(a) != IPSVC_A_AFFINITY)
			continue;
		for_each_nested(b, left_b, a) {
			if (type_of(b) == IPSVC_A_AFFINITY_SERVICE)
				printf("%s", str(b));
			else if (type_of(b) == IPSVC_A_AFFINITY_CLIENT || type_of(b) == IPSVC_A_AFFINITY_ENDPOINT)
				printf(" %s", address(b));
			else if (type_of(b) == IPSVC_A_AFFINITY_ENDPOINT_PORT)
				printf(":%u\n", port(b));
		}
	}
}

static int affinity_put(char **word)
{
	uint32_t ms = strtoul(word[3], NULL, 10);
	char client[80], *rest;
	struct target c, ep;
	struct nlattr *nest;

	snprintf(client, sizeof(client), "%s:1", word[1]);
	c = parse_target(client, &rest);
	ep = parse_target(word[2], &rest);
	message(family, IPSVC_CMD_AFFINITY_PUT, 0);
	nest = begin(IPSVC_A_AFFINITY);
	put(IPSVC_A_AFFINITY_SERVICE, word[0], strlen(word[0]) + 1);
	put(IPSVC_A_AFFINITY_FAMILY, &svc_family, sizeof(svc_family));
	put(IPSVC_A_AFFINITY_CLIENT, &c.addr, sizeof(c.addr));
	put(IPSVC_A_AFFINITY_ENDPOINT, &ep.addr, sizeof(ep.addr));
	put(IPSVC_A_AFFINITY_ENDPOINT_PORT, &ep.port, sizeof(ep.port));
	put(IPSVC_A_AFFINITY_EXPIRES, &ms, sizeof(ms));
	end(nest);
	return request(NULL, NULL);
}

static int affinity_flush(const char *name)
{
	struct nlattr *nest;

	message(family, IPSVC_CMD_AFFINITY_DEL, 0);
	if (name) {
		nest = begin(IPSVC_A_AFFINITY);
		put(IPSVC_A_AFFINITY_SERVICE, name, strlen(name) + 1);
		end(nest);
	}
	return request(NULL, NULL);
}

/* ---- commands ------------------------------------------------------------------------------------------------------ */

static int read_all(uint8_t cmd, uint16_t flags, void (*fn)(void *attrs, size_t len, const void *arg), const char *only)
{
	int ret;

	message(family, cmd, flags);
	ret = request(fn, only);
	/* Tests do not change what they list. Flows move all the time. */
	return cmd == IPSVC_CMD_FLOW_GET && ret == 2 ? 0 : ret;
}

static int begin_dump(const char *seconds)
{
	message(family, IPSVC_CMD_SERVICE_GET, NLM_F_DUMP);
	if (send(nl_fd, out.bytes, out.head.nlmsg_len, 0) < 0)
		err(2, "send");
	puts("dumping");
	fflush(stdout);
	sleep(atoi(seconds));
	return 0;
}

static int command(char **word, int n)
{
	const char *arg = n > 1 ? word[1] : NULL;
	int ret = find_family();

	if (ret)
		return ret;
	if (!strcmp(word[0], "new") || !strcmp(word[0], "set"))
		return change(word[0][0] == 'n', word + 1, n - 1);
	if (!strcmp(word[0], "del"))
		return delete(word + 1, n - 1);
	if (!strcmp(word[0], "flush"))
		return flush();
	if (!strcmp(word[0], "services"))
		return read_all(IPSVC_CMD_SERVICE_GET, NLM_F_DUMP, answer_services, NULL);
	if (!strcmp(word[0], "flows"))
		return read_all(IPSVC_CMD_FLOW_GET, NLM_F_DUMP, answer_flows, NULL);
	if (!strcmp(word[0], "affinities"))
		return read_all(IPSVC_CMD_AFFINITY_GET, NLM_F_DUMP, answer_affinities, NULL);
	if (!strcmp(word[0], "affinity-put") && n == 5)
		return affinity_put(word + 1);
	if (!strcmp(word[0], "affinity-flush"))
		return affinity_flush(arg);
	if (!strcmp(word[0], "stats"))
		return read_all(IPSVC_CMD_STATS_GET, 0, answer_stats, arg);
	if (!strcmp(word[0], "instance"))
		return read_all(IPSVC_CMD_INSTANCE_GET, 0, answer_instance, arg);
	if (!strcmp(word[0], "begin-dump") && arg)
		return begin_dump(arg);
	errx(2, "what is '%s'?", word[0]);
}

/* A command with its namespaces. */
static int run(char **word, int n)
{
	bool is_ipv6 = n && !strcmp(word[0], "-6");
	char *list, *name;
	int ret = 0;

	word += is_ipv6;
	n -= is_ipv6;
	svc_family = is_ipv6 ? AF_INET6 : AF_INET;
	if (n < 2 || strcmp(word[0], "-n")) {
		enter("");
		return n ? command(word, n) : 0;
	}
	list = strdup(word[1]);
	for (name = strtok(list, ","); name && n > 2; name = strtok(NULL, ",")) {
		enter(name);
		ret |= command(word + 2, n - 2);
	}
	free(list);
	return ret;
}

static int run_file(const char *path, bool keep_going)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *line = NULL, *word[WORDS_MAX];
	int n, ret = 0, bad = 0;
	size_t size = 0;

	if (!file)
		err(2, "%s", path);
	while ((!bad || keep_going) && getline(&line, &size, file) > 0) {
		char *save, *w = strtok_r(line, " \t\n", &save);

		for (n = 0; w && n < WORDS_MAX; w = strtok_r(NULL, " \t\n", &save))
			word[n++] = w;
		ret = n ? run(word, n) : 0;
		bad |= ret;
		fflush(stdout);
	}
	return bad;
}

int main(int argc, char **argv)
{
	bool keep_going = argc > 1 && !strcmp(argv[1], "-k");

	argc -= 1 + keep_going;
	argv += 1 + keep_going;
	home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (argc == 2 && !strcmp(argv[0], "-f"))
		return run_file(argv[1], keep_going);
	if (!argc)
		errx(2, "usage: svctool [-n NETNS,…] COMMAND… | [-k] -f FILE (see the source)");
	return run(argv, argc);
}
