// SPDX-License-Identifier: GPL-2.0-or-later
#include "feed_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/log.h"
#include "dns/feed.h"

#define RETRY_US	UINT64_C(200000)

struct feed_client {
	sd_event *event;
	const char *path;
	struct dns_zone *zone;
	void (*changed)(void *arg);
	void *arg;
	sd_event_source *io, *timer;
	int fd;			/* -1: not connected */
	bool said;		/* what is wrong was logged; reset by a message */
	bool full;		/* the full state has come */
	uint64_t sequence;	/* of the last message */
};

static void retry(struct feed_client *c)
{
	sd_event_source_set_time_relative(c->timer, RETRY_US);
	sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static void disconnect(struct feed_client *c, const char *why)
{
	log_about(NULL, c->said ? LOG_DEBUG : LOG_WARNING,
		  "no connection to ipsvcd at %s: %s; going on with what there is",
		  c->path, why);
	c->said = true;
	c->io = sd_event_source_disable_unref(c->io);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	retry(c);
}

/* ---- messages ----------------------------------------------------------- */

/* The header, and in *@fd the memfd; -1 when there is none. */
static ssize_t receive(int sock, struct dns_feed_header *header, int *fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { header, sizeof(*header) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	*fd = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return n;
}

/* The caller frees it; NULL when there are not so many bytes. */
static uint8_t *read_items(int fd, size_t size)
{
	uint8_t *items = xmalloc(size + 1);
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, items + done, size - done, (off_t)done);

		if (n <= 0) {
			free(items);
			return NULL;
		}
		done += (size_t)n;
	}
	return items;
}

/* What is wrong with a message; NULL: nothing. */
static const char *problem(const struct feed_client *c, ssize_t n,
			   const struct dns_feed_header *h)
{
	if (n != sizeof(*h) || memcmp(h->magic, DNS_FEED_MAGIC, sizeof(h->magic)))
		return "what answers there is no ipsvcd";
	if (h->version != DNS_FEED_VERSION)
		return "ipsvcd is of another version";
	if (h->size > DNS_FEED_SIZE_MAX)
		return "the state is too long";
	if (!h->full && (!c->full || h->sequence != c->sequence + 1))
		return "a change is missing";
	return NULL;
}

static const char *apply(struct feed_client *c, const struct dns_feed_header *h,
			 int fd)
{
	uint8_t *items = read_items(fd, h->size);
	bool ok = items && dns_feed_apply(c->zone, h, items);

	free(items);
	if (!ok)
		return "a message is damaged";
	c->sequence = h->sequence;
	if (!c->full)
		log_info("connected to ipsvcd at %s", c->path);
	c->full = true;
	c->said = false;
	log_about(NULL, h->full ? LOG_INFO : LOG_DEBUG,
		  "%s: %zu services, serial %u", h->full ? "full state" : "change",
		  (size_t)c->zone->services, h->serial);
	c->changed(c->arg);
	return NULL;
}

static int on_io(sd_event_source *source, int sock, uint32_t revents, void *arg)
{
	struct feed_client *c = arg;
	struct dns_feed_header header;
	const char *why;
	int fd;
	ssize_t n = receive(sock, &header, &fd);

	(void)source;
	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		why = n ? strerror(errno) : "it has ended";
	else
		why = problem(c, n, &header);
	if (!why)
		why = apply(c, &header, fd);
	if (fd >= 0)
		close(fd);
	if (why)
		disconnect(c, why);
	return 0;
}

/* ---- connections -------------------------------------------------------- */

static bool connect_socket(struct feed_client *c)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(addr.sun_path, c->path);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return c->fd >= 0 &&
	       connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	       sd_event_add_io(c->event, &c->io, c->fd, EPOLLIN, on_io, c) >= 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct feed_client *c = arg;

	(void)source;
	(void)usec;
	c->full = false;
	if (!connect_socket(c))
		disconnect(c, strerror(errno));
	return 0;
}

struct feed_client *feed_client_new(sd_event *event, const char *path,
				    struct dns_zone *zone,
				    void (*changed)(void *arg), void *arg)
{
	struct feed_client *c;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		log_error("--feed %s: a path of a socket has at most 107 characters",
			  path);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	*c = (struct feed_client){
		.event = event, .path = path, .zone = zone, .fd = -1,
		.changed = changed, .arg = arg,
	};
	if (sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, 0, 1000,
				       on_timer, c) < 0) {
		log_error("cannot set up a timer");
		free(c);
		return NULL;
	}
	return c;
}

void feed_client_free(struct feed_client *c)
{
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->timer);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

bool feed_client_connected(const struct feed_client *c)
{
	return c->fd >= 0 && c->full;
}
