// SPDX-License-Identifier: GPL-2.0-or-later
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- items -------------------------------------------------------------- */

static void add(struct dns_items *items, enum dns_item type,
		const struct ipsvc_buf *key, const void *record, size_t len)
{
	struct dns_feed_item *item;

	items->items = ipsvc_grow(items->items, items->n, &items->cap,
				  sizeof(*items->items));
	item = &items->items[items->n++];
	*item = (struct dns_feed_item){
		.type = type, .key_len = (uint16_t)key->len,
		.len = (uint32_t)len, .data = xmalloc(key->len + len),
	};
	memcpy(item->data, key->data, key->len);
	if (len)
		memcpy(item->data + key->len, record, len);
}

static void add_text(struct ipsvc_buf *key, const char *text)
{
	ipsvc_buf_add(key, text, strnlen(text, UINT8_MAX));
	ipsvc_buf_putc(key, '\0');
}

void dns_items_add_service(struct dns_items *items,
			   const struct dns_service *svc)
{
	struct ipsvc_buf key = {0}, record = {0};

	add_text(&key, svc->ns);
	add_text(&key, svc->name);
	dns_service_encode(svc, &record);
	add(items, DNS_ITEM_SERVICE, &key, record.data, record.len);
	ipsvc_buf_free(&key);
	ipsvc_buf_free(&record);
}

void dns_items_add_namespace(struct dns_items *items, const char *ns)
{
	struct ipsvc_buf key = {0};

	add_text(&key, ns);
	add(items, DNS_ITEM_NAMESPACE, &key, NULL, 0);
	ipsvc_buf_free(&key);
}

void dns_items_add_pod(struct dns_items *items, const char *ns,
		       const struct in6_addr *addr)
{
	struct ipsvc_buf key = {0};

	add_text(&key, ns);
	ipsvc_buf_add(&key, addr, sizeof(*addr));
	add(items, DNS_ITEM_POD, &key, NULL, 0);
	ipsvc_buf_free(&key);
}

static int by_key(const void *pa, const void *pb)
{
	const struct dns_feed_item *a = pa, *b = pb;
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int d = a->type - b->type;

	if (!d)
		d = memcmp(a->data, b->data, len);
	return d ? d : a->key_len - b->key_len;
}

void dns_items_copy_service(struct dns_items *items, const struct dns_items *from,
			    const char *ns, const char *name)
{
	struct ipsvc_buf key = {0};
	struct dns_feed_item wanted, *found = NULL;

	add_text(&key, ns);
	add_text(&key, name);
	wanted = (struct dns_feed_item){
		.type = DNS_ITEM_SERVICE, .key_len = (uint16_t)key.len,
		.data = (uint8_t *)key.data,
	};
	if (from->n)
		found = bsearch(&wanted, from->items, from->n, sizeof(wanted),
				by_key);
	if (found)
		add(items, DNS_ITEM_SERVICE, &key, found->data + found->key_len,
		    found->len);
	ipsvc_buf_free(&key);
}

void dns_items_sort(struct dns_items *items)
{
	size_t n = 0;

	if (!items->n)
		return;
	qsort(items->items, items->n, sizeof(*items->items), by_key);
	for (size_t i = 0; i < items->n; i++) {
		if (n && !by_key(&items->items[n - 1], &items->items[i]))
			free(items->items[i].data);
		else
			items->items[n++] = items->items[i];
	}
	items->n = n;
}

void dns_items_free(struct dns_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		free(items->items[i].data);
	free(items->items);
	*items = (struct dns_items){0};
}

/* ---- writing ------------------------------------------------------------ */

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

void dns_items_write(const struct dns_items *items, struct ipsvc_buf *out)
{
	for (size_t i = 0; i < items->n; i++)
		write_item(out, &items->items[i], true);
}

void dns_items_write_changes(const struct dns_items *old,
			     const struct dns_items *new, struct ipsvc_buf *out)
{
	const struct dns_feed_item *a = old->items, *b = new->items;
	const struct dns_feed_item *a_end = a + old->n, *b_end = b + new->n;

	while (a < a_end || b < b_end) {
		int d = a == a_end ? 1 : b == b_end ? -1 : by_key(a, b);

		if (d < 0) {
			write_item(out, a, false);
		} else if (d > 0 || a->len != b->len ||
			   memcmp(a->data, b->data, a->key_len + a->len)) {
			write_item(out, b, true);
		}
		a += d <= 0;
		b += d >= 0;
	}
}
