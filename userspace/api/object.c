// SPDX-License-Identifier: GPL-2.0-or-later
#include "object.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

struct ipsvc_object *ipsvc_objects_add(struct ipsvc_objects *objs,
				       const struct ipsvc_kind *kind,
				       json_t *doc, const char *file, int line)
{
	const json_t *meta = json_object_get(doc, "metadata");
	struct ipsvc_object *obj;

	objs->items = ipsvc_grow(objs->items, objs->n, &objs->cap,
				 sizeof(*objs->items));
	obj = &objs->items[objs->n++];
	*obj = (struct ipsvc_object){
		.kind = kind,
		.ns = xstrdup(ipsvc_json_text(meta, "namespace")),
		.name = xstrdup(ipsvc_json_text(meta, "name")),
		.doc = doc,
		.file = file ? xstrdup(file) : NULL,
		.line = line,
	};
	return obj;
}

void ipsvc_objects_take(struct ipsvc_objects *objs, struct ipsvc_object *obj)
{
	objs->items = ipsvc_grow(objs->items, objs->n, &objs->cap,
				 sizeof(*objs->items));
	objs->items[objs->n++] = *obj;
	*obj = (struct ipsvc_object){0};
}

void ipsvc_object_set_source(struct ipsvc_object *obj, const char *source)
{
	free(obj->source);
	obj->source = source ? xstrdup(source) : NULL;
}

int ipsvc_object_cmp(const void *pa, const void *pb)
{
	const struct ipsvc_object *a = pa, *b = pb;
	int cmp = ipsvc_kind_cmp(a->kind, b->kind);

	if (!cmp)
		cmp = strcmp(a->ns, b->ns);
	return cmp ? cmp : strcmp(a->name, b->name);
}

void ipsvc_objects_sort(struct ipsvc_objects *objs)
{
	if (objs->n)
		qsort(objs->items, objs->n, sizeof(*objs->items),
		      ipsvc_object_cmp);
}

void ipsvc_object_clear(struct ipsvc_object *obj)
{
	free(obj->ns);
	free(obj->name);
	free(obj->file);
	free(obj->source);
	json_decref(obj->doc);
	json_decref(obj->written);
	*obj = (struct ipsvc_object){0};
}

void ipsvc_objects_free(struct ipsvc_objects *objs)
{
	for (size_t i = 0; i < objs->n; i++)
		ipsvc_object_clear(&objs->items[i]);
	free(objs->items);
	*objs = (struct ipsvc_objects){0};
}
