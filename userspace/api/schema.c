// SPDX-License-Identifier: GPL-2.0-or-later
#include "schema.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

/*
 * Where the walk is: @path with indices, as errors and lines have it, and
 * @go_path without, as Go's decoder names it.
 */
struct walk {
	struct ipsvc_errors *errs;
	bool strict;
	struct ipsvc_buf path, go_path;
};

static void buf_truncate(struct ipsvc_buf *buf, size_t len)
{
	buf->len = len;
	buf->data[len] = '\0';
}

static void push_name(struct ipsvc_buf *buf, const char *name)
{
	if (buf->len)
		ipsvc_buf_putc(buf, '.');
	ipsvc_buf_puts(buf, name);
}

/* What Go's decoder calls the value it found. */
static char *json_word(const json_t *value)
{
	char *number, *word;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return xstrdup("string");
	case JSON_OBJECT:
		return xstrdup("object");
	case JSON_ARRAY:
		return xstrdup("array");
	case JSON_TRUE:
	case JSON_FALSE:
		return xstrdup("bool");
	default:
		number = json_dumps(value, JSON_ENCODE_ANY);
		word = xasprintf("number %s", number ? number : "");
		free(number);
		return word;
	}
}

/*
 * @prefix: "[]" or "map[string]" when the list or map itself is wrong, "" when
 * it is the field or an element.
 */
static void wrong_type(struct walk *w, const struct ipsvc_schema *in,
		       const struct ipsvc_field *field, const json_t *value,
		       const char *prefix)
{
	char *word = json_word(value);

	/* Only a number that does not fit is shown. */
	if (json_is_number(value) && field->type != IPSVC_FIELD_INT32 &&
	    field->type != IPSVC_FIELD_INT64 &&
	    field->type != IPSVC_FIELD_INT_OR_STRING)
		word[strlen("number")] = '\0';
	ipsvc_errors_add(w->errs, IPSVC_ERR_DECODE, w->path.data, NULL,
			 "json: cannot unmarshal %s into Go struct field %s.%s of type %s%s",
			 word, in->go_name, w->go_path.data, prefix,
			 field->go_type);
	free(word);
}

static bool fits(const json_t *value, long long min, long long max)
{
	return json_is_integer(value) && json_integer_value(value) >= min &&
	       json_integer_value(value) <= max;
}

static bool scalar_ok(const struct ipsvc_field *field, const json_t *value)
{
	switch (field->type) {
	case IPSVC_FIELD_STRING:
	case IPSVC_FIELD_TIME:
		return json_is_string(value);
	case IPSVC_FIELD_BOOL:
		return json_is_boolean(value);
	case IPSVC_FIELD_INT32:
		return fits(value, INT32_MIN, INT32_MAX);
	case IPSVC_FIELD_INT64:
		return json_is_integer(value);
	case IPSVC_FIELD_INT_OR_STRING:
		return json_is_string(value) ||
		       fits(value, INT32_MIN, INT32_MAX);
	default:
		return true;
	}
}

static void check_object(struct walk *w, const struct ipsvc_schema *schema,
			 const json_t *object);

static void check_string_map(struct walk *w, const struct ipsvc_schema *in,
			     const struct ipsvc_field *field, const json_t *value)
{
	const char *key;
	json_t *item;

	if (!json_is_object(value)) {
		wrong_type(w, in, field, value, "map[string]");
		return;
	}
	json_object_foreach((json_t *)value, key, item) {
		size_t len = w->path.len;

		if (json_is_string(item) || json_is_null(item))
			continue;
		push_name(&w->path, key);
		wrong_type(w, in, field, item, "");
		buf_truncate(&w->path, len);
	}
}

static void check_list(struct walk *w, const struct ipsvc_schema *in,
		       const struct ipsvc_field *field, const json_t *value)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value)) {
		wrong_type(w, in, field, value, "[]");
		return;
	}
	json_array_foreach(value, i, item) {
		size_t len = w->path.len;

		ipsvc_buf_printf(&w->path, "[%zu]", i);
		if (json_is_null(item))
			;
		else if (field->of ? !json_is_object(item) :
				     !json_is_string(item))
			wrong_type(w, in, field, item, "");
		else if (field->of)
			check_object(w, field->of, item);
		buf_truncate(&w->path, len);
	}
}

static void check_field(struct walk *w, const struct ipsvc_schema *in,
			const struct ipsvc_field *field, const json_t *value)
{
	switch (field->type) {
	case IPSVC_FIELD_OBJECT:
		if (json_is_object(value))
			check_object(w, field->of, value);
		else
			wrong_type(w, in, field, value, "");
		break;
	case IPSVC_FIELD_STRING_MAP:
		check_string_map(w, in, field, value);
		break;
	case IPSVC_FIELD_STRING_LIST:
	case IPSVC_FIELD_OBJECT_LIST:
		check_list(w, in, field, value);
		break;
	default:
		if (!scalar_ok(field, value))
			wrong_type(w, in, field, value, "");
	}
}

static const struct ipsvc_field *find_field(const struct ipsvc_schema *schema,
					    const char *name)
{
	if (!schema)
		return NULL;
	for (const struct ipsvc_field *f = schema->fields; f->name; f++)
		if (*f->name == *name && !strcmp(f->name, name))
			return f;
	return NULL;
}

static void unknown_field(struct walk *w)
{
	char *quoted = ipsvc_quote(w->path.data);

	ipsvc_errors_add(w->errs, IPSVC_ERR_DECODE, w->path.data, NULL,
			 "strict decoding error: unknown field %s", quoted);
	free(quoted);
}

static void check_object(struct walk *w, const struct ipsvc_schema *schema,
			 const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		const struct ipsvc_field *field = find_field(schema, key);
		size_t len = w->path.len, go_len = w->go_path.len;

		if (!field && !(w->strict && schema->complete))
			continue;
		push_name(&w->path, key);
		push_name(&w->go_path, key);
		if (!field)
			unknown_field(w);
		else if (!json_is_null(value))
			check_field(w, schema, field, value);
		buf_truncate(&w->path, len);
		buf_truncate(&w->go_path, go_len);
	}
}

bool ipsvc_schema_check(const struct ipsvc_kind *kind, const json_t *doc,
			bool strict, struct ipsvc_errors *errs)
{
	struct walk w = { .errs = errs, .strict = strict };
	size_t before = errs->n;

	if (!json_is_object(doc)) {
		ipsvc_errors_add(errs, IPSVC_ERR_DECODE, "", NULL,
				 "a %s must be an object", kind->kind);
		return false;
	}
	check_object(&w, kind->schema, doc);
	ipsvc_buf_free(&w.path);
	ipsvc_buf_free(&w.go_path);
	return errs->n == before;
}

/* ---- nulls and empty values --------------------------------------------- */

static void null_is_empty(json_t *map)
{
	const char *key;
	json_t *item;

	json_object_foreach(map, key, item)
		if (json_is_null(item))
			json_object_set_new(map, key, json_string(""));
}

/* @of: what is known of its elements; NULL: nothing. */
static void drop_empty_of_list(const struct ipsvc_schema *of, bool strings,
			       json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (json_is_null(item))
			json_array_set_new(list, i, strings ?
					   json_string("") : json_object());
		else
			ipsvc_schema_drop_empty(of, item);
	}
}

static void drop_empty_of_field(const struct ipsvc_field *field, json_t *value)
{
	enum ipsvc_field_type type = field ? field->type : IPSVC_FIELD_ANY;

	if (type == IPSVC_FIELD_STRING_MAP)
		null_is_empty(value);
	else if (json_is_array(value))
		drop_empty_of_list(field ? field->of : NULL,
				   type == IPSVC_FIELD_STRING_LIST, value);
	else
		ipsvc_schema_drop_empty(field ? field->of : NULL, value);
}

static bool is_empty(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return !json_string_length(value);
	case JSON_INTEGER:
		return !json_integer_value(value);
	case JSON_ARRAY:
		return !json_array_size(value);
	case JSON_OBJECT:
		return !json_object_size(value);
	default:
		return !json_is_true(value);
	}
}

void ipsvc_schema_drop_empty(const struct ipsvc_schema *schema, json_t *doc)
{
	const char *key;
	json_t *item;
	void *next;

	if (json_is_array(doc))		/* a list of lists: nothing is known */
		drop_empty_of_list(NULL, false, doc);
	if (!json_is_object(doc))
		return;
	json_object_foreach_safe(doc, next, key, item) {
		const struct ipsvc_field *field = find_field(schema, key);

		if (json_is_null(item) ||
		    (field && !field->keeps_empty && is_empty(item)))
			json_object_del(doc, key);
		else
			drop_empty_of_field(field, item);
	}
}
