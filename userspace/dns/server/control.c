// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/log.h"

struct control {
	json_t *(*document)(void *arg);
	void *arg;
	sd_event_source *io;
	char *path;
	int fd;
};

/* A document fits in the buffer of a socket; who has it full gets no more. */
static int on_client(sd_event_source *source, int sock, uint32_t revents, void *arg)
{
	struct control *c = arg;
	int fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	json_t *doc;
	char *text;

	(void)source;
	(void)revents;
	if (fd < 0)
		return 0;
	doc = c->document(c->arg);
	text = json_dumps(doc, JSON_INDENT(2));
	if (text && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		log_debug("%s: %s", c->path, strerror(errno));
	free(text);
	json_decref(doc);
	close(fd);
	return 0;
}

static bool listen_at(struct control *c, struct sockaddr_un *addr)
{
	unlink(c->path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Counters are for everybody. */
	return c->fd >= 0 &&
	       bind(c->fd, (struct sockaddr *)addr, sizeof(*addr)) == 0 &&
	       chmod(c->path, 0666) == 0 && listen(c->fd, 16) == 0;
}

struct control *control_new(sd_event *event, const char *run_dir,
			    json_t *(*document)(void *arg), void *arg)
{
	struct control *c = xcalloc(1, sizeof(*c));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	*c = (struct control){ .document = document, .arg = arg, .fd = -1 };
	c->path = xasprintf("%s/stats.sock", run_dir);
	mkdir(run_dir, 0755);
	if (strlen(c->path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
	} else {
		strcpy(addr.sun_path, c->path);
		if (listen_at(c, &addr) &&
		    sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_client,
				    c) >= 0)
			return c;
	}
	log_error("%s: %s; name a run directory you may write to with --run-dir",
		  c->path, strerror(errno));
	control_free(c);
	return NULL;
}

void control_free(struct control *c)
{
	sd_event_source_disable_unref(c->io);
	if (c->fd >= 0) {
		close(c->fd);
		unlink(c->path);
	}
	free(c->path);
	free(c);
}
