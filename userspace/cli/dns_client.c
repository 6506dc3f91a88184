// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "dns/address.h"
#include "dns/zone.h"

/* ---- questions ---------------------------------------------------------- */

static bool wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, DNS_CLIENT_TIMEOUT_MS) == 1;
}

/* Exactly @len bytes. */
static bool read_whole(int fd, uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = wait_for(fd, POLLIN) ? recv(fd, p, len, 0) : -1;

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* The length of the answer in @out, of 65535 bytes; 0 when there is none. */
static size_t exchange_tcp(int fd, const knot_pkt_t *query, uint8_t *out)
{
	uint8_t head[2];
	size_t len;

	knot_wire_write_u16(head, (uint16_t)query->size);
	if (send(fd, head, 2, MSG_NOSIGNAL | MSG_MORE) != 2 ||
	    send(fd, query->wire, query->size, MSG_NOSIGNAL) !=
	    (ssize_t)query->size || !read_whole(fd, head, 2))
		return 0;
	len = knot_wire_read_u16(head);
	return read_whole(fd, out, len) ? len : 0;
}

static size_t exchange_udp(int fd, const knot_pkt_t *query, uint8_t *out)
{
	for (int i = 0; i < DNS_CLIENT_TRIES; i++) {
		if (send(fd, query->wire, query->size, 0) < 0)
			return 0;
		while (wait_for(fd, POLLIN)) {
			ssize_t n = recv(fd, out, UINT16_MAX, 0);

			if (n < 0)
				return 0;
			if (n >= KNOT_WIRE_HEADER_SIZE &&
			    knot_wire_get_id(out) == knot_wire_get_id(query->wire))
				return (size_t)n;
		}
		errno = ETIMEDOUT;
	}
	return 0;
}

/* As above; errno says why there is none. */
static size_t exchange(const struct dns_client *c, bool tcp,
		       const knot_pkt_t *query, uint8_t *out)
{
	const struct timeval patience = {
		.tv_sec = DNS_CLIENT_TIMEOUT_MS / 1000,
	};
	int fd = socket(c->server.ss_family,
			(tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	size_t len = 0;

	if (fd < 0)
		return 0;
	/* How long connect() waits, too. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	errno = 0;
	if (connect(fd, (const struct sockaddr *)&c->server,
		    dns_address_size(&c->server)) == 0)
		len = tcp ? exchange_tcp(fd, query, out) :
			    exchange_udp(fd, query, out);
	else if (errno == EINPROGRESS)
		errno = ETIMEDOUT;
	close(fd);
	return len;
}

static knot_pkt_t *make_query(const knot_dname_t *name, uint16_t type)
{
	knot_pkt_t *query = knot_pkt_new(NULL, 512, NULL);
	knot_rrset_t opt;
	uint16_t id;

	if (!query)
		ipsvc_out_of_memory();
	if (getrandom(&id, sizeof(id), 0) < 0)
		id = (uint16_t)getpid();
	knot_wire_set_id(query->wire, id);
	knot_wire_set_rd(query->wire);
	if (knot_pkt_put_question(query, name, KNOT_CLASS_IN, type) ||
	    knot_pkt_begin(query, KNOT_ADDITIONAL) ||
	    knot_edns_init(&opt, 1232, 0, 0, &query->mm) ||
	    knot_pkt_put(query, KNOT_COMPR_HINT_NONE, &opt, KNOT_PF_FREE)) {
		knot_pkt_free(query);
		return NULL;
	}
	return query;
}

static knot_pkt_t *parse_answer(const uint8_t *data, size_t len)
{
	knot_pkt_t *answer = knot_pkt_new(NULL, (uint16_t)len, NULL);

	if (!answer)
		ipsvc_out_of_memory();
	memcpy(answer->wire, data, len);
	answer->size = len;
	if (knot_pkt_parse(answer, 0) == KNOT_EOK)
		return answer;
	knot_pkt_free(answer);
	return NULL;
}

static knot_pkt_t *ask(const struct dns_client *c, const knot_pkt_t *query,
		       char **why)
{
	uint8_t *data = xmalloc(UINT16_MAX);
	size_t len = exchange(c, c->tcp, query, data);
	knot_pkt_t *answer = NULL;

	if (len >= KNOT_WIRE_HEADER_SIZE && !c->tcp && knot_wire_get_tc(data))
		len = exchange(c, true, query, data);
	if (len)
		answer = parse_answer(data, len);
	if (!answer)
		*why = xasprintf("no answer: %s", len ? "it cannot be read" :
				 errno ? strerror(errno) : "the server hung up");
	free(data);
	return answer;
}

knot_pkt_t *dns_client_ask(const struct dns_client *client, const char *name,
			   uint16_t type, char **why)
{
	knot_dname_t *dname = knot_dname_from_str_alloc(name);
	knot_pkt_t *query = dname ? make_query(dname, type) : NULL, *answer = NULL;

	if (query)
		answer = ask(client, query, why);
	else
		*why = xstrdup("it is no domain name");
	knot_pkt_free(query);
	knot_dname_free(dname, NULL);
	return answer;
}

/* ---- how it is ---------------------------------------------------------- */

static int connect_stats(void)
{
	const char *dir = getenv("IPSVC_DNSD_RUN_DIR");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, n;

	n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/stats.sock",
		     dir && *dir ? dir : DNS_DEFAULT_RUN_DIR);
	if (n >= (int)sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	n = -errno;
	close(fd);
	return n;
}

json_t *dns_client_stats(int *err)
{
	struct ipsvc_buf text = {0};
	int fd = connect_stats();
	json_t *doc = NULL;
	char part[4096];
	ssize_t n;

	*err = fd < 0 ? fd : 0;
	if (fd < 0)
		return NULL;
	while (wait_for(fd, POLLIN) && (n = recv(fd, part, sizeof(part), 0)) > 0)
		ipsvc_buf_add(&text, part, (size_t)n);
	close(fd);
	if (text.len)
		doc = json_loads(text.data, 0, NULL);
	if (!doc)
		*err = -EPROTO;
	ipsvc_buf_free(&text);
	return doc;
}

char *dns_client_domain(void)
{
	int err;
	json_t *doc = dns_client_stats(&err);
	char *domain = xstrdup(ipsvc_json_text_or(doc, "domain",
						  DNS_DEFAULT_DOMAIN));
	size_t len = strlen(domain);

	if (len && domain[len - 1] == '.')
		domain[len - 1] = '\0';
	json_decref(doc);
	return domain;
}
