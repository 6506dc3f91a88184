// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waking up when any process wrote to the store: inotify on its directory.
 *
 * The log is written before a commit becomes visible, so who wakes by that may
 * look too early. A committer therefore touches the log once more afterwards;
 * for one that was killed in between, or that is not ipsvc, a few later looks
 * follow each event.
 */
#include "sqlite.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/memory.h"

#define EVENTS	(IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
		 IN_MOVED_TO)

static const unsigned int later_ms[] = { 50, 500, 5000 };

#define NLATER	(sizeof(later_ms) / sizeof(later_ms[0]))

struct ipsvc_sqlite_watch {
	int epoll, inotify, timer;
	unsigned int later;	/* which look is next */
};

void ipsvc_sqlite_watch_free(struct ipsvc_sqlite_watch *w)
{
	if (!w)
		return;
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->inotify >= 0)
		close(w->inotify);
	if (w->timer >= 0)
		close(w->timer);
	free(w);
}

static bool add_directory(int inotify, const char *path)
{
	char *copy = xstrdup(path);
	bool ok = inotify_add_watch(inotify, dirname(copy), EVENTS) >= 0;

	free(copy);
	return ok;
}

static bool add_source(int epoll, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return !epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

static struct ipsvc_sqlite_watch *new_watch(const char *path)
{
	struct ipsvc_sqlite_watch *w = xcalloc(1, sizeof(*w));

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->epoll >= 0 && w->inotify >= 0 && w->timer >= 0 &&
	    add_directory(w->inotify, path) &&
	    add_source(w->epoll, w->inotify) && add_source(w->epoll, w->timer))
		return w;
	ipsvc_sqlite_watch_free(w);
	return NULL;
}

int ipsvc_sqlite_watch_fd(struct ipsvc_store *store)
{
	struct ipsvc_sqlite *s = (struct ipsvc_sqlite *)store;

	if (!s->watch)
		s->watch = new_watch(s->path);
	return s->watch ? s->watch->epoll : -1;
}

/* Events of other files of the directory do not matter. */
static bool is_ours(const struct ipsvc_sqlite *s, const struct inotify_event *ev)
{
	const char *base = strrchr(s->path, '/') + 1;
	size_t len = strlen(base);

	return !ev->len || !strncmp(ev->name, base, len);
}

static bool drain_inotify(const struct ipsvc_sqlite *s)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool ours = false;
	ssize_t n;

	while ((n = read(s->watch->inotify, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ev = (const void *)p;

			ours |= is_ours(s, ev);
			p += sizeof(*ev) + ev->len;
		}
	}
	return ours;
}

static void look_later(struct ipsvc_sqlite_watch *w)
{
	struct itimerspec when = {0};

	if (w->later < NLATER) {
		when.it_value.tv_sec = later_ms[w->later] / 1000;
		when.it_value.tv_nsec = later_ms[w->later] % 1000 * 1000000L;
	}
	w->later++;
	timerfd_settime(w->timer, 0, &when, NULL);
}

void ipsvc_sqlite_watch_drain(struct ipsvc_store *store)
{
	struct ipsvc_sqlite *s = (struct ipsvc_sqlite *)store;
	uint64_t expirations;

	if (!s->watch)
		return;
	if (drain_inotify(s)) {
		s->watch->later = 0;
		look_later(s->watch);
	} else if (read(s->watch->timer, &expirations, sizeof(expirations)) > 0) {
		look_later(s->watch);
	}
}

void ipsvc_sqlite_watch_wake(const struct ipsvc_sqlite *s)
{
	char *wal = xasprintf("%s-wal", s->path);

	utimensat(AT_FDCWD, wal, NULL, AT_SYMLINK_NOFOLLOW);
	free(wal);
}
