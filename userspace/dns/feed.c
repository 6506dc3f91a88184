// SPDX-License-Identifier: GPL-2.0-or-later
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- an item ------------------------------------------------------------ */

static struct dns_feed_item *item_new(enum dns_item type,
				      const struct ipsvc_buf *key,
				      const struct ipsvc_buf *record)
{
	struct dns_feed_item *item = xmalloc(sizeof(*item) + key->len +
					     record->len);

	*item = (struct dns_feed_item){
		.node.hash = ipsvc_hash(ipsvc_hash(IPSVC_HASH_START, &type,
						   sizeof(type)),
					key->data, key->len),
		.type = type, .key_len = (uint16_t)key->len,
		.len = (uint32_t)record->len,
	};
	memcpy(item->data, key->data, key->len);
	if (record->len)
		memcpy(item->data + key->len, record->data, record->len);
	return item;
}

static void add_text(struct ipsvc_buf *key, const char *text)
{
	ipsvc_buf_add(key, text, strnlen(text, UINT8_MAX));
	ipsvc_buf_putc(key, '\0');
}

/* Of a Service. */
static struct dns_feed_item *service_item(const char *ns, const char *name,
					  const struct ipsvc_buf *record)
{
	struct ipsvc_buf key = {0};
	struct dns_feed_item *item;

	add_text(&key, ns);
	add_text(&key, name);
	item = item_new(DNS_ITEM_SERVICE, &key, record);
	ipsvc_buf_free(&key);
	return item;
}

struct dns_feed_item *dns_item_service(const struct dns_service *svc)
{
	struct ipsvc_buf record = {0};
	struct dns_feed_item *item;

	dns_service_encode(svc, &record);
	item = service_item(svc->ns, svc->name, &record);
	ipsvc_buf_free(&record);
	return item;
}

struct dns_feed_item *dns_item_no_service(const char *ns, const char *name)
{
	const struct ipsvc_buf none = {0};

	return service_item(ns, name, &none);
}

const char *dns_item_ns(const struct dns_feed_item *item)
{
	return (const char *)item->data;
}

const char *dns_item_name(const struct dns_feed_item *item)
{
	return dns_item_ns(item) + strlen(dns_item_ns(item)) + 1;
}

static void write_item(struct ipsvc_buf *out, const struct dns_feed_item *item,
		       bool put)
{
	uint32_t len = put ? item->len : 0;

	ipsvc_buf_putc(out, put);
	ipsvc_buf_putc(out, (char)item->type);
	ipsvc_buf_add(out, &item->key_len, sizeof(item->key_len));
	ipsvc_buf_add(out, &len, sizeof(len));
	ipsvc_buf_add(out, item->data, item->key_len + len);
}

/* ---- all of them -------------------------------------------------------- */

struct dns_feed_item *dns_items_find(const struct ipsvc_map *map,
				     const struct dns_feed_item *item)
{
	struct ipsvc_map_node *node = ipsvc_map_first(map, item->node.hash);

	for (; node; node = ipsvc_map_next(node)) {
		struct dns_feed_item *there = (struct dns_feed_item *)node;

		if (there->type == item->type &&
		    there->key_len == item->key_len &&
		    !memcmp(there->data, item->data, item->key_len))
			return there;
	}
	return NULL;
}

static void add(struct dns_items *items, struct dns_feed_item *item)
{
	write_item(&items->changes, item, true);
	ipsvc_map_add(&items->map, &item->node, item->node.hash);
}

void dns_items_put(struct dns_items *items, struct dns_feed_item *item)
{
	struct dns_feed_item *old = dns_items_find(&items->map, item);

	if (old ? old->len == item->len &&
		  !memcmp(old->data, item->data, item->key_len + item->len) :
		  !item->len) {
		free(item);	/* there is nothing new in it */
		return;
	}
	if (old) {
		ipsvc_map_remove(&items->map, &old->node);
		free(old);
	}
	if (item->len) {
		add(items, item);
	} else {
		write_item(&items->changes, item, false);
		free(item);
	}
}

/* Takes over @item. */
static void use(struct dns_items *items, struct dns_feed_item *item, int by)
{
	struct dns_feed_item *there = dns_items_find(&items->map, item);

	if (there) {
		free(item);
	} else {
		there = item;
		add(items, there);
	}
	there->uses += (size_t)by;
	if (!there->uses) {
		write_item(&items->changes, there, false);
		ipsvc_map_remove(&items->map, &there->node);
		free(there);
	}
}

void dns_items_use_namespace(struct dns_items *items, const char *ns, int by)
{
	const struct ipsvc_buf none = {0};
	struct ipsvc_buf key = {0};

	add_text(&key, ns);
	use(items, item_new(DNS_ITEM_NAMESPACE, &key, &none), by);
	ipsvc_buf_free(&key);
}

void dns_items_use_pod(struct dns_items *items, const char *ns,
		       const struct in6_addr *addr, int by)
{
	const struct ipsvc_buf none = {0};
	struct ipsvc_buf key = {0};

	add_text(&key, ns);
	ipsvc_buf_add(&key, addr, sizeof(*addr));
	use(items, item_new(DNS_ITEM_POD, &key, &none), by);
	ipsvc_buf_free(&key);
}

void dns_items_free(struct dns_items *items)
{
	ipsvc_map_free_all(&items->map);
	ipsvc_buf_free(&items->changes);
	*items = (struct dns_items){0};
}

void dns_items_write(const struct dns_items *items, struct ipsvc_buf *out)
{
	const struct ipsvc_map_node *node = NULL;

	while ((node = ipsvc_map_walk(&items->map, node)))
		write_item(out, (const struct dns_feed_item *)node, true);
}
