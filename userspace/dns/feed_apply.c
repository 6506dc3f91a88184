// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "feed.h"

#define ITEM_HEAD	8	/* put, type, length of the key, of the record */

static bool apply_service(struct dns_zone *zone, bool put, const char *key,
			  size_t key_len, const void *record, size_t len)
{
	size_t ns = strnlen(key, key_len);

	if (put)
		return dns_zone_put_service(zone, record, len);
	if (ns + 2 > key_len || key[key_len - 1])
		return false;
	dns_zone_delete_service(zone, key, key + ns + 1);
	return true;
}

static bool apply_namespace(struct dns_zone *zone, bool put, const char *key,
			    size_t key_len)
{
	if (strnlen(key, key_len) + 1 != key_len)
		return false;
	if (put)
		dns_zone_put_namespace(zone, key);
	else
		dns_zone_delete_namespace(zone, key);
	return true;
}

static bool apply_pod(struct dns_zone *zone, bool put, const char *key,
		      size_t key_len)
{
	size_t ns = strnlen(key, key_len) + 1;
	struct in6_addr addr;

	if (ns + sizeof(addr) != key_len)
		return false;
	memcpy(&addr, key + ns, sizeof(addr));
	if (put)
		dns_zone_put_pod(zone, key, &addr);
	else
		dns_zone_delete_pod(zone, key, &addr);
	return true;
}

/* Applies the item at @p, of at most @left bytes; its length, or 0. */
static size_t apply_item(struct dns_zone *zone, const uint8_t *p, size_t left)
{
	const char *key = (const char *)p + ITEM_HEAD;
	uint16_t key_len;
	uint32_t len;
	bool ok;

	if (left < ITEM_HEAD)
		return 0;
	memcpy(&key_len, p + 2, sizeof(key_len));
	memcpy(&len, p + 4, sizeof(len));
	if (!key_len || left - ITEM_HEAD < (size_t)key_len + len)
		return 0;
	switch (p[1]) {
	case DNS_ITEM_SERVICE:
		ok = apply_service(zone, p[0], key, key_len, key + key_len, len);
		break;
	case DNS_ITEM_NAMESPACE:
		ok = apply_namespace(zone, p[0], key, key_len);
		break;
	case DNS_ITEM_POD:
		ok = apply_pod(zone, p[0], key, key_len);
		break;
	default:
		ok = false;
	}
	return ok ? ITEM_HEAD + (size_t)key_len + len : 0;
}

bool dns_feed_apply(struct dns_zone *zone, const struct dns_feed_header *header,
		    const void *items)
{
	const uint8_t *p = items;
	size_t left = header->size;

	if (header->full)
		dns_zone_begin(zone);
	while (left) {
		size_t len = apply_item(zone, p, left);

		if (!len)
			return false;
		p += len;
		left -= len;
	}
	if (header->full)
		dns_zone_end(zone);
	dns_zone_commit(zone, header->serial);
	return true;
}
