// SPDX-License-Identifier: GPL-2.0-or-later
#include "object.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

static const struct ipsvc_kind_info kinds[IPSVC_KIND_COUNT] = {
	[IPSVC_KIND_SERVICE] = {
		.kind = "Service",
		.plural = "services",
		.singular = "service",
		.short_names = (const char *const[]){ "svc", NULL },
	},
	[IPSVC_KIND_POD] = {
		.kind = "Pod",
		.plural = "pods",
		.singular = "pod",
		.short_names = (const char *const[]){ "po", NULL },
	},
};

const struct ipsvc_kind_info *ipsvc_kind_info(enum ipsvc_kind kind)
{
	return &kinds[kind];
}

int ipsvc_kind_from_manifest(const char *api_version, const char *kind)
{
	if (strcmp(api_version, "v1"))
		return -1;
	for (int i = 0; i < IPSVC_KIND_COUNT; i++)
		if (!strcmp(kinds[i].kind, kind))
			return i;
	return -1;
}

/* As kubectl, which does not mind the case of "Services". */
static bool is_called(const struct ipsvc_kind_info *info, const char *word)
{
	if (!strcasecmp(word, info->singular) || !strcasecmp(word, info->plural))
		return true;
	for (const char *const *s = info->short_names; *s; s++)
		if (!strcasecmp(word, *s))
			return true;
	return false;
}

int ipsvc_kind_from_word(const char *word)
{
	for (int i = 0; i < IPSVC_KIND_COUNT; i++)
		if (is_called(&kinds[i], word))
			return i;
	return -1;
}

/* metadata.@field, "" when it is absent. */
static char *meta_string(const json_t *doc, const char *field)
{
	const char *s = json_string_value(json_object_get(
			json_object_get(doc, "metadata"), field));

	return xstrdup(s ? s : "");
}

struct ipsvc_object *ipsvc_objects_add(struct ipsvc_objects *objs,
				       enum ipsvc_kind kind, json_t *doc,
				       const char *file, int line)
{
	struct ipsvc_object *obj;

	objs->items = ipsvc_grow(objs->items, objs->n, &objs->cap,
				 sizeof(*objs->items));
	obj = &objs->items[objs->n++];
	*obj = (struct ipsvc_object){
		.kind = kind,
		.ns = meta_string(doc, "namespace"),
		.name = meta_string(doc, "name"),
		.doc = doc,
		.file = file ? xstrdup(file) : NULL,
		.line = line,
	};
	return obj;
}

void ipsvc_object_clear(struct ipsvc_object *obj)
{
	free(obj->ns);
	free(obj->name);
	free(obj->file);
	json_decref(obj->doc);
	*obj = (struct ipsvc_object){0};
}

void ipsvc_objects_free(struct ipsvc_objects *objs)
{
	for (size_t i = 0; i < objs->n; i++)
		ipsvc_object_clear(&objs->items[i]);
	free(objs->items);
	*objs = (struct ipsvc_objects){0};
}
