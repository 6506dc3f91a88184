// SPDX-License-Identifier: GPL-2.0-or-later
#include "metadata.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "schema_def.h"

#define ANNOTATIONS_SIZE_MAX	262144

static const struct ipsvc_schema owner_reference = {
	"OwnerReference", true, (const struct ipsvc_field[]){
		KEPT_STRING("apiVersion"), KEPT_STRING("kind"),
		KEPT_STRING("name"),
		/* An unquoted "y" is a bool to YAML; nobody looks at it here. */
		ANY("uid"),
		KEPT_BOOL("controller"), KEPT_BOOL("blockOwnerDeletion"), END,
	},
};

static const struct ipsvc_schema managed_fields_entry = {
	"ManagedFieldsEntry", true, (const struct ipsvc_field[]){
		STRING("manager"),
		STRING_OF("operation", "v1.ManagedFieldsOperationType"),
		STRING("apiVersion"), TIME("time"), STRING("fieldsType"),
		ANY("fieldsV1"), STRING("subresource"), END,
	},
};

const struct ipsvc_schema ipsvc_condition_schema = {
	"Condition", true, (const struct ipsvc_field[]){
		KEPT_STRING("type"),
		KEPT_STRING_OF("status", "v1.ConditionStatus"),
		INT64("observedGeneration"), TIME("lastTransitionTime"),
		KEPT_STRING("reason"), KEPT_STRING("message"), END,
	},
};

const struct ipsvc_schema ipsvc_object_reference_schema = {
	"ObjectReference", true, (const struct ipsvc_field[]){
		STRING("kind"), STRING("namespace"), STRING("name"),
		STRING_OF("uid", "types.UID"), STRING("apiVersion"),
		STRING("resourceVersion"), STRING("fieldPath"), END,
	},
};

const struct ipsvc_schema ipsvc_object_meta_schema = {
	"ObjectMeta", true, (const struct ipsvc_field[]){
		STRING("name"), STRING("generateName"), STRING("namespace"),
		STRING("selfLink"), STRING_OF("uid", "types.UID"),
		STRING("resourceVersion"), INT64("generation"),
		TIME("creationTimestamp"), TIME("deletionTimestamp"),
		KEPT_INT64("deletionGracePeriodSeconds"), STRING_MAP("labels"),
		STRING_MAP("annotations"),
		OBJECT_LIST("ownerReferences", "v1.OwnerReference",
			    owner_reference),
		STRING_LIST("finalizers"),
		OBJECT_LIST("managedFields", "v1.ManagedFieldsEntry",
			    managed_fields_entry), END,
	},
};

/* ---- validation --------------------------------------------------------- */

void ipsvc_validate_labels(const struct ipsvc_labels *labels, const char *path,
			   struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < labels->n; i++) {
		ipsvc_check_qualified_name(errs, path, labels->items[i].key);
		ipsvc_check_label_value(errs, path, labels->items[i].value);
	}
}

/* Keys as those of labels, but in any case; values are free. */
static void validate_annotations(const json_t *map, struct ipsvc_errors *errs)
{
	const char *path = "metadata.annotations", *key;
	size_t total = 0;
	json_t *value;

	json_object_foreach((json_t *)map, key, value) {
		size_t before = errs->n;
		char *quoted = ipsvc_quote(key), *lower = xstrdup(key);

		for (char *c = lower; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		ipsvc_check_qualified_name(errs, path, lower);
		for (size_t i = before; i < errs->n; i++) {
			free(errs->items[i].value);
			errs->items[i].value = xstrdup(quoted);
		}
		total += strlen(key) + json_string_length(value);
		free(quoted);
		free(lower);
	}
	if (total > ANNOTATIONS_SIZE_MAX)
		ipsvc_errors_add(errs, IPSVC_ERR_TOO_LONG, path, NULL,
				 "may not be more than %d bytes",
				 ANNOTATIONS_SIZE_MAX);
}

static bool is_standard_finalizer(const char *name)
{
	return !strcmp(name, "kubernetes") || !strcmp(name, "orphan") ||
	       !strcmp(name, "foregroundDeletion");
}

void ipsvc_check_finalizer(struct ipsvc_errors *errs, const char *path,
			   const char *name)
{
	if (!strchr(name, '/') && !is_standard_finalizer(name))
		ipsvc_invalid_string(errs, path, name,
			"name is neither a standard finalizer name nor is it fully qualified");
}

static void validate_finalizers(const json_t *list, struct ipsvc_errors *errs)
{
	bool orphan = false, foreground = false;
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *name = json_string_value(item);
		char path[IPSVC_PATH_MAX];

		ipsvc_check_qualified_name(errs, "metadata.finalizers", name);
		orphan = orphan || !strcmp(name, "orphan");
		foreground = foreground || !strcmp(name, "foregroundDeletion");
		snprintf(path, sizeof(path), "metadata.finalizers[%zu]", i);
		ipsvc_check_finalizer(errs, path, name);
	}
	if (orphan && foreground)
		ipsvc_invalid_json(errs, "metadata.finalizers", list,
			"finalizer orphan and foregroundDeletion cannot be both set");
}

static void require_text(const json_t *object, const char *field,
			 const char *detail, struct ipsvc_errors *errs)
{
	char path[IPSVC_PATH_MAX];

	if (*ipsvc_json_text(object, field))
		return;
	snprintf(path, sizeof(path), "metadata.ownerReferences.%s", field);
	ipsvc_invalid_string(errs, path, "", detail);
}

static void validate_owners(const json_t *list, struct ipsvc_errors *errs)
{
	const json_t *owner;
	size_t i;

	json_array_foreach(list, i, owner) {
		require_text(owner, "apiVersion", "version must not be empty", errs);
		require_text(owner, "kind", "must not be empty", errs);
		require_text(owner, "name", "must not be empty", errs);
		if (!ipsvc_json_has(owner, "uid") ||
		    json_is_string(json_object_get(owner, "uid")))
			require_text(owner, "uid", "must not be empty", errs);
	}
}

/* A prefix may end as a name may not: something follows. */
static void validate_generate_name(const char *prefix,
				   ipsvc_name_rule *name_rule,
				   struct ipsvc_errors *errs)
{
	struct ipsvc_errors found = {0};
	size_t len = strlen(prefix);
	char *name = xstrdup(prefix);

	if (len > 1 && name[len - 1] == '-')
		memcpy(name + len - 2, "a", sizeof("a"));
	if (len)
		name_rule(&found, "", name);
	for (size_t i = 0; i < found.n; i++)
		ipsvc_invalid_string(errs, "metadata.generateName", prefix,
				     found.items[i].detail);
	ipsvc_errors_free(&found);
	free(name);
}

static void validate_name(const json_t *meta, bool namespaced,
			  ipsvc_name_rule *name_rule, struct ipsvc_errors *errs)
{
	const char *name = ipsvc_json_text(meta, "name");
	const char *ns = ipsvc_json_text(meta, "namespace");

	validate_generate_name(ipsvc_json_text(meta, "generateName"), name_rule,
			       errs);
	/* generateName makes no name here: a manifest is applied again and again. */
	if (!*name)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, "metadata.name",
				 NULL, "name or generateName is required");
	else
		name_rule(errs, "metadata.name", name);
	if (!namespaced && *ns)
		ipsvc_errors_add(errs, IPSVC_ERR_FORBIDDEN,
				 "metadata.namespace", NULL,
				 "not allowed on this type");
	else if (namespaced && !*ns)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED,
				 "metadata.namespace", NULL, NULL);
	else if (namespaced)
		ipsvc_check_dns1123_label(errs, "metadata.namespace", ns);
}

void ipsvc_metadata_validate(const json_t *meta, bool namespaced,
			     ipsvc_name_rule *name_rule,
			     struct ipsvc_errors *errs)
{
	const json_t *generation = json_object_get(meta, "generation");
	struct ipsvc_labels labels;

	validate_name(meta, namespaced, name_rule, errs);
	if (json_integer_value(generation) < 0)
		ipsvc_invalid_json(errs, "metadata.generation", generation,
				   "must be greater than or equal to 0");
	ipsvc_labels_decode(json_object_get(meta, "labels"), &labels);
	ipsvc_validate_labels(&labels, "metadata.labels", errs);
	ipsvc_labels_clear(&labels);
	validate_annotations(json_object_get(meta, "annotations"), errs);
	validate_owners(json_object_get(meta, "ownerReferences"), errs);
	validate_finalizers(json_object_get(meta, "finalizers"), errs);
}

static void check_immutable(const json_t *old_meta, const json_t *new_meta,
			    const char *field, const char *path,
			    struct ipsvc_errors *errs)
{
	const char *old_text = ipsvc_json_text(old_meta, field);
	const char *new_text = ipsvc_json_text(new_meta, field);

	if (strcmp(old_text, new_text))
		ipsvc_invalid_string(errs, path, new_text, "field is immutable");
}

void ipsvc_metadata_validate_update(const json_t *old_doc, const json_t *new_doc,
				    struct ipsvc_errors *errs)
{
	const json_t *o = json_object_get(old_doc, "metadata");
	const json_t *n = json_object_get(new_doc, "metadata");

	check_immutable(o, n, "name", "metadata.name", errs);
	check_immutable(o, n, "namespace", "metadata.namespace", errs);
	/* A writer who names no uid means whatever is there. */
	if (*ipsvc_json_text(n, "uid"))
		check_immutable(o, n, "uid", "metadata.uid", errs);
}

/* ---- what the store sets ------------------------------------------------ */

void ipsvc_inherit_key(const json_t *from, json_t *to, const char *key)
{
	json_t *value = json_object_get(from, key), *own;

	own = json_object_get(to, key);
	if (!value || (own && !json_is_null(own) &&
		       !(json_is_array(own) && !json_array_size(own))))
		return;
	json_object_set_new(to, key, json_deep_copy(value));
}

void ipsvc_metadata_inherit(const json_t *old, json_t *doc, bool statement)
{
	json_t *metadata = json_object_get(doc, "metadata");

	json_object_del(metadata, "resourceVersion");
	json_object_del(metadata, "creationTimestamp");
	if (!old || statement)
		json_object_del(metadata, "uid");
	if (!old)
		return;
	old = json_object_get(old, "metadata");
	ipsvc_inherit_key(old, metadata, "creationTimestamp");
	ipsvc_inherit_key(old, metadata, "uid");
}
