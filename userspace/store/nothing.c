// SPDX-License-Identifier: GPL-2.0-or-later
/* A backend without any record: what is decided there is never committed. */
#include "ops.h"

static enum ipsvc_store_result get_nothing(struct ipsvc_store *store,
					   const char *key, char **value,
					   int64_t *revision)
{
	(void)store;
	(void)key;
	*value = NULL;
	*revision = 0;
	return IPSVC_STORE_NOT_FOUND;
}

static enum ipsvc_store_result list_nothing(struct ipsvc_store *store,
					    const char *from, const char *to,
					    ipsvc_record_fn *fn, void *arg,
					    int64_t *revision)
{
	(void)store;
	(void)from;
	(void)to;
	(void)fn;
	(void)arg;
	if (revision)
		*revision = 0;
	return IPSVC_STORE_OK;
}

const struct ipsvc_store_ops ipsvc_store_nothing_ops = {
	.get = get_nothing,
	.range = list_nothing,
};
