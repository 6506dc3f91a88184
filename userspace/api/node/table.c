// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

#define ROLE_PREFIX	"node-role.kubernetes.io/"
#define ROLE_LABEL	"kubernetes.io/role"

static const struct ipsvc_column columns[] = {
	{ "NAME", "name", false },
	{ "STATUS", "status", false },
	{ "ROLES", "roles", false },
	{ "AGE", "age", false },
	{ "VERSION", "version", false },
	{ "INTERNAL-IP", "internalIP", true },
	{ "EXTERNAL-IP", "externalIP", true },
	{ "OS-IMAGE", "osImage", true },
	{ "KERNEL-VERSION", "kernelVersion", true },
	{ "CONTAINER-RUNTIME", "containerRuntime", true },
};

static char *node_status(const json_t *doc)
{
	const json_t *list = ipsvc_json_member(doc, "status", "conditions");
	const char *ready = "Unknown";
	json_t *condition;
	size_t i;

	json_array_foreach(list, i, condition)
		if (!strcmp(ipsvc_json_text(condition, "type"), "Ready"))
			ready = strcmp(ipsvc_json_text(condition, "status"),
				       "True") ? "NotReady" : "Ready";
	return xasprintf("%s%s", ready,
			 json_is_true(ipsvc_json_member(doc, "spec",
							"unschedulable")) ?
			 ",SchedulingDisabled" : "");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The role that a label stands for; "" for none. */
static const char *role_of(const char *key, const json_t *value)
{
	if (!strncmp(key, ROLE_PREFIX, strlen(ROLE_PREFIX)))
		return key + strlen(ROLE_PREFIX);
	return strcmp(key, ROLE_LABEL) ? "" : json_string_value(value);
}

char *ipsvc_node_roles(const json_t *doc)
{
	const json_t *labels = ipsvc_json_member(doc, "metadata", "labels");
	const char **roles = xcalloc(json_object_size(labels) + 1,
				     sizeof(*roles)), *key;
	struct ipsvc_buf buf = {0};
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)labels, key, value) {
		roles[n] = role_of(key, value);
		n += *roles[n] != '\0';
	}
	qsort(roles, n, sizeof(*roles), by_text);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(roles[i], roles[i - 1]))
			ipsvc_buf_printf(&buf, "%s%s", i ? "," : "", roles[i]);
	free(roles);
	if (!n)
		ipsvc_buf_puts(&buf, "<none>");
	return ipsvc_buf_take(&buf);
}

static const char *node_address(const json_t *doc, const char *type)
{
	json_t *address;
	size_t i;

	json_array_foreach(ipsvc_json_member(doc, "status", "addresses"), i,
			   address)
		if (!strcmp(ipsvc_json_text(address, "type"), type))
			return ipsvc_json_text(address, "address");
	return "<none>";
}

static char *kernel_version(const json_t *info)
{
	const char *version = ipsvc_json_text_or(info, "kernelVersion",
						 "<unknown>");
	const char *arch = ipsvc_json_text(info, "architecture");

	return *arch ? xasprintf("%s (%s)", version, arch) : xstrdup(version);
}

static void node_row(const json_t *doc, const char *name, int64_t now,
		     struct ipsvc_row *row)
{
	const json_t *info = ipsvc_json_member(doc, "status", "nodeInfo");

	ipsvc_row_add(row, name);
	ipsvc_row_give(row, node_status(doc));
	ipsvc_row_give(row, ipsvc_node_roles(doc));
	ipsvc_row_add_age(row, doc, now);
	ipsvc_row_add(row, ipsvc_json_text(info, "kubeletVersion"));
	ipsvc_row_add(row, node_address(doc, "InternalIP"));
	ipsvc_row_add(row, node_address(doc, "ExternalIP"));
	ipsvc_row_add(row, ipsvc_json_text_or(info, "osImage", "<unknown>"));
	ipsvc_row_give(row, kernel_version(info));
	ipsvc_row_add(row, ipsvc_json_text_or(info, "containerRuntimeVersion",
					      "<unknown>"));
}

const struct ipsvc_table ipsvc_node_table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = node_row,
};
