/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What label, annotate and patch have in common: objects that are there are changed. */
#ifndef IPSVC_CLI_KUBE_CHANGE_H
#define IPSVC_CLI_KUBE_CHANGE_H

#include "kube.h"
#include "kube_files.h"

struct kube_change {
	struct cli *cli;
	struct cli_words names;		/* of -f */
	const char *dry_run_word, *selector;
	bool all;
	/*
	 * The new version of an object, whose document is @obj's, or NULL after a
	 * message. *@word becomes what is said to have been done, "labeled".
	 */
	json_t *(*change)(struct kube_change *c, const struct ipsvc_object *obj,
			  const char **word);

	/* kube_change_run()'s own. */
	enum kube_dry_run dry_run;
	struct ipsvc_store *store;
	json_t *docs;
};

#define KUBE_CHANGE_OPTIONS(s, member) \
	KUBE_OPTION_FILENAME(s, member.names, "what these manifests describe instead of TYPE NAME"), \
	KUBE_OPTION_DRY_RUN(s, member.dry_run_word)

#define KUBE_CHANGE_OPTIONS_MANY(s, member) \
	KUBE_CHANGE_OPTIONS(s, member), \
	CLI_OPTION_STRING(s, member.selector, 'l', "selector", "SELECTOR", \
			  "all of TYPE with these labels: k=v,k!=v,k,!k"), \
	CLI_OPTION_BOOL(s, member.all, 0, "all", "all of TYPE")

/* Changes what the @n arguments or -f name; an exit code. */
int kube_change_run(struct kube_change *c, char **args, int n);

#endif
