// SPDX-License-Identifier: GPL-2.0-or-later
#include "health.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/map.h"
#include "base/memory.h"
#include "log.h"

/* Of all ports together. A balancer asks every few seconds, and is gone at once. */
#define CONNECTIONS_MAX	128
#define IDLE_SEC	5
#define REQUEST_MAX	8192
#define BACKLOG		32
/* After there were no file descriptors. */
#define PAUSE_USEC	1000000

struct health_port {
	struct ipsvc_map_node node;
	struct health *health;
	char *name;		/* "default/web" */
	uint16_t port;
	struct ipsvc_local_endpoints local;
	int fd;			/* -1: it could not be opened */
	bool told;		/* that it could not */
	sd_event_source *io;
};

struct health {
	sd_event *event;
	struct ipsvc_map ports;	/* by name */
	struct MHD_Daemon *http;
	sd_event_source *http_io, *timer;
	bool healthy, paused;
};

static uint64_t hash_of(const char *name)
{
	return ipsvc_hash_text(IPSVC_HASH_START, name);
}

static struct health_port *find(const struct health *h, const char *name)
{
	struct ipsvc_map_node *node = ipsvc_map_first(&h->ports, hash_of(name));

	for (; node; node = ipsvc_map_next(node)) {
		struct health_port *p = IPSVC_CONTAINER(node, struct health_port,
							node);

		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

/* ---- answers -------------------------------------------------------------- */

/* The port that a client came to, and how many endpoints there are for its family. */
static struct health_port *port_of(const struct health *h,
				   struct MHD_Connection *connection,
				   size_t *count)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection,
					MHD_CONNECTION_INFO_CONNECTION_FD);
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} own = {0};
	socklen_t len = sizeof(own);
	struct ipsvc_map_node *node = NULL;
	bool v4;

	if (!info || getsockname(info->connect_fd, &own.any, &len))
		return NULL;
	v4 = own.any.sa_family == AF_INET ||
	     IN6_IS_ADDR_V4MAPPED(&own.ip6.sin6_addr);
	/* Both have the port in the same place. */
	while ((node = ipsvc_map_walk(&h->ports, node))) {
		struct health_port *p = IPSVC_CONTAINER(node, struct health_port,
							node);

		*count = v4 ? p->local.ip4 : p->local.ip6;
		if (p->fd >= 0 && p->port == ntohs(own.ip4.sin_port))
			return p;
	}
	return NULL;
}

/* Names need no escapes in JSON. */
static char *body_of(const struct health_port *p, size_t count, bool healthy)
{
	const char *slash = strchr(p->name, '/');

	return xasprintf("{\n\t\"service\": {\n\t\t\"namespace\": \"%.*s\",\n"
			 "\t\t\"name\": \"%s\"\n\t},\n\t\"localEndpoints\": %zu,\n"
			 "\t\"serviceProxyHealthy\": %s\n}",
			 (int)(slash - p->name), p->name, slash + 1, count,
			 healthy ? "true" : "false");
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **request)
{
	const struct health *h = arg;
	struct MHD_Response *response;
	enum MHD_Result result;
	struct health_port *p;
	size_t count = 0;
	char weight[24];
	char *body;

	(void)url, (void)method, (void)version, (void)upload, (void)upload_size;
	(void)request;
	p = port_of(h, connection, &count);
	if (!p)
		return MHD_NO;
	body = body_of(p, count, h->healthy);
	response = MHD_create_response_from_buffer(strlen(body), body,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(body);
		return MHD_NO;
	}
	snprintf(weight, sizeof(weight), "%zu", count);
	MHD_add_response_header(response, "Content-Type", "application/json");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "X-Load-Balancing-Endpoint-Weight",
				weight);
	result = MHD_queue_response(connection, count && h->healthy ?
				    MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
				    response);
	MHD_destroy_response(response);
	return result;
}

/* ---- the event loop ------------------------------------------------------- */

static void set_timer(struct health *h, uint64_t delay)
{
	sd_event_source_set_time_relative(h->timer, delay);
	sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static void run_http(struct health *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(h->http);
	if (!h->paused && MHD_get_timeout(h->http, &ms) == MHD_YES)
		set_timer(h, ms * 1000);
}

static void set_listening(struct health *h, bool on)
{
	struct ipsvc_map_node *node = NULL;

	h->paused = !on;
	while ((node = ipsvc_map_walk(&h->ports, node))) {
		struct health_port *p = IPSVC_CONTAINER(node, struct health_port,
							node);

		if (p->io)
			sd_event_source_set_enabled(p->io, on ? SD_EVENT_ON :
								SD_EVENT_OFF);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct health *h = arg;

	(void)source, (void)usec;
	if (h->paused)
		set_listening(h, true);
	run_http(h);
	return 0;
}

static int on_http(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	(void)source, (void)fd, (void)revents;
	run_http(arg);
	return 0;
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct health_port *p = arg;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int client = accept4(fd, (struct sockaddr *)&peer, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)source, (void)revents;
	if (client >= 0) {
		/* It is closed there, also where there are too many. */
		MHD_add_connection(p->health->http, client,
				   (struct sockaddr *)&peer, len);
		run_http(p->health);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		   errno == ENOBUFS) {
		set_listening(p->health, false);
		set_timer(p->health, PAUSE_USEC);
	}
	return 0;
}

/* ---- ports ---------------------------------------------------------------- */

static int listen_on(const struct sockaddr *addr, socklen_t len)
{
	int fd = socket(addr->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (addr->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, addr, len) && !listen(fd, BACKLOG))
		return fd;
	on = -errno;
	close(fd);
	return on;
}

/* On all addresses of both families, or of the one there is. */
static int open_port(uint16_t port)
{
	const struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port),
	};
	const struct sockaddr_in any4 = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd = listen_on((const struct sockaddr *)&any6, sizeof(any6));

	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
		fd = listen_on((const struct sockaddr *)&any4, sizeof(any4));
	return fd;
}

static void try_open(struct health_port *p)
{
	int err = open_port(p->port);

	p->fd = err < 0 ? -1 : err;
	if (err >= 0)
		err = sd_event_add_io(p->health->event, &p->io, p->fd, EPOLLIN,
				      on_client, p);
	if (err >= 0) {
		p->told = false;
		return;
	}
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	if (!p->told)
		log_warning("%s: health check port %u cannot be opened: %s",
			    p->name, p->port, strerror(-err));
	p->told = true;
}

static void close_port(struct health_port *p)
{
	p->io = sd_event_source_disable_unref(p->io);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void forget(struct health *h, struct health_port *p)
{
	close_port(p);
	ipsvc_map_remove(&h->ports, &p->node);
	free(p->name);
	free(p);
}

void health_set(struct health *h, const char *name, uint16_t port,
		const struct ipsvc_local_endpoints *local)
{
	struct health_port *p = find(h, name);

	if (p && p->port != port) {
		forget(h, p);
		p = NULL;
	}
	if (!port)
		return;
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->health = h;
		p->name = xstrdup(name);
		p->port = port;
		p->fd = -1;
		ipsvc_map_add(&h->ports, &p->node, hash_of(name));
	}
	p->local = *local;
	if (p->fd < 0)
		try_open(p);
}

void health_tell(struct health *h, bool healthy)
{
	struct ipsvc_map_node *node = NULL;

	h->healthy = healthy;
	while ((node = ipsvc_map_walk(&h->ports, node))) {
		struct health_port *p = IPSVC_CONTAINER(node, struct health_port,
							node);

		if (p->fd < 0)
			try_open(p);
	}
}

struct health *health_new(sd_event *event)
{
	struct health *h = xcalloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;

	h->event = event;
	h->http = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0,
				   NULL, NULL, answer, h,
				   MHD_OPTION_CONNECTION_LIMIT,
				   (unsigned int)CONNECTIONS_MAX,
				   MHD_OPTION_CONNECTION_TIMEOUT,
				   (unsigned int)IDLE_SEC,
				   MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				   (size_t)REQUEST_MAX, MHD_OPTION_END);
	info = h->http ? MHD_get_daemon_info(h->http, MHD_DAEMON_INFO_EPOLL_FD) :
			 NULL;
	if (info &&
	    sd_event_add_io(event, &h->http_io, info->epoll_fd, EPOLLIN, on_http,
			    h) >= 0 &&
	    sd_event_add_time_relative(event, &h->timer, CLOCK_MONOTONIC, 0, 0,
				       on_timer, h) >= 0) {
		sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
		return h;
	}
	log_warning("health check ports cannot be served");
	health_free(h);
	return NULL;
}

void health_free(struct health *h)
{
	struct ipsvc_map_node *node;

	if (!h)
		return;
	while ((node = ipsvc_map_walk(&h->ports, NULL)))
		forget(h, IPSVC_CONTAINER(node, struct health_port, node));
	ipsvc_map_free(&h->ports);
	sd_event_source_disable_unref(h->http_io);
	sd_event_source_disable_unref(h->timer);
	if (h->http)
		MHD_stop_daemon(h->http);
	free(h);
}
