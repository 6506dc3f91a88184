// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>

#include "stats.h"

static const char * const names[] = {
#define X(name, text) text,
	IPSVC_STATS(X)
#undef X
};

const char *ipsvc_stat_name(enum ipsvc_stat stat)
{
	return names[stat];
}

u64 ipsvc_stat_read(const struct ipsvc_instance *inst, enum ipsvc_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(inst->stats, cpu)->v[stat]);
	return sum;
}
