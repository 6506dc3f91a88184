/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From ipsvcd to ipsvc-dnsd: over a SOCK_SEQPACKET socket, each message is a header
 * with a memfd that has items one after the other. The first message of a connection
 * is the full state, each other one what changed since the one before. A reader that
 * is behind is sent the full state again, so neither side keeps a queue.
 *
 * An item: uint8_t put (0: delete), uint8_t type (enum dns_item), uint16_t and
 * uint32_t lengths of the key and of the record after it; in the byte order of the
 * host. Keys: of a Service "namespace\0name\0", of a namespace "namespace\0", of a
 * Pod "namespace\0" and the 16 bytes of its address. Only a Service that is put has
 * a record (record.h).
 */
#ifndef IPSVC_DNS_FEED_H
#define IPSVC_DNS_FEED_H

#include "base/buf.h"
#include "base/map.h"
#include "record.h"
#include "zone.h"

#define DNS_FEED_DEFAULT_PATH	"/run/ipsvc/dns.sock"
#define DNS_FEED_MAGIC		"ipsvcDNS"
#define DNS_FEED_VERSION	1
#define DNS_FEED_SIZE_MAX	(UINT64_C(1) << 30)

struct dns_feed_header {
	char magic[8];
	uint32_t version;
	uint32_t full;		/* 1: all there is; 0: what changed */
	uint64_t sequence;	/* of the message, one more each time */
	uint64_t size;		/* bytes of items */
	uint32_t serial;	/* of the SOA record */
	uint32_t zero;
};

/* What a reader is told of: a Service, a namespace, a Pod. */
struct dns_feed_item {
	struct ipsvc_map_node node;
	uint8_t type;		/* enum dns_item */
	uint16_t key_len;
	uint32_t len;		/* of the record; of a Service 0: there is none */
	size_t uses;		/* of a namespace or Pod */
	uint8_t data[];		/* key, then record */
};

/* What there is at a time, and what became of it. Zero-initialise. */
struct dns_items {
	struct ipsvc_map map;
	struct ipsvc_buf changes;	/* written; whoever has told them resets it */
};

/* For dns_items_put(), or to be freed. */
struct dns_feed_item *dns_item_service(const struct dns_service *svc);
struct dns_feed_item *dns_item_no_service(const char *ns, const char *name);
/* The namespace and name of a Service. */
const char *dns_item_ns(const struct dns_feed_item *item);
const char *dns_item_name(const struct dns_feed_item *item);

/* The item of the same key in @map, or NULL. */
struct dns_feed_item *dns_items_find(const struct ipsvc_map *map,
				     const struct dns_feed_item *item);
/* Takes over @item, a Service, in place of that of the same key. */
void dns_items_put(struct dns_items *items, struct dns_feed_item *item);
/* Somebody (@by 1) has to do with it, or (-1) nothing any more. */
void dns_items_use_namespace(struct dns_items *items, const char *ns, int by);
void dns_items_use_pod(struct dns_items *items, const char *ns,
		       const struct in6_addr *addr, int by);
void dns_items_free(struct dns_items *items);

/* Appends all items as those of a full state. */
void dns_items_write(const struct dns_items *items, struct ipsvc_buf *out);

/*
 * Makes @zone what a message says. False when it is damaged; what came before the
 * damage is done then.
 */
bool dns_feed_apply(struct dns_zone *zone, const struct dns_feed_header *header,
		    const void *items);

#endif
