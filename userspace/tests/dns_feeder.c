// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns_feeder SOCKET MANIFEST: hands a manifest to ipsvc-dnsd as ipsvcd does, and
 * again whenever it gets SIGHUP. Says "fed N" on stdout each time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/dns_feed.h"
#include "daemon/dns_records.h"
#include "daemon/log.h"
#include "dns_tell.h"
#include "manifest/manifest.h"

struct feeder {
	const char *manifest;
	struct dns_feed *feed;
	struct dns_records *records;
	struct ipsvc_objects told;
	uint32_t serial;
};

static int feed(struct feeder *f)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool ok = ipsvc_manifest_read_file(f->manifest, "default", &objs, &errs);

	for (size_t i = 0; i < errs.n; i++) {
		char *text = ipsvc_error_format(&errs.items[i]);

		fprintf(stderr, "%s: %s\n", f->manifest, text);
		free(text);
	}
	if (ok) {
		tell_objects(f->records, &f->told, &objs);
		dns_records_settle(f->records, NULL);
		dns_feed_publish(f->feed, dns_records_items(f->records),
				 ++f->serial);
		printf("fed %u\n", f->serial);
		fflush(stdout);
	}
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return ok ? 0 : 1;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si,
		     void *arg)
{
	(void)si;
	return feed(arg) ? sd_event_exit(sd_event_source_get_event(source), 1) : 0;
}

int main(int argc, char **argv)
{
	struct feeder f = {0};
	sd_event *event = NULL;
	sigset_t set;
	int code = 1;

	if (argc != 3) {
		fputs("usage: dns_feeder SOCKET MANIFEST\n", stderr);
		return 2;
	}
	f.manifest = argv[2];
	f.records = dns_records_new();
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	log_init(false);
	if (sd_event_default(&event) >= 0 &&
	    sd_event_add_signal(event, NULL, SIGHUP, on_signal, &f) >= 0 &&
	    sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) >= 0)
		f.feed = dns_feed_new(event, argv[1], NULL, NULL);
	if (f.feed && !feed(&f))
		code = sd_event_loop(event) < 0;
	if (f.feed)
		dns_feed_free(f.feed);
	dns_records_free(f.records);
	ipsvc_objects_free(&f.told);
	sd_event_unref(event);
	return code;
}
