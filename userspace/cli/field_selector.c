// SPDX-License-Identifier: GPL-2.0-or-later
#include "field_selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

/* Of all kinds, and of some. */
static const struct {
	const char *kind;	/* NULL: any */
	const char *path;
} fields[] = {
	{ NULL, "metadata.name" }, { NULL, "metadata.namespace" },
	{ "Service", "spec.clusterIP" }, { "Service", "spec.type" },
	{ "Pod", "spec.nodeName" }, { "Pod", "spec.restartPolicy" },
	{ "Pod", "spec.schedulerName" }, { "Pod", "spec.serviceAccountName" },
	{ "Pod", "status.nominatedNodeName" }, { "Pod", "status.phase" },
	{ "Pod", "status.podIP" }, { "Namespace", "status.phase" },
	{ "Node", "spec.unschedulable" },
};

static bool is_known(const struct ipsvc_kind *kind, const char *path)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(fields[i].path, path) &&
		    (!fields[i].kind || !strcmp(fields[i].kind, kind->kind)))
			return true;
	return false;
}

/* A term of a selector. */
struct term {
	char *path, *value;
	bool differs;		/* "!=" */
};

/* The first term of *@rest, which moves on; false when it is none. */
static bool next_term(const char **rest, struct term *t)
{
	size_t len = strcspn(*rest, ","), op;
	char *text = xstrndup(*rest, len), *value;

	*rest += len + ((*rest)[len] == ',');
	op = strcspn(text, "!=");
	t->differs = text[op] == '!';
	value = text + op + (t->differs ? 1 : 0);
	t->path = t->value = NULL;
	if (*value == '=') {
		value += value[1] == '=' && !t->differs ? 2 : 1;
		t->path = xstrndup(text, op);
		t->value = xstrdup(value);
	}
	free(text);
	return t->path;
}

static void free_term(struct term *t)
{
	free(t->path);
	free(t->value);
}

char *field_selector_refusal(const char *selector, const struct ipsvc_kind *kind)
{
	const char *rest = selector;
	char *why = NULL;
	struct term t;

	while (*rest && !why) {
		if (!next_term(&rest, &t))
			return xasprintf("invalid selector: '%s'; can't understand '%s'",
					 selector, selector);
		if (!is_known(kind, t.path))
			why = xasprintf("Unable to find \"%s%s%s, Resource=%s\" that match label selector \"\", field selector \"%s\": field label not supported: %s",
					kind->group, "/",
					kind->version, kind->plural, selector,
					t.path);
		free_term(&t);
	}
	return why;
}

/* A text, or "" when there is none. */
static char *text_at(const json_t *doc, const char *path)
{
	char *copy = xstrdup(path), *rest = copy, *part, *text;

	while ((part = strsep(&rest, ".")))
		doc = json_object_get(doc, part);
	free(copy);
	if (json_is_string(doc))
		return xstrdup(json_string_value(doc));
	text = doc ? json_dumps(doc, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	return text ? text : xstrdup("");
}

bool field_selector_matches(const char *selector, const json_t *doc)
{
	bool matches = true;
	struct term t;

	while (*selector && matches && next_term(&selector, &t)) {
		char *is = text_at(doc, t.path);

		matches = t.differs != !strcmp(is, t.value);
		free(is);
		free_term(&t);
	}
	return matches;
}
