// SPDX-License-Identifier: GPL-2.0-or-later
#include "source.h"

int ipsvc_source_read(struct ipsvc_source *source, ipsvc_change_fn *fn,
		      void *arg)
{
	return source->ops->read(source, fn, arg);
}

int64_t ipsvc_source_revision(const struct ipsvc_source *source)
{
	return source->revision;
}

const char *ipsvc_source_message(const struct ipsvc_source *source)
{
	return source->ops->message(source);
}

void ipsvc_source_free(struct ipsvc_source *source)
{
	if (source)
		source->ops->free(source);
}
