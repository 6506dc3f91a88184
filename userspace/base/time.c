// SPDX-License-Identifier: GPL-2.0-or-later
#include "time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE	INT64_C(60)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define YEAR	(365 * DAY)

/* "2m5s", or "2m" when there is no rest. */
static const char *two(char *buf, int64_t seconds, int64_t unit, char unit_name,
		       int64_t sub, char sub_name)
{
	int64_t rest = seconds % unit / sub;
	int n = snprintf(buf, IPSVC_TIME_SIZE, "%" PRId64 "%c", seconds / unit, unit_name);

	if (rest)
		snprintf(buf + n, IPSVC_TIME_SIZE - (size_t)n, "%" PRId64 "%c",
			 rest, sub_name);
	return buf;
}

static const char *one(char *buf, int64_t seconds, int64_t unit, char unit_name)
{
	snprintf(buf, IPSVC_TIME_SIZE, "%" PRId64 "%c", seconds / unit, unit_name);
	return buf;
}

const char *ipsvc_duration_format(int64_t d, char *buf)
{
	if (d < -1)
		return strcpy(buf, "<invalid>");
	if (d < 0)
		return strcpy(buf, "0s");
	if (d < 2 * MINUTE)
		return one(buf, d, 1, 's');
	if (d < 10 * MINUTE)
		return two(buf, d, MINUTE, 'm', 1, 's');
	if (d < 3 * HOUR)
		return one(buf, d, MINUTE, 'm');
	if (d < 8 * HOUR)
		return two(buf, d, HOUR, 'h', MINUTE, 'm');
	if (d < 2 * DAY)
		return one(buf, d, HOUR, 'h');
	if (d < 8 * DAY)
		return two(buf, d, DAY, 'd', HOUR, 'h');
	if (d < 2 * YEAR)
		return one(buf, d, DAY, 'd');
	if (d < 8 * YEAR)
		return two(buf, d, YEAR, 'y', DAY, 'd');
	return one(buf, d, YEAR, 'y');
}

bool ipsvc_time_parse(const char *text, int64_t *seconds)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int sign, hours, minutes, n = 0;

	if (!end)
		return false;
	if (*end == '.')	/* fractions of a second do not matter */
		end += 1 + strspn(end + 1, "0123456789");
	*seconds = timegm(&tm);
	if (strcmp(end, "Z") == 0)
		return true;
	sign = *end == '-' ? -1 : 1;
	if ((*end != '+' && *end != '-') ||
	    sscanf(end + 1, "%2d:%2d%n", &hours, &minutes, &n) != 2 ||
	    end[1 + n])
		return false;
	*seconds -= sign * (hours * HOUR + minutes * MINUTE);
	return true;
}

const char *ipsvc_time_format(int64_t seconds, char *buf)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(buf, IPSVC_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}
