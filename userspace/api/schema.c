// SPDX-License-Identifier: GPL-2.0-or-later
#include "schema.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

enum field_type {
	FIELD_ANY,		/* not looked at */
	FIELD_STRING,
	FIELD_TIME,
	FIELD_BOOL,
	FIELD_INT32,
	FIELD_INT64,
	FIELD_INT_OR_STRING,
	FIELD_STRING_MAP,
	FIELD_STRING_LIST,
	FIELD_OBJECT,
	FIELD_OBJECT_LIST,
};

struct schema;

struct field {
	const char *name;
	enum field_type type;
	const char *go_type;	/* for messages; of an element, for lists */
	const struct schema *of;
};

struct schema {
	const char *go_name;
	bool complete;		/* names not listed are unknown */
	const struct field *fields;	/* up to a NULL name */
};

#define STRING(field)		{ field, FIELD_STRING, "string", NULL }
#define STRING_OF(field, go)	{ field, FIELD_STRING, go, NULL }
#define TIME(field)		{ field, FIELD_TIME, "string", NULL }
#define BOOL(field)		{ field, FIELD_BOOL, "bool", NULL }
#define INT32(field)		{ field, FIELD_INT32, "int32", NULL }
#define INT64(field)		{ field, FIELD_INT64, "int64", NULL }
#define INT_OR_STRING(field)	{ field, FIELD_INT_OR_STRING, "int32", NULL }
#define STRING_MAP(field)	{ field, FIELD_STRING_MAP, "string", NULL }
#define STRING_LIST(field)	{ field, FIELD_STRING_LIST, "string", NULL }
#define STRING_LIST_OF(field, go) { field, FIELD_STRING_LIST, go, NULL }
#define OBJECT(field, go, sub)	{ field, FIELD_OBJECT, go, &(sub) }
#define OBJECT_LIST(field, go, sub) { field, FIELD_OBJECT_LIST, go, &(sub) }
#define ANY(field)		{ field, FIELD_ANY, NULL, NULL }
#define END			{ NULL, FIELD_ANY, NULL, NULL }

static const struct schema object_meta = {
	"ObjectMeta", true, (const struct field[]){
		STRING("name"), STRING("generateName"), STRING("namespace"),
		STRING("selfLink"), STRING_OF("uid", "types.UID"),
		STRING("resourceVersion"), INT64("generation"),
		TIME("creationTimestamp"), TIME("deletionTimestamp"),
		INT64("deletionGracePeriodSeconds"), STRING_MAP("labels"),
		STRING_MAP("annotations"), ANY("ownerReferences"),
		STRING_LIST("finalizers"), ANY("managedFields"), END,
	},
};

static const struct schema service_port = {
	"ServicePort", true, (const struct field[]){
		STRING("name"), STRING_OF("protocol", "v1.Protocol"),
		STRING("appProtocol"), INT32("port"),
		INT_OR_STRING("targetPort"), INT32("nodePort"), END,
	},
};

static const struct schema client_ip_config = {
	"ClientIPConfig", true, (const struct field[]){
		INT32("timeoutSeconds"), END,
	},
};

static const struct schema session_affinity_config = {
	"SessionAffinityConfig", true, (const struct field[]){
		OBJECT("clientIP", "v1.ClientIPConfig", client_ip_config), END,
	},
};

static const struct schema service_spec = {
	"ServiceSpec", true, (const struct field[]){
		OBJECT_LIST("ports", "v1.ServicePort", service_port),
		STRING_MAP("selector"), STRING("clusterIP"),
		STRING_LIST("clusterIPs"), STRING_OF("type", "v1.ServiceType"),
		STRING_LIST("externalIPs"),
		STRING_OF("sessionAffinity", "v1.ServiceAffinity"),
		STRING("loadBalancerIP"), STRING_LIST("loadBalancerSourceRanges"),
		STRING("externalName"),
		STRING_OF("externalTrafficPolicy",
			  "v1.ServiceExternalTrafficPolicy"),
		INT32("healthCheckNodePort"), BOOL("publishNotReadyAddresses"),
		OBJECT("sessionAffinityConfig", "v1.SessionAffinityConfig",
		       session_affinity_config),
		STRING_LIST_OF("ipFamilies", "v1.IPFamily"),
		STRING_OF("ipFamilyPolicy", "v1.IPFamilyPolicy"),
		BOOL("allocateLoadBalancerNodePorts"),
		STRING("loadBalancerClass"),
		STRING_OF("internalTrafficPolicy",
			  "v1.ServiceInternalTrafficPolicy"),
		STRING("trafficDistribution"), END,
	},
};

static const struct schema service = {
	"Service", true, (const struct field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", object_meta),
		OBJECT("spec", "v1.ServiceSpec", service_spec), ANY("status"),
		END,
	},
};

static const struct schema container_port = {
	"ContainerPort", true, (const struct field[]){
		STRING("name"), INT32("hostPort"), INT32("containerPort"),
		STRING_OF("protocol", "v1.Protocol"), STRING("hostIP"), END,
	},
};

static const struct schema container = {
	"Container", false, (const struct field[]){
		STRING("name"), STRING("image"),
		OBJECT_LIST("ports", "v1.ContainerPort", container_port),
		STRING_OF("restartPolicy", "v1.ContainerRestartPolicy"), END,
	},
};

static const struct schema pod_spec = {
	"PodSpec", false, (const struct field[]){
		OBJECT_LIST("containers", "v1.Container", container),
		OBJECT_LIST("initContainers", "v1.Container", container),
		STRING("nodeName"), BOOL("hostNetwork"), END,
	},
};

static const struct schema pod_ip = {
	"PodIP", false, (const struct field[]){ STRING("ip"), END },
};

static const struct schema pod_condition = {
	"PodCondition", false, (const struct field[]){
		STRING_OF("type", "v1.PodConditionType"),
		STRING_OF("status", "v1.ConditionStatus"), END,
	},
};

static const struct schema container_status = {
	"ContainerStatus", false, (const struct field[]){
		STRING("name"), BOOL("ready"), END,
	},
};

static const struct schema pod_status = {
	"PodStatus", false, (const struct field[]){
		STRING("podIP"), OBJECT_LIST("podIPs", "v1.PodIP", pod_ip),
		STRING_OF("phase", "v1.PodPhase"),
		OBJECT_LIST("conditions", "v1.PodCondition", pod_condition),
		OBJECT_LIST("containerStatuses", "v1.ContainerStatus",
			    container_status), END,
	},
};

static const struct schema pod = {
	"Pod", true, (const struct field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", object_meta),
		OBJECT("spec", "v1.PodSpec", pod_spec),
		OBJECT("status", "v1.PodStatus", pod_status), END,
	},
};

static const struct schema *const schemas[IPSVC_KIND_COUNT] = {
	[IPSVC_KIND_SERVICE] = &service,
	[IPSVC_KIND_POD] = &pod,
};

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
static void wrong_type(struct walk *w, const struct schema *in,
		       const struct field *field, const json_t *value,
		       const char *prefix)
{
	bool own_decoder = field->type == FIELD_INT_OR_STRING ||
			   field->type == FIELD_TIME;
	char *word = json_word(value);

	/* Only a number that does not fit is shown. */
	if (json_is_number(value) && field->type != FIELD_INT32 &&
	    field->type != FIELD_INT64 && field->type != FIELD_INT_OR_STRING)
		word[strlen("number")] = '\0';
	if (own_decoder)
		ipsvc_errors_add(w->errs, IPSVC_ERR_DECODE, w->path.data, NULL,
				 "json: cannot unmarshal %s into Go value of type %s",
				 word, field->go_type);
	else
		ipsvc_errors_add(w->errs, IPSVC_ERR_DECODE, w->path.data, NULL,
				 "json: cannot unmarshal %s into Go struct field %s.%s of type %s%s",
				 word, in->go_name, w->go_path.data,
				 prefix, field->go_type);
	free(word);
}

static bool fits(const json_t *value, long long min, long long max)
{
	return json_is_integer(value) && json_integer_value(value) >= min &&
	       json_integer_value(value) <= max;
}

static bool scalar_ok(const struct field *field, const json_t *value)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_TIME:
		return json_is_string(value);
	case FIELD_BOOL:
		return json_is_boolean(value);
	case FIELD_INT32:
		return fits(value, INT32_MIN, INT32_MAX);
	case FIELD_INT64:
		return json_is_integer(value);
	case FIELD_INT_OR_STRING:
		return json_is_string(value) ||
		       fits(value, INT32_MIN, INT32_MAX);
	default:
		return true;
	}
}

static void check_object(struct walk *w, const struct schema *schema,
			 const json_t *object);

static void check_string_map(struct walk *w, const struct schema *in,
			     const struct field *field, const json_t *value)
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

static void check_list(struct walk *w, const struct schema *in,
		       const struct field *field, const json_t *value)
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

static void check_field(struct walk *w, const struct schema *in,
			const struct field *field, const json_t *value)
{
	switch (field->type) {
	case FIELD_OBJECT:
		if (json_is_object(value))
			check_object(w, field->of, value);
		else
			wrong_type(w, in, field, value, "");
		break;
	case FIELD_STRING_MAP:
		check_string_map(w, in, field, value);
		break;
	case FIELD_STRING_LIST:
	case FIELD_OBJECT_LIST:
		check_list(w, in, field, value);
		break;
	default:
		if (!scalar_ok(field, value))
			wrong_type(w, in, field, value, "");
	}
}

static const struct field *find_field(const struct schema *schema,
				      const char *name)
{
	for (const struct field *f = schema->fields; f->name; f++)
		if (!strcmp(f->name, name))
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

static void check_object(struct walk *w, const struct schema *schema,
			 const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		const struct field *field = find_field(schema, key);
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

bool ipsvc_schema_check(enum ipsvc_kind kind, const json_t *doc, bool strict,
			struct ipsvc_errors *errs)
{
	struct walk w = { .errs = errs, .strict = strict };
	size_t before = errs->n;

	if (!json_is_object(doc)) {
		ipsvc_errors_add(errs, IPSVC_ERR_DECODE, "", NULL,
				 "a %s must be an object",
				 ipsvc_kind_info(kind)->kind);
		return false;
	}
	check_object(&w, schemas[kind], doc);
	ipsvc_buf_free(&w.path);
	ipsvc_buf_free(&w.go_path);
	return errs->n == before;
}
