// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "log.h"

#define READERS_MAX	8
#define READER_USER	"ipsvc-dns"

struct reader {
	struct dns_feed *feed;
	int fd;			/* -1: free */
	sd_event_source *io;
	bool behind;		/* its socket was full: it gets all again */
};

struct dns_feed {
	sd_event *event;
	char *path;
	int fd;
	sd_event_source *io;
	struct reader readers[READERS_MAX];
	uid_t reader;		/* READER_USER */
	bool reader_known, refused;
	void (*changed)(void *arg);	/* whether there is a reader */
	void *arg;
	bool told;			/* what it was told last */
	const struct dns_items *items;	/* NULL: there is nothing to be told yet */
	uint64_t sequence;
	uint32_t serial;
};

/* ---- messages ----------------------------------------------------------- */

/* A sealed file with @text, so that no reader can change what others get; or -1. */
static int make_file(const struct ipsvc_buf *text)
{
	int fd = memfd_create("ipsvc-dns", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	while (fd >= 0 && done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK |
			     F_SEAL_GROW | F_SEAL_WRITE) < 0)
		log_debug("memfd: %s", strerror(errno));
	return fd;
}

static int send_file(const struct dns_feed *f, int sock, int fd, size_t size,
		     bool full)
{
	struct dns_feed_header header = {
		.version = DNS_FEED_VERSION, .full = full,
		.sequence = f->sequence, .size = size, .serial = f->serial,
	};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = { &header, sizeof(header) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(header.magic, DNS_FEED_MAGIC, sizeof(header.magic));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

bool dns_feed_is_read(const struct dns_feed *f)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (f->readers[i].fd >= 0)
			return true;
	return false;
}

static void tell(struct dns_feed *f)
{
	bool read = dns_feed_is_read(f);

	if (read == f->told)
		return;
	f->told = read;
	if (f->changed)
		f->changed(f->arg);
}

static void drop(struct reader *r)
{
	r->io = sd_event_source_disable_unref(r->io);
	close(r->fd);
	r->fd = -1;
	tell(r->feed);
}

/* A reader that does not keep up is told everything once it reads again. */
static void send_to(struct reader *r, int fd, size_t size, bool full)
{
	int err = send_file(r->feed, r->fd, fd, size, full);

	r->behind = err == -EAGAIN;
	if (err && !r->behind) {
		drop(r);
		return;
	}
	sd_event_source_set_io_events(r->io, r->behind ? EPOLLIN | EPOLLOUT :
							 EPOLLIN);
}

static void send_all_of_it(struct reader *r)
{
	struct ipsvc_buf text = {0};
	int fd;

	if (!r->feed->items)
		return;
	dns_items_write(r->feed->items, &text);
	fd = make_file(&text);
	if (fd >= 0) {
		send_to(r, fd, text.len, true);
		close(fd);
	} else {
		log_warning("cannot hand anything to ipsvc-dnsd: %s",
			    strerror(errno));
		drop(r);
	}
	ipsvc_buf_free(&text);
}

/* ---- readers ------------------------------------------------------------ */

/* Readers say nothing: what can be read is the end. */
static int on_reader(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct reader *r = arg;

	(void)source;
	(void)fd;
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		drop(r);
	else if (r->behind)
		send_all_of_it(r);
	return 0;
}

/* Asked for once: anybody may connect as often as he likes. */
static bool is_reader(struct dns_feed *f, uid_t uid)
{
	const struct passwd *user;

	if (!f->reader_known && (user = getpwnam(READER_USER))) {
		f->reader = user->pw_uid;
		f->reader_known = true;
	}
	return f->reader_known && uid == f->reader;
}

static bool may_read(struct dns_feed *f, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return !peer.uid || peer.uid == geteuid() || is_reader(f, peer.uid);
}

/* Said once, as above. */
static void refuse(struct dns_feed *f, int fd, const char *why)
{
	log_about(NULL, f->refused ? LOG_DEBUG : LOG_WARNING,
		  "%s: refused a reader: %s", f->path, why);
	f->refused = true;
	close(fd);
}

static struct reader *free_reader(struct dns_feed *f)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (f->readers[i].fd < 0)
			return &f->readers[i];
	return NULL;
}

static int on_connection(sd_event_source *source, int sock, uint32_t revents,
			 void *arg)
{
	struct dns_feed *f = arg;
	int fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct reader *r = free_reader(f);

	(void)source;
	(void)revents;
	if (fd < 0)
		return 0;
	if (!may_read(f, fd)) {
		refuse(f, fd, "it is neither root nor " READER_USER);
		return 0;
	}
	if (!r) {
		refuse(f, fd, "there are too many");
		return 0;
	}
	*r = (struct reader){ .feed = f, .fd = fd };
	if (sd_event_add_io(f->event, &r->io, fd, EPOLLIN, on_reader, r) < 0)
		drop(r);
	else
		send_all_of_it(r);
	tell(f);
	return 0;
}

/* ---- the feed ----------------------------------------------------------- */

void dns_feed_publish(struct dns_feed *f, struct dns_items *items,
		      uint32_t serial)
{
	bool first = !f->items;
	int fd = -1;

	f->items = items;
	if (!first && !items->changes.len)
		return;
	f->sequence++;
	f->serial = serial;
	if (!first)
		fd = make_file(&items->changes);
	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *r = &f->readers[i];

		if (r->fd < 0 || r->behind)
			continue;
		if (fd >= 0)
			send_to(r, fd, items->changes.len, false);
		else
			send_all_of_it(r);
	}
	if (fd >= 0)
		close(fd);
	ipsvc_buf_reset(&items->changes);
}

static bool listen_at(struct dns_feed *f, struct sockaddr_un *addr)
{
	unlink(f->path);
	f->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Who connects is looked at, may_read(). */
	return f->fd >= 0 &&
	       bind(f->fd, (struct sockaddr *)addr, sizeof(*addr)) == 0 &&
	       chmod(f->path, 0666) == 0 && listen(f->fd, READERS_MAX) == 0 &&
	       sd_event_add_io(f->event, &f->io, f->fd, EPOLLIN, on_connection,
			       f) >= 0;
}

struct dns_feed *dns_feed_new(sd_event *event, const char *path,
			      void (*readers)(void *arg), void *arg)
{
	struct dns_feed *f = xcalloc(1, sizeof(*f));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	*f = (struct dns_feed){
		.event = event, .path = xstrdup(path), .fd = -1,
		.changed = readers, .arg = arg,
	};
	for (size_t i = 0; i < READERS_MAX; i++)
		f->readers[i].fd = -1;
	if (strlen(path) < sizeof(addr.sun_path)) {
		strcpy(addr.sun_path, path);
		if (listen_at(f, &addr))
			return f;
	} else {
		errno = ENAMETOOLONG;
	}
	log_warning("%s: %s; DNS learns of no changes", path, strerror(errno));
	dns_feed_free(f);
	return NULL;
}

void dns_feed_free(struct dns_feed *f)
{
	f->changed = NULL;
	for (size_t i = 0; i < READERS_MAX; i++)
		if (f->readers[i].fd >= 0)
			drop(&f->readers[i]);
	sd_event_source_disable_unref(f->io);
	if (f->fd >= 0) {
		close(f->fd);
		unlink(f->path);
	}
	free(f->path);
	free(f);
}
