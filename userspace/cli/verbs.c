// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of verbs, and how a verb is found in it. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "edit/command.h"
#include "filter.h"

const struct cli_verb cli_verbs[] = {
	{
		.verb = "get", .run = cmd_get,
		.args = "TYPE [NAME]…", .options = cmd_get_options,
		.outputs = "wide json yaml name jsonpath= custom-columns=",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "show Services, Pods and endpoints of the store",
		.min_args = 1, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc get svc",
			"ipsvc get svc,po -A -o wide",
			"ipsvc get svc web -n prod -o yaml",
			"ipsvc get pods -l app=web,tier!=test",
			"ipsvc get svc -w",
			"ipsvc get svc web -o jsonpath='{.spec.clusterIP}'",
			"ipsvc get svc -A --sort-by=.spec.clusterIP -o custom-columns=NAME:.metadata.name,IP:.spec.clusterIP",
			NULL,
		},
	}, {
		.verb = "describe", .run = cmd_describe,
		.args = "TYPE [NAME]…", .options = cmd_describe_options,
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "show what there is to know of objects, for people",
		.min_args = 1, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc describe svc web",
			"ipsvc describe node/n1 pod/web-1",
			"ipsvc describe pods -l app=web",
			NULL,
		},
	}, {
		.verb = "expose", .run = cmd_expose,
		.args = "TYPE NAME", .options = cmd_expose_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "make a Service for a Pod or from a Service",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc expose pod web --name=web-svc --type=NodePort",
			"ipsvc expose svc web --name=web-2 --port=81 --target-port=8080",
			NULL,
		},
	}, {
		.verb = "apply", .run = cmd_apply,
		.args = "-f FILE", .options = cmd_apply_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_FILE,
		.summary = "create or change what manifests describe",
		.examples = (const char *const[]){
			"ipsvc apply -f web.yaml,db.yaml",
			"ipsvc apply -f manifests/ --dry-run=client",
			"ipsvc apply -f -",
			NULL,
		},
	}, {
		.verb = "diff", .run = cmd_diff,
		.args = "-f FILE", .options = cmd_diff_options,
		.complete = CLI_COMPLETE_FILE,
		.summary = "show what apply would change",
		.examples = (const char *const[]){
			"ipsvc diff -f web.yaml",
			NULL,
		},
	}, {
		.verb = "wait", .run = cmd_wait,
		.args = "TYPE NAME… --for=WHAT", .options = cmd_wait_options,
		.outputs = "name",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "wait until objects are as they are to be",
		.min_args = 1, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc wait pod/web-1 --for=condition=Ready --timeout=60s",
			"ipsvc wait svc web --for=delete",
			"ipsvc wait pods -l app=web --for=jsonpath='{.status.phase}'=Running",
			NULL,
		},
	}, {
		.verb = "api-resources", .run = cmd_api_resources,
		.outputs = "json",
		.summary = "list the kinds of objects",
		.examples = (const char *const[]){
			"ipsvc api-resources",
			NULL,
		},
	}, {
		.verb = "delete", .run = cmd_delete,
		.args = "TYPE NAME…", .options = cmd_delete_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "delete Services and Pods",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc delete svc web --ignore-not-found",
			"ipsvc delete pods --all -n test",
			"ipsvc delete -f web.yaml",
			NULL,
		},
	}, {
		.verb = "create", .sub = "service", .run = cmd_create_service,
		.args = "TYPE NAME", .options = cmd_create_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_SERVICE_TYPE,
		.summary = "make a Service: clusterip, nodeport, loadbalancer, externalname",
		.min_args = 2, .max_args = 2,
		.examples = (const char *const[]){
			"ipsvc create service clusterip web --tcp=80:8080",
			"ipsvc create service nodeport web --tcp=80 --node-port=30080",
			"ipsvc create service clusterip web --clusterip=None",
			NULL,
		},
	}, {
		.verb = "replace", .run = cmd_replace,
		.args = "-f FILE", .options = cmd_replace_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_FILE,
		.summary = "put what manifests describe in place of what is there",
		.examples = (const char *const[]){
			"ipsvc replace -f web.yaml",
			NULL,
		},
	}, {
		.verb = "label", .run = cmd_label,
		.args = "TYPE NAME… KEY=VALUE… KEY-…",
		.options = cmd_label_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "set or take away labels",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc label pods web-1 tier=front",
			"ipsvc label svc web tier=back --overwrite",
			"ipsvc label pods -l app=web tier-",
			NULL,
		},
	}, {
		.verb = "annotate", .run = cmd_annotate,
		.args = "TYPE NAME… KEY=VALUE… KEY-…",
		.options = cmd_label_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "set or take away annotations",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc annotate svc web description='the shop'",
			"ipsvc annotate svc web description-",
			NULL,
		},
	}, {
		.verb = "patch", .run = cmd_patch,
		.args = "TYPE NAME -p PATCH", .options = cmd_patch_options,
		.outputs = "json yaml name",
		.complete = CLI_COMPLETE_OBJECT,
		.summary = "change single fields",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc patch svc web -p '{\"spec\":{\"type\":\"NodePort\"}}'",
			"ipsvc patch svc web --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/externalIPs\"}]'",
			NULL,
		},
	}, {
		.verb = "status", .run = cmd_status,
		.outputs = "json",
		.summary = "show how store, daemon and kernel are doing",
		.examples = (const char *const[]){
			"ipsvc status",
			"ipsvc status --netns node1 -o json",
			NULL,
		},
	}, {
		.verb = "service", .sub = "list", .run = cmd_service_list,
		.options = cmd_service_options, .outputs = "wide json",
		.summary = "list the services the kernel has",
		.examples = (const char *const[]){
			"ipsvc service list -n prod -o wide",
			NULL,
		},
	}, {
		.verb = "service", .sub = "show", .run = cmd_service_show,
		.args = "SERVICE", .options = cmd_service_options,
		.outputs = "json", .complete = CLI_COMPLETE_SERVICE,
		.summary = "show one service with its endpoints",
		.min_args = 1, .max_args = 1,
		.examples = (const char *const[]){
			"ipsvc service show web -n prod",
			"ipsvc service show prod/web:http",
			NULL,
		},
	}, {
		.verb = "service", .sub = "add", .run = cmd_edit,
		.args = "SERVICE protocol PROTOCOL [WORD]…",
		.options = cmd_edit_options, .words = edit_service_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "add a service to those of the kernel",
		.min_args = 1, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc service add web protocol tcp cluster-ip 10.96.0.10:80 endpoint 10.244.0.5:8080",
			"ipsvc service add dns protocol udp cluster-ip [fd00:96::10]:53 node-port 30053 local scheduler maglev",
			NULL,
		},
	}, {
		.verb = "service", .sub = "change", .run = cmd_edit,
		.args = "SERVICE WORD…",
		.options = cmd_edit_options, .words = edit_service_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "change what is named of a service, and nothing else",
		.min_args = 1, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc service change web scheduler rr affinity 600",
			"ipsvc service change web cluster-ip 10.96.0.10:80 node-port 30080 masquerade",
			NULL,
		},
	}, {
		.verb = "service", .sub = "delete", .run = cmd_edit,
		.args = "SERVICE…",
		.options = cmd_edit_options, .words = edit_family_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "delete services of the kernel",
		.min_args = 1, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc service delete web",
			"ipsvc service delete web family inet6",
			NULL,
		},
	}, {
		.verb = "service", .sub = "flush", .run = cmd_edit,
		.options = cmd_edit_options,
		.summary = "delete all services of the kernel",
		.examples = (const char *const[]){
			"ipsvc service flush -n test",
			"ipsvc service flush -6",
			NULL,
		},
	}, {
		.verb = "endpoint", .sub = "add", .run = cmd_edit,
		.args = "SERVICE ADDRESS:PORT [WORD]…",
		.options = cmd_edit_options, .words = edit_endpoint_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "add endpoints to a service of the kernel",
		.min_args = 2, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc endpoint add web 10.244.0.6:8080 weight 2 max-flows 1000",
			"ipsvc endpoint add web [fd00:244::6]:8080 local",
			NULL,
		},
	}, {
		.verb = "endpoint", .sub = "change", .run = cmd_edit,
		.args = "SERVICE ADDRESS:PORT WORD…",
		.options = cmd_edit_options, .words = edit_endpoint_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "change what is named of endpoints, and nothing else",
		.min_args = 2, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc endpoint change web 10.244.0.6:8080 drain",
			"ipsvc endpoint change web 10.244.0.6:8080 drain off weight 3",
			NULL,
		},
	}, {
		.verb = "endpoint", .sub = "delete", .run = cmd_edit,
		.args = "SERVICE ADDRESS:PORT…",
		.options = cmd_edit_options,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "delete endpoints of a service of the kernel",
		.min_args = 2, .max_args = -1,
		.examples = (const char *const[]){
			"ipsvc endpoint delete web 10.244.0.6:8080",
			NULL,
		},
	}, {
		.verb = "save", .run = cmd_save,
		.args = "[SERVICE]", .options = cmd_save_options,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "print the kernel's services as commands for restore",
		.max_args = 1,
		.examples = (const char *const[]){
			"ipsvc save",
			"ipsvc save web -6",
			NULL,
		},
	}, {
		.verb = "restore", .run = cmd_restore,
		.args = "[FILE]", .options = cmd_restore_options,
		.complete = CLI_COMPLETE_FILE,
		.summary = "do what commands of a file say, all of it or nothing",
		.max_args = 1,
		.examples = (const char *const[]){
			"ipsvc restore services.txt",
			"ipsvc restore --flush -",
			NULL,
		},
	}, {
		.verb = "flow", .sub = "list", .run = cmd_flow_list,
		.args = "[SERVICE] [WORD VALUE]…", .outputs = "wide json",
		.options = cli_filter_options, .words = cli_flow_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "list the flows the kernel has",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc flow list",
			"ipsvc flow list prod/web:http -o json",
			"ipsvc flow list client 10.244.0.9 state established",
			NULL,
		},
	}, {
		.verb = "flow", .sub = "delete", .run = cmd_flow_delete,
		.args = "[SERVICE] [WORD VALUE]…",
		.options = cli_filter_options, .words = cli_flow_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "end flows",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc flow delete client 10.244.0.9:40000",
			"ipsvc flow delete web endpoint 10.244.0.5:8080",
			NULL,
		},
	}, {
		.verb = "flow", .sub = "flush", .run = cmd_flow_flush,
		.options = cli_filter_options,
		.summary = "end all flows",
		.examples = (const char *const[]){
			"ipsvc flow flush",
			NULL,
		},
	}, {
		.verb = "affinity", .sub = "list", .run = cmd_affinity_list,
		.args = "[SERVICE] [WORD VALUE]…", .outputs = "json",
		.options = cli_filter_options, .words = cli_affinity_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "list the endpoints that clients come back to",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc affinity list",
			"ipsvc affinity list prod/web:http -o json",
			NULL,
		},
	}, {
		.verb = "affinity", .sub = "flush", .run = cmd_affinity_flush,
		.args = "[SERVICE] [WORD VALUE]…",
		.options = cli_filter_options, .words = cli_affinity_words,
		.complete = CLI_COMPLETE_SERVICE,
		.summary = "forget the endpoints that clients come back to",
		.max_args = -1,
		.examples = (const char *const[]){
			"ipsvc affinity flush prod/web:http",
			"ipsvc affinity flush client 10.244.0.9",
			"ipsvc affinity flush",
			NULL,
		},
	}, {
		.verb = "affinity", .sub = "restore", .run = cmd_affinity_restore,
		.args = "FILE", .complete = CLI_COMPLETE_FILE,
		.summary = "take over what affinity list -o json has printed",
		.min_args = 1, .max_args = 1,
		.examples = (const char *const[]){
			"ipsvc affinity restore clients.json",
			"ipsvc affinity restore -",
			NULL,
		},
	}, {
		.verb = "explain", .run = cmd_explain,
		.args = "[PROTOCOL] ADDRESS:PORT [from ADDRESS[:PORT]] [iif LINK] [mark MARK]",
		.outputs = "json",
		.summary = "say what the kernel would do with a packet, and why",
		.min_args = 1, .max_args = 8,
		.examples = (const char *const[]){
			"ipsvc explain 10.96.0.10:80",
			"ipsvc explain udp 10.96.0.10:53 from 10.244.1.7",
			"ipsvc explain '[2001:db8::1]:30080' from 2001:db8::99 iif eth0",
			NULL,
		},
	}, {
		.verb = "stats", .run = cmd_stats,
		.args = "[services|endpoints [SERVICE]]",
		.options = cmd_stats_options, .words = cmd_stats_words,
		.outputs = "json",
		.summary = "show the counters of the kernel, of services, of endpoints",
		.max_args = 2,
		.examples = (const char *const[]){
			"ipsvc stats --all",
			"ipsvc stats -d",
			"ipsvc stats endpoints prod/web -d -o json",
			NULL,
		},
	}, {
		.verb = "monitor", .run = cmd_monitor,
		.options = cmd_monitor_options, .outputs = "json",
		.summary = "follow changes of the kernel's services",
		.examples = (const char *const[]){
			"ipsvc monitor -t",
			"ipsvc monitor --netns node1 -o json",
			NULL,
		},
	}, {
		.verb = "version", .run = cmd_version,
		.options = cmd_version_options,
		.summary = "show the versions of this program and of the module",
		.examples = (const char *const[]){
			"ipsvc version",
			"ipsvc version --client",
			NULL,
		},
	}, {
		.verb = "dns", .sub = "config", .run = cmd_dns_config,
		.options = cmd_dns_config_options, .outputs = "resolved",
		.summary = "print the resolv.conf that containers need",
		.examples = (const char *const[]){
			"ipsvc dns config -n prod",
			"ipsvc dns config --install",
			NULL,
		},
	}, {
		.verb = "dns", .sub = "query", .run = cmd_dns_query,
		.args = "NAME [TYPE]", .options = cmd_dns_query_options,
		.outputs = "json",
		.summary = "look a name up as a container does",
		.min_args = 1, .max_args = 2,
		.examples = (const char *const[]){
			"ipsvc dns query web -n prod",
			"ipsvc dns query _http._tcp.web.default.svc.cluster.local SRV",
			"ipsvc dns query web --server 10.96.0.10",
			NULL,
		},
	}, {
		.verb = "dns", .sub = "stats", .run = cmd_dns_stats,
		.outputs = "json prometheus",
		.summary = "show the counters of ipsvc-dnsd",
		.examples = (const char *const[]){
			"ipsvc dns stats -o prometheus",
			NULL,
		},
	}, {
		.verb = "help", .run = cmd_help,
		.args = "[VERB]", .complete = CLI_COMPLETE_VERB,
		.summary = "explain a verb",
		.max_args = 2,
		.examples = (const char *const[]){
			"ipsvc help get",
			"ipsvc help service list",
			NULL,
		},
	}, {
		/* For the shell's completion; no summary: not in the help. */
		.verb = "__complete", .run = cmd_complete,
		.args = "WORD…",
	},
};

const size_t cli_nverbs = sizeof(cli_verbs) / sizeof(cli_verbs[0]);

/* Damerau-Levenshtein distance, at most @max + 1; words are short. */
static unsigned int distance(const char *a, const char *b, unsigned int max)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned int d[32][32];

	if (la >= 32 || lb >= 32)
		return max + 1;
	for (i = 0; i <= la; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= lb; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		for (j = 1; j <= lb; j++) {
			unsigned int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[la][lb];
}

const char *cli_nearest(const char *word, const char *const *words)
{
	/* One slip for each three letters: more is another word. */
	unsigned int best = (unsigned int)(strlen(word) + 2) / 3;
	const char *nearest = NULL;

	for (; *words; words++) {
		unsigned int d = distance(word, *words, best);

		/* What was begun counts: "serv" is "service". */
		if (strlen(word) >= 2 && !strncmp(word, *words, strlen(word)))
			d = 0;
		if (d < best || (d == best && !nearest)) {
			best = d;
			nearest = *words;
		}
	}
	return nearest;
}

/* What may stand in @verb's place: verbs, or the sub-verbs of @verb. */
static const char **words_after(const char *verb)
{
	const char **words = xcalloc(cli_nverbs + 1, sizeof(*words));
	size_t i, n = 0;

	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		if (!v->summary)
			continue;
		if (!verb && (!n || strcmp(words[n - 1], v->verb)))
			words[n++] = v->verb;
		else if (verb && v->sub && !strcmp(v->verb, verb))
			words[n++] = v->sub;
	}
	return words;
}

static void complain(const char *verb, const char *word)
{
	const char **words = words_after(verb);
	const char *nearest = cli_nearest(word, words);

	cli_error("unknown %s '%s%s%s'%s%s%s", verb ? "command" : "verb",
		  verb ? verb : "", verb ? " " : "", word,
		  nearest ? ", did you mean '" : "", nearest ? nearest : "",
		  nearest ? "'?" : "");
	fprintf(stderr, "See '" CLI_NAME " help%s%s'.\n", verb ? " " : "",
		verb ? verb : "");
	free(words);
}

const struct cli_verb *cli_find_verb(int argc, char **argv, int *words)
{
	const struct cli_verb *plain = NULL;
	bool known = false;
	size_t i;

	for (i = 0; i < cli_nverbs; i++) {
		const struct cli_verb *v = &cli_verbs[i];

		if (strcmp(v->verb, argv[0]))
			continue;
		known = true;
		if (!v->sub) {
			plain = v;
		} else if (argc > 1 && !strcmp(v->sub, argv[1])) {
			*words = 2;
			return v;
		}
	}
	*words = 1;
	if (plain)
		return plain;
	if (!known) {
		complain(NULL, argv[0]);
	} else if (argc > 1 && argv[1][0] != '-') {
		complain(argv[0], argv[1]);
	} else {
		cli_error("'%s' needs one more word", argv[0]);
		cli_help_verb(stderr, argv[0], NULL);
	}
	return NULL;
}
