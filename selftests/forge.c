// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forges segments of a TCP connection that another process has (the first such socket of nettool, say).
 *
 *   forge [OPTIONS] rst|fin|data|ack PID
 *        Sends a segment with the sequence number that the process would use next, and prints "sent=N ms=M".
 *
 *   -n NETNS       from there; it may be another than that of the process
 *   -b             as the peer, with the sequence number that the process expects next
 *   -s A:P         from this address and port, if not the connection's     -d A:P   to this one
 *   -o N           N is added to the sequence number
 *   -c COUNT -i N  so many segments, N apart
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "netns.h"
#include "packet.h"

static struct {
	union place from, to;
	bool back;
	uint32_t offset, stride;
	long count;
} opt = { .count = 1 };

struct connection {
	union place local, peer;
	uint32_t next_sent, next_received;
};

static uint32_t queue_seq(int fd, int queue)
{
	uint32_t seq;
	socklen_t len = sizeof(seq);

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len))
		err(2, "sequence number");
	return seq;
}

/* Repair mode shows the numbers; to leave it so sends nothing. */
static bool examine(int fd, struct connection *c)
{
	int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF_NO_WP, type = 0;
	socklen_t len = sizeof(c->peer), type_len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) || type != SOCK_STREAM)
		return false;
	if (getpeername(fd, (void *)&c->peer, &len) || (c->peer.any.sa_family != AF_INET &&
						       c->peer.any.sa_family != AF_INET6))
		return false;
	len = sizeof(c->local);
	getsockname(fd, (void *)&c->local, &len);
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		err(2, "repair mode");
	c->next_received = queue_seq(fd, TCP_RECV_QUEUE);
	c->next_sent = queue_seq(fd, TCP_SEND_QUEUE);
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)))
		err(2, "end of repair mode");
	return true;
}

static struct connection connection_of(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), fd, copy;
	struct connection c;

	if (pidfd < 0)
		err(2, "process %d", pid);
	for (fd = 0; fd < 64; fd++) {
		copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		if (copy >= 0 && examine(copy, &c))
			return c;
		if (copy >= 0)
			close(copy);
	}
	errx(2, "process %d has no TCP connection", pid);
}

static struct tcphdr segment(const char *what, uint32_t ack)
{
	struct tcphdr h = { .doff = 5, .ack = 1, .ack_seq = htonl(ack), .window = htons(512) };

	if (!strcmp(what, "rst")) {
		h.rst = 1;
		h.ack = 0;
		h.ack_seq = 0;
	} else if (!strcmp(what, "fin")) {
		h.fin = 1;
	} else if (strcmp(what, "data") && strcmp(what, "ack")) {
		errx(2, "what is '%s'?", what);
	}
	return h;
}

static void forge(const char *what, const struct connection *c)
{
	union place from = opt.from.any.sa_family ? opt.from : opt.back ? c->peer : c->local;
	union place to = opt.to.any.sa_family ? opt.to : opt.back ? c->local : c->peer;
	uint32_t seq = (opt.back ? c->next_received : c->next_sent) + opt.offset;
	struct packet like = { .tcp = segment(what, opt.back ? c->next_sent : c->next_received) };
	int len = !strcmp(what, "data") ? 8 : 0;
	long start = now_ms(), i;

	for (i = 0; i < opt.count; i++) {
		like.tcp.seq = htonl(seq + i * opt.stride);
		packet_send(&like, IPPROTO_TCP, &from, &to, len);
	}
	packet_flush();
	printf("sent=%ld ms=%ld\n", packets.sent, now_ms() - start);
}

int main(int argc, char **argv)
{
	const char *netns = NULL;
	struct connection c;
	int o;

	while ((o = getopt(argc, argv, "+n:bs:d:o:c:i:")) != -1) {
		switch (o) {
		case 'n': netns = optarg; break;
		case 'b': opt.back = true; break;
		case 's': opt.from = place_of(optarg); break;
		case 'd': opt.to = place_of(optarg); break;
		case 'o': opt.offset = strtoll(optarg, NULL, 0); break;
		case 'c': opt.count = atol(optarg); break;
		case 'i': opt.stride = strtoll(optarg, NULL, 0); break;
		default: exit(2);
		}
	}
	if (argc - optind != 2)
		errx(2, "usage: forge [OPTIONS] rst|fin|data|ack PID (see the source)");
	c = connection_of(atoi(argv[optind + 1]));
	if (netns)
		enter_netns(netns);
	packet_open(&c.peer);
	forge(argv[optind], &c);
	return 0;
}
