// SPDX-License-Identifier: GPL-2.0-or-later
#include "kind.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "endpoints/endpoints.h"
#include "endpointslice/endpointslice.h"
#include "namespace/namespace.h"
#include "node/node.h"
#include "pod/pod.h"
#include "service/service.h"

const struct ipsvc_kind *const ipsvc_kinds[] = {
	&ipsvc_namespace_kind,
	&ipsvc_node_kind,
	&ipsvc_service_kind,
	&ipsvc_pod_kind,
	&ipsvc_endpoints_kind,
	&ipsvc_endpointslice_kind,
	NULL,
};

static int position(const struct ipsvc_kind *kind)
{
	int i = 0;

	while (ipsvc_kinds[i] && ipsvc_kinds[i] != kind)
		i++;
	return i;
}

int ipsvc_kind_cmp(const struct ipsvc_kind *a, const struct ipsvc_kind *b)
{
	return a == b ? 0 : position(a) - position(b);
}

const struct ipsvc_kind *ipsvc_kind_by_name(const char *kind)
{
	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++)
		if (!strcmp((*k)->kind, kind))
			return *k;
	return NULL;
}

bool ipsvc_kind_has_version(const struct ipsvc_kind *kind,
			    const char *api_version)
{
	size_t len = strlen(kind->group);

	if (!len)
		return !strcmp(api_version, kind->version);
	return !strncmp(api_version, kind->group, len) &&
	       api_version[len] == '/' &&
	       !strcmp(api_version + len + 1, kind->version);
}

const struct ipsvc_kind *ipsvc_kind_from_manifest(const char *api_version,
						  const char *kind)
{
	const struct ipsvc_kind *k = ipsvc_kind_by_name(kind);

	return k && ipsvc_kind_has_version(k, api_version) ? k : NULL;
}

/* As kubectl, which does not mind the case of "Services", or a group after it. */
static bool is_word(const struct ipsvc_kind *kind, const char *name,
		    const char *word)
{
	size_t len = strlen(name);

	if (strncasecmp(word, name, len))
		return false;
	return !word[len] || (*kind->group && word[len] == '.' &&
			      !strcasecmp(word + len + 1, kind->group));
}

static bool is_called(const struct ipsvc_kind *kind, const char *word)
{
	if (is_word(kind, kind->singular, word) ||
	    is_word(kind, kind->plural, word))
		return true;
	for (const char *const *s = kind->short_names; *s; s++)
		if (is_word(kind, *s, word))
			return true;
	return false;
}

const struct ipsvc_kind *ipsvc_kind_from_word(const char *word)
{
	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++)
		if (is_called(*k, word))
			return *k;
	return NULL;
}

static char *with_group(const struct ipsvc_kind *kind, const char *name)
{
	return xasprintf("%s%s%s", name, *kind->group ? "." : "", kind->group);
}

char *ipsvc_kind_one(const struct ipsvc_kind *kind)
{
	return with_group(kind, kind->singular);
}

char *ipsvc_kind_several(const struct ipsvc_kind *kind)
{
	return with_group(kind, kind->plural);
}

char *ipsvc_kind_api_version(const struct ipsvc_kind *kind)
{
	return xasprintf("%s%s%s", kind->group, *kind->group ? "/" : "",
			 kind->version);
}
