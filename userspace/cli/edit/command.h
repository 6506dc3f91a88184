/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that change the kernel's services, as they are typed and as a file has
 * them: "service add web protocol tcp cluster-ip 10.96.0.10:80". Pure.
 */
#ifndef IPSVC_CLI_COMMAND_H
#define IPSVC_CLI_COMMAND_H

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/keywords.h"
#include "kernel/state.h"

enum edit_object {
	EDIT_SERVICE,
	EDIT_ENDPOINT,
};

enum edit_verb {
	EDIT_ADD,
	EDIT_CHANGE,
	EDIT_DELETE,
	EDIT_FLUSH,
};

/* What was said of a service port; the rest of it stays as it is. */
enum edit_given {
	GIVEN_SCHEDULER		= 1 << 0,
	GIVEN_HASH_KEY		= 1 << 1,
	GIVEN_HASH_SIZE		= 1 << 2,
	GIVEN_AFFINITY		= 1 << 3,
	GIVEN_AFFINITY_PREFIX	= 1 << 4,
	GIVEN_FRONTENDS		= 1 << 5,
	GIVEN_ENDPOINTS		= 1 << 6,
	GIVEN_RANGES		= 1 << 7,
};

/* And of an endpoint. */
enum edit_endpoint_given {
	GIVEN_WEIGHT	= 1 << 0,
	GIVEN_FLOWS_MAX	= 1 << 1,
};

struct edit_endpoint {
	struct ipsvc_endpoint endpoint;
	unsigned int given;
	uint32_t flags_given;
};

struct edit_command {
	enum edit_object object;
	enum edit_verb verb;
	const char *ns;		/* of names without one, or NULL */
	char **names;		/* of service ports: one but for EDIT_DELETE */
	size_t n_names, cap_names;
	uint8_t family;		/* AF_UNSPEC: nothing says which */
	uint8_t protocol;	/* 0: was not given */
	unsigned int given;
	uint32_t flags_given;
	struct ipsvc_koptions options;
	struct ipsvc_frontend *frontends;
	size_t n_frontends, cap_frontends;
	struct edit_endpoint *endpoints;
	size_t n_endpoints, cap_endpoints;
	struct ipsvc_range *ranges;
	size_t n_ranges, cap_ranges;
	bool endpoint_last;	/* "local" is of that, and not of a frontend */
};

/*
 * Reads words that begin with the object and the verb. @ns: of names without a
 * namespace, NULL: default; @family: what was said of it elsewhere, or AF_UNSPEC.
 * NULL, or what is wrong, which the caller frees. *@cmd is to be freed either way.
 */
char *edit_command_parse(struct edit_command *cmd, const char *ns,
			 uint8_t family, char *const *words, int n);
void edit_command_free(struct edit_command *cmd);

/* Of "service add" and "service change", of all of the latter's endpoints, … */
extern const struct cli_keyword edit_service_words[];
/* … "endpoint add" and "change", … */
extern const struct cli_keyword edit_endpoint_words[];
/* … and of what names service ports only. */
extern const struct cli_keyword edit_family_words[];

/* As text for "service add", a line. */
void edit_print_service(struct ipsvc_buf *buf, const struct ipsvc_kservice *svc);
/* And for "endpoint add", a line for each endpoint. */
void edit_print_endpoints(struct ipsvc_buf *buf,
			  const struct ipsvc_kservice *svc);

#endif
