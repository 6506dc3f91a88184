// SPDX-License-Identifier: GPL-2.0-or-later
#include "namespace.h"

#include <string.h>

#include "api/describe.h"
#include "api/metadata.h"
#include "api/object.h"
#include "api/schema_def.h"
#include "api/table.h"
#include "base/json.h"

static const struct ipsvc_schema spec = {
	"NamespaceSpec", true, (const struct ipsvc_field[]){
		STRING_LIST_OF("finalizers", "v1.FinalizerName"), END,
	},
};

static const struct ipsvc_schema status = {
	"NamespaceStatus", true, (const struct ipsvc_field[]){
		STRING_OF("phase", "v1.NamespacePhase"),
		OBJECT_LIST("conditions", "v1.NamespaceCondition",
			    ipsvc_condition_schema), END,
	},
};

static const struct ipsvc_schema schema = {
	"Namespace", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		OBJECT("spec", "v1.NamespaceSpec", spec),
		OBJECT("status", "v1.NamespaceStatus", status), END,
	},
};

/* SetDefaults_Namespace and SetDefaults_NamespaceStatus. */
static void set_defaults(json_t *doc)
{
	json_t *meta = ipsvc_json_sub(doc, "metadata");
	const char *name = ipsvc_json_text(meta, "name");

	if (*name)
		json_object_set_new(ipsvc_json_sub(meta, "labels"),
				    "kubernetes.io/metadata.name",
				    json_string(name));
	ipsvc_json_default(ipsvc_json_sub(doc, "status"), "phase", "Active");
}

static void validate(const json_t *doc, struct ipsvc_errors *errs)
{
	const char *path = "spec.finalizers";
	json_t *item;
	size_t i;

	json_array_foreach(ipsvc_json_member(doc, "spec", "finalizers"), i,
			   item) {
		ipsvc_check_qualified_name(errs, path, json_string_value(item));
		ipsvc_check_finalizer(errs, path, json_string_value(item));
	}
}

/* ---- those that objects are in ------------------------------------------- */

static json_t *made_of(const char *name)
{
	json_t *doc = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1",
				"kind", "Namespace", "metadata", "name", name);

	set_defaults(doc);
	return doc;
}

/* As Kubernetes', a cluster has at least "default". */
static void derive(const struct ipsvc_objects *objs, const char *name,
		   struct ipsvc_objects *out)
{
	json_t *seen = json_pack("{s:b}", "default", true);
	const char *ns;
	json_t *value;

	for (size_t i = 0; i < objs->n; i++)
		if (objs->items[i].kind->namespaced)
			json_object_set_new(seen, objs->items[i].ns,
					    json_true());
	json_object_foreach(seen, ns, value)
		if (!name || !strcmp(name, ns))
			ipsvc_objects_add(out, &ipsvc_namespace_kind,
					  made_of(ns), NULL, 0);
	json_decref(seen);
}

/* ---- kubectl's table ----------------------------------------------------- */

static const struct ipsvc_column columns[] = {
	{ "NAME", "name", false },
	{ "STATUS", "status", false },
	{ "AGE", "age", false },
};

static void row(const json_t *doc, const char *name, int64_t now,
		struct ipsvc_row *out)
{
	ipsvc_row_add(out, name);
	/* A status is not what somebody wrote, and nobody writes one yet. */
	ipsvc_row_add(out, ipsvc_json_text_or(json_object_get(doc, "status"),
					      "phase", "Active"));
	ipsvc_row_add_age(out, doc, now);
}

/* Nothing limits what is in one. */
static void describe(const json_t *doc, const struct ipsvc_objects *others,
		     int64_t now, struct ipsvc_buf *out)
{
	(void)others;
	(void)now;
	ipsvc_describe_names(doc, out);
	ipsvc_describe_metadata(doc, out);
	ipsvc_buf_printf(out, "Status:\t%s\n\nNo resource quota.\n\nNo LimitRange resource.\n",
			 ipsvc_json_text_or(json_object_get(doc, "status"),
					    "phase", "Active"));
}

static const struct ipsvc_describer describer = {
	.describe = describe,
};

static const struct ipsvc_table table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = row,
};

const struct ipsvc_kind ipsvc_namespace_kind = {
	.group = "",
	.version = "v1",
	.kind = "Namespace",
	.plural = "namespaces",
	.singular = "namespace",
	.short_names = (const char *const[]){ "ns", NULL },
	.namespaced = false,
	.derived = &(const struct ipsvc_derivation){
		.from = "the objects in it",
		.derive = derive,
	},

	.immortal = (const char *const[]){
		"default", "kube-system", "kube-public", NULL,
	},

	.schema = &schema,
	.name_rule = ipsvc_check_dns1123_label,
	.set_defaults = set_defaults,
	.validate = validate,

	.table = &table,
	.describer = &describer,
};
