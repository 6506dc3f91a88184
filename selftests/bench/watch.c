// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long the kernel keeps a CPU from who wants it most, and how busy it is: a real-time thread wants to run each
 * 100 us, and notes how late it is.
 *
 *   watch SECONDS            for so long, or until SIGTERM
 *   watch SECONDS SYSFS      lets all UDP flows of an ipsvc device expire, whose directory is SYSFS, until none is left
 *
 * One CPU only. Prints one JSON object, in nanoseconds:
 *   elapsed      how long it watched
 *   collecting   from the first flow that was gone to the last, seen each 10 ms
 *   busy         not idle, this program included: what it takes is known from a time when nothing else runs. The
 *                kernel's account of it would be wrong, it has some of what the program waits in it.
 *   wakes        how often it woke
 *   longest      how late it was at most
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PERIOD	UINT64_C(100000)
#define SECOND	UINT64_C(1000000000)
#define POLL	(SECOND / 100)

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* The only place that has it in nanoseconds. */
static uint64_t idle_ns(void)
{
	FILE *file = fopen("/proc/timer_list", "re");
	unsigned long long ns;
	char line[256];

	if (!file)
		err(2, "/proc/timer_list");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " .idle_sleeptime : %llu", &ns) == 1) {
			fclose(file);
			return ns;
		}
	}
	errx(2, "/proc/timer_list has no idle_sleeptime");
}

static int open_at(const char *dir, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static void one_second(const char *dir, const char *name)
{
	int fd = open_at(dir, name, O_WRONLY);

	if (write(fd, "1\n", 2) != 2)
		err(2, "%s", name);
	close(fd);
}

static unsigned long number(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 1)
		err(2, "flows");
	return strtoul(text, NULL, 10);
}

static uint64_t sleep_until(uint64_t when)
{
	struct timespec t = { when / SECOND, when % SECOND };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	return now();
}

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

struct seen {
	uint64_t wakes, longest, first_gone, last_gone;
};

/* Returns false when the time is over and flows are left. */
static bool watch(uint64_t end, int flows, struct seen *seen)
{
	unsigned long had = flows < 0 ? 0 : number(flows), has;
	uint64_t t = now(), next_poll = t;

	while (t < end && !stop) {
		uint64_t want = t + PERIOD;

		t = sleep_until(want);
		seen->wakes++;
		if (t > want && t - want > seen->longest)
			seen->longest = t - want;
		if (flows < 0 || t < next_poll)
			continue;
		next_poll = t + POLL;
		has = number(flows);
		if (has < had && !seen->first_gone)
			seen->first_gone = t;
		seen->last_gone = t;
		if (!has)
			return true;
		t = now();
	}
	return flows < 0;
}

int main(int argc, char **argv)
{
	struct sched_param top = { .sched_priority = 99 };
	uint64_t start, idle, elapsed;
	struct seen seen = { 0 };
	int flows = -1;

	if (argc < 2 || argc > 3)
		errx(2, "usage: watch SECONDS [SYSFS]");
	if (mlockall(MCL_CURRENT | MCL_FUTURE) || sched_setscheduler(0, SCHED_FIFO, &top))
		err(2, "real-time priority");
	signal(SIGTERM, on_term);
	idle = idle_ns();
	start = now();
	if (argc == 3) {
		flows = open_at(argv[2], "flows", O_RDONLY);
		one_second(argv[2], "timeout_udp");
		one_second(argv[2], "timeout_udp_stream");
	}
	if (!watch(start + atoi(argv[1]) * SECOND, flows, &seen))
		errx(1, "after %s s, %lu flows are left", argv[1], number(flows));
	elapsed = now() - start;
	idle = idle_ns() - idle;
	printf("{\"elapsed\": %llu, \"collecting\": %llu, \"busy\": %llu, \"wakes\": %llu, \"longest\": %llu}\n",
	       (unsigned long long)elapsed, (unsigned long long)(seen.last_gone - seen.first_gone),
	       (unsigned long long)(elapsed - idle), (unsigned long long)seen.wakes, (unsigned long long)seen.longest);
	return 0;
}
