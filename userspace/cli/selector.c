// SPDX-License-Identifier: GPL-2.0-or-later
#include "selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* One requirement, cut out of a selector; the strings lie in @text. */
struct requirement {
	char *text, *key, *value;	/* value NULL: the key's presence */
	bool negative;
};

static bool is_word(const char *word)
{
	return !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")];
}

static void parse(const char *text, size_t len, struct requirement *r)
{
	char *equals;

	*r = (struct requirement){ .text = xstrndup(text, len) };
	r->key = r->text;
	if (*r->key == '!') {
		r->negative = true;
		r->key++;
	}
	equals = strchr(r->key, '=');
	if (!equals)
		return;
	r->value = equals + 1 + (equals[1] == '=');
	if (equals > r->key && equals[-1] == '!') {
		r->negative = true;
		equals--;
	}
	*equals = '\0';
}

static bool is_valid(const struct requirement *r)
{
	return *r->key && is_word(r->key) &&
	       (!r->value || (r->key == r->text && is_word(r->value)));
}

static bool matches(const struct requirement *r, const json_t *labels)
{
	const json_t *label = json_object_get(labels, r->key);
	const char *have = json_string_value(label);

	if (!r->value)
		return !label == r->negative;
	return (have && strcmp(have, r->value) == 0) != r->negative;
}

/* Of all requirements: that they match, or only that they are well-formed. */
static bool all(const char *selector, bool match, const json_t *labels)
{
	bool ok = true;

	for (const char *p = selector; ok && *p;) {
		size_t len = strcspn(p, ",");
		struct requirement r;

		parse(p, len, &r);
		ok = match ? matches(&r, labels) : is_valid(&r);
		free(r.text);
		p += len;
		p += *p == ',';
	}
	return ok;
}

bool selector_is_valid(const char *selector)
{
	return all(selector, false, NULL);
}

bool selector_matches(const char *selector, const json_t *labels)
{
	return all(selector, true, labels);
}
