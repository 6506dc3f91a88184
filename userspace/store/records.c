// SPDX-License-Identifier: GPL-2.0-or-later
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "base/utf8.h"

#define HEX	"0123456789abcdef"

/* ---- keys --------------------------------------------------------------- */

char *ipsvc_key_escape(const char *text)
{
	struct ipsvc_buf buf = {0};
	uint32_t rune;

	while (*text) {
		size_t len = ipsvc_utf8_decode(text, SIZE_MAX, &rune);

		if (len && rune >= ' ' && rune != 0x7f && rune != '%') {
			ipsvc_buf_add(&buf, text, len);
			text += len;
		} else {
			ipsvc_buf_printf(&buf, "%%%02X", (unsigned char)*text++);
		}
	}
	return ipsvc_buf_take(&buf);
}

/* The way back. */
static char *unescape(const char *text)
{
	struct ipsvc_buf buf = {0};

	for (unsigned int byte; *text; text++) {
		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
			ipsvc_buf_putc(&buf, (char)byte);
			text += 2;
		} else {
			ipsvc_buf_putc(&buf, *text);
		}
	}
	return ipsvc_buf_take(&buf);
}

char *ipsvc_object_key(const struct ipsvc_kind *kind, const char *ns,
		       const char *name)
{
	return xasprintf(IPSVC_WATCHED "%s/%s/%s", kind->kind, ns, name);
}

char *ipsvc_kept_key(const struct ipsvc_object *obj)
{
	return xasprintf(IPSVC_KEY_KEPT "%s/%s/%s", obj->kind->kind, obj->ns,
			 obj->name);
}

char *ipsvc_key_end(const char *prefix)
{
	char *end = xstrdup(prefix);

	/* No prefix ends with the last byte there is. */
	end[strlen(end) - 1]++;
	return end;
}

char *ipsvc_owner_prefix(const char *source, const char *file)
{
	char *s = ipsvc_key_escape(source), *f, *prefix;

	if (!file) {
		prefix = xasprintf("owners/%s\t", s);
	} else {
		f = ipsvc_key_escape(file);
		prefix = xasprintf("owners/%s\t%s\t", s, f);
		free(f);
	}
	free(s);
	return prefix;
}

char *ipsvc_owner_key(const struct ipsvc_object *obj)
{
	char *prefix, *key;

	if (!obj->file)
		return NULL;
	prefix = ipsvc_owner_prefix(obj->source, obj->file);
	key = xasprintf("%s%s/%s/%s", prefix, obj->kind->kind, obj->ns,
			obj->name);
	free(prefix);
	return key;
}

char *ipsvc_owner_key_file(const char *key)
{
	const char *file = strchr(key, '\t') + 1;
	char *text = xstrndup(file, strcspn(file, "\t"));
	char *plain = unescape(text);

	free(text);
	return plain;
}

char *ipsvc_owner_key_object(const char *key)
{
	return xasprintf(IPSVC_WATCHED "%s", strrchr(key, '\t') + 1);
}

/* ---- keys of claims ----------------------------------------------------- */

const char *ipsvc_ip_key(const struct in6_addr *addr, char *buf)
{
	bool ip4 = ipsvc_ip_is4(addr);
	int at = snprintf(buf, IPSVC_CLAIM_KEY_SIZE, IPSVC_KEY_IPS "%d/",
			  ip4 ? 4 : 6);

	for (int i = ip4 ? 12 : 0; i < 16; i++) {
		buf[at++] = HEX[addr->s6_addr[i] >> 4];
		buf[at++] = HEX[addr->s6_addr[i] & 15];
	}
	buf[at] = '\0';
	return buf;
}

struct in6_addr ipsvc_ip_of_key(const char *key)
{
	const char *hex = strrchr(key, '/') + 1;
	size_t n = strlen(hex) / 2;
	struct in6_addr addr = ipsvc_ip_from4((struct in_addr){0});

	for (size_t i = 0; i < n && i < 16; i++) {
		unsigned int byte = 0;

		sscanf(hex + 2 * i, "%2x", &byte);
		addr.s6_addr[16 - n + i] = (unsigned char)byte;
	}
	return addr;
}

const char *ipsvc_port_key(uint64_t port, char *buf)
{
	snprintf(buf, IPSVC_CLAIM_KEY_SIZE, IPSVC_KEY_PORTS "%05u",
		 (unsigned int)port);
	return buf;
}

uint64_t ipsvc_port_of_key(const char *key)
{
	return strtoul(strrchr(key, '/') + 1, NULL, 10);
}

/* ---- objects ------------------------------------------------------------ */

void ipsvc_object_set_revision(struct ipsvc_object *obj, int64_t revision)
{
	char version[24];

	snprintf(version, sizeof(version), "%lld", (long long)revision);
	json_object_set_new(json_object_get(obj->doc, "metadata"),
			    "resourceVersion", json_string(version));
	obj->revision = revision;
	if (!obj->spec_revision)
		obj->spec_revision = revision;
}

char *ipsvc_object_encode(const struct ipsvc_object *obj)
{
	json_t *metadata = json_object_get(obj->doc, "metadata");
	json_t *version = json_incref(json_object_get(metadata,
						      "resourceVersion"));
	json_t *value = json_pack("{s:O}", "doc", obj->doc);
	char *file, *source, *text;

	if (obj->file) {
		file = ipsvc_key_escape(obj->file);
		source = ipsvc_key_escape(obj->source);
		json_object_set_new(value, "source", json_string(source));
		json_object_set_new(value, "file", json_string(file));
		free(source);
		free(file);
	}
	if (obj->spec_revision)
		json_object_set_new(value, "specRevision",
				    json_integer(obj->spec_revision));
	/* The store knows it only when the record is there. */
	json_object_del(metadata, "resourceVersion");
	text = json_dumps(value, JSON_COMPACT);
	if (version)
		json_object_set_new(metadata, "resourceVersion", version);
	json_decref(value);
	return text;
}

static char *plain(const json_t *value, const char *field)
{
	const json_t *text = json_object_get(value, field);

	return text ? unescape(json_string_value(text)) : NULL;
}

/* @value is whole: the document is an object. */
static void add_object(const struct ipsvc_kind *kind, const json_t *value,
		       int64_t revision, struct ipsvc_objects *out)
{
	json_t *doc = json_incref(json_object_get(value, "doc"));
	struct ipsvc_object *obj = ipsvc_objects_add(out, kind, doc, NULL, 0);

	obj->file = plain(value, "file");
	obj->source = plain(value, "source");
	obj->spec_revision = ipsvc_json_int(value, "specRevision");
	ipsvc_object_set_revision(obj, revision);
}

bool ipsvc_object_decode(struct ipsvc_store *store,
			 const struct ipsvc_record *record,
			 struct ipsvc_objects *out)
{
	const char *name = record->key + strlen(IPSVC_WATCHED);
	char *word = xstrndup(name, strcspn(name, "/"));
	const struct ipsvc_kind *kind = ipsvc_kind_by_name(word);
	json_error_t error = {0};
	json_t *value;
	bool ok;

	free(word);
	if (!kind)
		return true;
	value = ipsvc_json_read(record->value, &error);
	ok = json_is_object(json_object_get(value, "doc"));
	if (ok)
		add_object(kind, value, record->revision, out);
	else
		ipsvc_store_fail(store, "the store has an object that cannot be read (%s): %s",
				 name, value ? "it has no document" :
				 error.text);
	json_decref(value);
	return ok;
}
