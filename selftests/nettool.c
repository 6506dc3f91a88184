// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Servers that say who they are, and clients that say who answered: small, quick to start, in any namespace.
 *
 *   nettool serve [-l LOG] [-N] [-r] NAME=NETNS:PROTO:PORT…
 *        One process for all of them; prints "ready" when all listen. To a line, or a datagram, the answer is
 *        "NAME CLIENT:PORT TEXT", to "GET …" a page of HTTP with the name; "QUIT" closes the connection,
 *        "SEND n" is answered with n bytes of a pattern, "RECV n" checks n bytes and then answers "NAME ok".
 *        LOG gets "NAME PROTO CLIENT:PORT" for each connection accepted and each datagram, and "wrong NAME TEXT" for
 *        each question "for NAMES" whose NAMES do not begin its name. -r: answers of UDP have the route's address.
 *   nettool ask [OPTIONS] PROTO A:P
 *        Prints "NAME CLIENT:PORT" for each answer, or why there was none: refused, timeout, reset, no-route, …
 *        Exit status 1 if an answer is missing.
 *   nettool talk [OPTIONS] PROTO A:P
 *        Prints "connected"; then sends each line of stdin and prints the answer, or why there is none. Lines of its
 *        own: "@fin" ends our direction, "@rst" resets; either way it prints what comes then.
 *   nettool hold [OPTIONS] PROTO A:P
 *        A socket that is bound and connects to nobody, until stdin ends. Prints "bound", or why it is not.
 *   nettool load [OPTIONS] PROTO:A:P=NAMES…
 *        Asks at random for -d MS, at least -c COUNT times, and prints "ok=… refused=… timeout=… other=… wrong=…".
 *        Asks "for NAMES": who answers must have a name that begins so; else that is wrong, and the exit status 1.
 *   nettool send|recv [OPTIONS] A:P BYTES
 *        Moves so many bytes one way, checked; prints "ok".
 *
 *   PROTO is tcp or udp; A:P may be [A]:P of IPv6, and servers serve both families. OPTIONS: -n NETNS, -c COUNT,
 *   -p SOURCE-PORT, -b SOURCE-ADDRESS, -D DEVICE to bind to, -t MS to wait (2000), -i MS until a datagram is sent again,
 *   -z BYTES of payload, -N no UDP checksum, -u print the names only, sorted, each once, -q let the server close first
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inet.h"
#include "netns.h"

#define BUFFER		65536
#define NAME_MAX_LEN	64
#define HEAD_MAX	128

static struct {
	const char *netns, *log, *device;
	union place source;
	int count, port, timeout, again, size, duration;
	bool no_check, unique, server_closes, route_source, keep;
} opt = { .count = 1, .timeout = 2000 };

static char buffer[BUFFER + 1];
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

/* Byte @at of the pattern. */
static char pattern(size_t at)
{
	return 'a' + (at * 7 + (at >> 8) * 3) % 26;
}

static void no_checksum(int fd)
{
	int one = 1;

	if (opt.no_check && setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)))
		err(2, "SO_NO_CHECK");
}

static void to_device(int fd)
{
	if (opt.device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, opt.device, strlen(opt.device)))
		err(2, "%s", opt.device);
}

/* ---- servers ------------------------------------------------------------------------------------------------------- */

struct server {
	char name[NAME_MAX_LEN];
	int fd;
	bool udp, listens;
	/* A connection: bytes left to send and to check, the position in the pattern, a line as far as it has come. */
	size_t to_send, to_check, at;
	bool bad, answered;
	char peer[PLACE_TEXT];
	int used;
	char line[512];
};

static int epoll_fd, log_fd = -1;

static void watch(struct server *s, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	if (epoll_ctl(epoll_fd, op, s->fd, &ev))
		err(2, "epoll_ctl");
}

static void note(const struct server *s, const union place *peer, char *text)
{
	place_print(peer, text);
	if (log_fd >= 0)
		dprintf(log_fd, "%s %s %s\n", s->name, s->udp ? "udp" : "tcp", text);
}

/* A question that was for somebody else: the client may never learn where it went. */
static void check_question(const struct server *s, const char *text)
{
	if (!strncmp(text, "for ", 4) && strncmp(s->name, text + 4, strlen(text + 4)) && log_fd >= 0)
		dprintf(log_fd, "wrong %s %s\n", s->name, text);
}

/* One socket a family: a namespace need not have both. */
static void listen_on(const struct server *like, sa_family_t family, unsigned int port)
{
	union place addr = { .any.sa_family = family };
	struct server *s = malloc(sizeof(*s));
	int one = 1;

	*s = *like;
	s->fd = socket(family, (s->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	place_set_port(&addr, port);
	if (bind(s->fd, &addr.any, place_len(&addr)) || (!s->udp && listen(s->fd, 512)))
		err(2, "%s, port %u", s->name, port);
	if (s->udp) {
		if (!opt.route_source)
			setsockopt(s->fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
				   family == AF_INET6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &one, sizeof(one));
		no_checksum(s->fd);
	}
	watch(s, EPOLL_CTL_ADD, EPOLLIN);
}

static void serve_one(char *spec)
{
	char *netns = strchr(spec, '='), *proto, *port;
	struct server s = { .listens = true };

	proto = netns ? strchr(netns, ':') : NULL;
	port = proto ? strchr(proto + 1, ':') : NULL;
	if (!port)
		errx(2, "'%s' is not NAME=NETNS:PROTO:PORT", spec);
	*netns++ = *proto++ = *port++ = 0;
	snprintf(s.name, sizeof(s.name), "%s", spec);
	s.udp = is_udp(proto);
	if (*netns)
		enter_netns(netns);
	listen_on(&s, AF_INET, atoi(port));
	listen_on(&s, AF_INET6, atoi(port));
}

static void close_conn(struct server *c)
{
	close(c->fd);
	free(c);
}

static void accept_conn(struct server *s)
{
	struct server *c;
	union place peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(s->fd, &peer.any, &len, SOCK_NONBLOCK);

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	memcpy(c->name, s->name, sizeof(c->name));
	c->fd = fd;
	note(c, &peer, c->peer);
	watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* The interface it came in by need not be the way back. */
static void forget_interface(struct cmsghdr *c)
{
	if (c->cmsg_level == IPPROTO_IPV6)
		((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
	else
		((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
}

/* Answers from the address that was asked, which a node with several of them would not do by itself. */
static void answer_datagram(struct server *s)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	union place peer;
	struct iovec iov = { .iov_base = buffer + HEAD_MAX, .iov_len = BUFFER - HEAD_MAX };
	struct msghdr msg = { .msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(s->fd, &msg, 0);
	char text[PLACE_TEXT], head[HEAD_MAX];
	int len;

	if (n < 0)
		return;
	note(s, &peer, text);
	buffer[HEAD_MAX + n] = 0;
	check_question(s, buffer + HEAD_MAX);
	len = snprintf(head, sizeof(head), "%s %s ", s->name, text);
	iov.iov_base = memcpy(buffer + HEAD_MAX - len, head, len);
	iov.iov_len = len + n > 65507 ? 65507 : len + n;
	if (msg.msg_controllen)
		forget_interface(&control.align);
	sendmsg(s->fd, &msg, 0);
}

/* Sends as much of the pattern as fits; returns false when the connection is over. */
static bool send_more(struct server *c)
{
	ssize_t n;
	size_t i, len;

	while (c->to_send) {
		len = c->to_send < BUFFER ? c->to_send : BUFFER;
		for (i = 0; i < len; i++)
			buffer[i] = pattern(c->at + i);
		n = send(c->fd, buffer, len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		c->at += n;
		c->to_send -= n;
	}
	watch(c, EPOLL_CTL_MOD, EPOLLIN);
	return true;
}

/* Does what a line says; returns false to close. */
static bool do_line(struct server *c)
{
	c->line[c->used] = 0;
	c->used = 0;
	c->at = 0;
	if (c->answered)
		return true;
	if (!strncmp(c->line, "GET ", 4)) {
		dprintf(c->fd, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n",
			strlen(c->name) + 1, c->name);
		shutdown(c->fd, SHUT_WR);
		c->answered = true;
		return true;
	}
	if (!strcmp(c->line, "QUIT"))
		return false;
	if (sscanf(c->line, "RECV %zu", &c->to_check) == 1) {
		c->bad = false;
	} else if (sscanf(c->line, "SEND %zu", &c->to_send) == 1) {
		watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	} else {
		check_question(c, c->line);
		dprintf(c->fd, "%s %s %s\n", c->name, c->peer, c->line);
	}
	return true;
}

static bool take_bytes(struct server *c, const char *p, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++) {
		if (c->to_check) {
			c->bad |= p[i] != pattern(c->at++);
			if (!--c->to_check)
				dprintf(c->fd, "%s %s\n", c->name, c->bad ? "corrupt" : "ok");
		} else if (p[i] == '\n') {
			if (!do_line(c))
				return false;
		} else if (p[i] != '\r' && c->used + 1 < (int)sizeof(c->line)) {
			c->line[c->used++] = p[i];
		}
	}
	return true;
}

static void serve_conn(struct server *c, uint32_t events)
{
	ssize_t n;

	if (events & EPOLLOUT && !send_more(c)) {
		close_conn(c);
		return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	n = recv(c->fd, buffer, BUFFER, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || !take_bytes(c, buffer, n))
		close_conn(c);
}

static int serve(char **spec)
{
	struct epoll_event ev;
	struct server *s;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (opt.log) {
		log_fd = open(opt.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (log_fd < 0)
			err(2, "%s", opt.log);
	}
	for (; *spec; spec++)
		serve_one(*spec);
	puts("ready");
	fflush(stdout);
	while (!stop) {
		if (epoll_wait(epoll_fd, &ev, 1, -1) != 1)
			continue;
		s = ev.data.ptr;
		if (!s->listens)
			serve_conn(s, ev.events);
		else if (s->udp)
			answer_datagram(s);
		else
			accept_conn(s);
	}
	return 0;
}

/* ---- clients ------------------------------------------------------------------------------------------------------- */

/* A connected socket in *@fd; 0 or an errno. */
static int dial(bool udp, const union place *to, int *fd)
{
	union place from = opt.source;
	int one = 1, error = 0;
	socklen_t len = sizeof(error);

	*fd = socket(to->any.sa_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		err(2, "socket");
	to_device(*fd);
	if (udp)
		no_checksum(*fd);
	else
		setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* Else the kernel, which chooses, would give a port to two UDP sockets of ours, and all answers to the first. */
	if (!udp || opt.port)
		setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	from.any.sa_family = to->any.sa_family;
	place_set_port(&from, opt.port);
	if ((opt.port || opt.source.any.sa_family) && bind(*fd, &from.any, place_len(&from)))
		return errno;
	if (!connect(*fd, &to->any, place_len(to)))
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	error = wait_for(*fd, POLLOUT, now_ms() + opt.timeout);
	if (!error)
		getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

/* Receives a datagram, or a line, into buffer; 0 or an errno. */
static int receive(bool udp, int fd, long until)
{
	ssize_t n, used = 0;
	int error;

	do {
		error = wait_for(fd, POLLIN, until);
		if (error)
			return error;
		n = recv(fd, buffer + used, BUFFER - used, 0);
		if (n <= 0)
			return n ? errno : ESHUTDOWN;
		used += n;
		buffer[used] = 0;
	} while (!udp && buffer[used - 1] != '\n');
	buffer[strcspn(buffer, "\n")] = 0;
	return 0;
}

static int exchange(bool udp, int fd, const char *text)
{
	long now = now_ms(), until = now + opt.timeout;
	bool again = udp && opt.again;
	size_t len = strlen(text);
	int error;

	do {
		if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
			return errno;
		error = receive(udp, fd, again && now + opt.again < until ? now + opt.again : until);
		now = now_ms();
	} while (again && error == ETIMEDOUT && now < until);
	if (error || !udp || !opt.size)
		return error;
	/* A long datagram must come back as it was. */
	len = strlen(text);
	if (strlen(buffer) < len || strcmp(buffer + strlen(buffer) - len, text))
		return EBADMSG;
	return 0;
}

/* Waits for the server's FIN before ours, if so asked: then the port may be used again at once. */
static void hang_up(bool udp, int fd)
{
	char c;

	if (!udp && opt.server_closes && send(fd, "QUIT\n", 5, MSG_NOSIGNAL) == 5 &&
	    !wait_for(fd, POLLIN, now_ms() + opt.timeout) && recv(fd, &c, 1, 0))
		warnx("the server does not close");
	close(fd);
}

static const char *question(bool udp)
{
	static char text[BUFFER];
	int i;

	if (!udp)
		return "hello\n";
	if (!opt.size)
		return "hello";
	for (i = 0; i < opt.size && i < 65000; i++)
		text[i] = pattern(i);
	return text;
}

/* One question and its answer, which is in buffer; 0 or an errno. */
static int ask_once(bool udp, const union place *to, const char *text)
{
	int fd, error = dial(udp, to, &fd);

	if (!error)
		error = exchange(udp, fd, text);
	if (error)
		close(fd);
	else if (!udp || !opt.keep)
		hang_up(udp, fd);
	return error;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each once, in one line. */
static void put_unique(char **names, int n)
{
	int i;

	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++)
		if (!i || strcmp(names[i], names[i - 1]))
			printf("%s%s", i ? " " : "", names[i]);
	putchar('\n');
}

/* Who answered, in the buffer, as far as it is to be printed. */
static void cut_answer(void)
{
	char *peer = strchr(buffer, ' ');
	char *rest = peer ? strchr(peer + 1, ' ') : NULL;

	if (rest)
		*rest = 0;
	if (peer && opt.unique)
		*peer = 0;
}

static int ask(const char *proto, const char *where)
{
	char **names = calloc(opt.count, sizeof(*names));
	union place to = place_of(where);
	bool udp = is_udp(proto);
	int i, error, bad = 0;

	/* No port twice, unless it is given: each is a flow of its own. */
	opt.keep = !opt.port;
	for (i = 0; i < opt.count; i++) {
		error = ask_once(udp, &to, question(udp));
		bad |= error;
		if (!error)
			cut_answer();
		if (opt.unique)
			names[i] = strdup(error ? reason(error) : buffer);
		else
			puts(error ? reason(error) : buffer);
	}
	if (opt.unique)
		put_unique(names, opt.count);
	return !!bad;
}

static int talk(const char *proto, const char *where)
{
	static char line[1024];
	union place to = place_of(where);
	struct linger hard = { .l_onoff = 1 };
	bool udp = is_udp(proto);
	int fd, error = dial(udp, &to, &fd);

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts(error ? reason(error) : "connected");
	if (error)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "@rst\n")) {
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
			close(fd);
			puts("reset");
			return 0;
		}
		if (!strcmp(line, "@fin\n")) {
			shutdown(fd, SHUT_WR);
			error = receive(udp, fd, now_ms() + opt.timeout);
		} else {
			if (udp)
				line[strcspn(line, "\n")] = 0;
			error = exchange(udp, fd, line);
		}
		puts(error ? reason(error) : buffer);
	}
	return 0;
}

static int hold(const char *proto, const char *where)
{
	union place at = place_of(where);
	int fd = socket(at.any.sa_family, (is_udp(proto) ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	int error;

	to_device(fd);
	error = bind(fd, &at.any, place_len(&at)) ? errno : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts(error ? reason(error) : "bound");
	while (!error && getchar() != EOF)
		;
	return !!error;
}

/* ---- bulk and load ------------------------------------------------------------------------------------------------- */

static int bulk(bool sending, const char *where, size_t bytes)
{
	union place to = place_of(where);
	size_t at = 0, i;
	int fd, error;
	ssize_t n;

	error = dial(false, &to, &fd);
	if (error)
		errx(1, "%s", reason(error));
	fcntl(fd, F_SETFL, 0);
	dprintf(fd, "%s %zu\n", sending ? "RECV" : "SEND", bytes);
	while (at < bytes) {
		size_t len = bytes - at < BUFFER ? bytes - at : BUFFER;

		if (wait_for(fd, sending ? POLLOUT : POLLIN, now_ms() + opt.timeout))
			errx(1, "stuck after %zu bytes", at);
		for (i = 0; sending && i < len; i++)
			buffer[i] = pattern(at + i);
		n = sending ? send(fd, buffer, len, MSG_DONTWAIT | MSG_NOSIGNAL) : recv(fd, buffer, len, 0);
		if (n <= 0)
			errx(1, "%s after %zu bytes", n ? reason(errno) : "closed", at);
		for (i = 0; !sending && i < (size_t)n; i++)
			if (buffer[i] != pattern(at + i))
				errx(1, "byte %zu is wrong", at + i);
		at += n;
	}
	if (sending && receive(false, fd, now_ms() + opt.timeout))
		errx(1, "all was sent, but the server does not say that it has it");
	puts(!sending || strstr(buffer, " ok") ? "ok" : buffer);
	return 0;
}

struct mark {
	bool udp;
	union place to;
	const char *names;
	char question[NAME_MAX_LEN];
};

static struct mark parse_mark(char *spec)
{
	char *where = strchr(spec, ':'), *names = strchr(spec, '=');
	struct mark m;

	if (!where || !names)
		errx(2, "'%s' is not PROTO:A:P=NAMES", spec);
	*where++ = *names++ = 0;
	m.udp = is_udp(spec);
	m.to = place_of(where);
	m.names = names;
	snprintf(m.question, sizeof(m.question), "for %s%s", names, m.udp ? "" : "\n");
	return m;
}

static int load(char **spec, int n)
{
	struct mark *marks = calloc(n, sizeof(*marks)), *m;
	long ok = 0, refused = 0, timeouts = 0, other = 0, wrong = 0;
	long end = now_ms() + (opt.duration ?: 1 << 30), asked;
	int i, error;

	for (i = 0; i < n; i++)
		marks[i] = parse_mark(spec[i]);
	srand(getpid() ^ now_ms());
	for (asked = 0; !stop && (asked < opt.count || now_ms() < end); asked++) {
		m = &marks[rand() % n];
		error = ask_once(m->udp, &m->to, m->question);
		if (!error && strncmp(buffer, m->names, strlen(m->names))) {
			fprintf(stderr, "'%s' answered for %s\n", buffer, m->names);
			wrong++;
		} else if (!error) {
			ok++;
		} else if (error == ECONNREFUSED) {
			refused++;
		} else if (error == ETIMEDOUT) {
			timeouts++;
		} else if (error != EINTR) {
			other++;
		}
	}
	printf("ok=%ld refused=%ld timeout=%ld other=%ld wrong=%ld\n", ok, refused, timeouts, other, wrong);
	return wrong != 0;
}

/* ---- command line -------------------------------------------------------------------------------------------------- */

static void options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+n:l:c:p:b:D:t:i:z:d:Nuqr")) != -1) {
		switch (c) {
		case 'n': opt.netns = optarg; break;
		case 'l': opt.log = optarg; break;
		case 'c': opt.count = atoi(optarg); break;
		case 'p': opt.port = atoi(optarg); break;
		case 'b': opt.source = place_of_address(optarg); break;
		case 'D': opt.device = optarg; break;
		case 't': opt.timeout = atoi(optarg); break;
		case 'i': opt.again = atoi(optarg); break;
		case 'z': opt.size = atoi(optarg); break;
		case 'd': opt.duration = atoi(optarg); break;
		case 'N': opt.no_check = true; break;
		case 'u': opt.unique = true; break;
		case 'q': opt.server_closes = true; break;
		case 'r': opt.route_source = true; break;
		default: exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	/* Without SA_RESTART: a signal ends what we wait for. */
	struct sigaction term = { .sa_handler = on_term };
	const char *what = argc > 1 ? argv[1] : "";

	if (argc > 1)
		options(argc - 1, argv + 1);
	argv += 1 + optind;
	argc -= 1 + optind;
	sigaction(SIGTERM, &term, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (opt.netns)
		enter_netns(opt.netns);
	if (!strcmp(what, "serve") && argc > 0)
		return serve(argv);
	if (!strcmp(what, "ask") && argc == 2)
		return ask(argv[0], argv[1]);
	if (!strcmp(what, "talk") && argc == 2)
		return talk(argv[0], argv[1]);
	if (!strcmp(what, "hold") && argc == 2)
		return hold(argv[0], argv[1]);
	if (!strcmp(what, "load") && argc > 0)
		return load(argv, argc);
	if ((!strcmp(what, "send") || !strcmp(what, "recv")) && argc == 2)
		return bulk(what[0] == 's', argv[0], strtoull(argv[1], NULL, 10));
	errx(2, "usage: nettool serve|ask|talk|hold|load|send|recv … (see the source)");
}
