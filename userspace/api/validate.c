// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "metadata.h"
#include "schema.h"

void ipsvc_object_default(struct ipsvc_object *obj)
{
	ipsvc_schema_drop_empty(obj->kind->schema, obj->doc);
	obj->kind->set_defaults(obj->doc);
}

bool ipsvc_object_validate_first(const struct ipsvc_object *old,
				 const struct ipsvc_object *obj,
				 const struct ipsvc_families *families,
				 struct ipsvc_errors *errs)
{
	const struct ipsvc_kind *kind = obj->kind;

	return ipsvc_schema_check(kind, obj->doc, false, errs) &&
	       (!kind->validate_first ||
		kind->validate_first(families, old ? old->doc : NULL, obj->doc,
				     errs));
}

/* The new version of @old, which may be NULL. */
static bool validate(const struct ipsvc_object *old,
		     const struct ipsvc_object *obj,
		     const struct ipsvc_families *families,
		     struct ipsvc_errors *errs)
{
	const struct ipsvc_kind *kind = obj->kind;
	size_t before = errs->n;

	if (!ipsvc_object_validate_first(old, obj, families, errs))
		return false;
	if (old)
		ipsvc_metadata_validate_update(old->doc, obj->doc, errs);
	if (old && kind->validate_update)
		kind->validate_update(old->doc, obj->doc, errs);
	ipsvc_metadata_validate(json_object_get(obj->doc, "metadata"),
				kind->namespaced, kind->name_rule, errs);
	kind->validate(obj->doc, errs);
	return errs->n == before;
}

bool ipsvc_object_validate(const struct ipsvc_object *obj,
			   const struct ipsvc_families *families,
			   struct ipsvc_errors *errs)
{
	return validate(NULL, obj, families, errs);
}

bool ipsvc_object_validate_update(const struct ipsvc_object *old,
				  const struct ipsvc_object *new_obj,
				  const struct ipsvc_families *families,
				  struct ipsvc_errors *errs)
{
	return validate(old, new_obj, families, errs);
}

void ipsvc_object_warnings(const struct ipsvc_object *obj,
			   struct ipsvc_errors *errs)
{
	if (obj->kind->warn)
		obj->kind->warn(obj->doc, errs);
}

/* ---- messages ----------------------------------------------------------- */

/* Decoding failed: the object was never looked at as what it claims to be. */
static char *decode_message(const struct ipsvc_kind *kind, const char *file,
			    const struct ipsvc_errors *errs)
{
	static const char strict[] = "strict decoding error: ";
	char *quoted = ipsvc_quote(file ? file : "STDIN");
	struct ipsvc_buf buf = {0};

	ipsvc_buf_printf(&buf,
			 "Error from server (BadRequest): error when creating %s: "
			 "%s in version \"%s\" cannot be handled as a %s: ",
			 quoted, kind->kind, kind->version, kind->kind);
	for (size_t i = 0; i < errs->n; i++) {
		const char *text = errs->items[i].detail;

		if (i && !strncmp(text, strict, strlen(strict)))
			text += strlen(strict);
		ipsvc_buf_printf(&buf, "%s%s", i ? ", " : "", text);
	}
	free(quoted);
	return ipsvc_buf_take(&buf);
}

static char *field_message(const char *kind, const char *name,
			   const struct ipsvc_errors *errs)
{
	char *quoted = ipsvc_quote(name);
	json_t *seen = json_object();
	struct ipsvc_buf buf = {0};

	ipsvc_buf_printf(&buf, "The %s %s is invalid: ", kind, quoted);
	for (size_t i = 0; i < errs->n; i++) {
		char *text = ipsvc_error_format(&errs->items[i]);

		if (!json_object_get(seen, text))
			ipsvc_buf_printf(&buf, "%s%s",
					 errs->n > 1 ? "\n* " : "", text);
		json_object_set_new(seen, text, json_true());
		free(text);
	}
	json_decref(seen);
	free(quoted);
	return ipsvc_buf_take(&buf);
}

char *ipsvc_invalid_message(const struct ipsvc_object *obj,
			    const struct ipsvc_errors *errs)
{
	if (errs->n && errs->items[0].type == IPSVC_ERR_DECODE)
		return decode_message(obj->kind, obj->file, errs);
	return field_message(obj->kind->kind, obj->name, errs);
}
