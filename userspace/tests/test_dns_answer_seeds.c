// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of other servers. */
#include "fuzz/fuzz_dns_answer.c"

#define SEEDS		"fuzz/seeds/dns_answer"
#define SEEDS_MIN	12
#include "dns_seeds.h"
