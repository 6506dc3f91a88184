// SPDX-License-Identifier: GPL-2.0-or-later
#include "owner.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/memory.h"

char *ipsvc_owner_host(void)
{
	struct utsname host;

	uname(&host);
	return xstrdup(host.nodename);
}

static bool has_file(const struct ipsvc_owner *owner,
		     const struct ipsvc_object *obj)
{
	return owner->file && obj->file && !strcmp(owner->file, obj->file);
}

bool ipsvc_owner_has(const struct ipsvc_owner *owner,
		     const struct ipsvc_object *obj)
{
	if (!owner->file && !obj->file)
		return true;
	return has_file(owner, obj) && !strcmp(owner->source, obj->source);
}

bool ipsvc_owner_may_have(const struct ipsvc_owner *owner,
			  const struct ipsvc_object *obj)
{
	return ipsvc_owner_has(owner, obj) ||
	       (has_file(owner, obj) && !*obj->source);
}
