/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the daemons: to the journal with fields where there is one, else to
 * standard error, with "<N>" priorities unless a person reads it.
 */
#ifndef IPSVCD_LOG_H
#define IPSVCD_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* What a message is about; NULL where it is about none. */
struct log_about {
	const char *ns;		/* IPSVC_NS= */
	const char *service;	/* IPSVC_SVC= */
	const char *file;	/* IPSVC_FILE= */
};

/* Finds out where messages go; @verbose shows LOG_DEBUG as well. */
void log_init(bool verbose);

/* One line, without a newline. @about may be NULL. */
void log_about(const struct log_about *about, int priority, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)	log_about(NULL, LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_about(NULL, LOG_WARNING, __VA_ARGS__)
#define log_info(...)	log_about(NULL, LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_about(NULL, LOG_DEBUG, __VA_ARGS__)

#endif
