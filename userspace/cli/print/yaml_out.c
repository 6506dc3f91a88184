// SPDX-License-Identifier: GPL-2.0-or-later
#include "yaml_out.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/json.h"
#include "base/memory.h"

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

/* As YAML 1.1 writes them: also 1_000, 0b1, 0o7, .inf, and 1:30 of base 60. */
static bool is_number(const char *text)
{
	char *digits = xstrdup(text), *to = digits, *end;
	bool number;

	for (const char *from = text; *from; from++)
		if (*from != '_')
			*to++ = *from;
	*to = '\0';
	to = digits + strspn(digits, "+-");
	if (to[0] == '.' && strchr("iInN", to[1]))
		to++;
	strtod(to, &end);
	number = (end > to && !*end) ||
		 (to[0] == '0' && to[1] && strchr("bo", to[1]) &&
		  !to[2 + strspn(to + 2, "01234567")]) ||
		 (isdigit((unsigned char)*to) && strchr(to, ':') &&
		  !to[strspn(to, "0123456789:.")]);
	free(digits);
	return number;
}

static bool is_date(const char *text)
{
	return strspn(text, "0123456789") == 4 && text[4] == '-' &&
	       isdigit((unsigned char)text[5]);
}

bool yaml_out_needs_quotes(const char *text)
{
	/* YAML 1.1 has more words than 1.2; both are read somewhere. */
	static const char *const words[] = {
		"", "~", "null", "true", "false", "yes", "no", "on", "off", "y",
		"n", "=", "<<", NULL
	};

	return is_one_of(text, words) || is_number(text) || is_date(text);
}

static void emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
	/* Memory and the writing are all that can fail: stdio tells of it. */
	yaml_emitter_emit(emitter, event);
}

static void emit_scalar(yaml_emitter_t *emitter, const char *text,
			yaml_scalar_style_t style)
{
	yaml_event_t event;

	yaml_scalar_event_initialize(&event, NULL, NULL,
				     (const yaml_char_t *)text,
				     (int)strlen(text), 1, 1, style);
	emit(emitter, &event);
}

static void emit_string(yaml_emitter_t *emitter, const char *text)
{
	if (yaml_out_needs_quotes(text))
		emit_scalar(emitter, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
	else if (strchr(text, '\n'))
		emit_scalar(emitter, text, YAML_LITERAL_SCALAR_STYLE);
	else
		emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);
}

static void emit_value(yaml_emitter_t *emitter, const json_t *value);

static void emit_object(yaml_emitter_t *emitter, const json_t *object)
{
	size_t n;
	const char **keys = ipsvc_json_keys(object, &n);
	yaml_event_t event;

	yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
		n ? YAML_BLOCK_MAPPING_STYLE : YAML_FLOW_MAPPING_STYLE);
	emit(emitter, &event);
	for (size_t i = 0; i < n; i++) {
		emit_string(emitter, keys[i]);
		emit_value(emitter, json_object_get(object, keys[i]));
	}
	yaml_mapping_end_event_initialize(&event);
	emit(emitter, &event);
	free(keys);
}

static void emit_array(yaml_emitter_t *emitter, const json_t *array)
{
	yaml_event_t event;
	json_t *value;
	size_t i;

	yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
		json_array_size(array) ? YAML_BLOCK_SEQUENCE_STYLE :
					 YAML_FLOW_SEQUENCE_STYLE);
	emit(emitter, &event);
	json_array_foreach(array, i, value)
		emit_value(emitter, value);
	yaml_sequence_end_event_initialize(&event);
	emit(emitter, &event);
}

static void emit_value(yaml_emitter_t *emitter, const json_t *value)
{
	char *text;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		emit_object(emitter, value);
		break;
	case JSON_ARRAY:
		emit_array(emitter, value);
		break;
	case JSON_STRING:
		emit_string(emitter, json_string_value(value));
		break;
	default:	/* numbers, true, false and null are written alike */
		text = json_dumps(value, JSON_ENCODE_ANY);
		emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);
		free(text);
	}
}

void yaml_out(FILE *fp, const json_t *doc)
{
	yaml_emitter_t emitter;
	yaml_event_t event;

	yaml_emitter_initialize(&emitter);
	yaml_emitter_set_output_file(&emitter, fp);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	emit(&emitter, &event);
	yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
	emit(&emitter, &event);
	emit_value(&emitter, doc);
	yaml_document_end_event_initialize(&event, 1);
	emit(&emitter, &event);
	yaml_stream_end_event_initialize(&event);
	emit(&emitter, &event);
	yaml_emitter_delete(&emitter);
}
