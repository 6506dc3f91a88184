// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"

static json_t *refuse(char **why, char *reason)
{
	*why = reason;
	return NULL;
}

/* ---- merge --------------------------------------------------------------- */

static json_t *merged(const json_t *doc, const json_t *patch)
{
	json_t *out, *value;
	const char *key;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	out = json_is_object(doc) ? json_deep_copy(doc) : json_object();
	json_object_foreach((json_t *)patch, key, value) {
		if (json_is_null(value))
			json_object_del(out, key);
		else
			json_object_set_new(out, key, merged(json_object_get(
							doc, key), value));
	}
	return out;
}

json_t *ipsvc_patch_merge(const json_t *doc, const json_t *patch, char **why)
{
	return json_is_object(patch) ? merged(doc, patch) :
	       refuse(why, xstrdup("the patch must be an object"));
}

/* ---- strategic ----------------------------------------------------------- */

struct strategic {
	const struct ipsvc_merge_list *lists;
	struct ipsvc_buf path;	/* "spec.ports" */
	char *why;
};

static json_t *strategic(struct strategic *s, const json_t *doc,
			 const json_t *patch);

/* The field that tells the elements of the list at the path apart, or NULL. */
static const char *merge_key(const struct strategic *s)
{
	const struct ipsvc_merge_list *l = s->lists;

	while (l && l->path && strcmp(l->path, s->path.data))
		l++;
	return l && l->path ? l->keys[0].field : NULL;
}

static const char *directive(const json_t *value)
{
	return ipsvc_json_text(value, "$patch");
}

/* Where in @list the element is that @like is about; its length when nowhere. */
static size_t position(const json_t *list, const char *key, const json_t *like)
{
	size_t i, n = json_array_size(list);

	for (i = 0; i < n; i++)
		if (json_equal(json_object_get(json_array_get(list, i), key),
			       json_object_get(like, key)))
			break;
	return i;
}

static void merge_element(struct strategic *s, json_t *out, const char *key,
			  const json_t *element)
{
	size_t at = position(out, key, element);
	bool there = at < json_array_size(out);

	if (!json_object_get(element, key) && !s->why) {
		s->why = xasprintf("map: %s does not contain declared merge key: %s",
				   s->path.data, key);
		return;
	}
	if (!strcmp(directive(element), "delete")) {
		while ((at = position(out, key, element)) < json_array_size(out))
			json_array_remove(out, at);
	} else if (there) {
		json_array_set_new(out, at, strategic(s, json_array_get(out, at),
						      element));
	} else {
		json_array_append_new(out, strategic(s, NULL, element));
	}
}

static json_t *merge_list(struct strategic *s, const char *key,
			  const json_t *doc, const json_t *patch)
{
	json_t *out = json_is_array(doc) ? json_deep_copy(doc) : json_array();
	json_t *element;
	size_t i;

	json_array_foreach(patch, i, element)
		if (!strcmp(directive(element), "replace"))
			json_array_clear(out);
	json_array_foreach(patch, i, element)
		if (strcmp(directive(element), "replace") != 0)
			merge_element(s, out, key, element);
	return out;
}

static json_t *strategic_value(struct strategic *s, const json_t *doc,
			       const json_t *patch)
{
	const char *key = json_is_array(patch) ? merge_key(s) : NULL;

	if (json_is_object(patch))
		return strategic(s, doc, patch);
	return key ? merge_list(s, key, doc, patch) : json_deep_copy(patch);
}

/* Of objects. */
static json_t *strategic(struct strategic *s, const json_t *doc,
			 const json_t *patch)
{
	bool replace = !strcmp(directive(patch), "replace");
	json_t *out = json_is_object(doc) && !replace ? json_deep_copy(doc) :
							json_object();
	size_t len = s->path.len;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)patch, key, value) {
		if (*key == '$')
			continue;
		if (json_is_null(value) || (json_is_object(value) &&
					    !strcmp(directive(value), "delete"))) {
			json_object_del(out, key);
			continue;
		}
		ipsvc_buf_printf(&s->path, "%s%s", len ? "." : "", key);
		json_object_set_new(out, key, strategic_value(s,
					json_object_get(out, key), value));
		s->path.len = len;
		s->path.data[len] = '\0';
	}
	return out;
}

json_t *ipsvc_patch_strategic(const struct ipsvc_kind *kind, const json_t *doc,
			      const json_t *patch, char **why)
{
	struct strategic s = { .lists = kind->merge_lists };
	json_t *out;

	if (!json_is_object(patch))
		return refuse(why, xstrdup("the patch must be an object"));
	out = strategic(&s, doc, patch);
	ipsvc_buf_free(&s.path);
	if (!s.why)
		return out;
	json_decref(out);
	return refuse(why, s.why);
}

/* ---- JSON ---------------------------------------------------------------- */

/* The next part of a pointer, which begins with its "/"; to be freed. */
static char *next_part(const char **pointer)
{
	size_t len = strcspn(*pointer + 1, "/");
	char *part = xstrndup(*pointer + 1, len), *to = part;

	for (const char *from = part; *from; from++) {
		bool tilde = from[0] == '~' && (from[1] == '0' || from[1] == '1');

		*to++ = !tilde ? *from : from[1] == '0' ? '~' : '/';
		from += tilde;
	}
	*to = '\0';
	*pointer += 1 + len;
	return part;
}

/* -1 when @part is no index of @list; its length for "-". */
static long index_of(const json_t *list, const char *part)
{
	char *end;
	long i;

	if (!strcmp(part, "-"))
		return (long)json_array_size(list);
	i = strtol(part, &end, 10);
	return *part && !*end && i >= 0 ? i : -1;
}

static json_t *child(json_t *value, const char *part)
{
	if (json_is_array(value))
		return index_of(value, part) < 0 ? NULL :
		       json_array_get(value, (size_t)index_of(value, part));
	return json_object_get(value, part);
}

/* What has the last part of @pointer, which is *@last and the caller's; or NULL. */
static json_t *parent_of(json_t *doc, const char *pointer, char **last)
{
	char *part = NULL;

	*last = NULL;
	while (doc && *pointer == '/') {
		free(part);
		part = next_part(&pointer);
		if (*pointer == '/')
			doc = child(doc, part);
	}
	*last = part;
	return part ? doc : NULL;
}

static json_t *value_at(json_t *doc, const char *pointer)
{
	char *last;
	json_t *parent;

	if (!*pointer)
		return doc;
	parent = parent_of(doc, pointer, &last);
	doc = parent ? child(parent, last) : NULL;
	free(last);
	return doc;
}

/* Takes over @value. */
static bool add_at(json_t *doc, const char *pointer, json_t *value, bool replace)
{
	char *last;
	json_t *parent = parent_of(doc, pointer, &last);
	bool ok = false;
	long i;

	if (json_is_object(parent)) {
		ok = !json_object_set_new(parent, last, json_incref(value));
	} else if (json_is_array(parent)) {
		i = index_of(parent, last);
		ok = i >= 0 && !(replace ?
		     json_array_set_new(parent, (size_t)i, json_incref(value)) :
		     json_array_insert_new(parent, (size_t)i, json_incref(value)));
	}
	json_decref(value);
	free(last);
	return ok;
}

static bool remove_at(json_t *doc, const char *pointer)
{
	char *last;
	json_t *parent = parent_of(doc, pointer, &last);
	bool ok = json_is_object(parent) ? !json_object_del(parent, last) :
		  json_is_array(parent) && index_of(parent, last) >= 0 &&
		  !json_array_remove(parent, (size_t)index_of(parent, last));

	free(last);
	return ok;
}

/* True when it could be done. */
static bool operate(json_t *doc, const json_t *operation)
{
	const char *op = ipsvc_json_text(operation, "op");
	const char *path = ipsvc_json_text(operation, "path");
	const char *from = ipsvc_json_text(operation, "from");
	json_t *value = json_object_get(operation, "value");
	json_t *source = value_at(doc, from);

	if (!strcmp(op, "test"))
		return json_equal(value_at(doc, path), value);
	if (!strcmp(op, "remove"))
		return remove_at(doc, path);
	if (!strcmp(op, "add"))
		return value && add_at(doc, path, json_deep_copy(value), false);
	if (!strcmp(op, "replace"))
		return value && value_at(doc, path) &&
		       add_at(doc, path, json_deep_copy(value), true);
	if (!strcmp(op, "copy"))
		return source && add_at(doc, path, json_deep_copy(source), false);
	if (strcmp(op, "move") || !source)
		return false;
	json_incref(source);
	return remove_at(doc, from) ? add_at(doc, path, source, false) :
				      (json_decref(source), false);
}

json_t *ipsvc_patch_json(const json_t *doc, const json_t *patch, char **why)
{
	json_t *out, *operation;
	size_t i;

	if (!json_is_array(patch))
		return refuse(why, xstrdup("the patch must be a list of operations"));
	out = json_deep_copy(doc);
	json_array_foreach(patch, i, operation) {
		if (operate(out, operation))
			continue;
		json_decref(out);
		return refuse(why, xasprintf("operation %zu (%s of %s) cannot be done",
					     i, ipsvc_json_text(operation, "op"),
					     ipsvc_json_text(operation, "path")));
	}
	return out;
}
