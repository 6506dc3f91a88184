// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks that the machine counts instructions: a loop of known length, and a
 * memset() that is not counted a byte at a time (as "rep stos" is under -icount).
 * Prints both costs; exit 1 when they are not what they should be.
 *
 * Also seeds the kernel's random numbers: until somebody does, which on a machine
 * without entropy takes long, each of them costs 1500 instructions more.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/random.h>
#include <x86intrin.h>

#define LOOPS 1000000

static uint64_t loop(void)
{
	uint64_t start = __rdtsc(), n = LOOPS;

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n));
	return __rdtsc() - start;
}

static uint64_t set(void)
{
	static char buf[4096];
	uint64_t start = __rdtsc();

	memset(buf, 1, sizeof(buf));
	__asm__ volatile("" : : "r"(buf) : "memory");
	return __rdtsc() - start;
}

static int seed(void)
{
	struct {
		struct rand_pool_info info;
		uint32_t words[16];
	} pool = { .info = { .entropy_count = 512, .buf_size = 64 } };
	int fd = open("/dev/random", O_WRONLY);

	return fd < 0 || ioctl(fd, RNDADDENTROPY, &pool);
}

int main(void)
{
	uint64_t l, s;
	int i;

	if (seed()) {
		perror("/dev/random");
		return 1;
	}
	set();
	l = loop();
	/* The first ones may be in the way of what the kernel still does after booting. */
	for (i = 0; i < 4; i++) {
		uint64_t again = loop();

		if (again < l)
			l = again;
	}
	s = set();
	printf("{\"selfcheck\": {\"loop\": %.4f, \"memset4096\": %llu}}\n", (double)l / LOOPS,
	       (unsigned long long)s);
	/* Two instructions a turn, and a timer tick or two. */
	return !(l > 1.98 * LOOPS && l < 2.06 * LOOPS && s < 1500);
}
