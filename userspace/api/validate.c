// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "labels.h"
#include "names.h"
#include "validate_impl.h"

#define ANNOTATIONS_SIZE_MAX	262144

const char *const ipsvc_protocols[] = { "SCTP", "TCP", "UDP", NULL };

const char *ipsvc_json_text(const json_t *object, const char *field)
{
	const char *s = json_string_value(json_object_get(object, field));

	return s ? s : "";
}

void ipsvc_invalid_json(struct ipsvc_errors *errs, const char *path,
			const json_t *value, const char *detail)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) :
			     xstrdup("null");

	ipsvc_errors_add(errs, IPSVC_ERR_INVALID, path, text, "%s", detail);
	free(text);
}

void ipsvc_duplicate_string(struct ipsvc_errors *errs, const char *path,
			    const char *value)
{
	char *quoted = ipsvc_quote(value);

	ipsvc_errors_add(errs, IPSVC_ERR_DUPLICATE, path, quoted, NULL);
	free(quoted);
}

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

static void validate_metadata(const json_t *meta, ipsvc_name_rule *name_rule,
			      struct ipsvc_errors *errs)
{
	const char *name = ipsvc_json_text(meta, "name");
	const char *ns = ipsvc_json_text(meta, "namespace");
	struct ipsvc_labels labels;

	/* generateName makes no name here: a manifest is applied again and again. */
	if (!*name)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, "metadata.name",
				 NULL, "name or generateName is required");
	else
		name_rule(errs, "metadata.name", name);
	if (!*ns)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED,
				 "metadata.namespace", NULL, NULL);
	else
		ipsvc_check_dns1123_label(errs, "metadata.namespace", ns);
	ipsvc_labels_decode(json_object_get(meta, "labels"), &labels);
	ipsvc_validate_labels(&labels, "metadata.labels", errs);
	ipsvc_labels_clear(&labels);
	validate_annotations(json_object_get(meta, "annotations"), errs);
}

static void validate_service_object(const json_t *doc, bool written,
				    struct ipsvc_errors *errs)
{
	struct ipsvc_service svc;

	if (ipsvc_service_decode(doc, &svc, errs)) {
		validate_metadata(json_object_get(doc, "metadata"),
				  ipsvc_check_dns1123_label, errs);
		ipsvc_validate_service(doc, &svc, written, errs);
	}
	ipsvc_service_clear(&svc);
}

static void validate_pod_object(const json_t *doc, struct ipsvc_errors *errs)
{
	struct ipsvc_pod pod;

	if (ipsvc_pod_decode(doc, &pod, errs)) {
		validate_metadata(json_object_get(doc, "metadata"),
				  ipsvc_check_dns1123_subdomain, errs);
		ipsvc_validate_pod(doc, errs);
	}
	ipsvc_pod_clear(&pod);
}

static bool validate_object(const struct ipsvc_object *obj, bool written,
			    struct ipsvc_errors *errs)
{
	size_t before = errs->n;

	switch (obj->kind) {
	case IPSVC_KIND_SERVICE:
		validate_service_object(obj->doc, written, errs);
		break;
	case IPSVC_KIND_POD:
		validate_pod_object(obj->doc, errs);
		break;
	default:
		break;
	}
	return errs->n == before;
}

bool ipsvc_object_validate(const struct ipsvc_object *obj,
			   struct ipsvc_errors *errs)
{
	return validate_object(obj, false, errs);
}

bool ipsvc_object_validate_written(const struct ipsvc_object *obj,
				   struct ipsvc_errors *errs)
{
	return validate_object(obj, true, errs);
}

/* ---- messages ----------------------------------------------------------- */

/* Decoding failed: the object was never looked at as what it claims to be. */
static char *decode_message(const char *kind, const char *file,
			    const struct ipsvc_errors *errs)
{
	static const char strict[] = "strict decoding error: ";
	char *quoted = ipsvc_quote(file ? file : "STDIN");
	struct ipsvc_buf buf = {0};

	ipsvc_buf_printf(&buf,
			 "Error from server (BadRequest): error when creating %s: "
			 "%s in version \"v1\" cannot be handled as a %s: ",
			 quoted, kind, kind);
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
	const char *kind = ipsvc_kind_info(obj->kind)->kind;

	if (errs->n && errs->items[0].type == IPSVC_ERR_DECODE)
		return decode_message(kind, obj->file, errs);
	return field_message(kind, obj->name, errs);
}
