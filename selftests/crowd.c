// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many connections, kept by one process.
 *
 *   crowd [-n NETNS] [-t MS] [-p SOURCE-PORT] tcp|udp A:P=N…
 *        Opens N connections to each target, with a question and its answer on each, and prints "open=N failed=M".
 *        For each line of stdin it then asks on all of them again, and prints "alive=N lost=M".
 *        What failed, and why, is on stderr. -p: the first of them has this port, the next one the next.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inet.h"
#include "netns.h"

#define LINE	512

static struct {
	int timeout, port;
	bool udp;
} opt = { .timeout = 2000 };

static int *open_fds;
static int n_open;

static int dial(const union place *to, int fd)
{
	union place from = { .any.sa_family = to->any.sa_family };
	socklen_t len = sizeof(int);
	int one = 1, error;

	if (opt.port) {
		place_set_port(&from, opt.port++);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, &from.any, place_len(&from)))
			return errno;
	}
	if (!connect(fd, &to->any, place_len(to)))
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	error = wait_for(fd, POLLOUT, now_ms() + opt.timeout);
	if (!error)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

/* Each question is another one: an answer to somebody else's is not taken for ours. */
static int ask(int fd)
{
	static unsigned int asked;
	char text[64], line[LINE + 1];
	int len = snprintf(text, sizeof(text), "q%u%s", asked++, opt.udp ? "" : "\n"), used = 0, error;
	long until = now_ms() + opt.timeout;
	ssize_t n;

	if (send(fd, text, len, MSG_NOSIGNAL) != len)
		return errno;
	do {
		error = wait_for(fd, POLLIN, until);
		if (error)
			return error;
		n = recv(fd, line + used, LINE - used, 0);
		if (n <= 0)
			return n ? errno : ESHUTDOWN;
		used += n;
		line[used] = 0;
	} while (!opt.udp && line[used - 1] != '\n');
	return used > len && !strcmp(line + used - len, text) ? 0 : EBADMSG;
}

static void complain(int fd, const char *where, int error)
{
	union place me = { 0 };
	socklen_t len = sizeof(me);

	getsockname(fd, &me.any, &len);
	fprintf(stderr, "port %u to %s: %s\n", place_port(&me), where, reason(error));
}

static void open_all(char *spec)
{
	char *number = strchr(spec, '=');
	union place to;
	int i, n, fd, error, failed = 0;

	if (!number)
		errx(2, "'%s' is not A:P=N", spec);
	*number++ = 0;
	to = place_of(spec);
	n = atoi(number);
	open_fds = realloc(open_fds, (n_open + n) * sizeof(*open_fds));
	for (i = 0; i < n; i++) {
		fd = socket(to.any.sa_family, (opt.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			err(2, "socket");
		error = dial(&to, fd);
		if (!error)
			error = ask(fd);
		if (!error) {
			open_fds[n_open++] = fd;
			continue;
		}
		complain(fd, spec, error);
		close(fd);
		failed++;
	}
	printf("open=%d failed=%d\n", n - failed, failed);
}

static void ask_all(void)
{
	int i, error, lost = 0;

	for (i = 0; i < n_open; i++) {
		error = ask(open_fds[i]);
		if (error)
			complain(open_fds[i], "its peer", error);
		lost += !!error;
	}
	printf("alive=%d lost=%d\n", n_open - lost, lost);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	char line[LINE];
	int o;

	while ((o = getopt(argc, argv, "+n:t:p:")) != -1) {
		switch (o) {
		case 'n': enter_netns(optarg); break;
		case 't': opt.timeout = atoi(optarg); break;
		case 'p': opt.port = atoi(optarg); break;
		default: exit(2);
		}
	}
	if (argc - optind < 2)
		errx(2, "usage: crowd [OPTIONS] tcp|udp A:P=N… (see the source)");
	setrlimit(RLIMIT_NOFILE, &files);
	setvbuf(stdout, NULL, _IOLBF, 0);
	opt.udp = is_udp(argv[optind]);
	for (argv += optind + 1; *argv; argv++)
		open_all(*argv);
	while (fgets(line, sizeof(line), stdin))
		ask_all();
	return 0;
}
