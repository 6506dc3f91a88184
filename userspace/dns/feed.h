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

struct dns_feed_item {
	uint8_t type;		/* enum dns_item */
	uint16_t key_len;
	uint32_t len;		/* of the record */
	uint8_t *data;		/* key, then record */
};

/* What there is at a time. Zero-initialise. */
struct dns_items {
	struct dns_feed_item *items;
	size_t n, cap;
};

void dns_items_add_service(struct dns_items *items,
			   const struct dns_service *svc);
void dns_items_add_namespace(struct dns_items *items, const char *ns);
void dns_items_add_pod(struct dns_items *items, const char *ns,
		       const struct in6_addr *addr);
/* The same Service as in @from, if it has it. */
void dns_items_copy_service(struct dns_items *items, const struct dns_items *from,
			    const char *ns, const char *name);
/* Sorts, and leaves one of each key. Before what follows. */
void dns_items_sort(struct dns_items *items);
void dns_items_free(struct dns_items *items);

/* Appends all items as those of a full state. */
void dns_items_write(const struct dns_items *items, struct ipsvc_buf *out);
/* Appends what has to change from @old to @new; nothing when they are the same. */
void dns_items_write_changes(const struct dns_items *old,
			     const struct dns_items *new, struct ipsvc_buf *out);

/*
 * Makes @zone what a message says. False when it is damaged; what came before the
 * damage is done then.
 */
bool dns_feed_apply(struct dns_zone *zone, const struct dns_feed_header *header,
		    const void *items);

#endif
