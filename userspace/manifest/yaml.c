// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libyaml's events become a tree of nodes in which an alias is one node that
 * points to another. The size, the text and the height a node has once its
 * aliases are expanded are summed up as the tree grows, so a bomb is refused
 * before it goes off. What passes becomes JSON; the tree stays, as the map from
 * fields to lines.
 */
#include "yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "json.h"
#include "plain.h"
#include "scalar.h"
#include "yaml_node.h"

#define CORE_TAG	"tag:yaml.org,2002:"

struct anchor {
	char *name;
	struct ipsvc_lines *node;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct ipsvc_plain plain;	/* or all events, and the next of them */
	size_t next;
	struct ipsvc_yaml *out;
	struct ipsvc_errors *errs;
	struct anchor *anchors;		/* of this document */
	size_t nanchors, anchors_cap;
	int first;			/* line of the file that the text starts in */
	size_t aliases;			/* in the whole text */
	size_t nodes, bytes;		/* of the documents that are complete */
};

static bool fail(struct reader *r, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds an error; returns false. */
static bool fail(struct reader *r, int line, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	ipsvc_errors_add(r->errs, IPSVC_ERR_DECODE, "", NULL, "%s", text);
	r->errs->items[r->errs->n - 1].line = line;
	free(text);
	return false;
}

static int event_line(const struct reader *r)
{
	return (int)r->event.start_mark.line + r->first;
}

/* Line of byte @offset of the text. */
static int line_at(const struct reader *r, size_t offset)
{
	const unsigned char *text = r->parser.input.string.start;
	size_t size = r->parser.input.string.end - text;
	int line = r->first;

	for (size_t i = 0; i < offset && i < size; i++)
		line += text[i] == '\n';
	return line;
}

static bool fail_parser(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "syntax error";

	if (p->error == YAML_READER_ERROR)
		return fail(r, line_at(r, p->problem_offset),
			    "not a YAML text: %s", problem);
	if (p->context)
		return fail(r, (int)p->problem_mark.line + r->first,
			    "not valid YAML: %s (%s that began in line %zu)",
			    problem, p->context, p->context_mark.line + r->first);
	return fail(r, (int)p->problem_mark.line + r->first, "not valid YAML: %s",
		    problem);
}

/* As libyaml would have made it. */
static void take_plain(struct reader *r)
{
	const struct ipsvc_plain_event *ev = &r->plain.events[r->next++];

	r->event = (yaml_event_t){ .type = ev->type };
	r->event.start_mark.line = (size_t)ev->line;
	if (ev->type != YAML_SCALAR_EVENT)
		return;
	r->event.data.scalar.value = (yaml_char_t *)ev->text;
	r->event.data.scalar.length = ev->len;
	r->event.data.scalar.style = ev->style;
}

static bool next_event(struct reader *r)
{
	if (r->out->text) {
		take_plain(r);
		return true;
	}
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event))
		return fail_parser(r);
	return true;
}

static struct ipsvc_lines *new_node(struct reader *r, enum node_kind kind)
{
	struct ipsvc_yaml_chunk *chunk = r->out->chunks;
	struct ipsvc_lines *node;

	if (!chunk || chunk->n == IPSVC_YAML_CHUNK) {
		chunk = xcalloc(1, sizeof(*chunk));
		chunk->next = r->out->chunks;
		r->out->chunks = chunk;
	}
	node = &chunk->nodes[chunk->n++];
	node->kind = kind;
	node->line = event_line(r);
	node->nodes = node->height = 1;
	return node;
}

/* ---- anchors ------------------------------------------------------------ */

/* A later anchor of the same name takes over, so the search is backwards. */
static struct ipsvc_lines *find_anchor(const struct reader *r, const char *name)
{
	for (size_t i = r->nanchors; i-- > 0;)
		if (!strcmp(r->anchors[i].name, name))
			return r->anchors[i].node;
	return NULL;
}

static bool add_anchor(struct reader *r, const yaml_char_t *name,
		       struct ipsvc_lines *node)
{
	if (!name)
		return true;
	if (r->nanchors >= IPSVC_MANIFEST_ALIASES_MAX)
		return fail(r, node->line, "more than %d anchors in a document",
			    IPSVC_MANIFEST_ALIASES_MAX);
	r->anchors = ipsvc_grow(r->anchors, r->nanchors, &r->anchors_cap,
				sizeof(*r->anchors));
	r->anchors[r->nanchors++] = (struct anchor){
		.name = xstrdup((const char *)name),
		.node = node,
	};
	return true;
}

static void drop_anchors(struct reader *r)
{
	for (size_t i = 0; i < r->nanchors; i++)
		free(r->anchors[i].name);
	r->nanchors = 0;
}

/* ---- events to nodes ---------------------------------------------------- */

/* The short form of @tag: "!!str", "" for none; NULL when it is not a core tag. */
static const char *short_tag(const yaml_char_t *tag, const char *const *known)
{
	const char *name = (const char *)tag;

	if (!name)
		return "";
	if (strncmp(name, CORE_TAG, strlen(CORE_TAG)))
		return NULL;
	name += strlen(CORE_TAG);
	for (; *known; known++)
		if (!strcmp(name, *known + strlen("!!")))
			return *known;
	return NULL;
}

static bool fail_tag(struct reader *r, const yaml_char_t *tag)
{
	char *quoted = ipsvc_quote((const char *)tag);

	fail(r, event_line(r), "tag %s is not supported here; write the value without a tag",
	     quoted);
	free(quoted);
	return false;
}

static struct ipsvc_lines *read_scalar(struct reader *r)
{
	static const char *const tags[] = {
		"!!str", "!!int", "!!float", "!!bool", "!!null", NULL,
	};
	const char *text = (const char *)r->event.data.scalar.value;
	const yaml_char_t *tag = r->event.data.scalar.tag;
	bool quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	size_t length = r->event.data.scalar.length;
	const char *problem, *short_form;
	struct ipsvc_lines *node;

	/* The tag "!" alone says: not plain. */
	if (tag && !strcmp((const char *)tag, "!")) {
		quoted = true;
		tag = NULL;
	}
	short_form = short_tag(tag, tags);
	if (!short_form) {
		fail_tag(r, tag);
		return NULL;
	}
	if (strlen(text) != length) {
		fail(r, event_line(r), "a string has a NUL character in it");
		return NULL;
	}
	node = new_node(r, NODE_SCALAR);
	node->bytes = length;
	node->merge = !quoted && !*short_form && !strcmp(text, "<<");
	if (!add_anchor(r, r->event.data.scalar.anchor, node))
		return NULL;
	node->value = ipsvc_scalar_value(text, short_form, quoted, &problem);
	if (!node->value) {
		fail(r, node->line, "%s",
		     problem ? problem : "a string is not valid UTF-8");
		return NULL;
	}
	return node;
}

static struct ipsvc_lines *read_alias(struct reader *r)
{
	const char *name = (const char *)r->event.data.alias.anchor;
	struct ipsvc_lines *node, *target = find_anchor(r, name);
	char *quoted = ipsvc_quote(name);
	int line = event_line(r);

	if (++r->aliases > IPSVC_MANIFEST_ALIASES_MAX)
		fail(r, line, "more than %d aliases",
		     IPSVC_MANIFEST_ALIASES_MAX);
	else if (!target)
		fail(r, line, "alias %s has no anchor before it", quoted);
	else if (target->open)
		fail(r, line, "anchor %s contains itself", quoted);
	free(quoted);
	if (r->aliases > IPSVC_MANIFEST_ALIASES_MAX || !target || target->open)
		return NULL;
	node = new_node(r, NODE_ALIAS);
	node->target = target;
	node->nodes = target->nodes;
	node->bytes = target->bytes;
	node->height = target->height;
	return node;
}

static struct ipsvc_lines *read_node(struct reader *r, size_t depth);

/* Counts @child in, against the bounds. */
static bool account(struct reader *r, struct ipsvc_lines *parent,
		    const struct ipsvc_lines *child, size_t depth)
{
	parent->nodes += child->nodes;
	parent->bytes += child->bytes;
	if (child->height + 1 > parent->height)
		parent->height = child->height + 1;
	if (r->nodes + parent->nodes > IPSVC_MANIFEST_NODES_MAX)
		return fail(r, child->line,
			    "more than %d values once aliases are expanded",
			    IPSVC_MANIFEST_NODES_MAX);
	if (r->bytes + parent->bytes > IPSVC_MANIFEST_EXPANDED_MAX)
		return fail(r, child->line,
			    "more than %d bytes once aliases are expanded",
			    IPSVC_MANIFEST_EXPANDED_MAX);
	if (depth + parent->height > IPSVC_MANIFEST_DEPTH_MAX)
		return fail(r, child->line, "nested more than %d deep",
			    IPSVC_MANIFEST_DEPTH_MAX);
	return true;
}

static bool append_item(struct reader *r, struct ipsvc_lines *parent,
			size_t depth)
{
	struct ipsvc_lines *item = read_node(r, depth + 1);

	if (!item)
		return false;
	parent->items = ipsvc_grow(parent->items, parent->n, &parent->cap,
				   sizeof(struct ipsvc_lines *));
	parent->items[parent->n++] = item;
	return account(r, parent, item, depth);
}

/* The key as JSON has it: a string. Kubernetes turns 80 into "80", yes into "true". */
static char *key_text(struct reader *r, const struct ipsvc_lines *node)
{
	const struct ipsvc_lines *key =
		node->kind == NODE_ALIAS ? node->target : node;

	switch (key->kind == NODE_SCALAR ? json_typeof(key->value) : JSON_NULL) {
	case JSON_STRING:
		return xstrdup(json_string_value(key->value));
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_INTEGER:
	case JSON_REAL:
		return json_dumps(key->value, JSON_ENCODE_ANY);
	default:
		fail(r, node->line, "a key must be a string, not %s",
		     key->kind == NODE_SCALAR ? "null" : "a list or a mapping");
		return NULL;
	}
}

/*
 * The text of a key that is nothing but text, as nearly all are: libyaml's own, or
 * that of the plain text. NULL for any other, which is a node first.
 */
static char *plain_key(struct reader *r, struct ipsvc_lines *parent)
{
	yaml_char_t *text = r->event.data.scalar.value;

	if (r->event.type != YAML_SCALAR_EVENT || r->event.data.scalar.tag ||
	    r->event.data.scalar.anchor ||
	    r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	    !ipsvc_scalar_is_text((const char *)text))
		return NULL;
	if (!r->out->text)
		r->event.data.scalar.value = NULL;
	/* It is counted, and its value is held against the bounds. */
	parent->nodes++;
	parent->bytes += r->event.data.scalar.length;
	return (char *)text;
}

/* Any key, in *@text: NULL for a "<<". */
static bool read_key(struct reader *r, struct ipsvc_lines *parent, size_t depth,
		     char **text)
{
	const struct ipsvc_lines *key;

	*text = plain_key(r, parent);
	if (*text)
		return true;
	key = read_node(r, depth + 1);
	if (!key || !account(r, parent, key, depth))
		return false;
	*text = key->merge ? NULL : key_text(r, key);
	return key->merge || *text;
}

static bool append_pair(struct reader *r, struct ipsvc_lines *parent,
			size_t depth)
{
	int line = event_line(r);
	size_t at = parent->n;
	char *key;

	if (!read_key(r, parent, depth, &key))
		return false;
	parent->keys = ipsvc_grow(parent->keys, parent->n, &parent->keys_cap,
				  sizeof(*parent->keys));
	parent->keys[at] = key;
	if (next_event(r) && append_item(r, parent, depth)) {
		/* An error in the value is best looked for where its key is. */
		parent->items[at]->line = line;
		return true;
	}
	/* Keys are freed up to the number of items. */
	if (parent->n == at && !r->out->text)
		free(parent->keys[at]);
	return false;
}

static struct ipsvc_lines *read_collection(struct reader *r, size_t depth)
{
	static const char *const map_tags[] = { "!!map", NULL };
	static const char *const seq_tags[] = { "!!seq", NULL };
	bool mapping = r->event.type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *tag = mapping ? r->event.data.mapping_start.tag :
					   r->event.data.sequence_start.tag;
	const yaml_char_t *anchor =
		mapping ? r->event.data.mapping_start.anchor :
			  r->event.data.sequence_start.anchor;
	yaml_event_type_t end = mapping ? YAML_MAPPING_END_EVENT :
					  YAML_SEQUENCE_END_EVENT;
	struct ipsvc_lines *node;

	if (!short_tag(tag, mapping ? map_tags : seq_tags)) {
		fail_tag(r, tag);
		return NULL;
	}
	node = new_node(r, mapping ? NODE_MAPPING : NODE_SEQUENCE);
	node->open = true;
	if (!add_anchor(r, anchor, node))
		return NULL;
	for (;;) {
		if (!next_event(r))
			return NULL;
		if (r->event.type == end)
			break;
		if (!(mapping ? append_pair(r, node, depth) :
				append_item(r, node, depth)))
			return NULL;
	}
	node->open = false;
	return node;
}

/* The node that the current event begins; NULL after an error. */
static struct ipsvc_lines *read_node(struct reader *r, size_t depth)
{
	if (depth >= IPSVC_MANIFEST_DEPTH_MAX) {
		fail(r, event_line(r), "nested more than %d deep",
		     IPSVC_MANIFEST_DEPTH_MAX);
		return NULL;
	}
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_ALIAS_EVENT:
		return read_alias(r);
	default:
		return read_collection(r, depth);
	}
}

/* ---- nodes to JSON ------------------------------------------------------ */

static json_t *node_json(struct reader *r, const struct ipsvc_lines *node);

static bool fail_duplicate(struct reader *r, const struct ipsvc_lines *map,
			   size_t at)
{
	char *quoted = ipsvc_quote(map->keys[at]);
	size_t first = 0;

	while (!map->keys[first] || strcmp(map->keys[first], map->keys[at]))
		first++;
	fail(r, map->items[at]->line,
	     "key %s already set in map (first in line %d)", quoted,
	     map->items[first]->line);
	free(quoted);
	return false;
}

/* "<<": what @from has and @object has not. @from: a mapping, or a list of them. */
static bool merge(struct reader *r, json_t *object,
		  const struct ipsvc_lines *from)
{
	const struct ipsvc_lines *node = ipsvc_lines_follow(from);
	json_t *value;
	bool ok;

	if (node->kind == NODE_SEQUENCE) {
		for (size_t i = 0; i < node->n; i++)
			if (ipsvc_lines_follow(node->items[i])->kind != NODE_MAPPING ||
			    !merge(r, object, node->items[i]))
				return fail(r, from->line,
					    "<< needs a mapping, or a list of mappings");
		return true;
	}
	if (node->kind != NODE_MAPPING)
		return fail(r, from->line,
			    "<< needs a mapping, or a list of mappings");
	value = node_json(r, node);
	ok = value && !json_object_update_missing(object, value);
	json_decref(value);
	return ok;
}

static json_t *mapping_json(struct reader *r, const struct ipsvc_lines *node)
{
	json_t *object = json_object();
	bool ok = true;
	size_t n = 0;

	for (size_t i = 0; ok && i < node->n; i++) {
		json_t *value;

		if (!node->keys[i])
			continue;
		value = node_json(r, node->items[i]);
		ok = value && !json_object_set_new_nocheck(object,
							   node->keys[i], value);
		if (ok && json_object_size(object) != ++n)
			ok = fail_duplicate(r, node, i);
	}
	for (size_t i = 0; ok && i < node->n; i++)
		if (!node->keys[i])
			ok = merge(r, object, node->items[i]);
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *sequence_json(struct reader *r, const struct ipsvc_lines *node)
{
	json_t *array = json_array();

	for (size_t i = 0; i < node->n; i++) {
		json_t *value = node_json(r, node->items[i]);

		if (!value) {
			json_decref(array);
			return NULL;
		}
		json_array_append_new(array, value);
	}
	return array;
}

static json_t *node_json(struct reader *r, const struct ipsvc_lines *node)
{
	node = ipsvc_lines_follow(node);
	switch (node->kind) {
	case NODE_MAPPING:
		return mapping_json(r, node);
	case NODE_SEQUENCE:
		return sequence_json(r, node);
	default:
		/* Scalars are never changed in place, so they can be shared. */
		return json_incref(node->value);
	}
}

/* ---- documents ---------------------------------------------------------- */

/* The current event starts a document. */
static bool read_document(struct reader *r)
{
	struct ipsvc_lines *node;
	json_t *root;

	if (!next_event(r))
		return false;
	node = read_node(r, 0);
	drop_anchors(r);
	if (!node)
		return false;
	r->nodes += node->nodes;
	r->bytes += node->bytes;
	root = node_json(r, node);
	if (!root)
		return false;
	if (json_is_null(root)) {
		json_decref(root);
	} else {
		r->out->docs = ipsvc_grow(r->out->docs, r->out->n, &r->out->cap,
					  sizeof(*r->out->docs));
		r->out->docs[r->out->n++] = (struct ipsvc_yaml_doc){
			.root = root,
			.lines = node,
		};
	}
	return next_event(r);	/* the end of the document */
}

static bool read_stream(struct reader *r)
{
	do {
		if (!next_event(r))
			return false;
		if (r->event.type == YAML_DOCUMENT_START_EVENT &&
		    !read_document(r))
			return false;
	} while (r->event.type != YAML_STREAM_END_EVENT);
	return true;
}

static bool read_with_libyaml(struct reader *r, const char *text, size_t size)
{
	char *joined = ipsvc_json_join_surrogates(text, &size);
	bool ok;

	if (joined)
		text = joined;
	if (!yaml_parser_initialize(&r->parser))
		abort();
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text,
				     size);
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	ok = read_stream(r);
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
	free(joined);
	return ok;
}

bool ipsvc_yaml_read(const char *text, size_t size, int first,
		     struct ipsvc_yaml *out, struct ipsvc_errors *errs)
{
	struct reader r = { .out = out, .errs = errs, .first = first };
	struct ipsvc_plain plain;
	bool ok;

	*out = (struct ipsvc_yaml){0};
	if (ipsvc_plain_read(text, size, &plain)) {
		r.plain = plain;
		out->text = plain.text;
		plain.text = NULL;
		ok = read_stream(&r);
	} else {
		ok = read_with_libyaml(&r, text, size);
	}
	ipsvc_plain_free(&plain);
	drop_anchors(&r);
	free(r.anchors);
	if (!ok)
		ipsvc_yaml_free(out);
	return ok;
}

/* @keys: they are its own. */
static void clear_node(struct ipsvc_lines *node, bool keys)
{
	for (size_t i = 0; keys && node->keys && i < node->n; i++)
		free(node->keys[i]);
	free(node->keys);
	free(node->items);
	json_decref(node->value);
}

void ipsvc_yaml_free(struct ipsvc_yaml *yaml)
{
	struct ipsvc_yaml_chunk *chunk = yaml->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		for (size_t i = 0; i < chunk->n; i++)
			clear_node(&chunk->nodes[i], !yaml->text);
		free(chunk);
	}
	for (size_t i = 0; i < yaml->n; i++)
		json_decref(yaml->docs[i].root);
	free(yaml->docs);
	free(yaml->text);
	*yaml = (struct ipsvc_yaml){0};
}
