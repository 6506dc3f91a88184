// SPDX-License-Identifier: GPL-2.0-or-later
#include "kind.h"

#include <string.h>
#include <strings.h>

#include "endpoints/endpoints.h"
#include "pod/pod.h"
#include "service/service.h"

const struct ipsvc_kind *const ipsvc_kinds[] = {
	&ipsvc_service_kind,
	&ipsvc_pod_kind,
	&ipsvc_endpoints_kind,
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

	return k && !k->derived && ipsvc_kind_has_version(k, api_version) ? k :
									    NULL;
}

/* As kubectl, which does not mind the case of "Services". */
static bool is_called(const struct ipsvc_kind *kind, const char *word)
{
	if (!strcasecmp(word, kind->singular) || !strcasecmp(word, kind->plural))
		return true;
	for (const char *const *s = kind->short_names; *s; s++)
		if (!strcasecmp(word, *s))
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
