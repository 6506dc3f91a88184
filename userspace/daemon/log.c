// SPDX-License-Identifier: GPL-2.0-or-later
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/memory.h"

enum sink {
	SINK_TERMINAL,	/* plain lines */
	SINK_STREAM,	/* lines with "<N>", for whoever collects them */
	SINK_JOURNAL,	/* fields */
};

static enum sink sink;
static int max_priority = LOG_INFO;

/* systemd names the journal's socket that it made our standard error. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

void log_init(bool verbose)
{
	max_priority = verbose ? LOG_DEBUG : LOG_INFO;
	if (stderr_is_journal())
		sink = SINK_JOURNAL;
	else if (isatty(STDERR_FILENO))
		sink = SINK_TERMINAL;
	else
		sink = SINK_STREAM;
}

struct fields {
	char *text[6];
	size_t n;
};

static void add_field(struct fields *f, const char *name, const char *value)
{
	if (value)
		f->text[f->n++] = xasprintf("%s=%s", name, value);
}

static bool to_journal(const struct log_about *about, int priority,
		       const char *message)
{
	struct fields f = {0};
	struct iovec iov[6];
	char number[8];
	int err;

	snprintf(number, sizeof(number), "%d", priority);
	add_field(&f, "MESSAGE", message);
	add_field(&f, "PRIORITY", number);
	add_field(&f, "SYSLOG_IDENTIFIER", program_invocation_short_name);
	if (about) {
		add_field(&f, "IPSVC_NS", about->ns);
		add_field(&f, "IPSVC_SVC", about->service);
		add_field(&f, "IPSVC_FILE", about->file);
	}
	for (size_t i = 0; i < f.n; i++) {
		iov[i].iov_base = f.text[i];
		iov[i].iov_len = strlen(f.text[i]);
	}
	err = sd_journal_sendv(iov, (int)f.n);
	for (size_t i = 0; i < f.n; i++)
		free(f.text[i]);
	return err == 0;
}

/* A message is one line, whatever a manifest put into it. */
static void flatten(char *message)
{
	for (; *message; message++)
		if ((unsigned char)*message < ' ' || *message == 0x7f)
			*message = ' ';
}

void log_about(const struct log_about *about, int priority, const char *fmt, ...)
{
	char *message;
	va_list ap;

	if (priority > max_priority)
		return;
	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	flatten(message);
	if (sink == SINK_JOURNAL && to_journal(about, priority, message))
		;
	else if (sink == SINK_TERMINAL)
		fprintf(stderr, "%s: %s\n", program_invocation_short_name,
			message);
	else
		fprintf(stderr, "<%d>%s: %s\n", priority,
			program_invocation_short_name, message);
	free(message);
}
