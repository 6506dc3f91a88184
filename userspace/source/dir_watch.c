// SPDX-License-Identifier: GPL-2.0-or-later
#include "dir_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "pace.h"
#include "scan.h"

/* What symbolic links lead to. */
struct look {
	bool any;		/* there are some, to the directory or in it */
	dev_t dev;		/* the directory */
	ino_t ino;
	struct scan links;
};

struct dir_watch {
	sd_event *event;
	char *dir;
	void (*changed)(void *arg);
	void *arg;
	sd_event_source *inotify;	/* of the inode below */
	dev_t dev;
	ino_t ino;
	sd_event_source *timer;		/* enabled while a burst lasts */
	uint64_t first;
	struct look armed, last;	/* when armed, and looked at last */
	sd_event_source *look;		/* enabled while there are links */
};

/*
 * A file that is being written is read when it is closed, not before: half a
 * manifest may be a valid one. Links are complete when they appear.
 */
static bool is_unfinished(const struct dir_watch *w,
			  const struct inotify_event *ev)
{
	struct stat st;
	char *path;
	int err;

	if (!(ev->mask & IN_CREATE) || (ev->mask & IN_ISDIR) || !ev->len)
		return false;
	path = xasprintf("%s/%s", w->dir, ev->name);
	err = lstat(path, &st);
	free(path);
	return err == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct dir_watch *w = arg;

	(void)source;
	(void)usec;
	w->first = 0;
	w->changed(w->arg);
	return 0;
}

static int on_inotify(sd_event_source *source, const struct inotify_event *ev,
		      void *arg)
{
	struct dir_watch *w = arg;
	uint64_t now;

	(void)source;
	if (is_unfinished(w, ev))
		return 0;
	if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED))
		w->ino = 0;
	sd_event_now(w->event, CLOCK_MONOTONIC, &now);
	if (!w->first)
		w->first = now;
	sd_event_source_set_time(w->timer, pace_debounce(w->first, now));
	sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
	return 0;
}

/* ---- links -------------------------------------------------------------- */

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/* Whether the last name of @path, which is absolute, or one before is a link. */
static bool leads_through_link(const char *path)
{
	char *copy = xstrdup(path);
	bool found = is_link(path);

	for (char *p = copy + 1; (p = strchr(p, '/')) && !found; p++) {
		*p = '\0';
		found = is_link(copy);
		*p = '/';
	}
	free(copy);
	return found;
}

static void look_at_dir(const struct dir_watch *w, struct look *look)
{
	struct stat st = {0};

	/* Without one these stay 0. */
	if (stat(w->dir, &st) < 0)
		st = (struct stat){0};
	look->dev = st.st_dev;
	look->ino = st.st_ino;
}

static void replace_look(struct look *look, struct look *by)
{
	scan_free(&look->links);
	*look = *by;
}

static void look_first(struct dir_watch *w)
{
	struct look now = {0}, none = {0};

	look_at_dir(w, &now);
	if (!scan_dir(w->dir, &now.links))
		scan_keep_links(&now.links);
	now.any = now.links.n || leads_through_link(w->dir);
	replace_look(&w->armed, &now);
	replace_look(&w->last, &none);
	sd_event_source_set_time_relative(w->look, PACE_LOOK);
	sd_event_source_set_enabled(w->look, now.any ? SD_EVENT_ONESHOT :
						       SD_EVENT_OFF);
}

static bool same_look(const struct look *a, const struct look *b)
{
	return a->dev == b->dev && a->ino == b->ino &&
	       scan_equal(&a->links, &b->links);
}

/* A file that is being written differs from one look to the next. */
static int on_look(sd_event_source *source, uint64_t usec, void *arg)
{
	struct dir_watch *w = arg;
	struct look now = { .any = true };
	bool changed, stays;

	(void)usec;
	look_at_dir(w, &now);
	scan_again(w->dir, &w->armed.links, &now.links);
	changed = !same_look(&now, &w->armed);
	stays = w->last.any && same_look(&now, &w->last);
	replace_look(&w->last, &now);
	sd_event_source_set_time_relative(source, PACE_LOOK);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	if (changed && stays)
		w->changed(w->arg);
	return 0;
}

struct dir_watch *dir_watch_new(sd_event *event, const char *dir,
				void (*changed)(void *arg), void *arg)
{
	struct dir_watch *w = xcalloc(1, sizeof(*w));

	w->event = event;
	w->dir = xstrdup(dir);
	w->changed = changed;
	w->arg = arg;
	if (sd_event_add_time(event, &w->timer, CLOCK_MONOTONIC, 0, PACE_MS,
			      on_timer, w) < 0 ||
	    sd_event_add_time(event, &w->look, CLOCK_MONOTONIC, 0, PACE_MS,
			      on_look, w) < 0)
		return dir_watch_free(w);
	sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(w->look, SD_EVENT_OFF);
	return w;
}

/* The directory, or its nearest ancestor that is one. */
static char *existing(const char *dir, struct stat *st)
{
	char *path = xstrdup(dir);

	while (stat(path, st) < 0 || !S_ISDIR(st->st_mode)) {
		char *slash = strrchr(path, '/');

		if (!slash || !path[1])
			break;
		slash[slash == path] = '\0';
	}
	return path;
}

int dir_watch_arm(struct dir_watch *w)
{
	const uint32_t appears = IN_CREATE | IN_MOVED_TO | IN_ATTRIB |
				 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
	const uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE;
	struct stat st = {0};
	char *path = existing(w->dir, &st);
	uint32_t mask = appears | (strcmp(path, w->dir) ? 0 : changes);
	int err = 0;

	if (!w->inotify || st.st_ino != w->ino || st.st_dev != w->dev) {
		w->inotify = sd_event_source_disable_unref(w->inotify);
		err = sd_event_add_inotify(w->event, &w->inotify, path, mask,
					   on_inotify, w);
		w->ino = st.st_ino;
		w->dev = st.st_dev;
	}
	free(path);
	look_first(w);
	return err < 0 ? err : 0;
}

struct dir_watch *dir_watch_free(struct dir_watch *w)
{
	sd_event_source_disable_unref(w->inotify);
	sd_event_source_disable_unref(w->timer);
	sd_event_source_disable_unref(w->look);
	scan_free(&w->armed.links);
	scan_free(&w->last.links);
	free(w->dir);
	free(w);
	return NULL;
}
