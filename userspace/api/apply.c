// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"

/* A merge, and where in the documents it is: "spec.ports", without indices. */
struct merge {
	const struct ipsvc_merge_list *lists;
	struct ipsvc_buf path;
};

static json_t *merge_object(struct merge *m, const json_t *original,
			    const json_t *written, const json_t *current);

/* ---- lists -------------------------------------------------------------- */

static const struct ipsvc_merge_list *list_at(const struct merge *m)
{
	const struct ipsvc_merge_list *l = m->lists;

	while (l && l->path && strcmp(l->path, m->path.data))
		l++;
	return l && l->path ? l : NULL;
}

static bool same_key(const struct ipsvc_merge_key *key, const json_t *a,
		     const json_t *b)
{
	const json_t *va = json_object_get(a, key->field);
	const json_t *vb = json_object_get(b, key->field);

	if (key->otherwise)
		return !strcmp(ipsvc_json_text_or(a, key->field, key->otherwise),
			       ipsvc_json_text_or(b, key->field, key->otherwise));
	return va && vb && json_equal(va, vb);
}

static bool same_element(const struct ipsvc_merge_list *l, const json_t *a,
			 const json_t *b)
{
	for (const struct ipsvc_merge_key *key = l->keys; key->field; key++)
		if (!same_key(key, a, b))
			return false;
	return true;
}

/* The position in @list of the element that @like is a version of, or -1. */
static int position(const struct ipsvc_merge_list *l, const json_t *list,
		    const json_t *like)
{
	json_t *element;
	size_t i;

	json_array_foreach(list, i, element)
		if (same_element(l, element, like))
			return (int)i;
	return -1;
}

static const json_t *find(const struct ipsvc_merge_list *l, const json_t *list,
			  const json_t *like)
{
	int i = position(l, list, like);

	return i < 0 ? NULL : json_array_get(list, (size_t)i);
}

static bool has_objects_only(const json_t *list)
{
	json_t *element;
	size_t i;

	json_array_foreach(list, i, element)
		if (!json_is_object(element))
			return false;
	return true;
}

/* Those of @current that others have set, in their order. */
static json_t *kept_elements(const struct ipsvc_merge_list *l,
			     const json_t *original, const json_t *written,
			     const json_t *current)
{
	json_t *kept = json_array(), *element;
	size_t i;

	json_array_foreach(current, i, element)
		if (!find(l, written, element) && !find(l, original, element))
			json_array_append(kept, element);
	return kept;
}

static json_t *written_elements(struct merge *m, const struct ipsvc_merge_list *l,
				const json_t *original, const json_t *written,
				const json_t *current)
{
	json_t *all = json_array(), *element;
	size_t i;

	json_array_foreach(written, i, element)
		json_array_append_new(all, merge_object(m,
			find(l, original, element), element,
			find(l, current, element)));
	return all;
}

/*
 * As the strategic merge orders them: @written in its own order, and before it
 * those of @kept that come before it in @current.
 */
static json_t *in_order(const struct ipsvc_merge_list *l, const json_t *current,
			const json_t *kept, const json_t *written)
{
	size_t i = 0, j = 0, n = json_array_size(kept);
	json_t *all = json_array();

	while (i < n || j < json_array_size(written)) {
		json_t *ours = json_array_get(written, j);
		json_t *theirs = json_array_get(kept, i);
		bool first = theirs && (!ours ||
			     position(l, current, theirs) <
			     position(l, current, ours));

		json_array_append(all, first ? theirs : ours);
		*(first ? &i : &j) += 1;
	}
	return all;
}

static json_t *merge_list(struct merge *m, const struct ipsvc_merge_list *l,
			  const json_t *original, const json_t *written,
			  const json_t *current)
{
	json_t *kept = kept_elements(l, original, written, current);
	json_t *ours = written_elements(m, l, original, written, current);
	json_t *all = in_order(l, current, kept, ours);

	json_decref(kept);
	json_decref(ours);
	return all;
}

/* ---- objects ------------------------------------------------------------ */

static json_t *merge_value(struct merge *m, const json_t *original,
			   const json_t *written, const json_t *current)
{
	const struct ipsvc_merge_list *l;

	if (json_is_object(written))
		return merge_object(m, original, written, current);
	l = json_is_array(written) && json_is_array(current) ? list_at(m) : NULL;
	if (l && has_objects_only(written) && has_objects_only(current))
		return merge_list(m, l, original, written, current);
	return json_deep_copy(written);
}

/* What is written as null is taken away. */
static void set_written(struct merge *m, json_t *out, const char *key,
			const json_t *original, const json_t *value,
			const json_t *current)
{
	size_t len = m->path.len;

	if (json_is_null(value))
		return;
	ipsvc_buf_printf(&m->path, "%s%s", len ? "." : "", key);
	json_object_set_new(out, key, merge_value(m,
		json_object_get(original, key), value,
		json_object_get(current, key)));
	m->path.len = len;
	m->path.data[len] = '\0';
}

static json_t *merge_object(struct merge *m, const json_t *original,
			    const json_t *written, const json_t *current)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)current, key, value)
		if (!json_object_get(written, key) &&
		    !ipsvc_json_has(original, key))
			json_object_set_new(out, key, json_deep_copy(value));
	json_object_foreach((json_t *)written, key, value)
		set_written(m, out, key, original, value, current);
	return out;
}

/* ---- documents ---------------------------------------------------------- */

static const json_t *annotation(const json_t *doc)
{
	return json_object_get(ipsvc_json_member(doc, "metadata", "annotations"),
			       IPSVC_LAST_APPLIED);
}

bool ipsvc_apply_annotated(const json_t *doc)
{
	return annotation(doc);
}

/* What was written the last time, or NULL. */
static json_t *last_applied(const json_t *doc)
{
	const char *text = json_string_value(annotation(doc));

	return text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
}

/* A copy of @written with itself in its annotation, as kubectl writes it. */
static json_t *annotate(const json_t *written)
{
	json_t *doc = json_deep_copy(written);
	json_t *annotations = ipsvc_json_sub(ipsvc_json_sub(doc, "metadata"),
					     "annotations");
	char *text, *line;

	json_object_del(annotations, IPSVC_LAST_APPLIED);
	text = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
	line = xasprintf("%s\n", text);
	json_object_set_new(annotations, IPSVC_LAST_APPLIED, json_string(line));
	free(line);
	free(text);
	return doc;
}

json_t *ipsvc_apply(const struct ipsvc_kind *kind, const json_t *current,
		    const json_t *written)
{
	struct merge m = { .lists = kind->merge_lists };
	json_t *original = last_applied(current);
	json_t *doc = annotate(written);
	json_t *merged = merge_object(&m, original, doc, current);

	ipsvc_buf_free(&m.path);
	json_decref(original);
	json_decref(doc);
	return merged;
}
