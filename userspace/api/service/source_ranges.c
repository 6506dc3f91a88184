// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source ranges: the field of Kubernetes, which says who may use the addresses of
 * a load balancer, and what annotations make of it beyond.
 */
#include <linux/ipsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/names.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

#define NOTE_ALLOW	"ipsvc.io/source-ranges-allow"
#define NOTE_DENY	"ipsvc.io/source-ranges-deny"
#define NOTE_APPLY	"ipsvc.io/source-ranges-apply"
#define NOTE_CLOSED	"ipsvc.io/source-ranges-fail-closed"

/* By class of frontends. */
static const char *const class_words[] = {
	[IPSVC_FRONTEND_CLUSTER_IP] = "ClusterIP",
	[IPSVC_FRONTEND_NODE_PORT] = "NodePort",
	[IPSVC_FRONTEND_LOAD_BALANCER] = "LoadBalancer",
	[IPSVC_FRONTEND_EXTERNAL_IP] = "ExternalIP",
};

/* The same as they are listed in errors. */
static const char *const sorted_words[] = {
	"ClusterIP", "ExternalIP", "LoadBalancer", "NodePort", NULL,
};

/* Takes the next word of a list with commas from @text; NULL: there is none. */
static char *next_word(const char **text)
{
	size_t len = strcspn(*text, ",");
	char *word;

	if (!**text)
		return NULL;
	word = ipsvc_spec_trimmed(*text, len);
	*text += len + ((*text)[len] == ',');
	return word;
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\n\v\f\r")];
}

static void add_range(struct ipsvc_cidr_list *list, const char *text, size_t len)
{
	char *word = ipsvc_spec_trimmed(text, len);
	struct ipsvc_cidr cidr;
	const char *why;

	if (ipsvc_cidr_parse(word, &cidr, &why)) {
		list->items = xreallocarray(list->items, list->n + 1,
					    sizeof(cidr));
		list->items[list->n++] = cidr;
	}
	free(word);
}

static void add_note(struct ipsvc_cidr_list *list, const json_t *notes,
		     const char *name)
{
	const char *text = ipsvc_json_text(notes, name);
	char *word;

	while ((word = next_word(&text))) {
		add_range(list, word, strlen(word));
		free(word);
	}
}

static uint8_t class_of(const char *word)
{
	uint8_t class = sizeof(class_words) / sizeof(class_words[0]);

	while (--class && strcmp(word, class_words[class]))
		;
	return class;
}

static uint32_t decode_classes(const json_t *notes)
{
	const char *text = ipsvc_json_text(notes, NOTE_APPLY);
	uint32_t classes = 0;
	char *word;

	if (!json_object_get(notes, NOTE_APPLY))
		return 1U << IPSVC_FRONTEND_LOAD_BALANCER;
	while ((word = next_word(&text))) {
		classes |= 1U << class_of(word);
		free(word);
	}
	return classes & ~1U;
}

void ipsvc_service_view_ranges(const json_t *doc, struct ipsvc_service *svc)
{
	const json_t *notes = ipsvc_json_member(doc, "metadata", "annotations");
	const json_t *list = ipsvc_json_member(doc, "spec",
					       "loadBalancerSourceRanges");
	struct ipsvc_source_ranges *ranges = &svc->source_ranges;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		add_range(&ranges->allow, json_string_value(item),
			  json_string_length(item));
	/* From before there was the field, which counts for more. */
	if (!json_array_size(list))
		add_note(&ranges->allow, notes, SOURCE_RANGES);
	add_note(&ranges->allow, notes, NOTE_ALLOW);
	add_note(&ranges->deny, notes, NOTE_DENY);
	ranges->classes = decode_classes(notes);
	ranges->fail_closed = !strcmp(ipsvc_json_text(notes, NOTE_CLOSED),
				      "true");
}

void ipsvc_source_ranges_clear(struct ipsvc_source_ranges *ranges)
{
	free(ranges->allow.items);
	free(ranges->deny.items);
	*ranges = (struct ipsvc_source_ranges){0};
}

/* ---- validation ----------------------------------------------------------- */

static void check_range(const char *path, const char *text, size_t len,
			struct ipsvc_errors *errs)
{
	char *trimmed = ipsvc_spec_trimmed(text, len);

	ipsvc_check_cidr(errs, path, trimmed);
	free(trimmed);
}

/* As Kubernetes does: an empty word between commas is no range. */
static void check_list(const char *path, const char *text,
		       struct ipsvc_errors *errs)
{
	if (is_blank(text))
		return;
	for (;;) {
		size_t len = strcspn(text, ",");

		check_range(path, text, len, errs);
		if (!text[len])
			return;
		text += len + 1;
	}
}

static void forbid(struct ipsvc_errors *errs, const char *path)
{
	ipsvc_errors_add(errs, IPSVC_ERR_FORBIDDEN, path, NULL,
			 "may only be used when `type` is 'LoadBalancer'");
}

/* What there was before the field, and is still looked at when that is empty. */
static void check_old_annotation(const json_t *notes, bool balancer,
				 struct ipsvc_errors *errs)
{
	static const char path[] = "metadata.annotations[" SOURCE_RANGES "]";
	const char *text = json_string_value(json_object_get(notes,
							     SOURCE_RANGES));

	if (!text)
		return;
	if (!balancer)
		forbid(errs, path);
	check_list(path, text, errs);
}

static void check_field(const json_t *list, bool balancer,
			struct ipsvc_errors *errs)
{
	const json_t *item;
	size_t i;

	if (!balancer)
		forbid(errs, "spec.LoadBalancerSourceRanges");
	json_array_foreach(list, i, item) {
		char path[IPSVC_PATH_MAX];

		snprintf(path, sizeof(path), "spec.LoadBalancerSourceRanges[%zu]",
			 i);
		check_range(path, json_string_value(item),
			    json_string_length(item), errs);
	}
}

static void check_classes(const json_t *notes, struct ipsvc_errors *errs)
{
	const char *text = ipsvc_json_text(notes, NOTE_APPLY);
	char *word;

	while ((word = next_word(&text))) {
		ipsvc_check_one_of(errs, "metadata.annotations[" NOTE_APPLY "]",
				   word, sorted_words);
		free(word);
	}
}

static void check_closed(const json_t *notes, struct ipsvc_errors *errs)
{
	static const char *const words[] = { "false", "true", NULL };

	if (json_object_get(notes, NOTE_CLOSED))
		ipsvc_check_one_of(errs, "metadata.annotations[" NOTE_CLOSED "]",
				   ipsvc_json_text(notes, NOTE_CLOSED), words);
}

void ipsvc_service_validate_ranges(const json_t *doc, struct ipsvc_errors *errs)
{
	const json_t *notes = ipsvc_json_member(doc, "metadata", "annotations");
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *list = json_object_get(spec, "loadBalancerSourceRanges");
	bool balancer = ipsvc_spec_type_is(spec, "LoadBalancer");

	if (json_array_size(list))
		check_field(list, balancer, errs);
	else
		check_old_annotation(notes, balancer, errs);
	check_list("metadata.annotations[" NOTE_ALLOW "]",
		   ipsvc_json_text(notes, NOTE_ALLOW), errs);
	check_list("metadata.annotations[" NOTE_DENY "]",
		   ipsvc_json_text(notes, NOTE_DENY), errs);
	check_classes(notes, errs);
	check_closed(notes, errs);
}
